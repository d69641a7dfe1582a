//! Sample accounts: everything in them is invented, and everything legal occurs.

use crate::support::company::{Company, LEASES, OWNERS, RENTALS, TENANTS, UNITS, id, unhurried, with};
use lintel_sandbox::buildium::{BuildiumWorld, Owner, Property, Size, Tenant, Unit};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const SIZE: Size = Size { properties: 40, units: 400, tenants: 1_000 };

async fn sample(seed: u64, size: Size) -> Company {
    with(unhurried(), BuildiumWorld::sample(seed, size)).await
}

async fn all(company: &Company, list: &str) -> Vec<Value> {
    let mut records = Vec::new();
    loop {
        let (page, total) = company.page(&format!("{list}?orderby=Id asc&limit=1000&offset={}", records.len())).await;
        records.extend(page);
        if records.len() >= total {
            return records;
        }
    }
}

fn words<'a>(records: &'a [Value], name: &str) -> BTreeSet<&'a str> {
    records.iter().filter_map(|record| record[name].as_str()).collect()
}

/// Every text of a record, however deep.
fn texts<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => found.push(text),
        Value::Array(values) => values.iter().for_each(|value| texts(value, found)),
        Value::Object(fields) => fields.values().for_each(|value| texts(value, found)),
        _ => {}
    }
}

#[tokio::test]
async fn a_world_has_as_much_as_was_asked_and_is_the_same_each_time() {
    let company = sample(7, SIZE).await;
    let vendor = company.vendor();
    assert_eq!(
        (vendor.ids::<Property>().len(), vendor.ids::<Unit>().len(), vendor.ids::<Tenant>().len()),
        (40, 400, 1_000)
    );
    for list in [TENANTS, LEASES, RENTALS, UNITS, OWNERS] {
        let here = all(&company, list).await;
        assert_eq!(here, all(&sample(7, SIZE).await, list).await, "{list}");
        assert_ne!(here, all(&sample(8, SIZE).await, list).await, "{list}");
    }
    let tenants_alone = sample(7, Size { tenants: 3, ..Size::default() }).await;
    assert_eq!((tenants_alone.page(UNITS).await.1, tenants_alone.page(TENANTS).await.1), (1, 3));
    assert_eq!(sample(7, Size::default()).await.page(RENTALS).await.1, 0);
}

#[tokio::test]
async fn what_belongs_together_does() {
    let company = sample(7, SIZE).await;
    let units = all(&company, UNITS).await;
    let rentals = all(&company, RENTALS).await;
    let counted: u64 = rentals.iter().map(|rental| rental["NumberUnits"].as_u64().unwrap()).sum();
    assert_eq!(counted, 400);
    let property_of: BTreeMap<u32, &Value> = units.iter().map(|unit| (id(unit), &unit["PropertyId"])).collect();
    let leases = all(&company, LEASES).await;
    for lease in &leases {
        let unit = u32::try_from(lease["UnitId"].as_u64().unwrap()).unwrap();
        assert_eq!(property_of[&unit], &lease["PropertyId"]);
    }
    let on_leases: usize = leases.iter().map(|lease| lease["Tenants"].as_array().unwrap().len()).sum();
    let tenants = all(&company, TENANTS).await;
    assert_eq!(on_leases, tenants.len());
    assert!(tenants.iter().all(|tenant| tenant["Leases"].as_array().unwrap().len() == 1));
    let owned: BTreeSet<u32> = company
        .vendor()
        .ids::<Owner>()
        .into_iter()
        .flat_map(|id| company.vendor().get::<Owner>(id).unwrap().property_ids)
        .collect();
    assert_eq!(owned.into_iter().collect::<Vec<_>>(), company.vendor().ids::<Property>());
    let occupied = units.iter().filter(|unit| unit["IsUnitOccupied"] == true).count();
    let listed: Vec<&Value> = units.iter().filter(|unit| unit["IsUnitListed"] == true).collect();
    assert!(listed.iter().all(|unit| unit["IsUnitOccupied"] == false));
    assert_eq!(occupied + listed.len(), 400, "who is vacant is listed");
    assert_eq!(company.page("/v1/rentals/units/listings").await.1, listed.len());
}

