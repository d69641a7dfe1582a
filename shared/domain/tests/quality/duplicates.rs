//! Duplicates, and what only looks like them.

use crate::support::{person, record};
use lintel_domain::{
    quality::{Duplicate, DuplicateKind, duplicates},
    records::{Entity, Record},
};
use proptest::prelude::*;
use serde_json::json;
use std::collections::BTreeSet;

/// Kind, keys and score of every finding.
fn told(records: &[Record]) -> Vec<(DuplicateKind, Vec<&'static str>, u8)> {
    duplicates(records).found.iter().map(|one| (one.kind, keys(one), one.score)).collect()
}

fn keys(found: &Duplicate) -> Vec<&'static str> {
    let names = ["tenants/1", "tenants/2", "tenants/3", "tenants/4", "owners/1", "units/1", "units/2", "units/3"];
    let names = names.into_iter().chain(["rentals/1", "rentals/2", "rentals/3"]);
    names.filter(|name| found.keys.iter().any(|key| key.as_str() == *name)).collect()
}

#[test]
fn one_address_is_one_person_unless_first_names_differ() {
    let records = [
        person(1, json!({ "first_name": "Ann", "last_name": "Reed", "email": "ann@example.com" })),
        person(2, json!({ "first_name": "Anne", "last_name": "Stone", "other_email": "Ann@Example.com" })),
        person(3, json!({ "first_name": "Ben", "last_name": "Reed", "email": "ann@example.com" })),
    ];
    assert_eq!(
        told(&records),
        [
            (DuplicateKind::SameEmail, vec!["tenants/1", "tenants/2"], 82),
            (DuplicateKind::Household, vec!["tenants/1", "tenants/2", "tenants/3"], 90),
        ]
    );
    let found = duplicates(&records);
    assert_eq!((found.examined, found.surplus), (3, 1));
    assert_eq!(found.found[0].fields, ["email", "first_name", "other_email"].map(str::to_owned).into());
    assert_eq!(found.found[0].examples["email"], "a•••@example.com");
}

#[test]
fn a_phone_number_counts_in_whichever_field_and_form() {
    let records = [
        person(1, json!({ "first_name": "Ann", "last_name": "Reed", "mobile_phone": "(212) 555-0142" })),
        person(2, json!({ "first_name": "Ann", "last_name": "Reed", "home_phone": "+1 212 555 0142" })),
        person(3, json!({ "first_name": "Cleo", "last_name": "Stone", "work_phone": "212.555.0142" })),
        // A number that was given out anew.
        person(4, json!({ "first_name": "Ann", "last_name": "Birch", "mobile_phone": "212-555-0142" })),
    ];
    assert_eq!(
        told(&records),
        [
            (DuplicateKind::SamePhone, vec!["tenants/1", "tenants/2"], 92),
            (DuplicateKind::Household, vec!["tenants/1", "tenants/2", "tenants/3", "tenants/4"], 75),
        ]
    );
    assert_eq!(duplicates(&records).found[0].examples["mobile_phone"], "•••-0142");
}

#[test]
fn a_name_and_an_address_that_are_alike_are_enough_together_only() {
    let home = json!({ "first_name": "Sarah", "last_name": "O'Reed", "address_line1": "100 North Test Street", "address_line2": "Apt. 3", "city": "Sampletown", "postal_code": "00000" });
    let alike = json!({ "first_name": "Sara", "last_name": "OReed", "address_line1": "100 N Test St #03", "postal_code": "00000-1234" });
    let moved =
        json!({ "first_name": "Sarah", "last_name": "O'Reed", "address_line1": "12 Mock Ave", "city": "Sampletown" });
    let neighbour = json!({ "first_name": "Sarah", "last_name": "O'Reed", "address_line1": "100 N Test St", "address_line2": "Apt 4", "city": "Sampletown", "postal_code": "00000" });
    let records = [person(1, home), person(2, alike), person(3, moved), person(4, neighbour)];
    let found = duplicates(&records).found;
    assert_eq!(told(&records), [(DuplicateKind::Similar, vec!["tenants/1", "tenants/2"], 85)]);
    assert_eq!(found[0].fields, ["address_line1", "first_name", "last_name"].map(str::to_owned).into());
    assert!(found[0].examples.is_empty(), "names and homes are nobody's business");
}

