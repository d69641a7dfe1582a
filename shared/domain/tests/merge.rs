//! The three-way merge: what it says, and what must hold whatever the sides.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use jiff::Timestamp;
use lintel_domain::{
    records::{Currency, Entity, FieldKind, Fields, RecordKey},
    sync::{Base, Direction, Flow, Intent, Link, LinkState, Merged, Policy, Sides, merge},
};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const MAPPED: &[(&str, FieldKind)] =
    &[("first_name", FieldKind::Text), ("city", FieldKind::Text), ("email", FieldKind::Email)];

fn now() -> Timestamp {
    "2026-07-01T12:00:00Z".parse().unwrap()
}

fn flow(direction: Direction, policy: Policy) -> Flow {
    let text = json!({ "from": "a", "stream": "x", "to": "b", "into": "y", "direction": direction, "policy": policy });
    serde_json::from_value(text).unwrap()
}

fn fields(values: &Value) -> Fields {
    Fields::read(Entity::Person, values.as_object().cloned().unwrap(), Currency::USD).0
}

fn taken_back(flow: &Flow) -> Vec<&'static str> {
    if flow.direction == Direction::TwoWay { MAPPED.iter().map(|(name, _)| *name).collect() } else { Vec::new() }
}

fn merged(flow: &Flow, base: Option<(&Value, &Value)>, source: &Value, target: &Value) -> Merged {
    let base = base.map(|(source, target)| Base { source: fields(source), target: fields(target) });
    let (source, target, none) = (fields(source), fields(target), BTreeMap::new());
    let sides = Sides {
        mapped: MAPPED,
        taken_back: &taken_back(flow),
        base: base.as_ref(),
        source: &source,
        target: &target,
        source_at: None,
        target_at: None,
        unmet: &[],
        conflicts: &BTreeMap::new(),
        kept: &BTreeSet::new(),
        settled: &none,
    };
    merge(flow, &sides, now())
}

#[test]
fn only_what_the_source_changed_is_written() {
    let flow = flow(Direction::OneWay, Policy::Manual);
    let base = json!({ "first_name": "Ann", "city": "Salem" });
    let result = merged(&flow, Some((&base, &base)), &json!({ "first_name": "Ann", "city": "Bend" }), &base);
    assert_eq!(result.to_target, BTreeMap::from([("city", Some(json!("Bend")))]));
    assert!(result.to_source.is_empty() && result.conflicts.is_empty());
}

#[test]
fn emptying_a_field_in_conflict_is_a_persons_word_too() {
    let flow = flow(Direction::OneWay, Policy::Manual);
    let (source, target) = (json!({ "city": "Salem" }), json!({ "city": "Bend" }));
    let first = merged(&flow, None, &source, &target);
    assert!(first.conflicts.contains_key("city"));
    let (source, emptied) = (fields(&source), fields(&json!({})));
    let sides = Sides {
        mapped: MAPPED,
        taken_back: &[],
        unmet: &[],
        base: Some(&first.base),
        source: &source,
        target: &emptied,
        source_at: None,
        target_at: None,
        conflicts: &first.conflicts,
        kept: &first.kept,
        settled: &BTreeMap::new(),
    };
    let second = merge(&flow, &sides, now());
    assert!(second.to_target.is_empty() && second.conflicts.contains_key("city"), "{second:?}");
}

#[test]
fn a_field_the_source_emptied_is_emptied() {
    let flow = flow(Direction::OneWay, Policy::Manual);
    let base = json!({ "first_name": "Ann", "city": "Salem" });
    let result = merged(&flow, Some((&base, &base)), &json!({ "first_name": "Ann" }), &base);
    assert_eq!(result.to_target, BTreeMap::from([("city", None)]));
}

#[test]
fn a_persons_edit_at_the_target_is_never_undone_in_silence() {
    let base = json!({ "first_name": "Ann", "city": "Salem" });
    let edited = json!({ "first_name": "Ann", "city": "Bend" });
    let told = |policy| merged(&flow(Direction::OneWay, policy), Some((&base, &base)), &base, &edited);
    assert!(told(Policy::Manual).to_target.is_empty());
    assert!(told(Policy::Manual).conflicts.contains_key("city"));
    assert!(told(Policy::Target).to_target.is_empty() && told(Policy::Target).conflicts.is_empty());
    assert_eq!(told(Policy::Source).to_target, BTreeMap::from([("city", Some(json!("Salem")))]));
}