#[tokio::test]
async fn all_that_is_seldom_and_legal_occurs() {
    let company = sample(7, SIZE).await;
    let tenants = all(&company, TENANTS).await;
    for name in ["Email", "Address", "AlternateEmail", "DateOfBirth", "TaxId", "Comment"] {
        let missing = tenants.iter().filter(|tenant| tenant[name].is_null()).count();
        assert!((1..1_000).contains(&missing), "{name}");
    }
    let mut mailboxes: BTreeMap<&str, u32> = BTreeMap::new();
    for email in tenants.iter().filter_map(|tenant| tenant["Email"].as_str()) {
        *mailboxes.entry(email).or_default() += 1;
    }
    assert!(mailboxes.values().any(|users| *users == 2), "two share a mailbox");
    assert!(
        tenants
            .iter()
            .any(|tenant| tenant["PhoneNumbers"][0]["Type"] == "Fax" && tenant["PhoneNumbers"][1].is_object())
    );
    assert!(words(&tenants, "SMSOptInStatus").contains("Paused"), "a word of no specification");
    assert!(words(&all(&company, RENTALS).await, "RentalSubType").contains("StudentHousing"));
    assert!(words(&all(&company, UNITS).await, "UnitBedrooms").contains("TenBed"));
    let leases = all(&company, LEASES).await;
    assert_eq!(words(&leases, "LeaseStatus"), BTreeSet::from(["Active", "Future", "Past"]));
    assert_eq!(words(&leases, "TermType"), BTreeSet::from(["MonthToMonth", "Owner", "Standard"]));
    assert_eq!(words(&leases, "LeaseType"), BTreeSet::from(["AtWill", "Fixed", "FixedWithRollover"]));
    let some = |name: &str| leases.iter().filter(|lease| lease[name].is_null()).count();
    assert!((1..leases.len()).contains(&some("LastUpdatedDateTime")) && some("LeaseToDate") > 0);
    let residents: Vec<Value> = leases.iter().flat_map(|lease| lease["Tenants"].as_array().unwrap().clone()).collect();
    assert_eq!(words(&residents, "Status"), BTreeSet::from(["Current", "Future", "MovedOut"]));
    let active = |lease: &&Value| lease["LeaseStatus"] == "Active";
    let notices: Vec<Value> =
        leases.iter().filter(active).flat_map(|lease| lease["MoveOutData"].as_array().unwrap().clone()).collect();
    let days = words(&notices, "MoveOutDate");
    assert!(days.first() < Some(&"2030-03-01") && days.last() > Some(&"2030-03-01"), "one is gone, one will be");
    assert!(leases.iter().any(|lease| lease["Cosigners"][0].is_object()));
    let owners = all(&company, OWNERS).await;
    assert!(
        owners.iter().any(|owner| owner["IsCompany"] == true) && owners.iter().any(|owner| owner["Email"].is_null())
    );
}

#[tokio::test]
async fn everybody_is_invented() {
    let company = sample(7, SIZE).await;
    for list in [TENANTS, LEASES, RENTALS, OWNERS, "/v1/associations", "/v1/rentals/units/listings"] {
        let records = company.page(&format!("{list}?limit=1000")).await.0;
        let mut found = Vec::new();
        for record in &records {
            texts(record, &mut found);
        }
        for text in found {
            if let Some((_, domain)) = text.split_once('@') {
                assert!(["example.com", "example.org", "example.net"].contains(&domain), "{text}");
            }
            if text.starts_with('(') {
                assert!(text.contains(") 555-01"), "{text}");
            }
        }
    }
}

#[tokio::test]
async fn ten_thousand_tenants_are_read_in_ten_pages() {
    let company = sample(7, Size::of_tenants(10_000)).await;
    let ids: Vec<u32> = all(&company, TENANTS).await.iter().map(id).collect();
    assert_eq!(ids, company.vendor().ids::<Tenant>());
    assert_eq!(company.vendor().usage().calls_of("GET /v1/leases/tenants"), 10);
}

#[tokio::test]
async fn a_hundred_thousand_tenants_are_there_and_one_who_changes_is_found() {
    let company = sample(7, Size::of_tenants(100_000)).await;
    let (page, total) = company.page(&format!("{TENANTS}?orderby=Id asc&offset=99990")).await;
    assert_eq!((page.len(), total), (10, 100_000));
    let last = id(&page[9]);
    company.vendor().change_phone(last, "(602) 555-0123").unwrap();
    assert_eq!(company.ids(&format!("{TENANTS}?lastupdatedfrom=2030-03-01T12:00:00Z")).await, [last]);
}
