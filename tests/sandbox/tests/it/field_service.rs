//! housecallpro.md, section by section.

use crate::support::{ADDRESS, CUSTOMER, TEMPLATE, account, new_job, with};
use lintel_sandbox::{RateRules, faults::LimitForm, housecallpro::HousecallProSettings};
use serde_json::{Value, json};
use std::time::Duration;

#[test]
fn both_forms_of_the_key_pass_and_no_other() {
    let account = account();
    for (header, status) in
        [("Token sandbox-company-key", 200), ("Bearer sandbox-company-key", 200), ("Token x", 401), ("", 401)]
    {
        assert_eq!(account.asked("GET", "/company", &Value::Null, header).status, status, "{header}");
    }
}

#[test]
fn a_created_job_answers_200_and_shows_its_appointment_only_later() {
    let account = account();
    let (status, job) = account.call("POST", "/jobs", &new_job("Lintel s1"));
    assert_eq!(status, 200);
    assert!(job["schedule"].get("appointments").is_none());
    assert_eq!(job["schedule"]["scheduled_start"], "2030-03-05T17:15:00Z");
    assert_eq!(job["work_status"], "scheduled");
    let id = job["id"].as_str().unwrap();
    assert!(id.starts_with("job_") && id.len() == 36, "{id}");
    let seen = |account: &crate::support::Account| {
        let (_, job) = account.get(&format!("/jobs/{id}?expand[]=appointments"));
        let (_, list) = account.get(&format!("/jobs/{id}/appointments"));
        (job["schedule"]["appointments"].as_array().unwrap().len(), list["appointments"].as_array().unwrap().len())
    };
    assert_eq!(seen(&account), (0, 0));
    account.pass(1);
    assert_eq!(seen(&account), (1, 1));
}

#[test]
fn required_attributes_and_ownership_of_the_address_are_checked() {
    let account = account();
    let (status, refusal) = account.call("POST", "/jobs", &json!({ "customer_id": CUSTOMER }));
    assert_eq!((status, &refusal["address_id"]), (400, &json!("is missing")));
    let (status, _) = account.call("POST", "/jobs", &json!({ "customer_id": CUSTOMER, "address_id": "adr_9" }));
    assert_eq!(status, 400);
    assert!(account.vendor.jobs().iter().all(|job| job.id == TEMPLATE));
}

#[test]
fn expansions_are_absent_unless_asked_for() {
    let account = account();
    let (_, bare) = account.get(&format!("/jobs/{TEMPLATE}"));
    assert!(bare.get("attachments").is_none() && bare["schedule"].get("appointments").is_none());
    let (_, full) = account.get(&format!("/jobs/{TEMPLATE}?expand[]=attachments&expand%5B%5D=appointments"));
    assert_eq!((&full["attachments"], &full["schedule"]["appointments"]), (&json!([]), &json!([])));
}

#[test]
fn a_bare_scalar_for_an_array_is_422() {
    let account = account();
    for name in ["work_status", "employee_ids", "location_ids", "expand"] {
        let (status, body) = account.get(&format!("/jobs?{name}=scheduled"));
        assert_eq!(status, 422, "{name}");
        assert_eq!(body, json!({ "errors": { name: "must be an array" } }));
    }
}

#[test]
fn lists_page_by_ten_newest_first_and_unknown_filters_are_ignored() {
    let account = account();
    for number in 0..12 {
        account.pass(1);
        account.job(&format!("Lintel {number}"));
    }
    let (_, first) = account.get("/jobs?updated_after=2099-01-01");
    assert_eq!(
        (&first["page"], &first["page_size"], &first["total_pages"], &first["total_items"]),
        (&json!(1), &json!(10), &json!(2), &json!(13))
    );
    assert_eq!(first["jobs"][0]["notes"][0]["content"], "Lintel 11");
    let (_, last) = account.get("/jobs?page=2&sort_by=created_at&sort_direction=desc");
    assert_eq!(last["jobs"].as_array().unwrap().len(), 3);
    assert_eq!(last["jobs"][2]["id"], TEMPLATE);
    let (_, oldest) = account.get("/jobs?sort_direction=asc&page_size=1");
    assert_eq!(oldest["jobs"][0]["id"], TEMPLATE);
}

