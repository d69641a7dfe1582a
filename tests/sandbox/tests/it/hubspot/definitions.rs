//! Sections 5 and 7: properties, groups, custom objects.

use crate::support::portal::{CONTACTS, id, portal, seeded, with};
use lintel_sandbox::hubspot::{Allowance, PortalSettings, Tier};
use serde_json::{Value, json};

const PROPERTIES: &str = "/crm/v3/properties/contacts";
const SCHEMAS: &str = "/crm/v3/schemas";

fn unit_schema() -> Value {
    json!({
        "name": "unit", "labels": { "singular": "Unit", "plural": "Units" },
        "primaryDisplayProperty": "unit_name", "requiredProperties": ["unit_name"], "searchableProperties": ["unit_name"],
        "properties": [
            { "name": "unit_name", "label": "Name", "type": "string", "fieldType": "text" },
            { "name": "buildium_unit_id", "label": "Unit", "type": "string", "fieldType": "text", "hasUniqueValue": true },
        ],
        "associatedObjects": ["CONTACT", "0-420"],
    })
}

#[tokio::test]
async fn a_group_then_a_property_in_it() {
    let portal = portal().await;
    let property = json!({ "name": "buildium_comment", "label": "Comment", "type": "string", "fieldType": "textarea",
                           "groupName": "buildium" });
    assert_eq!(portal.post(PROPERTIES, &property).await.0, 400, "the group is missing");
    let group = json!({ "name": "buildium", "label": "Buildium" });
    assert_eq!(portal.post(&format!("{PROPERTIES}/groups"), &group).await.0, 201);
    assert_eq!(portal.post(&format!("{PROPERTIES}/groups"), &group).await.0, 409);
    let (status, made) = portal.post(PROPERTIES, &property).await;
    assert_eq!((status, &made["hubspotDefined"]), (201, &json!(false)));
    assert_eq!(made["modificationMetadata"]["readOnlyValue"], false);
    assert_eq!(portal.post(PROPERTIES, &property).await.0, 409);
    let (_, read) = portal.get(&format!("{PROPERTIES}/buildium_comment")).await;
    assert_eq!(read, made);
    let (_, groups) = portal.get(&format!("{PROPERTIES}/groups")).await;
    assert_eq!(groups["results"].as_array().unwrap().len(), 2);
    let body = json!({ "properties": { "firstname": "Ann", "buildium_comment": "Prefers mail" } });
    assert_eq!(portal.post(CONTACTS, &body).await.0, 201);
}

#[tokio::test]
async fn batches_of_properties_fail_one_by_one() {
    let portal = portal().await;
    let of = |name: &str, kind: &str| json!({ "name": name, "label": name, "type": kind, "fieldType": "text", "groupName": "contactinformation" });
    let inputs = json!({ "inputs": [of("one", "string"), of("email", "string"), of("two", "colour")] });
    let (status, body) = portal.post(&format!("{PROPERTIES}/batch/create"), &inputs).await;
    assert_eq!((status, &body["results"][0]["name"], &body["numErrors"]), (207, &json!("one"), &json!(2)));
    let inputs = json!({ "inputs": [{ "name": "one" }, { "name": "two" }], "archived": false });
    let (status, body) = portal.post(&format!("{PROPERTIES}/batch/read"), &inputs).await;
    assert_eq!((status, &body["errors"][0]["context"]["name"]), (207, &json!(["two"])));
    let inputs = json!({ "inputs": [{ "name": "one" }] });
    assert_eq!(portal.post(&format!("{PROPERTIES}/batch/archive"), &inputs).await.0, 204);
    assert_eq!(portal.get(&format!("{PROPERTIES}/one")).await.0, 404);
}

