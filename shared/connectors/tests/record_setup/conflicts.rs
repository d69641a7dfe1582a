//! What is there already, and is not what it has to be.

use crate::portal::{Portal, field, relation};
use lintel_connectors::roles::{SetupFault, SetupPart};
use lintel_sandbox::hubspot::{PortalSettings, Tier};
use serde_json::{Value, json};

const CONTACTS: &str = "/crm/v3/properties/contacts";

fn property(name: &str, kind: &str, field: &str) -> Value {
    json!({ "name": name, "label": name, "type": kind, "fieldType": field, "groupName": "contactinformation" })
}

#[tokio::test]
async fn a_property_of_another_type_is_named_and_left_alone() {
    let portal = Portal::full().await;
    portal.call("POST", CONTACTS, &property("lintel_moved_in", "string", "text")).await;
    let wrong = SetupFault::WrongType {
        part: field("contacts", "lintel_moved_in"),
        found: "string".to_owned(),
        wanted: "date".to_owned(),
    };
    assert_eq!(portal.plan().await.faults, std::slice::from_ref(&wrong));
    let report = portal.apply().await;
    assert_eq!(report.faults, [wrong]);
    assert!(report.created.contains(&field("contacts", "lintel_moved_out")), "the rest is made all the same");
    assert!(!report.created.contains(&field("contacts", "lintel_moved_in")));
    assert!(!report.is_ready());
    let shown = portal.call("GET", &format!("{CONTACTS}/lintel_moved_in"), &Value::Null).await;
    assert_eq!(shown["type"], "string");
    assert!(report.faults[0].to_string().contains("lintel_moved_in"));
}

#[tokio::test]
async fn a_key_that_is_not_unique_needs_a_person_and_is_fine_once_removed() {
    let portal = Portal::full().await;
    portal.call("POST", CONTACTS, &property("lintel_key", "string", "text")).await;
    let report = portal.apply().await;
    assert_eq!(report.faults, [SetupFault::NotUnique { part: field("contacts", "lintel_key") }]);
    portal.call("DELETE", &format!("{CONTACTS}/lintel_key"), &Value::Null).await;
    let report = portal.apply().await;
    assert_eq!((report.faults, report.created), (vec![], vec![field("contacts", "lintel_key")]));
}

#[tokio::test]
async fn what_only_the_vendor_writes_is_no_target_of_a_mapping() {
    let portal = Portal::full().await;
    let mapped = [
        ("contacts", "createdate"),
        ("contacts", "notes_last_contacted"),
        ("contacts", "jobtitle"),
        ("contacts", "lintel_comment"),
        ("listings", "hs_description"),
    ];
    let expected = [
        SetupFault::ReadOnly { part: field("contacts", "createdate") },
        SetupFault::ReadOnly { part: field("contacts", "notes_last_contacted") },
        SetupFault::Unknown { part: field("listings", "hs_description") },
    ];
    assert_eq!(portal.plan_with(&mapped).await.faults, expected);
    portal.apply().await;
    assert_eq!(portal.plan_with(&mapped).await.faults, expected, "nothing a set-up can mend");
}

#[tokio::test]
async fn choices_are_added_beside_those_people_made() {
    let portal = Portal::full().await;
    let mut kind = property("lintel_kind", "enumeration", "select");
    kind["options"] = json!([{ "label": "Renter", "value": "tenant" }, { "label": "Neighbour", "value": "neighbour" }]);
    portal.call("POST", CONTACTS, &kind).await;
    let choices = SetupPart::Choices { collection: "contacts".to_owned(), field: "lintel_kind".to_owned() };
    assert!(portal.plan().await.missing.contains(&choices));
    let report = portal.apply().await;
    assert!(report.is_ready() && report.created.contains(&choices), "{:?}", report.faults);
    let shown = portal.call("GET", &format!("{CONTACTS}/lintel_kind"), &Value::Null).await;
    let values: Vec<(&str, &str)> = shown["options"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["value"].as_str().unwrap(), one["label"].as_str().unwrap()))
        .collect();
    assert_eq!(values[..3], [("tenant", "Renter"), ("neighbour", "Neighbour"), ("resident", "Resident")]);
    assert_eq!(values.len(), 8);
}

#[tokio::test]
async fn a_label_without_its_other_direction_is_named() {
    let portal = Portal::with(PortalSettings { tier: Tier::Professional, ..PortalSettings::default() }).await;
    portal.vendor().define_label("contacts", "0-420", "Owner", Some("Possession of")).unwrap();
    let report = portal.apply().await;
    let expected = SetupFault::OneWay { part: relation("owner"), inverse: "Owned by".to_owned() };
    assert_eq!(report.faults, [expected]);
    assert_eq!(report.ids.relation("contacts", "listings", Some("owner")), None);
    assert!(report.ids.relation("contacts", "listings", Some("past-tenant")).is_some());
}

#[tokio::test]
async fn a_refusal_is_a_fault_of_its_part_alone() {
    let portal = Portal::full().await;
    // Ten unique properties are all a portal may have of an object.
    for number in 0..10 {
        let mut unique = property(&format!("unique_{number}"), "string", "text");
        unique["hasUniqueValue"] = json!(true);
        portal.call("POST", CONTACTS, &unique).await;
    }
    let report = portal.apply().await;
    let [SetupFault::Refused { part, reason }] = report.faults.as_slice() else { panic!("{:?}", report.faults) };
    assert_eq!(*part, field("contacts", "lintel_key"));
    assert!(reason.contains("limit of unique"), "{reason}");
    assert!(report.created.contains(&field("units", "lintel_key")));
}

#[tokio::test]
async fn a_name_something_archived_holds_is_a_fault() {
    let portal = Portal::full().await;
    let units = portal.apply().await.ids.collections["units"].clone();
    portal.call("DELETE", &format!("/crm/v3/schemas/{units}"), &Value::Null).await;
    let report = portal.apply().await;
    let [SetupFault::Refused { part, reason }] = report.faults.as_slice() else { panic!("{:?}", report.faults) };
    assert_eq!(*part, SetupPart::Collection { collection: "units".to_owned() });
    assert!(reason.contains("archived"), "{reason}");
}

#[tokio::test]
async fn a_unit_object_made_before_listings_is_paired_with_them() {
    let portal = Portal::full().await;
    let schema = json!({
        "name": "lintel_unit", "labels": { "singular": "Unit", "plural": "Units" },
        "primaryDisplayProperty": "lintel_name", "properties": [
            { "name": "lintel_name", "label": "Name", "type": "string", "fieldType": "text" } ],
        "associatedObjects": ["CONTACT"],
    });
    let made = portal.call("POST", "/crm/v3/schemas", &schema).await;
    let report = portal.apply().await;
    assert!(report.is_ready(), "{:?}", report.faults);
    let pair = SetupPart::Pair { from: "listings".to_owned(), to: "units".to_owned() };
    assert!(report.created.contains(&pair));
    assert!(report.ids.relation("units", "listings", None).is_some());
    assert_eq!(json!(report.ids.collections["units"]), made["objectTypeId"]);
}
