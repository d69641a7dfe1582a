//! What records need, and what of it is there.

use crate::support::person;
use lintel_domain::{
    quality::{Completeness, CompletenessCheck, NeedMet, Validity},
    records::{Entity, FieldFault, Problem, RecordKey},
    sync::{Check, Rule, Severity},
};
use serde_json::json;

fn completeness(mapped: &[&str], rules: &[Rule]) -> Completeness {
    let mut check = CompletenessCheck::new(Entity::Person, mapped, rules);
    for record in [
        person(1, json!({ "kind": "tenant", "last_name": "Reed", "email": "ann@example.com" })),
        person(2, json!({ "kind": "tenant", "first_name": "Ben", "work_phone": "212-555-0142" })),
        person(3, json!({ "kind": "tenant", "company": "Stone LLC" })),
    ] {
        check.add(&record.key, &record.fields);
    }
    check.report()
}

/// The ids of those who lack something, by what they lack.
fn missing(report: &Completeness) -> Vec<(&str, Vec<&str>)> {
    report.needs.iter().map(|need| (need.name.as_str(), ids(need))).collect()
}

fn ids(need: &NeedMet) -> Vec<&str> {
    need.missing.shown.iter().map(RecordKey::id).collect()
}

#[test]
fn one_of_several_fields_is_enough() {
    let report = completeness(&["kind", "first_name", "last_name", "company", "email", "work_phone"], &[]);
    assert_eq!((report.examined, report.usable), (3, 1));
    assert_eq!(missing(&report), [("kind", vec![]), ("name", vec!["2"]), ("way to be reached", vec!["3"])]);
    let filled: Vec<_> = report.fields.iter().map(|field| (field.field.as_str(), field.filled)).collect();
    let wanted = [("kind", 3), ("first_name", 1), ("last_name", 1), ("company", 1), ("email", 1), ("work_phone", 1)];
    assert_eq!(filled, wanted);
}

#[test]
fn what_no_field_could_fill_is_not_asked_for_and_what_the_flow_requires_is() {
    let rule = |field: &str, check| Rule { field: field.to_owned(), check, otherwise: Severity::Warn };
    let rules = [rule("email", Check::Required), rule("kind", Check::Required), rule("email", Check::Readable)];
    let report = completeness(&["kind", "last_name", "company"], &rules);
    assert_eq!(missing(&report), [("kind", vec![]), ("name", vec!["2"]), ("email", vec!["2", "3"])]);
    assert_eq!(report.usable, 1);
}

#[test]
fn unreadable_values_are_told_by_field_and_problem() {
    let mut validity = Validity::default();
    let fault = |problem| FieldFault { field: "email".to_owned(), problem };
    let key = |id: &str| RecordKey::new("tenants", id);
    validity.add(&key("1"), &[fault(Problem::Email)]);
    validity.add(&key("2"), &[fault(Problem::Missing)]);
    validity.add(&key("3"), &[]);
    assert_eq!((validity.examined, validity.sound), (3, 2));
    let shown = &validity.faults["email"]["is no e-mail address"].shown;
    assert!(shown.iter().eq([&key("1")]));
}