#[tokio::test]
async fn definitions_say_what_cannot_be_written() {
    let portal = portal().await;
    let (_, all) = portal.get(PROPERTIES).await;
    let read_only = |name: &str| {
        let one = all["results"].as_array().unwrap().iter().find(|one| one["name"] == name).unwrap();
        one["modificationMetadata"]["readOnlyValue"].clone()
    };
    for name in ["createdate", "lastmodifieddate", "hs_object_id", "notes_last_contacted", "hs_marketable_status"] {
        assert_eq!(read_only(name), true, "{name}");
    }
    assert_eq!(read_only("email"), false);
    assert_eq!(portal.call("DELETE", &format!("{PROPERTIES}/email"), &Value::Null).await.0, 400);
}

#[tokio::test]
async fn multiple_choices_append_after_a_semicolon() {
    let portal = portal().await;
    let options = ["cat", "dog"].map(|value| json!({ "label": value.to_uppercase(), "value": value }));
    portal
        .property(
            "contacts",
            json!({ "name": "pets", "label": "Pets", "type": "enumeration", "fieldType": "checkbox",
                                      "options": options }),
        )
        .await;
    let path = format!("{CONTACTS}/{}", portal.contact("ann@example.com").await);
    for (written, status, kept) in
        [("cat", 200, "cat"), (";dog", 200, "cat;dog"), ("dog;bird", 400, ""), ("DOG", 400, "")]
    {
        let (answered, body) = portal.call("PATCH", &path, &json!({ "properties": { "pets": written } })).await;
        assert_eq!(answered, status, "{written}");
        if status == 200 {
            assert_eq!(body["properties"]["pets"], kept);
        }
    }
}

#[tokio::test]
async fn uniqueness_is_decided_at_creation_and_has_a_limit() {
    let portal = portal().await;
    portal.unique_key().await;
    let path = format!("{PROPERTIES}/buildium_tenant_id");
    let (status, changed) = portal.call("PATCH", &path, &json!({ "label": "Tenant's id" })).await;
    assert_eq!((status, &changed["label"]), (200, &json!("Tenant's id")));
    assert_eq!(portal.call("PATCH", &path, &json!({ "hasUniqueValue": false })).await.0, 400);
    let unique = |number: usize| {
        json!({ "name": format!("key_{number}"), "label": "Key", "type": "string", "fieldType": "text",
                "groupName": "contactinformation", "hasUniqueValue": true })
    };
    for number in 2..=10 {
        assert_eq!(portal.post(PROPERTIES, &unique(number)).await.0, 201, "{number}");
    }
    assert_eq!(portal.post(PROPERTIES, &unique(11)).await.0, 400);
    let body = |key: &str| json!({ "properties": { "firstname": "Ann", "buildium_tenant_id": key } });
    assert_eq!(portal.post(CONTACTS, &body("t1")).await.0, 201);
    assert_eq!(portal.post(CONTACTS, &body("t1")).await.0, 409);
    assert_eq!(portal.get(&format!("{CONTACTS}/t1?idProperty=buildium_tenant_id")).await.0, 200);
}