#[test]
fn two_ways_each_side_gets_the_others_change() {
    let base = json!({ "first_name": "Ann", "city": "Salem" });
    let result = merged(
        &flow(Direction::TwoWay, Policy::Manual),
        Some((&base, &base)),
        &json!({ "first_name": "Anna", "city": "Salem" }),
        &json!({ "first_name": "Ann", "city": "Bend" }),
    );
    assert_eq!(result.to_target, BTreeMap::from([("first_name", Some(json!("Anna")))]));
    assert_eq!(result.to_source, BTreeMap::from([("city", Some(json!("Bend")))]));
}

#[test]
fn two_that_were_never_in_step_fill_each_others_gaps() {
    let result = merged(
        &flow(Direction::OneWay, Policy::Manual),
        None,
        &json!({ "first_name": "Ann", "email": "ann@example.com" }),
        &json!({ "first_name": "Anna", "city": "Bend" }),
    );
    assert_eq!(result.to_target, BTreeMap::from([("email", Some(json!("ann@example.com")))]));
    assert_eq!(result.conflicts.keys().collect::<Vec<_>>(), ["first_name"]);
}

/// Merges again and again, one-way, and writes what follows: the last city of the target, and whether it is in conflict.
fn after(policy: Policy, steps: &[(&Value, &Value)]) -> (Option<Value>, bool) {
    let flow = flow(Direction::OneWay, policy);
    let (mut last, mut shown) = (Merged::default(), Fields::default());
    for (step, (source, target)) in steps.iter().enumerate() {
        let (source, target) = (fields(source), fields(target));
        let sides = Sides {
            mapped: MAPPED,
            taken_back: &taken_back(&flow),
            base: (step > 0).then_some(&last.base),
            source: &source,
            target: &target,
            source_at: None,
            target_at: None,
            unmet: &[],
            conflicts: &last.conflicts,
            kept: &last.kept,
            settled: &BTreeMap::new(),
        };
        last = merge(&flow, &sides, now());
        shown = target;
        for (name, value) in &last.to_target {
            shown.set(name, value.clone());
        }
    }
    (shown.get("city").cloned(), last.conflicts.contains_key("city"))
}

#[test]
fn a_word_that_was_let_stand_is_not_overruled_by_a_later_change_of_the_source() {
    let (salem, bend, none) = (json!({ "city": "Salem" }), json!({ "city": "Bend" }), json!({}));
    let moved = json!({ "city": "Portland" });
    // A person edits after the first merge, the flow looks, and only then the source changes, twice.
    let steps = [(&salem, &salem), (&salem, &bend), (&moved, &bend), (&salem, &bend)];
    assert_eq!(after(Policy::Target, &steps), (Some(json!("Bend")), false));
    assert_eq!(after(Policy::Newest, &steps[..3]), (Some(json!("Bend")), true));
    assert_eq!(after(Policy::Manual, &steps), (Some(json!("Bend")), true));
    assert_eq!(after(Policy::Source, &steps[..3]), (Some(json!("Portland")), false));
    // A record that was there before had something where the source had nothing yet.
    let steps = [(&none, &bend), (&salem, &bend), (&salem, &bend)];
    assert_eq!(after(Policy::Target, &steps), (Some(json!("Bend")), false));
    assert_eq!(after(Policy::Manual, &steps), (Some(json!("Bend")), true));
    assert_eq!(after(Policy::Source, &steps[..2]), (Some(json!("Salem")), false));
    // Once both say the same, what the source says next is no overruling.
    let steps = [(&salem, &salem), (&salem, &bend), (&bend, &bend), (&moved, &bend)];
    assert_eq!(after(Policy::Target, &steps), (Some(json!("Portland")), false));
}

#[test]
fn of_a_write_in_doubt_as_much_was_had_as_was_carried_out() {
    let mut link = Link::new(RecordKey::new("x", "1"), LinkState::Linked, String::new());
    let both = |values: &Value| Base { source: fields(values), target: fields(values) };
    link.target = Some("9".to_owned());
    link.base = both(&json!({ "first_name": "Ann", "city": "Salem" }));
    let written = both(&json!({ "city": "Bend", "email": "ann@example.com" }));
    let names = ["city", "email"].map(str::to_owned).into_iter().collect();
    link.intent = Some(Intent { fields: names, base: written });
    let beside = |target: Value| link.base_beside(MAPPED, &fields(&target)).unwrap();
    assert_eq!(beside(json!({ "first_name": "Ann", "city": "Salem" })), link.base, "nothing was carried out");
    let all = json!({ "first_name": "Ann", "city": "Bend", "email": "ann@example.com" });
    assert_eq!(beside(all.clone()), both(&all));
    // A person was there after us: their word is none of ours.
    let after = beside(json!({ "first_name": "Ann", "city": "Portland", "email": "ann@example.com" }));
    assert_eq!(after, both(&json!({ "first_name": "Ann", "city": "Salem", "email": "ann@example.com" })));
}

