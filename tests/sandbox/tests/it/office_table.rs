//! airtable.md sections 2 to 6.

use crate::support::office::{Office, cells, office};
use lintel_sandbox::office_table::{BASE, TABLE_ID};
use serde_json::{Value, json};

const TABLE: &str = "/v0/appSandbox0000001/Reservations";

fn kind(body: &Value) -> &Value {
    &body["error"]["type"]
}

fn upsert(office: &Office, records: &Value) -> (u16, Value) {
    let body = json!({ "performUpsert": { "fieldsToMergeOn": ["Reservation UID"] }, "records": records });
    office.call("PATCH", TABLE, &body)
}

fn create(office: &Office, uid: &str) -> String {
    let (status, body) = office.call("POST", TABLE, &json!({ "fields": { "Reservation UID": uid } }));
    assert_eq!(status, 200, "{body}");
    body["id"].as_str().unwrap().to_owned()
}

#[test]
fn both_error_forms_and_a_body_that_is_not_json() {
    let office = office();
    let bare = office.as_somebody("Bearer patWrong", "GET", TABLE, "");
    assert_eq!(bare, (401, json!({ "error": "UNAUTHORIZED" })));
    let (status, none) = office.as_somebody("", "GET", TABLE, "");
    assert_eq!((status, kind(&none)), (401, &json!("AUTHENTICATION_REQUIRED")));
    assert_eq!(office.get("/v0/appSandbox0000001/Reservations/recMissing"), (404, json!({ "error": "NOT_FOUND" })));
    let (status, other) = office.get("/v0/appSandbox0000001/Elsewhere");
    assert_eq!((status, kind(&other)), (403, &json!("INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND")));
    assert_eq!(office.text("PATCH", TABLE, "{\"records\":[").0, 400);
}

#[test]
fn one_record_is_read_by_id_by_the_tables_name_or_id_and_without_its_empty_cells() {
    let office = office();
    let (_, made) = office.call(
        "POST",
        TABLE,
        &json!({ "fields": { "Reservation UID": "s1", "Owner Arriving": false, "Assignee": "", "Check-in Date": "3/1/2030" } }),
    );
    let id = made["id"].as_str().unwrap();
    let (status, read) = office.get(&format!("/v0/{BASE}/{TABLE_ID}/{id}"));
    assert_eq!((status, &read), (200, &made));
    assert_eq!(read["fields"], json!({ "Reservation UID": "s1", "Check-in Date": "2030-03-01" }));
    assert_eq!(read["createdTime"], "2030-03-01T12:00:00.000Z");
}

#[test]
fn a_batch_is_all_or_nothing() {
    let office = office();
    for (bad, expected) in [
        (json!({ "Colour": "red" }), "UNKNOWN_FIELD_NAME"),
        (json!({ "Missing Count": "three" }), "INVALID_VALUE_FOR_COLUMN"),
        (json!({ "Final Service Time": "10:15" }), "INVALID_VALUE_FOR_COLUMN"),
        (json!({ "Status": "Lost" }), "INVALID_MULTIPLE_CHOICE_OPTIONS"),
    ] {
        let batch = json!({ "records": [{ "fields": { "Reservation UID": "good" } }, { "fields": bad }] });
        let (status, body) = office.call("POST", TABLE, &batch);
        assert_eq!((status, kind(&body)), (422, &json!(expected)));
    }
    assert_eq!(office.table.records(), vec![]);
}

#[test]
fn typecast_creates_choices_and_converts_text() {
    let office = office();
    let fields = json!({ "Status": "Lost", "Missing Count": "3", "Reservation UID": 17 });
    let (status, body) = office.call("POST", TABLE, &json!({ "typecast": true, "fields": fields }));
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["fields"], json!({ "Reservation UID": "17", "Status": "Lost", "Missing Count": 3.0 }));
    let (status, again) = office.call("POST", TABLE, &json!({ "fields": { "Status": "Lost" } }));
    assert_eq!(status, 200, "a created choice stays: {again}");
}

#[test]
fn an_upsert_creates_updates_and_takes_records_by_id() {
    let office = office();
    let known = create(&office, "s1");
    let other = create(&office, "s2");
    let (status, body) = upsert(
        &office,
        &json!([
            { "fields": { "Reservation UID": "s1", "Assignee": "Ada" } },
            { "fields": { "Reservation UID": "s3" } },
            { "id": other, "fields": { "Assignee": "Ben" } },
        ]),
    );
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["updatedRecords"], json!([known, other]));
    assert_eq!(body["createdRecords"], json!([body["records"][1]["id"]]));
    assert_eq!(body["records"][2]["fields"], json!({ "Reservation UID": "s2", "Assignee": "Ben" }));
}

#[test]
fn what_an_upsert_refuses() {
    let office = office();
    let known = create(&office, "s1");
    create(&office, "twin");
    create(&office, "twin");
    let refused = |records: Value, expected: &str| {
        office.pass(1);
        let (status, body) = upsert(&office, &records);
        assert_eq!((status, kind(&body)), (422, &json!(expected)), "{records}");
    };
    let same = json!({ "fields": { "Reservation UID": "new" } });
    refused(json!([same, same]), "INVALID_REQUEST_UNKNOWN");
    refused(json!([{ "fields": { "Reservation UID": "twin" } }]), "INVALID_REQUEST_UNKNOWN");
    refused(json!([{ "fields": { "Assignee": "Ada" } }]), "INVALID_REQUEST_UNKNOWN");
    refused(json!([{ "id": "recMissing", "fields": {} }]), "ROW_DOES_NOT_EXIST");
    refused(
        json!([{ "id": known, "fields": {} }, { "fields": { "Reservation UID": "s1" } }]),
        "INVALID_REQUEST_UNKNOWN",
    );
    refused(json!(vec![same; 11]), "INVALID_REQUEST_UNKNOWN");
    assert_eq!(office.table.records().len(), 3);
}

