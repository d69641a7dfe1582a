//! Section 9.

use crate::support::{
    portal::{CONTACTS, Portal, portal},
    target::Target,
};
use lintel_sandbox::hubspot::{Delivery, Habits, signature_v1, signature_v3};
use serde_json::{Value, json};
use std::time::Duration;

const ADDRESS: &str = "https://hub.example.com/webhooks/hubspot?tenant=a/b";

fn events(deliveries: &[Delivery]) -> Vec<Value> {
    deliveries.iter().flat_map(|one| serde_json::from_slice::<Vec<Value>>(&one.body).unwrap()).collect()
}

async fn listening() -> Portal {
    let portal = portal().await;
    portal.vendor().set_webhook_target(ADDRESS);
    portal.vendor().subscribe("contact.creation", "0-1", None);
    portal.vendor().subscribe("contact.propertyChange", "0-1", Some("email"));
    portal.vendor().subscribe("contact.deletion", "0-1", None);
    portal.vendor().subscribe("contact.merge", "0-1", None);
    portal
}

#[test]
fn the_sheets_vectors() {
    let body = br#"[{"eventId":1,"subscriptionId":2,"portalId":3,"appId":4,"occurredAt":1772438400000,"subscriptionType":"contact.propertyChange","attemptNumber":0,"objectId":5,"propertyName":"email","propertyValue":"a@b.co","changeSource":"CRM_UI"}]"#;
    let secret = "hs-client-secret-0001";
    let v3 = "0bvR7LBDnDIToIGNPwW0S7d1mIO2X7QUdjzcXzSlkJ4=";
    assert_eq!(signature_v3(secret, "POST", ADDRESS, body, "1772438400123"), v3);
    assert_eq!(signature_v3(secret, "POST", &ADDRESS.replace("a/b", "a%2Fb"), body, "1772438400123"), v3);
    assert_eq!(signature_v1(secret, body), "eaa9d59525147a14a153ec22ed6111acc418f758c8b83ced980872005832b775");
    let other = signature_v3(
        "client-secret",
        "POST",
        "https://hooks.example.com/webhooks/hubspot",
        br#"[{"eventId":1}]"#,
        "1700000000000",
    );
    assert_eq!(other, "rkrhZSzbljlYeCMDD2LSDBH/pV7tlllo4MSZg7W+hfY=");
}

#[tokio::test]
async fn own_writes_come_back_marked_and_in_a_signed_array() {
    let portal = listening().await;
    let ann = portal.contact("ann@example.com").await;
    assert!(portal.vendor().take_webhooks().is_empty(), "deliveries take a second or two");
    portal.pass(2);
    let told = portal.vendor().take_webhooks();
    assert_eq!((told.len(), told[0].size()), (1, 2));
    let header = |name: &str| told[0].headers.iter().find(|(key, _)| *key == name).unwrap().1.clone();
    let timestamp = header("x-hubspot-request-timestamp");
    assert_eq!(timestamp, portal.now_ms().to_string());
    let expected = signature_v3("sandbox-client-secret", "POST", ADDRESS, &told[0].body, &timestamp);
    assert_eq!(header("x-hubspot-signature-v3"), expected);
    let mut told = events(&told);
    told.sort_by_key(|one| one["subscriptionId"].as_u64());
    let of = |at: usize, key: &str| told[at][key].clone();
    assert_eq!((of(0, "subscriptionType"), of(0, "changeFlag")), (json!("contact.creation"), json!("NEW")));
    assert_eq!((of(1, "propertyName"), of(1, "propertyValue")), (json!("email"), json!("ann@example.com")));
    assert_eq!((of(0, "changeSource"), of(0, "sourceId")), (json!("INTEGRATION"), json!("5550101")));
    assert_eq!((of(0, "objectId").to_string(), of(0, "attemptNumber")), (ann, json!(0)));
    assert_eq!(of(0, "eventId"), of(1, "eventId"), "an event id identifies no event");
}

#[tokio::test]
async fn people_are_told_of_and_unchanged_values_are_not() {
    let portal = listening().await;
    let (ann, bea) = (portal.contact("ann@example.com").await, portal.contact("bea@example.com").await);
    portal.pass(2);
    portal.vendor().take_webhooks();
    let same = json!({ "properties": { "email": "ann@example.com", "firstname": "Ann" } });
    portal.call("PATCH", &format!("{CONTACTS}/{ann}"), &same).await;
    assert_eq!(portal.vendor().webhooks_waiting(), 0, "nobody asked for first names");
    portal.vendor().person_edits("contacts", &ann, &[("email", "ann@example.org")]).unwrap();
    portal.vendor().person_merges("contacts", &ann, &bea).unwrap();
    portal.vendor().person_deletes("contacts", &ann).unwrap();
    portal.pass(2);
    let told = events(&portal.vendor().take_webhooks());
    let mut kinds: Vec<&str> = told.iter().map(|one| one["subscriptionType"].as_str().unwrap()).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["contact.deletion", "contact.merge", "contact.propertyChange"]);
    assert!(told.iter().all(|one| one["changeSource"] == "CRM_UI"));
    let merge = told.iter().find(|one| one["subscriptionType"] == "contact.merge").unwrap();
    assert_eq!((merge["primaryObjectId"].to_string(), merge["mergedObjectIds"][0].to_string()), (ann, bea));
}