fn side() -> impl Strategy<Value = Value> {
    let word = || prop_oneof![Just(None), Just(Some("a")), Just(Some("b")), Just(Some("c"))];
    (word(), word(), word()).prop_map(|(first, city, email)| {
        json!({ "first_name": first, "city": city, "email": email.map(|name| format!("{name}@example.com")) })
    })
}

fn policy() -> impl Strategy<Value = Policy> {
    prop_oneof![
        Just(Policy::Source),
        Just(Policy::Target),
        Just(Policy::Newest),
        Just(Policy::Merge),
        Just(Policy::Manual)
    ]
}

/// A side after its changes were written.
fn apply(side: &Value, changes: &BTreeMap<&'static str, Option<Value>>) -> Fields {
    let mut fields = fields(side);
    for (name, value) in changes {
        fields.set(name, value.clone());
    }
    fields
}

proptest! {
    /// After the changes are written a second merge has nothing to do, and finds the same conflicts.
    #[test]
    fn merging_again_changes_nothing(
        base in proptest::option::of((side(), side())), source in side(), target in side(), policy in policy(), two in any::<bool>(),
    ) {
        let flow = flow(if two { Direction::TwoWay } else { Direction::OneWay }, policy);
        let base = base.as_ref().map(|(source, target)| (source, target));
        let first = merged(&flow, base, &source, &target);
        let (after_source, after_target) = (apply(&source, &first.to_source), apply(&target, &first.to_target));
        let again = Sides {
            mapped: MAPPED,
        taken_back: &taken_back(&flow),
            base: Some(&first.base),
            source: &after_source,
            target: &after_target,
            source_at: None,
            target_at: None,
            unmet: &[],
            conflicts: &first.conflicts,
            kept: &first.kept,
            settled: &BTreeMap::new(),
        };
        let second = merge(&flow, &again, now());
        prop_assert!(second.to_source.is_empty() && second.to_target.is_empty(), "{second:?}");
        prop_assert_eq!(second.conflicts.keys().collect::<Vec<_>>(), first.conflicts.keys().collect::<Vec<_>>());
    }

    /// Two ways, both sides agree on every field that is not a listed conflict.
    #[test]
    fn both_sides_agree_or_say_where_not(
        base in side(), source in side(), target in side(), policy in policy(),
    ) {
        let flow = flow(Direction::TwoWay, policy);
        let result = merged(&flow, Some((&base, &base)), &source, &target);
        let (source, target) = (apply(&source, &result.to_source), apply(&target, &result.to_target));
        for (name, _) in MAPPED {
            prop_assert!(source.get(name) == target.get(name) || result.conflicts.contains_key(*name), "{name}");
        }
    }

    /// A one-way flow never writes to its source.
    #[test]
    fn one_way_is_one_way(base in side(), source in side(), target in side(), policy in policy()) {
        let result = merged(&flow(Direction::OneWay, policy), Some((&base, &base)), &source, &target);
        prop_assert!(result.to_source.is_empty());
    }
}

#[test]
fn where_a_field_is_written_elsewhere_now_the_two_meet_anew() {
    let flow = flow(Direction::OneWay, Policy::Manual);
    let both = json!({ "first_name": "Ann", "city": "Salem" });
    let base = Base { source: fields(&both), target: fields(&both) };
    let (none, settled) = (BTreeMap::new(), BTreeMap::new());
    let merged = |source: &Value, target: &Value| {
        let (source, target) = (fields(source), fields(target));
        let sides = Sides {
            mapped: MAPPED,
            taken_back: &[],
            base: Some(&base),
            unmet: &["city"],
            source: &source,
            target: &target,
            source_at: None,
            target_at: None,
            conflicts: &none,
            kept: &BTreeSet::new(),
            settled: &settled,
        };
        merge(&flow, &sides, now())
    };
    let filled = merged(&both, &json!({ "first_name": "Ann" }));
    assert_eq!(filled.to_target, BTreeMap::from([("city", Some(json!("Salem")))]));
    let waits = merged(&both, &json!({ "first_name": "Ann", "city": "Bend" }));
    assert!(waits.to_target.is_empty() && waits.conflicts.contains_key("city"));
    let stands = merged(&json!({ "first_name": "Ann" }), &json!({ "first_name": "Ann", "city": "Bend" }));
    assert!(stands.to_target.is_empty() && stands.conflicts.is_empty());
}
