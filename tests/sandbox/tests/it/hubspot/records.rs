//! Sections 3, 4 and 6: one record at a time.

use crate::support::portal::{CONTACTS, LISTINGS, id, portal, with};
use lintel_sandbox::hubspot::{Activation, ConflictForm, PortalSettings, SecondaryEmails, ValidationRule};
use serde_json::{Value, json};

/// The inner codes of a refusal, which are JSON inside its message.
fn codes(body: &Value) -> Vec<(String, String)> {
    let message = body["message"].as_str().unwrap();
    let details = message.strip_prefix("Property values were not valid: ").unwrap_or_default();
    let details: Vec<Value> = serde_json::from_str(details).unwrap();
    let text = |one: &Value, key: &str| one[key].as_str().unwrap().to_owned();
    details.iter().map(|one| (text(one, "name"), text(one, "error"))).collect()
}

#[tokio::test]
async fn values_are_text_on_reading_and_null_where_unset() {
    let portal = portal().await;
    let written = json!({ "properties": { "hs_name": "12 Test St", "hs_price": 1200, "hs_bathrooms": 1.5 } });
    let (status, made) = portal.post(LISTINGS, &written).await;
    assert_eq!((status, &made["properties"]["hs_price"]), (201, &json!("1200")));
    assert_eq!(made["properties"]["hs_object_source"], "INTEGRATION");
    assert!(made["properties"].get("hs_city").is_none(), "a write answers what was written");
    let path = format!("{LISTINGS}/{}?properties=hs_price,hs_bathrooms,hs_city,no_such_property", id(&made));
    let (_, read) = portal.get(&path).await;
    assert_eq!(read["properties"]["hs_bathrooms"], "1.5");
    assert_eq!(read["properties"]["hs_city"], Value::Null);
    assert_eq!(read["properties"].get("no_such_property"), None);
    assert_eq!(read["properties"]["hs_object_id"], read["id"]);
    let defaults = portal.contact("ann@example.com").await;
    let (_, read) = portal.get(&format!("{CONTACTS}/{defaults}")).await;
    let mut names: Vec<&String> = read["properties"].as_object().unwrap().keys().collect();
    names.sort();
    assert_eq!(names, ["createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"]);
}

#[tokio::test]
async fn writing_what_is_there_changes_no_time() {
    let portal = portal().await;
    let id = portal.contact("ann@example.com").await;
    let path = format!("{CONTACTS}/{id}");
    let patch = async |email: &str| {
        portal.pass(60);
        portal.call("PATCH", &path, &json!({ "properties": { "email": email } })).await.1
    };
    let first = patch("ann@example.com").await;
    let same = patch("Ann@Example.com").await;
    assert_eq!((&first["updatedAt"], &first["createdAt"]), (&same["updatedAt"], &same["updatedAt"]));
    let other = patch("ann@example.org").await;
    assert_eq!(other["updatedAt"], "2030-03-01T12:03:00.000Z");
    assert_eq!(other["properties"]["lastmodifieddate"], other["updatedAt"]);
    let usage = portal.vendor().usage();
    assert_eq!((usage.records_created, usage.records_changed, usage.records_unchanged), (1, 1, 2));
    let cleared = json!({ "properties": { "firstname": "Ann" } });
    portal.call("PATCH", &path, &cleared).await;
    portal.call("PATCH", &path, &json!({ "properties": { "firstname": "" } })).await;
    assert!(!portal.vendor().record("contacts", &id).unwrap().properties.contains_key("firstname"));
}

#[tokio::test]
async fn bad_values_are_all_named_in_one_400() {
    let portal = portal().await;
    portal
        .property("contacts", json!({ "name": "move_in", "label": "Move in", "type": "date", "fieldType": "date" }))
        .await;
    let (status, body) = portal
        .post(
            CONTACTS,
            &json!({ "properties": {
                "email": "nobody", "no_such_property": "x", "createdate": "2030-01-01T00:00:00Z",
                "notes_last_contacted": "call", "lifecyclestage": "Lead", "move_in": 1_898_596_800_001_i64,
            } }),
        )
        .await;
    assert_eq!((status, &body["category"]), (400, &json!("VALIDATION_ERROR")));
    let mut found = codes(&body);
    found.sort();
    let expected = [
        ("createdate", "READ_ONLY_VALUE"),
        ("email", "INVALID_EMAIL"),
        ("lifecyclestage", "INVALID_OPTION"),
        ("move_in", "INVALID_DATE"),
        ("no_such_property", "PROPERTY_DOESNT_EXIST"),
        ("notes_last_contacted", "READ_ONLY_VALUE"),
    ];
    assert_eq!(found, expected.map(|(name, code)| (name.to_owned(), code.to_owned())));
    assert_eq!(portal.vendor().count("contacts"), 0);
    assert_eq!(portal.post(CONTACTS, &json!({ "properties": { "phone": "555-0101" } })).await.0, 400);
}

