//! Records that do not make sense together, and those that do.

use crate::support::{person, record};
use jiff::civil::date;
use lintel_domain::{
    quality::{Consistency, ConsistencyCheck, ConsistencyRule as Rule},
    records::{Entity, Record},
};
use proptest::prelude::*;
use serde_json::{Value, json};

const LEASE_FIELDS: [&str; 7] = ["property", "unit", "from", "to", "status", "kind", "parties"];

fn check(records: &[Record]) -> Consistency {
    let mut check = ConsistencyCheck::new(date(2026, 7, 1));
    check.read_whole("tenants", Entity::Person, ["status", "unit"]);
    check.read_whole("leases", Entity::Lease, LEASE_FIELDS);
    check.read_whole("units", Entity::Unit, ["property", "number", "market_rent"]);
    for record in records {
        check.add(record);
    }
    check.find()
}

/// Rule, record and the others that take part, of every finding.
fn told(found: &Consistency) -> Vec<(Rule, String, Vec<String>)> {
    let entries = found.found.iter().flat_map(|(rule, listed)| listed.shown.iter().map(move |one| (*rule, one)));
    entries
        .map(|(rule, one)| (rule, one.key.to_string(), one.others.iter().map(ToString::to_string).collect()))
        .collect()
}

#[expect(clippy::needless_pass_by_value, reason = "written in place")]
fn lease(id: u32, values: Value) -> Record {
    let mut whole = json!({
        "unit": "units/1", "from": "2026-01-01", "to": "2026-12-31", "status": "active", "kind": "fixed",
        "parties": [{ "person": "tenants/1", "status": "active", "moved_in": "2026-01-01", "moved_out": null }],
    });
    for (name, value) in values.as_object().cloned().unwrap() {
        whole[name] = value;
    }
    record(Entity::Lease, &format!("leases/{id}"), whole)
}

fn unit(id: u32) -> Record {
    record(Entity::Unit, &format!("units/{id}"), json!({ "property": "rentals/1", "number": id.to_string() }))
}

fn tenant(id: u32) -> Record {
    person(id, json!({ "kind": "tenant", "status": "active", "unit": "units/1" }))
}

#[test]
fn a_house_in_order_has_no_findings() {
    let records = [
        tenant(1),
        unit(1),
        lease(1, json!({})),
        lease(2, json!({ "status": "future", "from": "2027-01-01", "to": "2027-12-31" })),
    ];
    let found = check(&records);
    assert_eq!(told(&found), []);
    // The property of the unit: rentals were not read.
    assert_eq!((found.examined, found.sound, found.not_judged), (4, 4, 1));
}

#[test]
fn references_lead_somewhere_or_are_found() {
    let parties = json!([
        { "person": "tenants/1", "status": "active", "moved_in": null, "moved_out": null },
        { "person": "tenants/9", "status": "past", "moved_in": null, "moved_out": null },
    ]);
    let records =
        [tenant(1), unit(2), lease(1, json!({ "unit": "units/2", "property": "rentals/7", "parties": parties }))];
    let found = check(&records);
    assert_eq!(
        told(&found),
        [
            (Rule::ReferenceLeadsNowhere, "leases/1".to_owned(), vec!["tenants/9".to_owned()]),
            (Rule::ReferenceLeadsNowhere, "tenants/1".to_owned(), vec!["units/1".to_owned()]),
            (Rule::UnitOfOtherProperty, "leases/1".to_owned(), vec!["rentals/7".to_owned(), "units/2".to_owned()]),
        ]
    );
    assert_eq!((found.examined, found.sound, found.not_judged), (3, 1, 2));
}

#[test]
fn dates_and_amounts_are_judged_record_by_record() {
    let party =
        json!([{ "person": "tenants/1", "status": "active", "moved_in": "2026-05-01", "moved_out": "2026-04-01" }]);
    let records = [
        unit(1),
        person(
            1,
            json!({ "kind": "tenant", "moved_in": "2026-02-01", "moved_out": "2026-01-01", "date_of_birth": "2027-01-01" }),
        ),
        lease(1, json!({ "to": "2025-12-31", "parties": party, "rent": -1, "deposit": 0 })),
        record(Entity::Unit, "units/2", json!({ "property": "rentals/1", "number": "2", "market_rent": "-10.00" })),
    ];
    let rules: Vec<_> = told(&check(&records)).into_iter().map(|(rule, key, _)| (rule, key)).collect();
    assert_eq!(
        rules,
        [
            (Rule::LeaseDatesReversed, "leases/1".to_owned()),
            (Rule::LeaseOverAndActive, "leases/1".to_owned()),
            (Rule::MovedOutBeforeMovedIn, "leases/1".to_owned()),
            (Rule::MovedOutBeforeMovedIn, "tenants/1".to_owned()),
            (Rule::BornInTheFuture, "tenants/1".to_owned()),
            (Rule::NegativeAmount, "leases/1".to_owned()),
            (Rule::NegativeAmount, "units/2".to_owned()),
        ]
    );
}

