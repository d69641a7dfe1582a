//! Everything that is wrong with the town, and nothing else, is found.

use crate::{
    place::Place,
    town::{NO_UNIT, Town},
};
use lintel_domain::{
    quality::{Agreement, ConsistencyRule as Rule, DuplicateKind, Listed, QualityReport, Walk},
    records::RecordKey,
};
use lintel_sandbox::buildium::Tenant;
use std::collections::BTreeMap;

struct Found {
    town: Town,
    /// Came after the run.
    late: u32,
    /// Went after the run.
    gone: u32,
    report: QualityReport,
}

/// A run, then hands at both ends, then the comparison.
async fn compared() -> Found {
    let place = Place::open().await;
    let town = Town::build(&place);
    let somebody = |first: &'static str, email: &'static str| Tenant {
        first_name: Some(first.into()),
        last_name: Some("Yew".into()),
        email: Some(email.into()),
        ..Tenant::default()
    };
    let gone = place.company.add(somebody("Jonas", "jonas@example.com"));
    let run = place.run().await;
    assert_eq!((run.counts.read, run.counts.created, run.counts.warnings), (11, 11, 1));
    place.portal.person_edits("contacts", &place.contact(town.edda), &[("city", "Elsewhere")]).unwrap();
    place.portal.person_edits("contacts", &place.contact(town.ann), &[("firstname", "")]).unwrap();
    place.portal.person_deletes("contacts", &place.contact(town.finn)).unwrap();
    place.company.change_phone(town.hugo, "(212) 555-0199").unwrap();
    place.company.delete::<Tenant>(gone).unwrap();
    let late = place.company.add(somebody("Kira", "kira@example.com"));
    let report = place.compare(Walk::Everything).await;
    Found { town, late, gone, report }
}

fn keys(listed: &Listed<RecordKey>) -> Vec<&str> {
    listed.shown.iter().map(RecordKey::as_str).collect()
}

fn tenants<const N: usize>(ids: [u32; N]) -> [String; N] {
    ids.map(|id| format!("tenants/{id}"))
}

/// How often both sides differ, the source alone and the target alone has a value; who moved; which records.
type Apart<'a> = ([u64; 3], [u64; 4], Vec<&'a str>);

/// The fields that do not agree everywhere.
fn apart(agreement: &Agreement) -> BTreeMap<&str, Apart<'_>> {
    let apart = agreement.fields.iter().filter(|field| !field.records.is_empty());
    apart
        .map(|field| {
            let moved = [field.moved.source, field.moved.target, field.moved.both, field.moved.neither];
            (field.field.as_str(), ([field.differ, field.only_source, field.only_target], moved, keys(&field.records)))
        })
        .collect()
}

#[tokio::test]
async fn differences_are_told_with_who_left_what_was_agreed() {
    let Found { town, late, gone, report } = compared().await;
    let agreement = &report.agreement;
    let [ann, dora, edda, hugo] = tenants([town.ann, town.dora, town.edda, town.hugo]);
    assert_eq!(
        apart(agreement),
        BTreeMap::from([
            ("city", ([1, 0, 0], [0, 1, 0, 0], vec![edda.as_str()])),
            // The couple's mailbox went to Carl, and everybody knows.
            ("email", ([0, 1, 0], [0, 0, 0, 1], vec![dora.as_str()])),
            ("first_name", ([0, 1, 0], [0, 1, 0, 0], vec![ann.as_str()])),
            ("mobile_phone", ([1, 0, 0], [1, 0, 0, 0], vec![hugo.as_str()])),
        ])
    );
    assert_eq!((agreement.looked_for, agreement.compared, agreement.in_step), (11, 9, 5));
    assert_eq!(keys(&agreement.not_linked), tenants([late]));
    assert_eq!(keys(&agreement.not_found), tenants([town.finn]));
    assert_eq!(keys(&agreement.without_source), tenants([gone]));
    for empty in [&agreement.refused, &agreement.set_aside, &agreement.removed] {
        assert!(empty.is_empty());
    }
}