#[test]
fn the_filters_vocabulary_differs_from_the_status_shown() {
    let account = account();
    let id = account.job("Lintel s1");
    let found = |status: &str| {
        let (_, list) = account.get(&format!("/jobs?work_status[]={status}"));
        list["jobs"].as_array().unwrap().iter().map(|job| job["work_status"].clone()).collect::<Vec<Value>>()
    };
    assert_eq!(found("unscheduled"), ["needs scheduling"]);
    assert_eq!(found("scheduled"), ["scheduled"]);
    account.vendor.on_my_way(&id).unwrap();
    assert_eq!(found("scheduled"), ["scheduled"]);
    account.vendor.start_job(&id).unwrap();
    assert_eq!(found("in_progress"), ["in progress"]);
    account.vendor.complete_job(&id).unwrap();
    assert_eq!(found("completed"), ["complete unrated"]);
    account.vendor.rate_job(&id).unwrap();
    assert_eq!(found("completed"), ["complete rated"]);
    account.vendor.customer_cancels(&id).unwrap();
    assert_eq!(found("canceled"), ["user canceled"]);
    account.vendor.cancel_job(&id).unwrap();
    assert_eq!(found("canceled"), ["pro canceled"]);
}

#[test]
fn a_middle_appointment_is_not_found_by_date() {
    let account = account();
    let id = account.job("Lintel s1");
    for at in ["2030-03-07T17:00:00Z", "2030-03-09T17:00:00Z"] {
        account.vendor.add_appointment(&id, at.parse().unwrap()).unwrap();
    }
    let found = |query: &str| account.get(&format!("/jobs?{query}")).1["total_items"].clone();
    let day = |key: &str, day: u8| {
        format!("scheduled_{key}_min=2030-03-{day:02}T00:00:00Z&scheduled_{key}_max=2030-03-{day:02}T23:59:59Z")
    };
    assert_eq!(found(&day("start", 5)), json!(1));
    assert_eq!(found(&day("start", 7)), json!(0));
    assert_eq!(found(&day("end", 7)), json!(0));
    assert_eq!(found(&day("end", 9)), json!(1));
}

#[test]
fn a_bulk_update_replaces_what_it_does_not_name() {
    let account = account();
    let bulk = format!("/jobs/{TEMPLATE}/line_items/bulk_update");
    let items = json!([{ "uuid": "li_1", "name": "Deep clean" }, { "name": "Keys" }]);
    let (status, changed) = account.call("PUT", &bulk, &json!({ "line_items": items }));
    assert_eq!(status, 200);
    let names = |body: &Value| -> Vec<String> {
        body["data"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&changed), ["Deep clean", "Keys"]);
    assert_eq!((&changed["data"][0]["id"], &changed["data"][0]["unit_price"]), (&json!("li_1"), &json!(12_500)));
    assert!(changed["data"][0].get("uuid").is_none());
    let append = json!({ "line_items": [{ "name": "Soap" }], "append_line_items": true });
    assert_eq!(names(&account.call("PUT", &bulk, &append).1), ["Deep clean", "Keys", "Soap"]);
    assert_eq!(names(&account.get(&format!("/jobs/{TEMPLATE}/line_items")).1), ["Deep clean", "Keys", "Soap"]);
}

#[test]
fn a_single_line_item_is_added_with_201_changed_and_removed() {
    let account = account();
    let (status, item) = account.call("POST", &format!("/jobs/{TEMPLATE}/line_items"), &json!({ "name": "Keys" }));
    assert_eq!(status, 201);
    let one = format!("/jobs/{TEMPLATE}/line_items/{}", item["id"].as_str().unwrap());
    assert_eq!(account.call("PUT", &one, &json!({ "unit_price": 250 })).1["unit_price"], json!(250));
    assert_eq!(account.call("PUT", &one, &json!({ "unit_price": "much" })).0, 400);
    assert_eq!(account.call("DELETE", &one, &Value::Null).0, 200);
    assert_eq!(account.call("DELETE", &one, &Value::Null), (404, json!({})));
}

#[test]
fn a_schedule_keeps_people_unless_they_are_sent() {
    let account = account();
    let id = account.job("Lintel s1");
    let target = format!("/jobs/{id}/schedule");
    let (status, kept) = account.call("PUT", &target, &json!({ "start_time": "2030-03-06T17:00:00Z" }));
    assert_eq!((status, &kept["assigned_employees"][0]["id"]), (200, &json!("pro_1")));
    let sent = json!({ "start_time": "2030-03-06T17:00:00Z", "dispatched_employees": [{ "employee_id": "pro_2" }] });
    let (_, replaced) = account.call("PUT", &target, &sent);
    let people = replaced["assigned_employees"].as_array().unwrap();
    assert_eq!((people.len(), &people[0]["id"]), (1, &json!("pro_2")));
    let dispatch = json!({ "dispatched_employees": [{ "employee_id": "pro_1" }] });
    let (status, body) = account.call("PUT", &format!("/jobs/{id}/dispatch"), &dispatch);
    assert_eq!((status, &body["assigned_employees"][0]["id"]), (200, &json!("pro_1")));
}

