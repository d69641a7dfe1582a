//! housecallpro.md section 8.

use crate::support::{Account, account, target::Target};
use lintel_sandbox::housecallpro::{Habits, WebhookCounts, signature};
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};

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

/// Twenty jobs' deliveries under these habits, as event and job.
fn delivered(account: &Account, habits: Habits) -> Vec<(String, Value)> {
    account.call("POST", "/webhooks/subscription", &json!({}));
    account.vendor.set_webhook_habits(habits);
    for number in 0..20 {
        account.job(&format!("Lintel s{number}"));
        account.pass(1);
    }
    account.pass(2);
    let read = |body: &[u8]| serde_json::from_slice::<Value>(body).unwrap();
    account.vendor.take_webhooks().iter().map(|hook| (hook.event.clone(), read(&hook.body))).collect()
}

#[test]
fn deliveries_double_and_vanish_at_the_habits_rates_and_are_counted() {
    let account = account();
    let told = delivered(&account, Habits { duplicates_percent: 30, losses_percent: 30, shuffle: false });
    let WebhookCounts { events, duplicated, lost, .. } = account.vendor.usage().webhooks;
    assert_eq!(events, 60);
    assert!((6..=30).contains(&duplicated) && (6..=30).contains(&lost), "{duplicated} doubled, {lost} lost");
    let mut times: BTreeMap<String, u64> = BTreeMap::new();
    for (_, body) in &told {
        *times.entry(body.to_string()).or_default() += 1;
    }
    assert_eq!(times.len() as u64, events - lost);
    assert_eq!(times.values().filter(|times| **times == 2).count() as u64, duplicated);
}

#[test]
fn shuffled_deliveries_are_the_same_in_another_order_and_a_seed_repeats_itself() {
    let shuffle = Habits { shuffle: true, ..Habits::default() };
    let (ordered, shuffled) = (delivered(&account(), Habits::default()), delivered(&account(), shuffle));
    assert_eq!(shuffled, delivered(&account(), shuffle));
    assert_ne!(ordered, shuffled);
    let sorted = |told: &[(String, Value)]| {
        let mut texts: Vec<String> = told.iter().map(|(_, body)| body.to_string()).collect();
        texts.sort_unstable();
        texts
    };
    assert_eq!(sorted(&ordered), sorted(&shuffled));
}

#[tokio::test]
async fn the_background_sender_posts_what_is_due_until_it_is_dropped() {
    let account = account();
    let target = Target::answering(&[200]).await;
    account.call("POST", "/webhooks/subscription", &json!({}));
    account.job("Lintel s1");
    account.pass(2);
    let pause = Duration::from_millis(2);
    let sender = account.vendor.send_webhooks_in_background(reqwest::Client::new(), target.url.clone(), pause);
    let accepted = async {
        while account.vendor.usage().webhooks.accepted < 3 {
            tokio::time::sleep(pause).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), accepted).await.unwrap();
    assert_eq!(target.taken().len(), 3);
    assert!(target.taken().iter().all(|ask| ask.headers.contains_key("api-signature")));
    drop(sender);
    account.job("Lintel s2");
    account.pass(2);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(target.taken().len(), 3, "nobody sends any more");
}