#[tokio::test]
async fn listings_are_told_of_by_their_type() {
    let portal = portal().await;
    portal.vendor().subscribe("object.propertyChange", "0-420", Some("hs_price"));
    let listing = portal.listing("12 Test St").await;
    portal.vendor().person_edits("0-420", &listing, &[("hs_price", "1200")]).unwrap();
    portal.pass(2);
    let told = events(&portal.vendor().take_webhooks());
    assert_eq!(told.len(), 1);
    assert_eq!((&told[0]["objectTypeId"], &told[0]["propertyValue"]), (&json!("0-420"), &json!("1200")));
}

#[tokio::test]
async fn arrays_hold_a_hundred_at_most() {
    let portal = listening().await;
    for number in 0..75 {
        portal.vendor().person_creates("contacts", &[("email", &format!("p{number}@example.com"))]).unwrap();
    }
    portal.pass(2);
    let sizes: Vec<usize> = portal.vendor().take_webhooks().iter().map(Delivery::size).collect();
    assert_eq!(sizes, [100, 50]);
}

#[tokio::test]
async fn habits_double_lose_and_shuffle() {
    let told = async |habits: Habits| {
        let portal = listening().await;
        portal.vendor().set_webhook_habits(habits);
        for number in 0..100 {
            portal.vendor().person_creates("contacts", &[("email", &format!("p{number}@example.com"))]).unwrap();
            portal.pass(1);
        }
        portal.pass(2);
        let texts: Vec<String> = events(&portal.vendor().take_webhooks()).iter().map(Value::to_string).collect();
        (texts, portal.vendor().usage().webhooks)
    };
    let (plain, counts) = told(Habits::default()).await;
    assert_eq!((plain.len(), counts.events), (200, 200));
    let (all, counts) = told(Habits { duplicates_percent: 100, ..Habits::default() }).await;
    assert_eq!((all.len(), counts.duplicated), (400, 200));
    let (none, counts) = told(Habits { losses_percent: 100, ..Habits::default() }).await;
    assert_eq!((none.len(), counts.lost), (0, 200));
    let (mut shuffled, _) = told(Habits { shuffle: true, ..Habits::default() }).await;
    assert_ne!(shuffled, plain);
    let mut sorted = plain.clone();
    sorted.sort_unstable();
    shuffled.sort_unstable();
    assert_eq!(shuffled, sorted);
}

#[tokio::test]
async fn what_is_not_taken_comes_again_and_a_refusal_is_final() {
    let portal = listening().await;
    let target = Target::answering(&[500, 429, 200, 401]).await;
    portal.vendor().set_webhook_target(&target.url);
    portal.vendor().person_creates("contacts", &[("firstname", "Ann")]).unwrap();
    let client = reqwest::Client::new();
    for status in [500, 429, 200] {
        portal.pass(600);
        assert_eq!(portal.vendor().send_webhooks(&client).await, [Some(status)]);
    }
    let attempts: Vec<Value> = target
        .taken()
        .iter()
        .map(|ask| serde_json::from_slice::<Value>(&ask.body).unwrap()[0]["attemptNumber"].clone())
        .collect();
    assert_eq!(attempts, [0, 1, 2]);
    assert_eq!((portal.vendor().webhooks_waiting(), portal.vendor().usage().webhooks.accepted), (0, 1));
    portal.vendor().person_creates("contacts", &[("firstname", "Bea")]).unwrap();
    portal.pass(2);
    assert_eq!(portal.vendor().send_webhooks(&client).await, [Some(401)]);
    assert_eq!(portal.vendor().webhooks_waiting(), 0);
}

#[tokio::test]
async fn a_429_is_left_alone_as_long_as_it_asks() {
    let portal = listening().await;
    portal.vendor().person_creates("contacts", &[("firstname", "Ann")]).unwrap();
    portal.pass(2);
    let told = portal.vendor().take_webhooks();
    portal.vendor().answered(&told[0], Some(429), Some(Duration::from_mins(5)));
    portal.pass(299);
    assert!(portal.vendor().take_webhooks().is_empty());
    portal.pass(1);
    assert_eq!(portal.vendor().take_webhooks().len(), 1);
}