#[tokio::test]
async fn a_custom_object_has_records_keys_and_associations() {
    let portal = portal().await;
    let (status, schema) = portal.post(SCHEMAS, &unit_schema()).await;
    assert_eq!((status, &schema["fullyQualifiedName"]), (201, &json!("p5550100_unit")));
    let object_type = schema["objectTypeId"].as_str().unwrap();
    assert!(object_type.starts_with("2-"));
    assert_eq!(portal.post(SCHEMAS, &unit_schema()).await.0, 409);
    let path = format!("/crm/v3/objects/{object_type}");
    assert_eq!(portal.post(&path, &json!({ "properties": {} })).await.0, 400, "a required property is missing");
    let (_, labels) = portal.get(&format!("/crm/v4/associations/contacts/{object_type}/labels")).await;
    assert_eq!(labels["results"][0]["category"], "USER_DEFINED");
    let ann = portal.contact("ann@example.com").await;
    let body = json!({
        "properties": { "unit_name": "2B", "buildium_unit_id": "u1" },
        "associations": [{ "to": { "id": ann }, "types": [{ "associationCategory": "USER_DEFINED",
            "associationTypeId": portal.get(&format!("/crm/v4/associations/{object_type}/contacts/labels")).await.1
                ["results"][0]["typeId"] }] }],
    });
    let (status, unit) = portal.post("/crm/v3/objects/p5550100_unit", &body).await;
    assert_eq!(status, 201, "{unit}");
    let (_, read) = portal.get(&format!("{path}/u1?idProperty=buildium_unit_id&associations=contacts")).await;
    assert_eq!((&read["id"], &read["associations"]["contacts"]["results"][0]["id"]), (&unit["id"], &json!(ann)));
    assert!(read["properties"]["hs_lastmodifieddate"].is_string());
    let schema_path = format!("{SCHEMAS}/{object_type}");
    assert_eq!(portal.call("DELETE", &schema_path, &Value::Null).await.0, 400, "it has records");
    assert_eq!(portal.call("DELETE", &format!("{path}/{}", id(&unit)), &Value::Null).await.0, 204);
    assert_eq!(portal.call("DELETE", &schema_path, &Value::Null).await.0, 204);
    assert_eq!(portal.get(&path).await.0, 400);
    assert_eq!(portal.post(SCHEMAS, &unit_schema()).await.0, 409, "the name is taken until the purge");
    assert_eq!(portal.call("DELETE", &format!("{schema_path}?archived=true"), &Value::Null).await.0, 204);
    assert_eq!(portal.post(SCHEMAS, &unit_schema()).await.0, 201);
}

#[tokio::test]
async fn custom_objects_need_the_largest_tier_or_leave() {
    for (tier, custom_objects, expected) in [
        (Tier::Professional, Allowance::ByTier, 403),
        (Tier::Enterprise, Allowance::Denied, 403),
        (Tier::Enterprise, Allowance::ByTier, 201),
        (Tier::Free, Allowance::Granted, 201),
    ] {
        let portal = with(PortalSettings { tier, custom_objects, ..PortalSettings::default() }).await;
        assert_eq!(portal.post(SCHEMAS, &unit_schema()).await.0, expected, "{tier:?} {custom_objects:?}");
    }
}

#[tokio::test]
async fn ids_of_custom_objects_differ_per_portal() {
    let made = async |seed: u64| {
        let portal = seeded(PortalSettings::default(), seed).await;
        portal.post(SCHEMAS, &unit_schema()).await.1["objectTypeId"].clone()
    };
    assert_eq!(made(1).await, made(1).await);
    assert_ne!(made(1).await, made(2).await);
}

#[tokio::test]
async fn limits_tell_what_the_portal_has_and_has_used() {
    const CUSTOM: &str = "/crm/limits/2026-03/custom-object-types";
    const LABELS: &str = "/crm/v3/limits/associations/labels?fromObjectTypeId=0-1&toObjectTypeId=0-420";
    let portal = portal().await;
    portal.post(SCHEMAS, &unit_schema()).await;
    portal.vendor().define_label("contacts", "0-420", "Owner", None).unwrap();
    let (_, custom) = portal.get(CUSTOM).await;
    assert_eq!((&custom["limit"], &custom["usage"]), (&json!(10), &json!(1)));
    let (_, labels) = portal.get(LABELS).await;
    let pairs = labels["results"].as_array().unwrap();
    assert_eq!((pairs.len(), &pairs[0]["limit"], &pairs[0]["allLabels"]), (1, &json!(50), &json!(["Owner"])));
    let free = with(PortalSettings { tier: Tier::Free, ..PortalSettings::default() }).await;
    assert_eq!(free.get(CUSTOM).await.1["limit"], 0);
    assert_eq!(free.get(LABELS).await.1["results"][0]["limit"], 0);
}

#[tokio::test]
async fn the_eleventh_custom_object_is_refused() {
    let portal = portal().await;
    for number in 1..=11 {
        let mut schema = unit_schema();
        schema["name"] = json!(format!("unit_{number}"));
        assert_eq!(portal.post(SCHEMAS, &schema).await.0, if number <= 10 { 201 } else { 400 }, "{number}");
    }
}