#[test]
fn families_at_one_address_are_households() {
    let at = |first: &str, born: &str| json!({ "first_name": first, "last_name": "Reed", "address_line1": "100 Test St", "city": "Sampletown", "date_of_birth": born });
    let records = [
        person(1, at("Ann", "1980-05-01")),
        person(2, at("Ben", "1979-01-30")),
        person(3, at("Ben Jr.", "2004-01-30")),
        // A namesake with another birthday.
        person(4, at("Ann", "2003-02-01")),
    ];
    assert_eq!(
        told(&records),
        [(DuplicateKind::Household, vec!["tenants/1", "tenants/2", "tenants/3", "tenants/4"], 74)]
    );
}

#[test]
fn somebody_without_a_name_does_not_make_a_couple_one_person() {
    let records = [
        person(1, json!({ "first_name": "Ann", "last_name": "Reed", "email": "reeds@example.com" })),
        person(2, json!({ "first_name": "Ben", "last_name": "Reed", "email": "reeds@example.com" })),
        person(3, json!({ "email": "reeds@example.com" })),
    ];
    assert_eq!(
        told(&records),
        [
            (DuplicateKind::SameEmail, vec!["tenants/1", "tenants/3"], 90),
            (DuplicateKind::Household, vec!["tenants/1", "tenants/2"], 93),
        ]
    );
}

#[test]
fn an_owner_who_lives_in_the_house_has_two_roles() {
    let ann =
        |kind: &str| json!({ "kind": kind, "first_name": "Ann", "last_name": "Reed", "email": "ann@example.com" });
    let records = [person(1, ann("tenant")), record(Entity::Person, "owners/1", ann("owner"))];
    assert_eq!(told(&records), [(DuplicateKind::SeveralRoles, vec!["tenants/1", "owners/1"], 97)]);
    assert_eq!(duplicates(&records).surplus, 0);
}

#[test]
fn what_everybody_has_names_nobody() {
    let names = "Ada Ben Cleo Dev Edda Finn Gita Hugo Ines Jonas Kira Liam Mona";
    let mut records: Vec<Record> = (10..)
        .zip(names.split(' '))
        .map(|(id, name)| person(id, json!({ "first_name": name, "email": "office@example.com" })))
        .collect();
    records.push(person(1, json!({ "first_name": "Ada", "email": "office@example.com" })));
    let found = duplicates(&records).found;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].kind, found[0].records), (DuplicateKind::SharedByMany, 14));
    assert_eq!(found[0].examples["email"], "o•••@example.com");
    // As many times one person are so many times one person.
    let copies: Vec<Record> = (0..500)
        .map(|id| person(id, json!({ "first_name": "Ada", "last_name": "Reed", "email": "ada@example.com" })))
        .collect();
    let found = duplicates(&copies);
    assert_eq!((found.found.len(), found.found[0].records, found.surplus), (1, 500, 499));
    assert_eq!(found.found[0].keys.len(), 25);
}

