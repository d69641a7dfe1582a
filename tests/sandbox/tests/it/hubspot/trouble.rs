//! Scripted faults, delays and size.

use crate::support::portal::{CONTACTS, Portal, portal, with};
use http::HeaderMap;
use lintel_sandbox::{
    Ask, Simulator,
    faults::{ErrorBody, Fault, FaultRule, FaultScript, LimitForm},
    hubspot::PortalSettings,
};
use serde_json::{Value, json};

fn script(portal: &Portal, rules: Vec<FaultRule>) {
    portal.vendor().load_faults(FaultScript { seed: 1, rules });
}

#[tokio::test]
async fn a_cut_before_leaves_nothing_and_a_cut_after_leaves_the_record() {
    let portal = portal().await;
    let path = format!("{CONTACTS}/batch/create");
    let body = |email: &str| json!({ "inputs": [{ "properties": { "email": email } }] });
    for (fault, left) in [(Fault::CutBeforeCommit, 0), (Fault::CutAfterCommit, 1)] {
        script(&portal, vec![FaultRule::on("POST", "/crm/v3/objects/*/batch/create", fault)]);
        assert!(portal.raw("POST", &path, &body("ann@example.com")).await.is_err());
        assert_eq!(portal.vendor().count("contacts"), left);
    }
    script(&portal, Vec::new());
    assert_eq!(portal.post(&path, &body("ann@example.com")).await.0, 409, "what was cut after is there");
}

#[tokio::test]
async fn a_truncated_answer_is_an_error_and_its_write_is_done() {
    let portal = portal().await;
    script(&portal, vec![FaultRule::on("POST", CONTACTS, Fault::Truncated { keep_percent: 50 })]);
    assert!(portal.raw("POST", CONTACTS, &json!({ "properties": { "email": "ann@example.com" } })).await.is_err());
    assert_eq!(portal.vendor().count("contacts"), 1);
}

#[tokio::test]
async fn scripted_refusals_have_the_vendors_body_and_count_as_nobodys_fault() {
    let portal = portal().await;
    let fault = Fault::TooManyRequests { form: LimitForm::Bare, seconds: 10 };
    script(&portal, vec![FaultRule { times: Some(1), ..FaultRule::on("GET", CONTACTS, fault) }]);
    let (status, body) = portal.get(CONTACTS).await;
    assert_eq!((status, &body["policyName"]), (429, &json!("TEN_SECONDLY_ROLLING")));
    for status in [477, 502, 521] {
        let fault = Fault::ServerError { status, body: ErrorBody::Html };
        script(&portal, vec![FaultRule { times: Some(1), ..FaultRule::on("GET", CONTACTS, fault) }]);
        assert_eq!(portal.get(CONTACTS).await.0, status);
    }
    assert_eq!(portal.get(CONTACTS).await.0, 200);
    let usage = portal.vendor().usage();
    assert_eq!((usage.asked, usage.total(), usage.over_limit.total()), (5, 1, 0));
}

#[tokio::test]
async fn the_usual_latency_is_a_tenth_of_a_second_on_top_of_a_scripts() {
    let portal = with(PortalSettings::default().with_usual_latency()).await;
    script(&portal, vec![FaultRule::on("GET", CONTACTS, Fault::Latency { ms: 7 })]);
    let now = "2030-03-01T12:00:00Z".parse().unwrap();
    let ask = Ask::new("GET", CONTACTS, HeaderMap::new(), bytes::Bytes::new(), now).unwrap();
    assert_eq!(portal.vendor().handle(&ask).delay.as_millis(), 107);
}

#[tokio::test]
async fn bodies_that_are_no_json_and_paths_that_lead_nowhere() {
    let portal = portal().await;
    assert_eq!(portal.post(&format!("{CONTACTS}/batch/create"), &json!({ "records": [] })).await.0, 400);
    assert_eq!(portal.post(CONTACTS, &json!([])).await.0, 400);
    assert_eq!(portal.get("/crm/v3/objects/houses").await.0, 400);
    assert_eq!(portal.call("PUT", CONTACTS, &Value::Null).await.0, 404);
    assert_eq!(portal.vendor().usage().calls_of("PUT unknown"), 1);
}

#[tokio::test]
async fn a_hundred_thousand_contacts_are_listed_and_upserted() {
    let portal = with(PortalSettings { burst: Some(10_000), ..PortalSettings::default() }).await;
    portal.unique_key().await;
    let made = "2029-01-01T00:00:00Z".parse().unwrap();
    let people = (0..100_000).map(|number| {
        vec![
            ("buildium_tenant_id", format!("t{number}")),
            ("email", format!("p{number}@example.com")),
            ("firstname", "Pat".to_owned()),
            ("lastname", format!("Sample {number}")),
            ("phone", "555-0101".to_owned()),
        ]
    });
    assert_eq!(portal.vendor().import("contacts", people, made), Ok(100_000));
    let inputs: Vec<Value> = (0..100)
        .map(|number| {
            json!({ "id": format!("t{}", number * 1_000), "idProperty": "buildium_tenant_id",
                    "properties": { "firstname": "Sam" }, "objectWriteTraceId": number.to_string() })
        })
        .collect();
    let (status, body) = portal.post(&format!("{CONTACTS}/batch/upsert"), &json!({ "inputs": inputs })).await;
    assert_eq!((status, body["results"].as_array().unwrap().len()), (200, 100));
    assert_eq!((portal.vendor().count("contacts"), portal.vendor().usage().records_changed), (100_000, 100));
    let last = portal.vendor().records("contacts")[99_989].id.clone();
    let (_, page) = portal.get(&format!("{CONTACTS}?limit=100&after={last}")).await;
    assert_eq!((page["results"].as_array().unwrap().len(), page.get("paging")), (10, None));
}
