//! Mappings that ship, over records as the vendors' sheets tell them, and what is said of a faulty one.

#![allow(clippy::expect_used, reason = "helpers of tests")]

use lintel_connectors::{
    manifest::{find, mappings, vendors},
    mapping::{Mapped, Mapping, MappingError, Mappings},
    records::Item,
};
use lintel_domain::{
    records::{Currency, Entity, FieldKind, Problem},
    sync::Changes,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn mapping(vendor: &str, stream: &str) -> Mapping {
    let manifest = find(vendor).expect("a manifest");
    let mappings = mappings(&manifest).expect("mappings");
    Mapping::compile(&manifest, stream, &mappings, &BTreeMap::new()).expect("a mapping")
}

fn read(vendor: &str, stream: &str, content: Value) -> Mapped {
    mapped(vendor, stream, content).expect("one of those meant")
}

fn mapped(vendor: &str, stream: &str, content: Value) -> Option<Mapped> {
    let key = content.get("Id").or_else(|| content.get("id")).map(|id| id.to_string().replace('"', ""));
    let item = Item { key: key.expect("an id"), content };
    mapping(vendor, stream).read(&item, Currency::USD)
}

fn tenant() -> Value {
    json!({
        "Id": 7, "FirstName": "Ann", "LastName": "Lee ", "Email": "Ann.Lee@Example.com", "AlternateEmail": null,
        "PhoneNumbers": [
            { "Number": "2125550199", "Type": "Fax" },
            { "Number": null, "Type": "Home" },
            { "Number": "(212) 555-0142", "Type": "Cell" },
        ],
        "CreatedDateTime": "2026-01-02T03:04:05Z", "DateOfBirth": "1990-05-06",
        "EmergencyContact": { "Name": "Bo Lee", "RelationshipDescription": "brother", "Phone": "212-555-0101", "Email": null },
        "Address": { "AddressLine1": "1 Elm St", "AddressLine2": "Apt 2", "AddressLine3": null, "City": "Salem", "State": "OR",
                     "PostalCode": "97301", "Country": "UnitedStates" },
        "Leases": [
            { "Id": 1, "PropertyId": 10, "UnitId": 20, "LeaseStatus": "Past", "Tenants": [{ "Id": 7, "Status": "MovedOut", "MoveInDate": "2020-01-01" }],
              "MoveOutData": [{ "TenantId": 7, "MoveOutDate": "2025-12-31" }] },
            { "Id": 2, "PropertyId": 11, "UnitId": 21, "LeaseStatus": "Active",
              "Tenants": [{ "Id": 7, "Status": "Current", "MoveInDate": "2026-01-01" }, { "Id": 8, "Status": "Current", "MoveInDate": "2025-01-01" }],
              "MoveOutData": [] },
        ],
        "Comment": "", "TaxId": "900-00-0001",
    })
}

#[test]
fn every_shipped_mapping_reads() {
    let mut mapped = 0;
    for vendor in vendors() {
        let manifest = find(vendor).expect("a manifest");
        mapped += mappings(&manifest).expect("mappings").names().count();
    }
    assert!(mapped >= 7, "{mapped} streams are mapped");
}

#[test]
fn a_tenant_becomes_a_person() {
    let person = read("buildium", "tenants", tenant());
    assert_eq!((person.record.entity, person.record.key.as_str()), (Entity::Person, "tenants/7"));
    assert!(person.faults.is_empty(), "{:?}", person.faults);
    let wanted = json!({
        "kind": "tenant", "first_name": "Ann", "last_name": "Lee", "email": "ann.lee@example.com", "mobile_phone": "+12125550142",
        "date_of_birth": "1990-05-06", "address_line1": "1 Elm St", "address_line2": "Apt 2", "city": "Salem", "state": "OR",
        "postal_code": "97301", "country": "UnitedStates", "tax_id": "900-00-0001", "status": "active", "unit": "units/21",
        "property": "rentals/11", "moved_in": "2026-01-01", "created_at": "2026-01-02T03:04:05.000Z",
    });
    assert_eq!(Value::Object(person.record.fields.to_json()), sorted(&wanted));
}

#[test]
fn a_tenant_with_nothing_but_a_name_is_still_one() {
    let person =
        read("buildium", "tenants", json!({ "Id": 8, "LastName": "Lee", "Address": null, "EmergencyContact": null }));
    assert!(person.faults.is_empty(), "{:?}", person.faults);
    assert_eq!(Value::Object(person.record.fields.to_json()), json!({ "kind": "tenant", "last_name": "Lee" }));
}

/// What is said of tenant 7 with these leases: status, unit, and when they came and went.
fn stays(leases: &Value) -> [Option<String>; 4] {
    let person = read("buildium", "tenants", json!({ "Id": 7, "LastName": "Lee", "Leases": leases }));
    assert!(person.faults.is_empty(), "{:?}", person.faults);
    let named = json!({ "Id": 7, "Leases": leases, "EmergencyContact": { "Name": "Bo Lee" } });
    let home = read("buildium", "emergency-homes", named).record.fields;
    assert_eq!(home.text("unit"), person.record.fields.text("unit"), "whom to call belongs to the same home");
    assert_eq!(home.text("person"), Some("emergency-contacts/7/emergency"));
    ["status", "unit", "moved_in", "moved_out"].map(|name| person.record.fields.text(name).map(str::to_owned))
}

fn said(values: [&str; 4]) -> [Option<String>; 4] {
    values.map(|value| (!value.is_empty()).then(|| value.to_owned()))
}

#[test]
fn a_tenants_dates_are_those_of_the_lease_that_runs_or_comes_next() {
    // Everything as the vendor tells it: a list in no order, of all times, with roommates in it.
    let lease = |id: u32, status: &str, own: &str, from: &str, out: Option<&str>| {
        let others = json!({ "TenantId": 8, "MoveOutDate": "2031-01-01" });
        let own_out = out.map(|day| json!({ "TenantId": 7, "MoveOutDate": day }));
        let outs: Vec<Value> = own_out.into_iter().chain([others]).collect();
        json!({
            "Id": id, "PropertyId": 10, "UnitId": 100 + id, "LeaseStatus": status, "LeaseFromDate": from,
            "Tenants": [{ "Id": 8, "Status": "Current", "MoveInDate": "2001-01-01" }, { "Id": 7, "Status": own, "MoveInDate": from }],
            "MoveOutData": outs,
        })
    };
    let over = lease(1, "Past", "MovedOut", "2020-01-01", Some("2022-12-31"));
    let older = lease(2, "Past", "MovedOut", "2015-01-01", Some("2017-12-31"));
    let runs = lease(3, "Active", "Current", "2026-01-01", None);
    let leaves = lease(4, "Active", "Current", "2025-01-01", Some("2026-12-31"));
    let left = lease(5, "Active", "MovedOut", "2024-01-01", Some("2026-02-01"));
    let comes = lease(6, "Future", "Future", "2027-01-01", None);
    let later = lease(7, "Future", "Future", "2028-01-01", None);
    for (leases, wanted) in [
        (json!([older, over]), said(["past", "", "2020-01-01", "2022-12-31"])),
        // Somebody who comes back has not left.
        (json!([over, runs]), said(["active", "units/103", "2026-01-01", ""])),
        (json!([runs, over, older]), said(["active", "units/103", "2026-01-01", ""])),
        (json!([over, comes]), said(["future", "units/106", "2027-01-01", ""])),
        (json!([later, comes]), said(["future", "units/106", "2027-01-01", ""])),
        // Notice given, with the next lease signed: until then the first one counts.
        (json!([comes, leaves]), said(["active", "units/104", "2025-01-01", "2026-12-31"])),
        // From one unit to another: the one begun last.
        (json!([leaves, runs]), said(["active", "units/103", "2026-01-01", ""])),
        // A lease that goes on with the roommate.
        (json!([left]), said(["past", "", "2024-01-01", "2026-02-01"])),
        (json!([left, comes]), said(["future", "units/106", "2027-01-01", ""])),
        (json!([]), said(["", "", "", ""])),
        (Value::Null, said(["", "", "", ""])),
    ] {
        assert_eq!(stays(&leases), wanted, "{leases}");
    }
}

#[test]
fn a_lease_without_dates_or_people_still_says_what_it_is() {
    let bare = json!([{ "Id": 1, "PropertyId": 10, "UnitId": 20, "LeaseStatus": "Active", "LeaseFromDate": "2026-01-01", "Tenants": null, "MoveOutData": null }]);
    assert_eq!(stays(&bare), said(["active", "units/20", "2026-01-01", ""]));
    let new_word =
        json!([{ "Id": 1, "PropertyId": 10, "UnitId": 20, "LeaseStatus": "Renewing", "LeaseFromDate": "2026-01-01" }]);
    assert_eq!(stays(&new_word), said(["", "", "", ""]));
}

#[test]
fn an_emergency_contact_is_a_person_of_its_own() {
    let person = read("buildium", "emergency-contacts", tenant());
    assert_eq!(person.record.key.as_str(), "emergency-contacts/7/emergency");
    assert_eq!(person.record.fields.text("contact_of"), Some("tenants/7"));
    let nobody = json!({ "Id": 9, "EmergencyContact": { "Name": "", "Phone": "212-555-0101" } });
    assert!(mapped("buildium", "emergency-contacts", nobody).is_none());
}

#[test]
fn words_become_numbers_and_a_new_word_becomes_none() {
    let unit = |bedrooms: &str, bathrooms: &str| {
        let content = json!({ "Id": 20, "PropertyId": 10, "UnitNumber": "2B", "MarketRent": 1250.5,
                              "UnitBedrooms": bedrooms, "UnitBathrooms": bathrooms, "Address": null });
        let fields = read("buildium", "units", content).record.fields;
        (fields.get("bedrooms").cloned(), fields.get("bathrooms").cloned())
    };
    assert_eq!(unit("Studio", "OnePointFiveBath"), (Some(json!(0)), Some(json!(1.5))));
    assert_eq!(unit("NineBedPlus", "FivePlusBath"), (Some(json!(9)), Some(json!(5))));
    assert_eq!(unit("TenBed", "NotSet"), (None, None));
}

#[test]
fn a_lease_tells_each_partys_own_state() {
    let lease = json!({
        "Id": 2, "PropertyId": 11, "UnitId": 21, "UnitNumber": "21", "LeaseFromDate": "2026-01-01", "LeaseToDate": null,
        "LeaseType": "AtWill", "LeaseStatus": "Active", "AccountDetails": { "SecurityDeposit": 500, "Rent": 1250.1 },
        "Tenants": [{ "Id": 8, "Status": "MovedOut", "MoveInDate": "2025-01-01" }, { "Id": 7, "Status": "Current" }],
        "MoveOutData": [{ "TenantId": 8, "MoveOutDate": "2026-02-01" }], "LastUpdatedDateTime": "2026-02-02T00:00:00Z",
    });
    let lease = read("buildium", "leases", lease);
    assert_eq!(lease.updated_at, Some("2026-02-02T00:00:00Z".parse().expect("a moment")));
    let fields = lease.record.fields;
    assert_eq!(fields.get("rent"), Some(&json!({ "minor": 125_010, "currency": "USD" })));
    assert_eq!(
        fields.get("parties"),
        Some(&json!([
            { "person": "tenants/7", "status": "active", "moved_in": null, "moved_out": null },
            { "person": "tenants/8", "status": "past", "moved_in": "2025-01-01", "moved_out": "2026-02-01" },
        ]))
    );
}

#[test]
fn an_associations_owner_is_one_where_an_account_runs() {
    let account = |association: u32, unit: u32, status: &str| json!({ "AssociationId": association, "UnitId": unit, "Status": status });
    let owner = |occupies: bool, accounts: Value| {
        let content = json!({
            "Id": 3, "FirstName": "Ola", "LastName": "Berg", "PhoneNumbers": [{ "Number": "212-555-0143", "Type": "Office" }],
            "PrimaryAddress": { "AddressLine1": "2 Elm St", "City": "Salem" }, "Address": { "City": "Elsewhere" },
            "OccupiesUnit": occupies, "OwnershipAccounts": accounts, "TaxId": "900-00-0002",
        });
        read("buildium", "association-owners", content).record.fields
    };
    let lives = owner(true, json!([account(8, 70, "Past"), account(9, 80, "Active"), account(9, 81, "Active")]));
    let wanted = json!({
        "kind": "owner", "first_name": "Ola", "last_name": "Berg", "work_phone": "+12125550143", "address_line1": "2 Elm St",
        "city": "Salem", "tax_id": "900-00-0002", "status": "active", "unit": "association-units/80", "associations": ["associations/9"],
    });
    assert_eq!(Value::Object(lives.to_json()), sorted(&wanted));
    let sold = owner(true, json!([account(9, 80, "Past")]));
    assert_eq!((sold.text("status"), sold.get("unit"), sold.get("associations")), (Some("past"), None, None));
    assert_eq!(owner(false, json!([account(9, 80, "Active")])).get("unit"), None);
    assert_eq!(owner(true, Value::Null).get("associations"), None);
}

#[test]
fn an_offer_is_written_and_reads_as_what_was_written() {
    let offers = mapping("hubspot", "unit-listing-offers");
    let content = json!({ "Rent": 900, "ListingDate": "2026-01-02", "AvailableDate": "2026-02-01",
                          "Property": { "Id": 10 }, "Unit": { "Id": 20 } });
    let item = Item { key: "20".to_owned(), content };
    let offer = mapping("buildium", "listings").read(&item, Currency::USD).expect("a listing").record.fields;
    let changes: Changes = offers.written().map(|(name, _)| (name, offer.get(name).cloned())).collect();
    let values = offers.write(&changes);
    assert_eq!(
        (values.get("lintel_offered"), values.get("lintel_asking_rent")),
        (Some(&json!("yes")), Some(&json!("900.00")))
    );
    let over = Changes::from([("active", Some(json!(false)))]);
    assert_eq!(Value::Object(offers.write(&over)), json!({ "lintel_offered": "no" }), "what `when_gone` says");
    let item = Item { key: "501".to_owned(), content: json!({ "id": "501", "properties": values }) };
    let names: Vec<&'static str> = offers.written().map(|(name, _)| name).collect();
    assert_eq!(offers.read(&item, Currency::USD).expect("a listing").record.fields, offer.only(&names));
}

#[test]
fn a_value_that_does_not_fit_is_left_out_and_told() {
    let mut tenant = tenant();
    tenant["Email"] = json!("ask Ann");
    tenant["PhoneNumbers"] = json!("none");
    let person = read("buildium", "tenants", tenant);
    assert_eq!(person.record.fields.get("email"), None);
    let told: Vec<_> = person.faults.iter().map(|fault| (fault.field.as_str(), fault.problem)).collect();
    assert_eq!(told, [("email", Problem::Email)]);
}

#[test]
fn a_contact_is_written_and_reads_as_what_was_written() {
    let contacts = mapping("hubspot", "contacts");
    let person = read("buildium", "tenants", tenant()).record.fields;
    let changes: Changes = contacts.written().map(|(name, _)| (name, person.get(name).cloned())).collect();
    let values = contacts.write(&changes);
    assert_eq!(values.get("firstname"), Some(&json!("Ann")));
    assert_eq!(values.get("company"), Some(&json!("")), "what is empty is emptied");
    assert!(!values.values().any(|value| value == "900-00-0001"), "no mapping names the tax id");
    let item = Item { key: "501".to_owned(), content: json!({ "id": "501", "properties": values }) };
    let back = contacts.read(&item, Currency::USD).expect("a contact").record.fields;
    let names: Vec<&'static str> = contacts.written().map(|(name, _)| name).collect();
    assert_eq!(back, person.only(&names));
}

#[test]
fn an_organization_replaces_single_fields() {
    let manifest = find("hubspot").expect("a manifest");
    let shipped = mappings(&manifest).expect("mappings");
    let own =
        BTreeMap::from([("comment".to_owned(), String::new()), ("work_phone".to_owned(), "office_phone".to_owned())]);
    let contacts = Mapping::compile(&manifest, "contacts", &shipped, &own).expect("a mapping");
    let fields = contacts.vendor_fields();
    assert!(fields.contains(&"office_phone".to_owned()) && !fields.contains(&"lintel_comment".to_owned()));
    let unknown = BTreeMap::from([("nickname".to_owned(), "nickname".to_owned())]);
    let error = Mapping::compile(&manifest, "contacts", &shipped, &unknown).expect_err("no such field");
    assert_eq!(error.to_string(), "hubspot: contacts: fields.nickname: a person has no such field");
}

#[test]
fn a_faulty_mapping_is_placed() {
    let manifest = find("buildium").expect("a manifest");
    let said = |text: &str| {
        let faults = Mappings::read("mine.toml", text, &manifest).expect_err("a fault");
        faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    let good = "[tenants]\nentity = \"person\"\n[tenants.fields]\nfirst_name = \".FirstName\"\n";
    Mappings::read("mine.toml", good, &manifest).expect("a mapping");
    for (line, instead, wanted) in [
        ("person", "human", "mine.toml:2:10: `tenants.entity`: unknown variant `human`"),
        ("[tenants", "[people", "`people`"),
        ("first_name", "given_name", "mine.toml:4:14: `tenants.fields.given_name`: a person has no such field"),
        ("\".FirstName\"", "\".FirstName |\"", "`tenants.fields.first_name`: the expression is no jq expression"),
        ("\".FirstName\"", "\"now\"", "the expression uses `now`"),
        ("\".FirstName\"", "{ field = \"FirstName\" }", "the stream is only read"),
    ] {
        let text = good.replace(line, instead);
        assert!(said(&text).contains(wanted), "{}", said(&text));
    }
    let unknown =
        Mapping::compile(&manifest, "pets", &Mappings::default(), &BTreeMap::new()).expect_err("no such stream");
    assert!(matches!(unknown, MappingError::Unknown { .. }));
    assert!(
        mapping("buildium", "units").fields().any(|(name, kind)| name == "market_rent" && kind == FieldKind::Money)
    );
}

/// With its keys in order.
fn sorted(value: &Value) -> Value {
    let map: BTreeMap<String, Value> = serde_json::from_value(value.clone()).expect("an object");
    serde_json::to_value(map).expect("an object")
}
