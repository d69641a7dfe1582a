//! The report as it is kept.

use crate::support::person;
use jiff::{Timestamp, civil::date};
use lintel_domain::{
    ids::{ConnectionId, FlowId, RunId},
    quality::{
        AgreementCheck, CompletenessCheck, ConsistencyCheck, DuplicateReport, End, QualityReport, Validity, Walk,
        duplicates,
    },
    records::{Entity, FieldFault, Problem},
    sync::{Base, Counts},
};
use serde_json::{Value, json};

fn report() -> QualityReport {
    let people = [
        person(
            1,
            json!({ "kind": "tenant", "first_name": "Ann", "last_name": "Reed", "email": "ann@example.com", "mobile_phone": "212-555-0142", "moved_in": "2026-02-01", "moved_out": "2026-01-01" }),
        ),
        person(
            2,
            json!({ "kind": "tenant", "first_name": "Ann", "last_name": "Reed", "email": "ann@example.com", "address_line1": "100 Test St" }),
        ),
        person(
            3,
            json!({ "kind": "tenant", "first_name": "Ben", "last_name": "Reed", "email": "ann@example.com", "address_line1": "100 Test St" }),
        ),
    ];
    let names: Vec<&str> = Entity::Person.fields().iter().map(|field| field.name).collect();
    let mut agreement = AgreementCheck::new(&["first_name", "city"]);
    let mut completeness = CompletenessCheck::new(Entity::Person, &names, &[]);
    let mut consistency = ConsistencyCheck::new(date(2026, 7, 1));
    let mut validity = Validity::default();
    for record in &people {
        agreement.add(&record.key, &record.fields, &record.fields, &Base::default());
        completeness.add(&record.key, &record.fields);
        consistency.add(record);
        validity.add(&record.key, &[FieldFault { field: "city".to_owned(), problem: Problem::Kind }]);
    }
    let (agreement, completeness, consistency) = (agreement.report(), completeness.report(), consistency.find());
    let duplicates = DuplicateReport::from(duplicates(&people));
    let score = QualityReport::score_of(&agreement, &completeness, &duplicates, &consistency, &validity);
    let end = |connection: &str, stream: &str| End { connection: ConnectionId::new(connection), stream: stream.into() };
    QualityReport {
        flow: FlowId::new("people"),
        from: end("pm", "tenants"),
        into: end("crm", "contacts"),
        entity: Entity::Person,
        at: Timestamp::UNIX_EPOCH,
        walk: Walk::Sample { count: 3, seed: u64::MAX },
        run: Some(RunId::new("20260701T120000000-0001")),
        counts: Some(Counts { read: 3, ..Counts::default() }),
        score,
        agreement,
        completeness,
        duplicates,
        consistency,
        validity,
        not_read: ["leases".to_owned()].into(),
    }
}

#[test]
fn it_comes_back_as_it_was_kept_with_its_version() {
    let report = report();
    let text = report.to_json().unwrap();
    assert_eq!(QualityReport::from_json(&text).unwrap(), report);
    let mut later: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(later["v"], "1");
    later["v"] = json!("2");
    assert!(QualityReport::from_json(&later.to_string()).is_err());
}

#[test]
fn it_holds_no_value_of_a_person() {
    let text = report().to_json().unwrap();
    for value in ["Ann", "Ben", "Reed", "ann@", "5550142", "100 Test", "2026-02-01"] {
        assert!(!text.contains(value), "{value} in {text}");
    }
    assert!(text.contains("a•••@example.com"));
}

#[test]
fn the_score_is_made_of_the_findings() {
    let score = report().score;
    let parts: Vec<_> = score.parts.iter().map(|part| (part.part.as_str(), part.good, part.all, part.score)).collect();
    assert_eq!(
        parts,
        [
            ("agreement", 3, 3, 100),
            ("coverage", 3, 3, 100),
            ("completeness", 3, 3, 100),
            ("uniqueness", 2, 3, 66),
            ("consistency", 2, 3, 66),
            ("validity", 0, 3, 0),
        ]
    );
    // (65 × 10000 + 25 × 6666) / 10000
    assert_eq!(score.total, Some(81));
}
