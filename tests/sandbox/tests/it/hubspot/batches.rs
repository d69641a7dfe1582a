//! Section 3.1.

use crate::support::portal::{CONTACTS, Portal, by, id, portal};
use serde_json::{Value, json};

async fn batch(portal: &Portal, action: &str, inputs: Value) -> (u16, Value) {
    portal.post(&format!("{CONTACTS}/batch/{action}"), &json!({ "inputs": inputs })).await
}

fn keyed(key: &str, properties: &Value) -> Value {
    json!({ "id": key, "idProperty": "buildium_tenant_id", "properties": properties, "objectWriteTraceId": key })
}

#[tokio::test]
async fn a_batch_of_new_contacts_is_201_and_its_results_carry_their_traces() {
    let portal = portal().await;
    let inputs: Vec<Value> = (0..100)
        .map(|number| {
            json!({ "properties": { "email": format!("p{number}@example.com") }, "objectWriteTraceId": number.to_string() })
        })
        .collect();
    let (status, body) = batch(&portal, "create", json!(inputs)).await;
    assert_eq!((status, &body["status"], body.get("errors")), (201, &json!("COMPLETE"), None));
    for result in body["results"].as_array().unwrap() {
        let trace = result["objectWriteTraceId"].as_str().unwrap();
        assert_eq!(result["properties"]["email"], format!("p{trace}@example.com"));
    }
    let traces = body["results"].as_array().unwrap().iter().map(|one| one["objectWriteTraceId"].as_str().unwrap());
    assert_ne!(traces.collect::<Vec<_>>(), (0..100).map(|number| number.to_string()).collect::<Vec<_>>());
    let (status, _) = batch(&portal, "create", json!(vec![inputs[0].clone(); 101])).await;
    assert_eq!(status, 400);
    assert_eq!(batch(&portal, "create", json!([])).await.0, 400);
}

