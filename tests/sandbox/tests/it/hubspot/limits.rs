//! Section 2.

use crate::support::portal::{CONTACTS, Portal, portal, with};
use lintel_sandbox::hubspot::{OverLimit, PortalSettings, Tier};
use serde_json::{Value, json};

fn number(headers: &http::HeaderMap, name: &str) -> Option<u64> {
    headers.get(format!("x-hubspot-ratelimit-{name}"))?.to_str().unwrap().parse().ok()
}

async fn read(portal: &Portal) -> (u16, http::HeaderMap, Value) {
    portal.raw("GET", CONTACTS, &Value::Null).await.unwrap()
}

#[tokio::test]
async fn the_window_rolls_and_its_headers_count_down() {
    let portal = with(PortalSettings { burst: Some(20), ..PortalSettings::default() }).await;
    for left in (10..20).rev() {
        let (status, headers, _) = read(&portal).await;
        assert_eq!((status, number(&headers, "remaining")), (200, Some(left)));
        assert_eq!((number(&headers, "max"), number(&headers, "secondly")), (Some(20), Some(2)));
        assert_eq!(number(&headers, "interval-milliseconds"), Some(10_000));
    }
    portal.pass(6);
    for _ in 0..10 {
        assert_eq!(read(&portal).await.0, 200);
    }
    let (status, headers, body) = read(&portal).await;
    assert_eq!((status, number(&headers, "remaining")), (429, Some(0)));
    assert_eq!((&body["policyName"], &body["errorType"]), (&json!("TEN_SECONDLY_ROLLING"), &json!("RATE_LIMIT")));
    assert_eq!(body["message"], "You have reached your ten_secondly_rolling limit.");
    assert!(!headers.contains_key("retry-after"));
    portal.pass(4);
    // The first ten have left the window, the second ten have not.
    assert_eq!(number(&read(&portal).await.1, "remaining"), Some(9));
    assert_eq!(portal.vendor().usage().over_limit, OverLimit { ten_secondly: 1, ..OverLimit::default() });
}

#[tokio::test]
async fn tiers_and_packs_have_their_own_limits() {
    let pro = PortalSettings { tier: Tier::Professional, ..PortalSettings::default() };
    for (settings, burst, daily) in [
        (PortalSettings { tier: Tier::Free, ..pro.clone() }, 100, 250_000),
        (pro.clone(), 190, 650_000),
        (PortalSettings { tier: Tier::Enterprise, ..pro.clone() }, 190, 1_000_000),
        (PortalSettings { capacity_packs: 1, ..pro }, 250, 1_650_000),
    ] {
        let (_, headers, _) = read(&with(settings).await).await;
        assert_eq!((number(&headers, "max"), number(&headers, "daily")), (Some(burst), Some(daily)));
    }
}

#[tokio::test]
async fn the_days_limit_ends_at_the_accounts_midnight() {
    let portal = with(PortalSettings { daily: Some(3), ..PortalSettings::default() }).await;
    for left in [2, 1, 0] {
        assert_eq!(number(&read(&portal).await.1, "daily-remaining"), Some(left));
    }
    portal.pass(3_600);
    let (status, _, body) = read(&portal).await;
    assert_eq!((status, &body["policyName"]), (429, &json!("DAILY")));
    assert_eq!(portal.vendor().usage().over_limit.daily, 1);
    // Noon in London is seven in New York; UTC's midnight is not the account's.
    portal.pass(11 * 3_600 + 1);
    assert_eq!(read(&portal).await.0, 429);
    portal.pass(5 * 3_600);
    assert_eq!(read(&portal).await.0, 200);
}

#[tokio::test]
async fn an_oauth_app_has_its_own_window_and_no_days() {
    let portal = with(PortalSettings { burst: Some(1), daily: Some(1), ..PortalSettings::default() }).await;
    let form = "grant_type=refresh_token&client_id=sandbox-client-id&client_secret=sandbox-client-secret\
                &refresh_token=sandbox-refresh-token";
    let (_, token) = portal.token("/oauth/v1/token", form).await;
    let token = token["access_token"].as_str().unwrap();
    assert_eq!(read(&portal).await.0, 200);
    for left in [109, 108, 107] {
        let (status, headers, _) = portal.as_somebody(token, "GET", CONTACTS, &Value::Null).await.unwrap();
        assert_eq!((status, number(&headers, "max"), number(&headers, "remaining")), (200, Some(110), Some(left)));
        assert_eq!((number(&headers, "secondly"), number(&headers, "daily")), (Some(11), None));
    }
}

#[tokio::test]
async fn the_sixth_search_of_a_second_is_refused_and_searches_tell_nothing_of_limits() {
    let portal = portal().await;
    let path = format!("{CONTACTS}/search");
    for _ in 0..5 {
        let (status, headers, _) = portal.raw("POST", &path, &json!({})).await.unwrap();
        assert_eq!((status, number(&headers, "max")), (200, None));
    }
    let (status, body) = portal.post(&path, &json!({})).await;
    assert_eq!((status, &body["policyName"]), (429, &json!("SECONDLY")));
    portal.pass(1);
    assert_eq!(portal.post(&path, &json!({})).await.0, 200);
    let usage = portal.vendor().usage();
    assert_eq!((usage.over_limit.secondly, usage.calls_of("POST /objects/contacts/search"), usage.total()), (1, 6, 7));
    assert_eq!(usage.writes, 0);
}
