//! airtable.md section 7.

use crate::support::{
    office::{Office, cells, office},
    target::Target,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use lintel_sandbox::{
    SimClock,
    office_table::{PingCounts, TABLE_ID, content_mac},
};
use serde_json::{Value, json};

const HOOKS: &str = "/v0/bases/appSandbox0000001/webhooks";
const TABLE: &str = "/v0/appSandbox0000001/Reservations";
const UID: &str = "fld00000000000000";
const STATUS: &str = "fld00000000000006";
const ASSIGNEE: &str = "fld00000000000025";
const WEEK: u64 = 7 * 24 * 3_600;

fn hook(office: &Office, url: &str, filters: &Value, includes: &Value) -> Value {
    let mut filters = filters.clone();
    filters["dataTypes"] = json!(["tableData"]);
    let options = json!({ "filters": filters, "includes": includes });
    let body = json!({ "notificationUrl": url, "specification": { "options": options } });
    let (status, made) = office.call("POST", HOOKS, &body);
    assert_eq!(status, 200, "{made}");
    made
}

fn plain(office: &Office) -> String {
    let made = hook(office, "http://hub.example/airtable", &json!({}), &json!({}));
    made["id"].as_str().unwrap().to_owned()
}

fn payloads(office: &Office, id: &str, query: &str) -> Value {
    let (status, body) = office.get(&format!("{HOOKS}/{id}/payloads{query}"));
    assert_eq!(status, 200, "{body}");
    body
}

fn row(office: &Office, uid: &str) -> String {
    let cells = cells(&[("Reservation UID", json!(uid)), ("Status", json!("New"))]);
    office.table.person_creates(&cells).unwrap()
}

#[test]
fn the_sheets_vector() {
    let secret = STANDARD.decode("YWlydGFibGUtbWFjLXNlY3JldA==").unwrap();
    let body = r#"{"base":{"id":"app00000000000001"},"webhook":{"id":"ach00000000000001"},"timestamp":"2026-01-01T00:00:00.000Z"}"#;
    assert_eq!(
        content_mac(&secret, body.as_bytes()),
        "hmac-sha256=dfc6843f5179b6fce5c4baf715abf80135746d70f71d1b9e1c865f2892788571"
    );
}

#[test]
fn an_edit_is_told_with_current_previous_and_unchanged_cells() {
    let office = office();
    let id = row(&office, "s1");
    let includes = json!({ "includeCellValuesInFieldIds": [UID], "includePreviousCellValues": true });
    let made = hook(&office, "http://hub.example/airtable", &json!({}), &includes);
    office.table.person_edits(&id, "Status", json!("Removed")).unwrap();
    office.table.person_edits(&id, "Status", Value::Null).unwrap();
    let body = payloads(&office, made["id"].as_str().unwrap(), "");
    let first = &body["payloads"][0];
    assert_eq!((&first["actionMetadata"]["source"], &first["payloadFormat"]), (&json!("client"), &json!("v0")));
    let changed =
        |number: usize| body["payloads"][number]["changedTablesById"][TABLE_ID]["changedRecordsById"][&id].clone();
    let choice = |part: &Value| part["cellValuesByFieldId"][STATUS]["name"].clone();
    let one = changed(0);
    assert_eq!((choice(&one["current"]), choice(&one["previous"])), (json!("Removed"), json!("New")));
    assert_eq!(one["unchanged"], json!({ "cellValuesByFieldId": { UID: "s1" } }));
    assert_eq!(changed(1)["current"], json!({ "cellValuesByFieldId": { STATUS: null } }));
}

#[test]
fn created_and_destroyed_records_and_api_writes_are_told_with_their_source() {
    let office = office();
    let hook = plain(&office);
    let id = row(&office, "s1");
    let body =
        json!({ "records": [{ "fields": { "Reservation UID": "s2" } }, { "fields": { "Reservation UID": "s3" } }] });
    office.call("POST", TABLE, &body);
    office.table.person_deletes(&id).unwrap();
    let told = payloads(&office, &hook, "")["payloads"].clone();
    let table = |number: usize| told[number]["changedTablesById"][TABLE_ID].clone();
    assert_eq!(table(0)["createdRecordsById"][&id]["cellValuesByFieldId"][UID], "s1");
    assert_eq!(told[1]["actionMetadata"]["source"], "publicApi");
    assert_eq!(table(1)["createdRecordsById"].as_object().unwrap().len(), 2);
    assert_eq!(table(2), json!({ "destroyedRecordIds": [id] }));
    let numbers: Vec<u64> = (0..3).map(|n| told[n]["baseTransactionNumber"].as_u64().unwrap()).collect();
    assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
}

#[test]
fn filters_keep_own_writes_other_changes_and_other_columns_out() {
    let office = office();
    let id = row(&office, "s1");
    let filters = json!({ "fromSources": ["client"], "changeTypes": ["update"], "watchDataInFieldIds": [ASSIGNEE],
                          "recordChangeScope": TABLE_ID });
    let hook = hook(&office, "http://hub.example/airtable", &filters, &json!({}))["id"].as_str().unwrap().to_owned();
    row(&office, "s2");
    office.table.person_edits(&id, "Status", json!("Old")).unwrap();
    office.call("PATCH", TABLE, &json!({ "records": [{ "id": id, "fields": { "Assignee": "Ada" } }] }));
    assert_eq!(payloads(&office, &hook, "")["payloads"], json!([]));
    office.table.person_edits(&id, "Assignee", json!("Ben")).unwrap();
    office.table.person_edits(&id, "Assignee", json!("Ben")).unwrap();
    let told = payloads(&office, &hook, "");
    assert_eq!(told["payloads"].as_array().unwrap().len(), 1, "typing the same again changes nothing");
}

#[test]
fn another_tables_scope_sees_nothing_and_the_data_types_have_to_be_known() {
    let office = office();
    let other =
        hook(&office, "http://hub.example/airtable", &json!({ "recordChangeScope": "tblOther000000001" }), &json!({}));
    row(&office, "s1");
    assert_eq!(payloads(&office, other["id"].as_str().unwrap(), "")["payloads"], json!([]));
    for filters in [json!({}), json!({ "dataTypes": [] }), json!({ "dataTypes": ["tableRumours"] })] {
        office.pass(1);
        let body = json!({ "specification": { "options": { "filters": filters } } });
        assert_eq!(office.call("POST", HOOKS, &body).0, 422, "{body}");
    }
}

#[test]
fn payloads_come_by_cursor_fifty_at_most() {
    let office = office();
    let hook = plain(&office);
    for number in 0..60 {
        row(&office, &format!("s{number}"));
    }
    let first = payloads(&office, &hook, "?cursor=1&limit=500");
    assert_eq!((first["payloads"].as_array().unwrap().len(), &first["cursor"]), (50, &json!(51)));
    assert_eq!(first["mightHaveMore"], true);
    let last = payloads(&office, &hook, "?cursor=51");
    assert_eq!((last["payloads"].as_array().unwrap().len(), &last["cursor"]), (10, &json!(61)));
    assert_eq!(last["mightHaveMore"], false);
    assert_eq!(payloads(&office, &hook, "?cursor=61")["cursor"], 61);
    assert_eq!(office.get(&format!("{HOOKS}/{hook}/payloads?cursor=62")).0, 422);
}

#[test]
fn a_webhook_expires_after_a_week_unless_refreshed_or_listed() {
    let office = office();
    let (left, refreshed, listed) = (plain(&office), plain(&office), plain(&office));
    row(&office, "s1");
    office.pass(WEEK - 1);
    let (status, body) = office.call("POST", &format!("{HOOKS}/{refreshed}/refresh"), &json!({}));
    assert_eq!((status, &body["expirationTime"]), (200, &json!("2030-03-15T11:59:59.000Z")));
    payloads(&office, &listed, "");
    office.pass(2);
    assert_eq!(office.get(&format!("{HOOKS}/{left}/payloads")), (404, json!({ "error": "NOT_FOUND" })));
    assert_eq!(payloads(&office, &refreshed, "")["payloads"], json!([]), "payloads go after a week, read or not");
    let ids: Vec<Value> =
        office.get(HOOKS).1["webhooks"].as_array().unwrap().iter().map(|hook| hook["id"].clone()).collect();
    assert_eq!(ids, [json!(refreshed), json!(listed)]);
}

#[test]
fn one_ping_stands_for_what_came_meanwhile_and_comes_after_the_payload() {
    let office = office();
    let hook = plain(&office);
    row(&office, "s1");
    row(&office, "s2");
    assert_eq!(office.table.take_pings(office.clock.now()), vec![]);
    office.pass(1);
    let pings = office.table.take_pings(office.clock.now());
    let body: Value = serde_json::from_slice(&pings[0].body).unwrap();
    assert_eq!((pings.len(), &body["webhook"]["id"]), (1, &json!(hook)));
    assert_eq!(payloads(&office, &hook, "")["payloads"].as_array().unwrap().len(), 2);
    office.call("POST", &format!("{HOOKS}/{hook}/enableNotifications"), &json!({ "enable": false }));
    row(&office, "s3");
    office.pass(1);
    assert_eq!(office.table.take_pings(office.clock.now()), vec![], "off: payloads only");
    assert_eq!(payloads(&office, &hook, "?cursor=3")["payloads"].as_array().unwrap().len(), 1);
    office.pass(1);
    assert_eq!(office.call("DELETE", &format!("{HOOKS}/{hook}"), &Value::Null).0, 204);
    assert_eq!(office.get(&format!("{HOOKS}/{hook}/payloads")).0, 404);
}

#[tokio::test]
async fn pings_are_posted_signed_and_repeated_until_they_are_accepted() {
    let office = office();
    let target = Target::answering(&[500, 204]).await;
    let made = hook(&office, &target.url, &json!({}), &json!({}));
    row(&office, "s1");
    office.pass(1);
    let client = reqwest::Client::new();
    assert_eq!(office.table.send_pings(&client).await, PingCounts { sent: 1, accepted: 0 });
    let shown = office.get(HOOKS).1["webhooks"][0]["lastNotificationResult"].clone();
    assert_eq!((&shown["success"], &shown["willBeRetried"]), (&json!(false), &json!(true)));
    assert_eq!(office.table.send_pings(&client).await, PingCounts::default());
    office.pass(10);
    assert_eq!(office.table.send_pings(&client).await, PingCounts { sent: 1, accepted: 1 });
    assert_eq!(office.table.usage().pings, PingCounts { sent: 2, accepted: 1 });
    let secret = STANDARD.decode(made["macSecretBase64"].as_str().unwrap()).unwrap();
    for ask in target.taken() {
        assert_eq!(ask.headers["x-airtable-content-mac"], content_mac(&secret, &ask.body));
    }
}