#[test]
fn properties_are_told_by_their_address_and_units_by_their_number() {
    let rental = |id: u32, name: &str, line: &str| {
        let values = json!({ "name": name, "address_line1": line, "city": "Sampletown" });
        record(Entity::Property, &format!("rentals/{id}"), values)
    };
    let places = [
        rental(1, "Cedar Court", "100 Test Street"),
        rental(2, "Cedar Court Apartments", "100 Test St."),
        rental(3, "Cedar Court", "200 Test St"),
    ];
    assert_eq!(told(&places), [(DuplicateKind::Similar, vec!["rentals/1", "rentals/2"], 89)]);
    let buildings = [rental(1, "Cedar Court A", "100 Test St"), rental(2, "Cedar Court B", "100 Test St")];
    assert_eq!(told(&buildings), []);
    let unit = |id: u32, number: &str, building: &str| {
        let values = json!({ "property": "rentals/1", "number": number, "building": building });
        record(Entity::Unit, &format!("units/{id}"), values)
    };
    let units = [unit(1, "Apt 03", "A"), unit(2, "#3", ""), unit(3, "4", "A")];
    assert_eq!(told(&units), [(DuplicateKind::SamePlace, vec!["units/1", "units/2"], 95)]);
    assert_eq!(told(&[unit(1, "3", "A"), unit(2, "3", "B")]), []);
}

fn somebody() -> impl Strategy<Value = (u32, serde_json::Value)> {
    let pick = |from: &'static [&'static str]| prop::option::weighted(0.7, prop::sample::select(from));
    let name = (
        pick(&["Ann", "Anne", "Ben", "Bob", "Robert", "A.", "Cleo"]),
        pick(&["Reed", "Reid", "Stone", "Reed-Stone", "Reed Jr"]),
    );
    let ways = (
        pick(&["a@example.com", "b@example.com", "c@example.com"]),
        pick(&["212-555-0142", "212-555-0143", "212-555-0144"]),
    );
    let home = (pick(&["100 Test St", "100 Test Street #3", "102 Test St"]), pick(&["Sampletown", "Elsewhere"]));
    let birth = pick(&["1980-05-01", "1981-05-01"]);
    (0..60_u32, name, ways, home, birth).prop_map(|(id, (first, last), (email, phone), (line, city), born)| {
        let values = json!({
            "first_name": first, "last_name": last, "email": email, "mobile_phone": phone,
            "address_line1": line, "city": city, "date_of_birth": born,
        });
        (id, values)
    })
}

proptest! {
    #[test]
    fn the_order_of_records_does_not_matter(
        (records, shuffled) in prop::collection::vec(somebody(), 0..50).prop_flat_map(|people| {
            let records: Vec<Record> = people.into_iter().map(|(id, values)| person(id, values)).collect();
            (Just(records.clone()), Just(records).prop_shuffle())
        })
    ) {
        prop_assert_eq!(duplicates(&records), duplicates(&shuffled));
    }

    #[test]
    fn nobody_is_in_two_groups_of_duplicates_and_none_is_alone(people in prop::collection::vec(somebody(), 0..60)) {
        let records: Vec<Record> = people.into_iter().map(|(id, values)| person(id, values)).collect();
        let found = duplicates(&records);
        let mut seen = BTreeSet::new();
        for one in found.found.iter().filter(|one| one.kind.is_surplus()) {
            prop_assert!(one.keys.len() > 1 && one.score >= 75 && one.score <= 100 && !one.fields.is_empty());
            for key in &one.keys {
                prop_assert!(seen.insert(key.clone()), "{} twice", key);
            }
        }
        prop_assert!(found.surplus < found.examined.max(1));
    }

    /// Whoever else is there, a person who is written down twice is found.
    #[test]
    fn a_copy_is_always_found(people in prop::collection::btree_map(0..60_u32, somebody(), 1..30)) {
        let mut records: Vec<Record> = Vec::new();
        let full = |values: &serde_json::Value| ["first_name", "last_name", "email"].iter().all(|name| !values[name].is_null());
        for (id, (_, values)) in people.into_iter().filter(|(_, (_, values))| full(values)) {
            records.push(person(id, values));
        }
        if let Some(one) = records.first().cloned() {
            let copy = Record { key: lintel_domain::records::RecordKey::from_text("tenants/999"), ..one };
            records.push(copy);
            let found = duplicates(&records);
            let of_copy = |found: &&Duplicate| found.kind.is_surplus() && found.keys.iter().any(|key| key.id() == "999");
            prop_assert!(found.found.iter().any(|one| of_copy(&one)), "{:?}", found);
        }
    }
}