#[test]
fn a_time_without_an_offset_is_the_companys() {
    let account = account();
    let id = account.job("Lintel s1");
    let (_, body) =
        account.call("PUT", &format!("/jobs/{id}/schedule"), &json!({ "start_time": "2030-03-06T10:00:00" }));
    assert_eq!(body["start_time"], "2030-03-06T17:00:00Z");
}

#[test]
fn a_job_with_several_appointments_refuses_the_schedule_call() {
    let account = account();
    let id = account.job("Lintel s1");
    account.vendor.add_appointment(&id, "2030-03-07T17:00:00Z".parse().unwrap()).unwrap();
    let body = json!({ "start_time": "2030-03-06T17:00:00Z" });
    assert_eq!(account.call("PUT", &format!("/jobs/{id}/schedule"), &body).0, 400);
    account.pass(1);
    let (_, list) = account.get(&format!("/jobs/{id}/appointments"));
    let one = list["appointments"][0]["id"].as_str().unwrap();
    let body = json!({ "start_time": "2030-03-06T17:00:00Z", "dispatched_employees_ids": ["pro_1"] });
    let (status, moved) = account.call("PUT", &format!("/jobs/{id}/appointments/{one}"), &body);
    assert_eq!((status, &moved["start_time"]), (200, &json!("2030-03-06T17:00:00Z")));
}

#[test]
fn taking_the_schedule_back_is_not_cancelling() {
    let account = account();
    let id = account.job("Lintel s1");
    let (status, body) = account.call("DELETE", &format!("/jobs/{id}/schedule"), &Value::Null);
    assert_eq!((status, body), (200, json!({ "object": "schedule", "deleted": true })));
    let (_, job) = account.get(&format!("/jobs/{id}"));
    assert_eq!((&job["work_status"], &job["schedule"]["scheduled_start"]), (&json!("needs scheduling"), &Value::Null));
    assert!(account.vendor.job(&id).unwrap().live);
}

#[test]
fn deleted_is_410_archived_refuses_writes_and_unknown_is_an_empty_object() {
    let account = account();
    let (deleted, archived) = (account.job("Lintel s1"), account.job("Lintel s2"));
    account.vendor.delete_job(&deleted).unwrap();
    account.vendor.archive_job(&archived).unwrap();
    assert_eq!(account.get(&format!("/jobs/{deleted}")).0, 410);
    assert_eq!(account.get(&format!("/jobs/{archived}")).0, 200);
    let (status, body) =
        account.call("PUT", &format!("/jobs/{archived}/schedule"), &json!({ "start_time": "2030-03-06T17:00:00Z" }));
    assert_eq!(status, 400);
    assert!(body["error"]["message"].as_str().unwrap().contains("archived job"));
    assert_eq!(account.get("/jobs/job_nowhere"), (404, json!({})));
}

#[test]
fn calls_the_specification_does_not_have_answer_a_page() {
    let account = account();
    let calls = [
        ("PATCH", format!("/jobs/{TEMPLATE}")),
        ("DELETE", format!("/jobs/{TEMPLATE}")),
        ("POST", format!("/jobs/{TEMPLATE}/reschedule")),
        ("PATCH", format!("/jobs/{TEMPLATE}/schedule")),
        ("GET", format!("/customers/{CUSTOMER}/jobs")),
        ("DELETE", format!("/customers/{CUSTOMER}")),
        ("GET", "/job_types".to_owned()),
        ("GET", "/appointments".to_owned()),
        ("GET", "/v1/jobs".to_owned()),
    ];
    for (method, target) in calls {
        let response = account.raw(method, &target, &json!({}));
        assert_eq!(response.status, 404, "{method} {target}");
        assert!(response.headers["content-type"].to_str().unwrap().starts_with("text/html"), "{method} {target}");
    }
}