#[tokio::test]
async fn duplicates_are_told_from_households() {
    let Found { town, report, .. } = compared().await;
    let shown = report.duplicates.kinds.values().flat_map(|of_kind| &of_kind.shown);
    let found: Vec<_> = shown
        .map(|one| {
            let keys: Vec<&str> = one.keys.iter().map(RecordKey::as_str).collect();
            let fields: Vec<&str> = one.fields.iter().map(String::as_str).collect();
            (one.kind, keys, one.score, fields, one.examples.values().map(String::as_str).collect::<Vec<_>>())
        })
        .collect();
    let [ann, again, sarah, sara] = tenants([town.ann, town.ann_again, town.sarah, town.sara]);
    let [carl, dora] = tenants([town.carl, town.dora]);
    assert_eq!(
        found,
        [
            (
                DuplicateKind::SameEmail,
                vec![ann.as_str(), &again],
                96,
                vec!["email", "first_name", "last_name", "other_email"],
                vec!["a•••@example.com"],
            ),
            (DuplicateKind::Similar, vec![&sarah, &sara], 85, vec!["address_line1", "first_name", "last_name"], vec![],),
            (DuplicateKind::Household, vec![&carl, &dora], 93, vec!["email", "last_name"], vec!["b•••@example.com"],),
        ]
    );
    assert_eq!((report.duplicates.examined, report.duplicates.surplus), (11, 2));
}

#[tokio::test]
async fn what_does_not_fit_together_is_found_over_all_streams() {
    let Found { town, report, .. } = compared().await;
    let consistency = &report.consistency;
    let found: Vec<(Rule, String, Vec<String>)> = consistency
        .found
        .iter()
        .flat_map(|(rule, listed)| listed.shown.iter().map(move |one| (*rule, one)))
        .map(|(rule, one)| (rule, one.key.to_string(), one.others.iter().map(ToString::to_string).collect()))
        .collect();
    let lease = |id: u32| format!("leases/{id}");
    let [ann, sarah, finn] = tenants([town.ann, town.sarah, town.finn]);
    let nowhere = format!("units/{NO_UNIT}");
    let leases = &town.leases;
    assert_eq!(
        found,
        [
            (Rule::ReferenceLeadsNowhere, lease(leases.nowhere), vec![nowhere.clone()]),
            (Rule::ReferenceLeadsNowhere, sarah, vec![nowhere]),
            (Rule::LeaseDatesReversed, lease(leases.reversed), vec![]),
            (Rule::ActiveLeaseWithoutParty, lease(leases.empty), vec![]),
            (Rule::LeasesOverlap, lease(leases.within), vec![lease(leases.first), ann]),
            (Rule::MovedOutBeforeMovedIn, lease(leases.left), vec![finn.clone()]),
            (Rule::MovedOutBeforeMovedIn, finn, vec![]),
            (Rule::NegativeAmount, lease(leases.reversed), vec![]),
        ]
    );
    // Eleven tenants, six leases, two units, one property; seven of them at fault.
    assert_eq!((consistency.examined, consistency.sound, consistency.not_judged), (20, 13, 0));
    assert!(report.not_read.is_empty());
}

#[tokio::test]
async fn what_is_missing_or_unreadable_is_told_and_all_of_it_makes_the_score() {
    let Found { town, report, .. } = compared().await;
    let missing: Vec<_> =
        report.completeness.needs.iter().map(|need| (need.name.as_str(), keys(&need.missing))).collect();
    let [gita, hugo] = tenants([town.gita, town.hugo]);
    assert_eq!(missing, [("kind", vec![]), ("name", vec![]), ("way to be reached", vec![gita.as_str()])]);
    assert_eq!((report.completeness.examined, report.completeness.usable), (11, 10));
    let faults = &report.validity.faults;
    assert_eq!(faults.len(), 1);
    assert_eq!(keys(&faults["email"]["is no e-mail address"]), [hugo]);
    let parts: Vec<_> =
        report.score.parts.iter().map(|part| (part.part.as_str(), part.good, part.all, part.score)).collect();
    assert_eq!(
        parts,
        [
            ("agreement", 69, 73, 94),
            ("coverage", 9, 11, 81),
            ("completeness", 10, 11, 90),
            ("uniqueness", 9, 11, 81),
            ("consistency", 13, 20, 65),
            ("validity", 10, 11, 90),
        ]
    );
    // (35 × 9452 + 15 × (8181 + 9090 + 8181) + 10 × (6500 + 9090)) / 10000
    assert_eq!(report.score.total, Some(86));
}