#[tokio::test]
async fn dates_are_days_and_midnights() {
    let portal = portal().await;
    portal
        .property("contacts", json!({ "name": "move_in", "label": "Move in", "type": "date", "fieldType": "date" }))
        .await;
    let path = format!("{CONTACTS}/{}", portal.contact("ann@example.com").await);
    for (written, read) in [
        (json!("2030-03-01"), Some("2030-03-01")),
        (json!(1_898_553_600_000_i64), Some("2030-03-01")),
        (json!("2030-03-02T00:00:00Z"), Some("2030-03-02")),
        (json!("2030-03-01T07:00:00-05:00"), None),
        (json!("03/01/2030"), None),
    ] {
        let (status, body) = portal.call("PATCH", &path, &json!({ "properties": { "move_in": written } })).await;
        match read {
            Some(read) => assert_eq!((status, &body["properties"]["move_in"]), (200, &json!(read)), "{written}"),
            None => assert_eq!((status, codes(&body)[0].1.as_str()), (400, "INVALID_DATE"), "{written}"),
        }
    }
}

#[tokio::test]
async fn a_postcode_of_a_listing_is_digits_and_its_native_names_begin_with_hs() {
    let portal = portal().await;
    let write = async |name: &str, value: &str| portal.post(LISTINGS, &json!({ "properties": { name: value } })).await;
    assert_eq!(write("hs_zip", "02139").await.1["properties"]["hs_zip"], "02139");
    let (status, body) = write("hs_zip", "K1A 0B1").await;
    assert_eq!((status, codes(&body)), (400, vec![("hs_zip".to_owned(), "INVALID_INTEGER".to_owned())]));
    for name in ["name", "address", "description", "year_built"] {
        assert_eq!(codes(&write(name, "x").await.1)[0].1, "PROPERTY_DOESNT_EXIST", "{name}");
    }
    assert_eq!(write("hs_listing_type", "apartments").await.0, 201);
    assert_eq!(write("hs_listing_type", "Apartments").await.0, 400, "the label is not the value");
    assert_eq!(write("hs_year_built", "old").await.0, 400);
}

#[tokio::test]
async fn an_address_that_is_taken_is_409_in_both_forms_also_a_secondary_one() {
    let portal = portal().await;
    let (_, ann) = portal
        .post(
            CONTACTS,
            &json!({ "properties": { "email": "ann@example.com", "hs_additional_emails": "annie@example.com" } }),
        )
        .await;
    let create = async |email: &str| portal.post(CONTACTS, &json!({ "properties": { "email": email } })).await;
    let message = format!("Contact already exists. Existing ID: {}", id(&ann));
    let (status, body) = create("ANN@example.com").await;
    assert_eq!((status, &body["category"], &body["message"]), (409, &json!("CONFLICT"), &json!(message)));
    let (status, body) = create("annie@example.com").await;
    assert_eq!((status, &body["category"]), (409, &json!("OBJECT_ALREADY_EXISTS")));
    assert_eq!((&body["error"], body["identityProfile"]["vid"].to_string()), (&json!("CONTACT_EXISTS"), id(&ann)));
    assert_eq!(portal.vendor().usage().conflicts, 2);
    for email in ["ann@example.com", "annie@example.com"] {
        let (status, read) = portal.get(&format!("{CONTACTS}/{}?idProperty=email", email.replace('@', "%40"))).await;
        assert_eq!((status, &read["id"]), (200, &ann["id"]));
    }
    let form = Some(ConflictForm::Conflict);
    let portal = with(PortalSettings { conflict_form: form, ..PortalSettings::default() }).await;
    portal.contact("ann@example.com").await;
    for _ in 0..2 {
        let (_, body) = portal.post(CONTACTS, &json!({ "properties": { "email": "ann@example.com" } })).await;
        assert_eq!(body["category"], "CONFLICT");
    }
}

#[tokio::test]
async fn secondary_addresses_may_be_read_only_and_the_definition_says_so() {
    let secondary_emails = SecondaryEmails::ReadOnly;
    let portal = with(PortalSettings { secondary_emails, ..PortalSettings::default() }).await;
    let (_, property) = portal.get("/crm/v3/properties/contacts/hs_additional_emails").await;
    assert_eq!(property["modificationMetadata"]["readOnlyValue"], true);
    let body = json!({ "properties": { "email": "a@example.com", "hs_additional_emails": "b@example.com" } });
    assert_eq!(codes(&portal.post(CONTACTS, &body).await.1)[0].1, "READ_ONLY_VALUE");
}

#[tokio::test]
async fn a_merged_away_id_leads_to_the_winner() {
    let portal = portal().await;
    let (ann, bea) = (portal.contact("ann@example.com").await, portal.contact("bea@example.com").await);
    portal.vendor().person_edits("contacts", &bea, &[("phone", "555-0101")]).unwrap();
    let body = json!({ "primaryObjectId": ann, "objectIdToMerge": bea });
    let (status, merged) = portal.post(&format!("{CONTACTS}/merge"), &body).await;
    assert_eq!((status, id(&merged)), (200, ann.clone()));
    let path = format!("{CONTACTS}/{bea}");
    let (status, patched) = portal.call("PATCH", &path, &json!({ "properties": { "firstname": "Ann" } })).await;
    assert_eq!((status, id(&patched)), (200, ann.clone()));
    assert_eq!(id(&portal.get(&path).await.1), ann);
    let kept = portal.vendor().record("contacts", &ann).unwrap().properties;
    assert_eq!((kept["hs_additional_emails"].as_str(), kept["phone"].as_str()), ("bea@example.com", "555-0101"));
    assert_eq!(portal.vendor().count("contacts"), 1);
    assert_eq!(portal.post(CONTACTS, &json!({ "properties": { "email": "bea@example.com" } })).await.0, 409);
    // A chain of merges is followed to its end.
    let cat = portal.contact("cat@example.com").await;
    portal.vendor().person_merges("contacts", &cat, &ann).unwrap();
    assert_eq!(id(&portal.get(&path).await.1), cat);
}