#[tokio::test]
async fn traces_turn_a_bad_input_into_one_error_beside_the_good_ones() {
    let portal = portal().await;
    let good = json!({ "properties": { "email": "ann@example.com" }, "objectWriteTraceId": "good" });
    let bad = json!({ "properties": { "email": "nobody" }, "objectWriteTraceId": "bad" });
    let (status, body) = batch(&portal, "create", json!([good, bad])).await;
    assert_eq!((status, &body["status"], &body["numErrors"]), (207, &json!("COMPLETE"), &json!(1)));
    assert_eq!(body["results"][0]["objectWriteTraceId"], "good");
    let error = &body["errors"][0];
    assert_eq!((&error["status"], &error["category"]), (&json!("error"), &json!("VALIDATION_ERROR")));
    assert_eq!(error["context"], json!({ "objectWriteTraceId": ["bad"] }));
    assert!(error["message"].as_str().unwrap().contains(r#""error":"INVALID_EMAIL","name":"email""#));
    assert_eq!((error.get("errors"), error.get("links")), (None, None));
    let untraced = json!([{ "properties": { "email": "bea@example.com" } }, { "properties": { "email": "nobody" } }]);
    assert_eq!(batch(&portal, "create", untraced).await.0, 400);
    assert_eq!(portal.vendor().count("contacts"), 1, "without traces nothing of the batch is done");
}

#[tokio::test]
async fn a_taken_address_spoils_an_untraced_create_and_names_the_first() {
    let portal = portal().await;
    let ann = portal.contact("ann@example.com").await;
    portal.contact("bea@example.com").await;
    let inputs = ["new@example.com", "ann@example.com", "bea@example.com"]
        .map(|email| json!({ "properties": { "email": email } }));
    let (status, body) = batch(&portal, "create", json!(inputs)).await;
    assert_eq!((status, &body["message"]), (409, &json!(format!("Contact already exists. Existing ID: {ann}"))));
    assert_eq!(portal.vendor().count("contacts"), 2);
}

#[tokio::test]
async fn the_same_key_twice_in_one_batch_collides() {
    let portal = portal().await;
    portal.unique_key().await;
    let twice = vec![json!({ "properties": { "email": "ann@example.com" } }); 2];
    assert_eq!(batch(&portal, "create", json!(twice)).await.0, 409);
    for known in [false, true] {
        let inputs = json!([keyed("t1", &json!({ "firstname": "Ann" })), keyed("t1", &json!({ "firstname": "Bea" }))]);
        assert_eq!(batch(&portal, "upsert", inputs).await.0, 409, "known: {known}");
        batch(&portal, "upsert", json!([keyed("t1", &json!({ "firstname": "Ann" }))])).await;
    }
    assert_eq!(portal.vendor().count("contacts"), 1);
}

#[tokio::test]
async fn an_upsert_tells_new_from_known_and_leaves_what_is_the_same() {
    let portal = portal().await;
    portal.unique_key().await;
    let (status, first) = batch(&portal, "upsert", json!([keyed("t1", &json!({ "firstname": "Ann" }))])).await;
    assert_eq!((status, &first["results"][0]["new"]), (200, &json!(true)));
    portal.pass(60);
    let inputs = json!([keyed("t1", &json!({ "firstname": "Ann" })), keyed("t2", &json!({ "firstname": "Bea" }))]);
    let (status, second) = batch(&portal, "upsert", inputs).await;
    assert_eq!(status, 200);
    let ann = by(&second, "firstname", "Ann");
    assert_eq!((&ann["new"], &ann["updatedAt"]), (&json!(false), &first["results"][0]["updatedAt"]));
    assert_eq!(by(&second, "firstname", "Bea")["new"], true);
    assert_eq!(portal.vendor().duplicates("contacts", "buildium_tenant_id"), Vec::<String>::new());
}

#[tokio::test]
async fn one_collision_refuses_a_whole_upsert() {
    let portal = portal().await;
    portal.unique_key().await;
    portal.contact("ann@example.com").await;
    let inputs = json!([
        keyed("t1", &json!({ "email": "new@example.com" })),
        keyed("t2", &json!({ "email": "ann@example.com" })),
    ]);
    let (status, body) = batch(&portal, "upsert", inputs).await;
    assert_eq!((status, &body["category"]), (409, &json!("CONFLICT")));
    assert_eq!(portal.vendor().count("contacts"), 1);
    let inputs =
        json!([keyed("t1", &json!({ "email": "new@example.com" })), keyed("t2", &json!({ "email": "nobody" }))]);
    let (status, body) = batch(&portal, "upsert", inputs).await;
    assert_eq!((status, &body["numErrors"]), (207, &json!(1)), "a bad value is another matter");
}

#[tokio::test]
async fn an_upsert_by_address_finds_secondary_ones_and_keeps_the_primary_one() {
    let portal = portal().await;
    let ann = portal.contact("ann@example.com").await;
    portal.vendor().person_edits("contacts", &ann, &[("hs_additional_emails", "annie@example.com")]).unwrap();
    let input = json!({ "id": "annie@example.com", "idProperty": "email",
                        "properties": { "email": "annie@example.com", "firstname": "Ann" } });
    let (status, body) = batch(&portal, "upsert", json!([input])).await;
    assert_eq!((status, id(&body["results"][0])), (200, ann.clone()));
    assert_eq!(portal.vendor().record("contacts", &ann).unwrap().properties["email"], "ann@example.com");
}

#[tokio::test]
async fn an_update_leaves_stale_ids_out_without_a_word() {
    let portal = portal().await;
    let mut ids = Vec::new();
    for name in ["ann", "bea", "cat"] {
        ids.push(portal.contact(&format!("{name}@example.com")).await);
    }
    portal.vendor().person_deletes("contacts", &ids[1]).unwrap();
    portal.vendor().person_merges("contacts", &ids[0], &ids[2]).unwrap();
    let inputs: Vec<Value> = ids
        .iter()
        .map(|id| json!({ "id": id, "properties": { "firstname": "Ann" }, "objectWriteTraceId": id }))
        .collect();
    let (status, body) = batch(&portal, "update", json!(inputs)).await;
    assert_eq!((status, body["results"].as_array().unwrap().len()), (200, 1));
    assert_eq!(body["results"][0]["id"], ids[0]);
    assert_eq!((body.get("errors"), body.get("numErrors")), (None, None));
}

#[tokio::test]
async fn an_update_by_address_or_by_what_is_not_unique_is_refused() {
    let portal = portal().await;
    portal.unique_key().await;
    batch(&portal, "upsert", json!([keyed("t1", &json!({ "email": "ann@example.com" }))])).await;
    let by = |property: &str, key: &str| json!([{ "id": key, "idProperty": property, "properties": { "firstname": "Ann" } }]);
    let (status, body) = batch(&portal, "update", by("email", "ann@example.com")).await;
    assert_eq!(status, 400);
    assert!(
        body["message"].as_str().unwrap().starts_with("Unable to perform update/upsert by non-unique 0-1 property")
    );
    assert_eq!(batch(&portal, "upsert", by("lastname", "Archer")).await.0, 400);
    assert_eq!(batch(&portal, "update", by("buildium_tenant_id", "t1")).await.0, 200);
}

#[tokio::test]
async fn a_batch_read_by_id_key_and_secondary_address() {
    let portal = portal().await;
    let (ann, bea) = (portal.contact("ann@example.com").await, portal.contact("bea@example.com").await);
    portal.vendor().person_edits("contacts", &ann, &[("hs_additional_emails", "annie@example.com")]).unwrap();
    let read = async |body: Value| portal.post(&format!("{CONTACTS}/batch/read"), &body).await;
    let (status, found) = read(json!({
        "inputs": [{ "id": "annie@example.com" }, { "id": "bea@example.com" }], "idProperty": "email",
        "properties": ["hs_additional_emails"],
    }))
    .await;
    assert_eq!((status, found["results"].as_array().unwrap().len()), (200, 2));
    assert_eq!(by(&found, "hs_additional_emails", "annie@example.com")["id"], ann);
    portal.vendor().person_deletes("contacts", &bea).unwrap();
    let (status, found) = read(json!({ "inputs": [{ "id": ann }, { "id": bea }] })).await;
    assert_eq!((status, &found["errors"][0]["context"]["ids"]), (207, &json!([bea])));
    assert_eq!(portal.vendor().usage().calls_of("POST /objects/contacts/batch/read"), 2);
}

#[tokio::test]
async fn a_batch_archive_is_204_whatever_is_in_it() {
    let portal = portal().await;
    let ann = portal.contact("ann@example.com").await;
    let (status, body) = batch(&portal, "archive", json!([{ "id": ann }, { "id": "1" }])).await;
    assert_eq!((status, body), (204, Value::Null));
    assert_eq!(portal.vendor().count("contacts"), 0);
    assert_eq!(portal.vendor().usage().writes, 2);
}
