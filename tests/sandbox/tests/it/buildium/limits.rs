//! Section 2.

use crate::support::company::{Company, RENTALS, TENANTS, company, unhurried, with};
use lintel_sandbox::buildium::{ApiKey, BuildiumSettings, BuildiumWorld, OverLimit};
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};

async fn status(company: &Company) -> u16 {
    company.raw("GET", RENTALS, &Value::Null).await.unwrap().0
}

#[tokio::test]
async fn ten_calls_begin_in_a_second_and_each_client_has_its_own() {
    let keys = ["one", "two"].map(|id| ApiKey::everything(id, "a-secret")).to_vec();
    let company =
        with(BuildiumSettings { keys: keys.clone(), ..BuildiumSettings::default() }, BuildiumWorld::empty()).await;
    for _ in 0..10 {
        assert_eq!(status(&company).await, 200);
    }
    assert_eq!(status(&company).await, 429);
    let other = company.with_key(&keys[1], "GET", RENTALS, &Value::Null).await.unwrap();
    assert_eq!(other.0, 200);
    company.clock.advance(Duration::from_millis(999));
    assert_eq!(status(&company).await, 429);
    company.clock.advance(Duration::from_millis(1));
    for _ in 0..10 {
        assert_eq!(status(&company).await, 200, "what was refused takes no room");
    }
    assert_eq!(status(&company).await, 429);
    let usage = company.vendor().usage();
    assert_eq!(usage.over_limit, OverLimit { in_flight: 0, starts: 3 });
    assert_eq!((usage.refused.clone(), usage.calls_of("GET /v1/rentals")), (BTreeMap::from([(429, 3)]), 21));
    assert_eq!((usage.asked, usage.total(), usage.writes), (24, 24, 0));
}

#[tokio::test]
async fn ten_calls_are_in_flight_at_a_time() {
    let settings = BuildiumSettings { latency: Duration::from_millis(3), ..unhurried() };
    let company = with(settings, BuildiumWorld::empty()).await;
    // They are under way until the clock says that they have taken their time.
    for _ in 0..10 {
        assert_eq!(status(&company).await, 200);
    }
    company.clock.advance(Duration::from_millis(2));
    assert_eq!(status(&company).await, 429);
    company.clock.advance(Duration::from_millis(1));
    assert_eq!(status(&company).await, 200);
    assert_eq!(company.vendor().usage().over_limit, OverLimit { in_flight: 1, starts: 0 });
}

#[tokio::test]
async fn a_429_has_any_body_and_no_header_that_helps() {
    let company = with(BuildiumSettings::default(), BuildiumWorld::empty()).await;
    for _ in 0..10 {
        status(&company).await;
    }
    let mut kinds = Vec::new();
    for _ in 0..3 {
        let (status, headers, body) = company.raw("GET", RENTALS, &Value::Null).await.unwrap();
        assert_eq!(
            (status, headers.contains_key("retry-after"), headers.contains_key("ratelimit-reset")),
            (429, false, false)
        );
        kinds.push(match headers.get("content-type").map(|kind| kind.to_str().unwrap()) {
            None => {
                assert!(body.is_empty());
                "nothing"
            }
            Some("text/html") => "html",
            Some(_) => {
                assert!(serde_json::from_slice::<Value>(&body).unwrap()["UserMessage"].is_string());
                "json"
            }
        });
    }
    kinds.sort_unstable();
    assert_eq!(kinds, ["html", "json", "nothing"]);
}

#[tokio::test]
async fn a_query_of_more_than_4096_characters_ends_in_a_500() {
    let company = company().await;
    let query = |length: usize| format!("{RENTALS}?{:x<length$}", "propertyids=1&x=", length = length);
    assert_eq!(company.get(&query(4_096)).await.0, 200);
    let (status, body) = company.get(&query(4_097)).await;
    assert_eq!((status, body["UserMessage"].is_string()), (500, true));
    let usage = company.vendor().usage();
    assert_eq!((usage.calls_of("GET too long"), usage.refused[&500]), (1, 1));
}

#[tokio::test]
async fn errors_say_what_is_wrong_by_key() {
    let company = company().await;
    let (status, body) = company.get(&format!("{TENANTS}?lastupdatedfrom=yesterday")).await;
    assert_eq!(status, 422);
    let mut keys: Vec<&str> = body.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["ErrorCode", "Errors", "UserMessage"]);
    assert_eq!(body["Errors"][0]["Key"], "lastupdatedfrom");
    assert!(body["Errors"][0]["Value"].is_string());
    let (status, body) = company.get(&format!("{TENANTS}/77")).await;
    assert_eq!((status, &body["Errors"]), (404, &Value::Null));
}

#[tokio::test]
async fn a_body_has_to_be_json_and_say_so() {
    let company = company().await;
    let home = company.home("1", 1);
    let path = format!("/v1/leases/{}/moveouts", home.lease);
    let key = [("x-buildium-client-id", "sandbox-client-id"), ("x-buildium-client-secret", "sandbox-client-secret")];
    let (status, ..) = company.with_headers(&key, "POST", &path, &Value::Null).await.unwrap();
    assert_eq!(status, 415);
    assert_eq!(company.call("POST", &path, &json!("TenantId=1")).await.0, 422);
    let text = [key[0], key[1], ("content-type", "application/json")];
    let (status, ..) = company.with_headers(&text, "POST", &path, &Value::Null).await.unwrap();
    assert_eq!(status, 400, "nothing is no JSON");
}
