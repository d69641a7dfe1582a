//! How vendors try a URL.

use crate::recipes::webhook;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use jiff::{SignedDuration, Timestamp};
use lintel_connectors::webhooks::{Delivery, Reply, Secret, challenge, trial};

fn try_with(vendor: &str, method: &Method, query: &str, headers: &HeaderMap, body: &str) -> Option<Reply> {
    let url = format!("https://hub.example.com/hook{query}");
    let delivery = Delivery { method, url: &url, headers, body: body.as_bytes() };
    let webhook = webhook(vendor);
    let challenged = || challenge(&webhook, &delivery, &[Secret::new("chosen-by-us")], Timestamp::UNIX_EPOCH);
    trial(&webhook, &delivery).or_else(challenged)
}

fn status(vendor: &str, method: &Method, query: &str, body: &str) -> Option<StatusCode> {
    try_with(vendor, method, query, &HeaderMap::new(), body).map(|reply| reply.status)
}

#[test]
fn an_unsigned_trial_is_answered_and_an_unsigned_event_is_not() {
    assert_eq!(status("housecallpro", &Method::POST, "", r#"{"foo":"bar"}"#), Some(StatusCode::OK));
    for body in
        [r#"{"foo":"bar","event":"job.created"}"#, "[]", "", "{", &format!(r#"{{"foo":"{}"}}"#, "a".repeat(1_024))]
    {
        assert_eq!(status("housecallpro", &Method::POST, "", body), None, "{body}");
    }
    assert_eq!(status("housecallpro", &Method::PUT, "", r#"{"foo":"bar"}"#), None);
    assert_eq!(status("buildium", &Method::POST, "", r#"{"foo":"bar"}"#), None, "no trial of that vendor");
    let signed: HeaderMap =
        [("api-signature".parse().expect("a name"), HeaderValue::from_static("00"))].into_iter().collect();
    assert_eq!(try_with("housecallpro", &Method::POST, "", &signed, r#"{"foo":"bar"}"#), None);
}

#[test]
fn a_challenge_is_sent_back_to_who_knows_the_token() {
    let query = |token: &str, echo: &str| format!("?hub.mode=subscribe&hub.verify_token={token}&hub.challenge={echo}");
    let reply = try_with("meta", &Method::GET, &query("chosen-by-us", "1158201444"), &HeaderMap::new(), "");
    assert_eq!(reply, Some(Reply { status: StatusCode::OK, body: "1158201444".to_owned() }));
    let get = |query: &str| status("meta", &Method::GET, query, "");
    assert_eq!(get(&query("guessed", "1")), Some(StatusCode::FORBIDDEN));
    assert_eq!(get("?hub.mode=subscribe"), Some(StatusCode::FORBIDDEN));
    assert_eq!(get(&query("chosen-by-us", "%3Cscript%3E")), Some(StatusCode::BAD_REQUEST));
    assert_eq!(get(&query("chosen-by-us", &"1".repeat(257))), Some(StatusCode::BAD_REQUEST));
    assert_eq!(get(&query("chosen-by-us", "1").replace("subscribe", "other")), None);
    assert_eq!(status("meta", &Method::POST, &query("chosen-by-us", "1"), ""), None);
}

#[test]
fn a_probe_wants_a_2xx() {
    assert_eq!(status("mailchimp", &Method::GET, "?secret=s", ""), Some(StatusCode::OK));
    assert_eq!(status("mailchimp", &Method::GET, "?secret=s", "a=1"), None);
    assert_eq!(status("mailchimp", &Method::POST, "?secret=s", ""), None);
}

#[test]
fn a_token_past_its_end_answers_no_challenge() {
    let url = "https://hub.example.com/hook?hub.mode=subscribe&hub.verify_token=old&hub.challenge=1";
    let headers = HeaderMap::new();
    let delivery = Delivery { method: &Method::GET, url, headers: &headers, body: b"" };
    let end = Timestamp::UNIX_EPOCH;
    let at = |now| challenge(&webhook("meta"), &delivery, &[Secret::until("old", end)], now).map(|reply| reply.status);
    assert_eq!(at(end), Some(StatusCode::FORBIDDEN));
    assert_eq!(at(end - SignedDuration::from_secs(1)), Some(StatusCode::OK));
}
