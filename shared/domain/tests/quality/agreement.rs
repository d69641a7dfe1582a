//! Two sides of the same records.

use lintel_domain::{
    quality::{Agreement, AgreementCheck},
    records::{Currency, Entity, Fields, RecordKey},
    sync::{Base, LinkState},
};
use proptest::prelude::*;
use serde_json::{Value, json};

const FIELDS: [&str; 3] = ["first_name", "city", "email"];

fn fields(values: &Value) -> Fields {
    Fields::read(Entity::Person, values.as_object().cloned().unwrap(), Currency::USD).0
}

fn compared(source: &Value, target: &Value, base: &Value) -> Agreement {
    let mut check = AgreementCheck::new(&FIELDS);
    let base = Base { source: fields(base), target: fields(base) };
    check.add(&RecordKey::new("tenants", "1"), &fields(source), &fields(target), &base);
    check.report()
}

#[test]
fn fields_agree_differ_or_stand_on_one_side() {
    let report = compared(
        &json!({ "first_name": "Ann", "city": "Salem" }),
        &json!({ "first_name": "Ann", "email": "ann@example.com" }),
        &json!({ "first_name": "Ann" }),
    );
    let told: Vec<_> = report
        .fields
        .iter()
        .map(|field| (field.field.as_str(), [field.agree, field.differ, field.only_source, field.only_target]))
        .collect();
    assert_eq!(told, [("first_name", [1, 0, 0, 0]), ("city", [0, 0, 1, 0]), ("email", [0, 0, 0, 1])]);
    assert_eq!((report.compared, report.in_step, report.values()), (1, 0, (1, 3)));
    assert!(report.fields[1].records.shown.iter().eq([&RecordKey::new("tenants", "1")]));
    assert!(report.fields[0].records.is_empty());
}

#[test]
fn who_left_what_was_agreed_is_told() {
    let city = |name: &str| json!({ "city": name });
    for (source, target, base, moved) in [
        ("Bend", "Salem", "Salem", [1, 0, 0, 0]),
        ("Salem", "Bend", "Salem", [0, 1, 0, 0]),
        ("Bend", "Eugene", "Salem", [0, 0, 1, 0]),
        ("Salem", "Salem", "Bend", [0, 0, 0, 0]),
    ] {
        let told = compared(&city(source), &city(target), &city(base)).fields[1].moved;
        assert_eq!([told.source, told.target, told.both, told.neither], moved, "{source} {target}");
    }
    // A value that was withheld knowingly.
    let mut check = AgreementCheck::new(&FIELDS);
    let source = fields(&json!({ "email": "ann@example.com" }));
    let base = Base { source: source.clone(), target: Fields::default() };
    check.add(&RecordKey::new("tenants", "1"), &source, &Fields::default(), &base);
    assert_eq!(check.report().fields[2].moved.neither, 1);
}

#[test]
fn records_that_are_not_compared_are_told_by_their_links() {
    let mut check = AgreementCheck::new(&FIELDS);
    let states = [
        None,
        Some(LinkState::Linked),
        Some(LinkState::Refused),
        Some(LinkState::Quarantined),
        Some(LinkState::TargetGone),
    ];
    for (id, state) in states.into_iter().enumerate() {
        check.add_alone(&RecordKey::new("tenants", &id.to_string()), state);
    }
    check.add_without_source(&RecordKey::new("tenants", "9"));
    let report = check.report();
    let lists = [&report.not_linked, &report.not_found, &report.refused, &report.set_aside, &report.removed];
    for (id, list) in lists.into_iter().enumerate() {
        assert!(list.shown.iter().eq([&RecordKey::new("tenants", &id.to_string())]), "{id}");
    }
    assert_eq!((report.looked_for, report.expected(), report.without_source.total), (5, 3, 1));
}

fn side() -> impl Strategy<Value = Value> {
    let word = || prop::option::of(prop::sample::select(vec!["a@example.com", "b@example.com"]));
    (word(), word(), word())
        .prop_map(|(first, city, email)| json!({ "first_name": first, "city": city, "email": email }))
}

proptest! {
    /// Every field of every record is counted once, and everything that does not agree has a reason.
    #[test]
    fn nothing_is_counted_twice_or_left_out(sides in prop::collection::vec((side(), side(), side()), 0..30)) {
        let mut check = AgreementCheck::new(&FIELDS);
        for (id, (source, target, base)) in sides.iter().enumerate() {
            let base = Base { source: fields(base), target: fields(base) };
            check.add(&RecordKey::new("tenants", &id.to_string()), &fields(source), &fields(target), &base);
        }
        let report = check.report();
        for field in &report.fields {
            prop_assert_eq!(field.told() + field.empty, sides.len() as u64);
            let moved = field.moved.source + field.moved.target + field.moved.both + field.moved.neither;
            prop_assert_eq!(moved, field.told() - field.agree);
            prop_assert_eq!(moved, field.records.total);
        }
        let in_step = sides.iter().filter(|(source, target, _)| fields(source) == fields(target)).count();
        prop_assert_eq!(report.in_step, in_step as u64);
    }
}