#[test]
fn customers_addresses_notes_and_tags() {
    let account = account();
    let (status, customer) =
        account.call("POST", "/customers", &json!({ "first_name": "Ann", "last_name": "Example", "notes": "first" }));
    assert_eq!(status, 201);
    let id = customer["id"].as_str().unwrap();
    let (_, changed) =
        account.call("PUT", &format!("/customers/{id}"), &json!({ "note": "second", "notes": "not read" }));
    assert_eq!(changed["notes"], "second");
    let address = json!({ "street": "2 Test St", "city": "S", "state": "ZZ", "zip": "00000", "country": "US" });
    assert_eq!(account.call("POST", &format!("/customers/{id}/addresses"), &address).0, 200);
    assert_eq!(account.get(&format!("/customers/{id}/addresses")).1["total_items"], 1);
    assert_eq!(account.get(&format!("/customers/{CUSTOMER}/addresses/{ADDRESS}")).1["street"], "1 Test St");
    assert_eq!(account.get("/customers?q=ann").1["total_items"], 1);

    account.vendor.put_tag("tag_1", "Rush");
    let job = account.job("Lintel s1");
    let (status, tags) = account.call("POST", &format!("/jobs/{job}/tags"), &json!({ "tag_id": "tag_1" }));
    assert_eq!((status, tags), (201, json!({ "tags": [{ "id": "tag_1", "name": "Rush" }] })));
    assert_eq!(account.call("DELETE", &format!("/jobs/{job}/tags/tag_1"), &Value::Null).1, json!({ "tags": [] }));
    let (status, note) = account.call("POST", &format!("/jobs/{job}/notes"), &json!({ "content": "hello" }));
    assert_eq!(status, 201);
    let note = format!("/jobs/{job}/notes/{}", note["id"].as_str().unwrap());
    assert_eq!(account.call("DELETE", &note, &Value::Null).0, 200);
    assert_eq!(account.call("DELETE", &note, &Value::Null).0, 404);
}

#[test]
fn who_leaves_vanishes_from_the_employees() {
    let account = account();
    assert_eq!(account.get("/employees").1["total_items"], 2);
    account.vendor.employee_leaves("pro_2");
    assert_eq!(account.get("/employees").1["total_items"], 1);
}

#[test]
fn the_limit_is_enforced_counted_and_told_in_the_form_asked_for() {
    for (form, header, expected) in [
        (LimitForm::ResetDate, "ratelimit-reset", Some("Fri, 01 Mar 2030 12:00:04 GMT")),
        (LimitForm::ResetIso, "ratelimit-reset", Some("2030-03-01T12:00:04Z")),
        (LimitForm::ResetEpoch, "ratelimit-reset", Some("1898596804")),
        (LimitForm::ResetDelta, "ratelimit-reset", Some("4")),
        (LimitForm::RetryAfterDelta, "retry-after", Some("4")),
        (LimitForm::RetryAfterDate, "retry-after", Some("Fri, 01 Mar 2030 12:00:04 GMT")),
        (LimitForm::Bare, "retry-after", None),
    ] {
        let limit = RateRules { calls: 2, period: Duration::from_secs(4) };
        let account = with(HousecallProSettings { limit, limit_form: Some(form), ..HousecallProSettings::default() });
        assert_eq!((account.get("/company").0, account.get("/company").0), (200, 200));
        let refused = account.raw("GET", "/company", &Value::Null);
        assert_eq!(refused.status, 429);
        assert_eq!(refused.headers.get(header).map(|value| value.to_str().unwrap()), expected, "{form:?}");
        account.pass(4);
        assert_eq!(account.get("/company").0, 200);
        assert_eq!(account.vendor.usage().over_limit, 1);
    }
}

#[test]
fn calls_are_counted_by_route_and_writes_apart() {
    let account = account();
    let id = account.job("Lintel s1");
    account.get(&format!("/jobs/{id}"));
    account.get(&format!("/jobs/{TEMPLATE}"));
    account.get("/nowhere");
    let usage = account.vendor.usage();
    assert_eq!(usage.calls.get("GET /jobs/{id}"), Some(&2));
    assert_eq!(usage.calls.get("POST /jobs"), Some(&1));
    assert_eq!(usage.calls.get("GET unknown"), Some(&1));
    assert_eq!((usage.writes, usage.jobs_created, usage.total()), (1, 1, 4));
}

#[test]
fn doubles_are_seen_by_their_marker() {
    let account = account();
    account.job("Lintel s1");
    assert!(account.vendor.duplicates().is_empty());
    let second = account.job("Lintel s1");
    assert_eq!(account.vendor.duplicates(), ["Lintel s1"]);
    account.vendor.delete_job(&second).unwrap();
    assert!(account.vendor.duplicates().is_empty());
}

#[test]
fn the_same_seed_and_calls_give_the_same_ids() {
    let run = || {
        let account = account();
        account.job("Lintel s1");
        account.call("POST", "/customers", &json!({ "first_name": "Ann" }));
        format!("{:?}", account.vendor.jobs())
    };
    assert_eq!(run(), run());
}