#[tokio::test]
async fn archived_records_hide_keep_their_times_and_come_back_within_ninety_days() {
    let portal = portal().await;
    let ann = portal.contact("ann@example.com").await;
    let path = format!("{CONTACTS}/{ann}");
    let before = portal.vendor().record("contacts", &ann).unwrap().updated;
    portal.pass(60);
    assert_eq!(portal.call("DELETE", &path, &Value::Null).await.0, 204);
    assert_eq!(portal.get(&path).await.0, 404);
    assert_eq!(portal.call("PATCH", &path, &json!({ "properties": { "firstname": "Ann" } })).await.0, 404);
    assert_eq!(portal.get(CONTACTS).await.1["results"], json!([]));
    let (_, archived) = portal.get(&format!("{CONTACTS}?archived=true")).await;
    assert_eq!((&archived["results"][0]["id"], &archived["results"][0]["archived"]), (&json!(ann), &json!(true)));
    assert_eq!(archived["results"][0]["archivedAt"], "2030-03-01T12:01:00.000Z");
    portal.vendor().person_restores("contacts", &ann).unwrap();
    assert_eq!(portal.vendor().record("contacts", &ann).unwrap().updated, before);
    portal.vendor().person_deletes("contacts", &ann).unwrap();
    portal.pass(90 * 86_400);
    assert!(portal.vendor().person_restores("contacts", &ann).is_err());
    assert_eq!(portal.get(&format!("{CONTACTS}?archived=true")).await.1["results"], json!([]));
    portal.contact("ann@example.com").await;
}

#[tokio::test]
async fn the_list_pages_by_after() {
    let portal = portal().await;
    for number in 0..25 {
        portal.vendor().person_creates("contacts", &[("email", &format!("p{number}@example.com"))]).unwrap();
    }
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let (_, page) = portal.get(&format!("{CONTACTS}?limit=10{after}")).await;
        seen.extend(page["results"].as_array().unwrap().iter().map(id));
        match page["paging"]["next"]["after"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    let expected: Vec<String> = portal.vendor().records("contacts").into_iter().map(|one| one.id).collect();
    assert_eq!(seen, expected);
    assert_eq!(portal.get(&format!("{CONTACTS}?limit=101")).await.0, 400);
    assert_eq!(portal.get(CONTACTS).await.1["results"].as_array().unwrap().len(), 10);
}

#[tokio::test]
async fn listings_that_are_not_activated_are_not_there() {
    let portal = with(PortalSettings { listings: Activation::Inactive, ..PortalSettings::default() }).await;
    let enabled = async || portal.get("/crm/v3/object-library/enablement/0-420").await.1["enablement"].clone();
    assert_eq!(enabled().await, false);
    let (status, body) = portal.post(LISTINGS, &json!({ "properties": { "hs_name": "12 Test St" } })).await;
    assert_eq!((status, &body["category"]), (400, &json!("VALIDATION_ERROR")));
    assert_eq!(portal.get("/crm/v3/properties/0-420").await.0, 400);
    portal.vendor().set_listings(Activation::Active);
    assert_eq!(enabled().await, true);
    portal.listing("12 Test St").await;
}

#[tokio::test]
async fn an_administrators_rule_binds_from_september_2026_on() {
    let portal = portal().await;
    portal.vendor().set_validation_rule("contacts", "firstname", ValidationRule::MaxLength(5)).unwrap();
    let body = json!({ "properties": { "firstname": "Annabel" } });
    assert_eq!(portal.post("/crm/objects/2026-03/contacts", &body).await.0, 201);
    let (status, refused) = portal.post("/crm/objects/2026-09/contacts", &body).await;
    assert_eq!((status, codes(&refused)[0].0.as_str()), (400, "firstname"));
}

#[tokio::test]
async fn the_lifecycle_only_moves_forward() {
    let portal = portal().await;
    let ann = portal.contact("ann@example.com").await;
    let stage = || portal.vendor().record("contacts", &ann).unwrap().properties["lifecyclestage"].clone();
    assert_eq!(stage(), "lead");
    for (written, then) in [("customer", "customer"), ("lead", "customer")] {
        let body = json!({ "properties": { "lifecyclestage": written } });
        assert_eq!(portal.call("PATCH", &format!("{CONTACTS}/{ann}"), &body).await.0, 200);
        assert_eq!(stage(), then);
    }
}