#[test]
fn put_clears_what_is_not_sent_and_patch_keeps_it() {
    let office = office();
    let id = create(&office, "s1");
    let write = |method: &str, fields: Value| {
        office.call(method, TABLE, &json!({ "records": [{ "id": id, "fields": fields }] })).1["records"][0]["fields"]
            .clone()
    };
    assert_eq!(write("PATCH", json!({ "Assignee": "Ada" })), json!({ "Reservation UID": "s1", "Assignee": "Ada" }));
    assert_eq!(write("PUT", json!({ "Version": 2 })), json!({ "Version": 2 }));
}

#[test]
fn records_are_deleted_by_up_to_ten() {
    let office = office();
    let (first, second) = (create(&office, "s1"), create(&office, "s2"));
    let refused = office.call("DELETE", &format!("{TABLE}?records[]={first}&records[]=recMissing"), &Value::Null);
    assert_eq!((refused.0, office.table.records().len()), (422, 2));
    let (_, body) = office.call("DELETE", &format!("{TABLE}?records[]={first}&records[]={second}"), &Value::Null);
    let gone = |id: &str| json!({ "id": id, "deleted": true });
    assert_eq!(body["records"], json!([gone(&first), gone(&second)]));
    assert_eq!(office.table.records(), vec![]);
}

#[test]
fn listing_by_pages_fields_and_formula_over_get_and_post() {
    let office = office();
    for uid in ["s1", "s2", "O'Neil"] {
        office.table.person_creates(&cells(&[("Reservation UID", json!(uid)), ("Version", json!(1))])).unwrap();
    }
    let (_, first) = office.get(&format!("{TABLE}?pageSize=2&fields[]=Version"));
    assert_eq!(first["records"].as_array().unwrap().len(), 2);
    assert_eq!(first["records"][0]["fields"], json!({ "Version": 1 }));
    let offset = first["offset"].as_str().unwrap();
    let (_, last) = office.get(&format!("{TABLE}?pageSize=2&offset={offset}"));
    assert_eq!((last["records"].as_array().unwrap().len(), last.get("offset")), (1, None));
    let found = |formula: &str| {
        office.pass(1);
        let (status, body) =
            office.call("POST", &format!("{TABLE}/listRecords"), &json!({ "filterByFormula": formula }));
        (status, body["records"].as_array().map(Vec::len))
    };
    let id = office.table.records_with("Reservation UID", &json!("s2")).pop().unwrap();
    assert_eq!(found(&format!("RECORD_ID()='{id}'")), (200, Some(1)));
    assert_eq!(found(r"{Reservation UID} = 'O\'Neil'"), (200, Some(1)));
    assert_eq!(found("{Version}=1"), (200, Some(3)));
    assert_eq!(found("{Reservation UID}='O'Neil'"), (422, None));
    assert_eq!(found("{Colour}='red'"), (422, None));
}

#[test]
fn a_stale_offset_has_to_start_again() {
    let office = office();
    create(&office, "s1");
    create(&office, "s2");
    let (_, first) = office.get(&format!("{TABLE}?pageSize=1"));
    let next = format!("{TABLE}?pageSize=1&offset={}", first["offset"].as_str().unwrap());
    assert_eq!(office.get(&next).0, 200);
    office.pass(301);
    let (status, body) = office.get(&next);
    assert_eq!((status, kind(&body)), (422, &json!("LIST_RECORDS_ITERATOR_NOT_AVAILABLE")));
}

#[test]
fn an_offset_can_be_made_stale_on_demand() {
    let office = office();
    create(&office, "s1");
    create(&office, "s2");
    let (_, first) = office.get(&format!("{TABLE}?pageSize=1"));
    office.table.expire_offsets();
    assert_eq!(office.get(&format!("{TABLE}?offset={}", first["offset"].as_str().unwrap())).0, 422);
}

#[test]
fn a_deleted_column_keeps_the_other_columns_ids() {
    let office = office();
    let ids = || {
        let (_, body) = office.get("/v0/meta/bases/appSandbox0000001/tables");
        let fields = body["tables"][0]["fields"].as_array().unwrap().clone();
        fields.into_iter().map(|field| (field["name"].clone(), field["id"].clone())).collect::<Vec<_>>()
    };
    let mut before = ids();
    office.table.remove_column("Version");
    before.retain(|(name, _)| name != "Version");
    assert_eq!(ids(), before);
    let (status, body) = office.call("POST", TABLE, &json!({ "fields": { "Version": 1 } }));
    assert_eq!((status, &body["error"]["message"]), (422, &json!("Unknown field name: \"Version\"")));
}

#[test]
fn the_sixth_call_of_a_second_costs_half_a_minute() {
    let office = office();
    let statuses: Vec<u16> = (0..6).map(|_| office.get(TABLE).0).collect();
    assert_eq!(statuses, [200, 200, 200, 200, 200, 429]);
    office.pass(29);
    assert_eq!(office.get(TABLE).0, 429);
    office.pass(1);
    assert_eq!(office.get(TABLE).0, 200);
}