#[test]
fn running_leases_have_a_place_and_somebody_and_active_people_have_a_lease() {
    let left = json!([{ "person": "tenants/1", "status": "past", "moved_in": null, "moved_out": null }]);
    let records = [
        unit(1),
        tenant(1),
        tenant(2),
        person(3, json!({ "kind": "owner", "status": "active" })),
        lease(1, json!({ "unit": null, "parties": left })),
        lease(2, json!({ "status": "past", "unit": null, "parties": null })),
    ];
    let rules: Vec<_> = told(&check(&records)).into_iter().map(|(rule, key, _)| (rule, key)).collect();
    assert_eq!(
        rules,
        [
            (Rule::ActiveLeaseWithoutUnit, "leases/1".to_owned()),
            (Rule::ActiveLeaseWithoutParty, "leases/1".to_owned()),
            (Rule::ActivePersonWithoutLease, "tenants/2".to_owned()),
        ]
    );
}

#[test]
fn what_was_not_read_is_not_held_against_anybody() {
    let mut check = ConsistencyCheck::new(date(2026, 7, 1));
    check.read_whole("tenants", Entity::Person, ["status"]);
    // A mapping without units and parties.
    check.read_whole("leases", Entity::Lease, ["from", "to", "status"]);
    for record in [tenant(1), lease(1, json!({ "unit": null, "parties": null }))] {
        check.add(&record);
    }
    assert!(check.unread().into_iter().eq(["units"]));
    let found = check.find();
    assert_eq!((told(&found), found.not_judged), (vec![], 1));
}

#[test]
fn one_person_on_two_leases_of_one_unit_at_a_time_is_found() {
    let other = json!([{ "person": "tenants/2", "status": "active", "moved_in": null, "moved_out": null }]);
    let open_end = json!({ "kind": "at-will", "to": null });
    let records = [
        unit(1),
        unit(2),
        tenant(1),
        tenant(2),
        lease(1, open_end),
        // Inside the first, and after the second.
        lease(2, json!({ "from": "2026-02-01", "to": "2026-08-01" })),
        lease(3, json!({ "from": "2026-09-01" })),
        // Another person, and another unit.
        lease(4, json!({ "parties": other })),
        lease(5, json!({ "unit": "units/2" })),
        // A renewal begins on the day its forerunner ends.
        lease(6, json!({ "unit": "units/2", "from": "2026-12-31", "to": "2027-12-31" })),
    ];
    let found = check(&records);
    let with = |lease: &str| vec![lease.to_owned(), "tenants/1".to_owned()];
    assert_eq!(
        told(&found),
        [
            (Rule::LeasesOverlap, "leases/2".to_owned(), with("leases/1")),
            (Rule::LeasesOverlap, "leases/3".to_owned(), with("leases/1")),
        ]
    );
}

fn any_lease() -> impl Strategy<Value = Value> {
    let day = || (1..13_i8, 1..29_i8).prop_map(|(month, day)| date(2026, month, day).to_string());
    let status = prop::sample::select(vec!["active", "past", "future"]);
    let party = (1..5_u32, status.clone())
        .prop_map(|(id, status)| json!({ "person": format!("tenants/{id}"), "status": status }));
    (1..4_u32, day(), prop::option::of(day()), status, prop::collection::vec(party, 0..3)).prop_map(
        |(unit, from, to, status, parties)| {
            json!({ "unit": format!("units/{unit}"), "from": from, "to": to, "status": status, "kind": "at-will", "parties": parties })
        },
    )
}

proptest! {
    #[test]
    fn the_order_of_records_does_not_matter(
        (records, shuffled) in prop::collection::vec(any_lease(), 0..20).prop_flat_map(|leases| {
            let leases = (1..).zip(leases).map(|(id, values)| lease(id, values));
            let records: Vec<Record> = leases.chain((1..4).map(tenant)).chain((1..3).map(unit)).collect();
            (Just(records.clone()), Just(records).prop_shuffle())
        })
    ) {
        let found = check(&records);
        prop_assert_eq!(&found, &check(&shuffled));
        prop_assert!(found.sound <= found.examined);
    }
}
