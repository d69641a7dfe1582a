//! housecallpro.md section 8.

use crate::support::account;
use lintel_sandbox::housecallpro::signature;
use serde_json::{Value, json};

#[test]
fn the_sheets_two_vectors() {
    let sign = |body: &str| signature("test-signing-secret", "1767225600", body.as_bytes());
    assert_eq!(sign(r#"{"foo":"bar"}"#), "ae53013976d8f5a96ad0e2b089a38f34f48c70a080551b7ed40602231e32ea6a");
    let event = r#"{"event":"job.scheduled","event_occurred_at":"2026-01-01T00:00:00Z","company_id":"co_1","job":{"id":"job_1"}}"#;
    assert_eq!(sign(event), "c204e745e886502a0e56d2c69d8a25385761d7ea1211af6d04ae6e6aaf83131a");
}

#[test]
fn nothing_is_told_before_the_subscription_and_own_writes_come_back_after_it() {
    let account = account();
    account.job("Lintel s1");
    assert_eq!(account.vendor.webhooks_waiting(), 0);
    assert_eq!(account.call("POST", "/webhooks/subscription", &json!({})).0, 200);
    let id = account.job("Lintel s2");
    assert!(account.vendor.take_webhooks().is_empty(), "deliveries take a second or two");
    account.pass(2);
    let told = account.vendor.take_webhooks();
    let mut events: Vec<&str> = told.iter().map(|webhook| webhook.event.as_str()).collect();
    events.sort_unstable();
    assert_eq!(events, ["job.appointment.scheduled", "job.created", "job.scheduled"]);
    for webhook in &told {
        let header = |name: &str| webhook.headers.iter().find(|(key, _)| *key == name).unwrap().1.clone();
        let expected = signature("sandbox-signing-secret", &header("api-timestamp"), &webhook.body);
        assert_eq!(header("api-signature"), expected);
        let body: Value = serde_json::from_slice(&webhook.body).unwrap();
        if webhook.event.starts_with("job.appointment.") {
            assert_eq!((&body["appointment"]["job_id"], body.get("job")), (&json!(id), None));
            assert_eq!(body["appointment"]["dispatched_employees"][0]["first_name"], "Ada");
        } else {
            assert_eq!(body["job"]["id"], json!(id));
        }
    }
    assert!(account.vendor.take_webhooks().is_empty());
}

#[test]
fn swapping_somebody_is_told_three_times_with_an_unchanged_time() {
    let account = account();
    let id = account.job("Lintel s1");
    account.call("POST", "/webhooks/subscription", &json!({}));
    account.vendor.reassign(&id, &["pro_2"]).unwrap();
    account.pass(2);
    let told = account.vendor.take_webhooks();
    let mut events: Vec<&str> = told.iter().map(|webhook| webhook.event.as_str()).collect();
    events.sort_unstable();
    assert_eq!(
        events,
        [
            "job.appointment.appointment_pros_assigned",
            "job.appointment.appointment_pros_unassigned",
            "job.appointment.rescheduled"
        ]
    );
    for webhook in &told {
        let body: Value = serde_json::from_slice(&webhook.body).unwrap();
        assert_eq!(body["appointment"]["start_time"], "2030-03-05T17:15:00Z");
    }
}

#[test]
fn the_address_check_is_unsigned_and_has_no_event() {
    let check = account().vendor.address_check();
    assert_eq!((check.body.as_ref(), check.headers.len()), (br#"{"foo":"bar"}"#.as_slice(), 0));
}
