//! Fault scripts, in process.

use crate::support::{Account, account, new_job};
use lintel_sandbox::{
    Answer, Arrival,
    faults::{ErrorBody, Fault, FaultRule, FaultScript, LimitForm},
};
use serde_json::{Value, json};
use std::time::Duration;

fn script(account: &Account, rules: Vec<FaultRule>) {
    account.vendor.load_faults(FaultScript { seed: 1, rules });
}

fn create(account: &Account) -> Answer {
    account.raw("POST", "/jobs", &new_job("Lintel s1"))
}

#[test]
fn a_script_is_read_from_json_and_refuses_what_it_does_not_know() {
    let text = r#"{"seed":3,"rules":[
        {"method":"POST","path":"/jobs","nth":[2],"fault":{"kind":"cut_after_commit"}},
        {"path":"/jobs/*/schedule","probability":0.5,"times":1,"fault":{"kind":"too_many_requests","form":"reset_epoch","seconds":30}}]}"#;
    let read: FaultScript = serde_json::from_str(text).unwrap();
    assert_eq!(read.rules[1].fault, Fault::TooManyRequests { form: LimitForm::ResetEpoch, seconds: 30 });
    assert_eq!(serde_json::from_str::<FaultScript>(&serde_json::to_string(&read).unwrap()).unwrap(), read);
    assert!(
        serde_json::from_str::<FaultScript>(r#"{"rules":[{"methd":"GET","fault":{"kind":"cut_after_commit"}}]}"#)
            .is_err()
    );
}

#[test]
fn a_cut_before_leaves_nothing_and_a_cut_after_leaves_the_job() {
    let account = account();
    script(
        &account,
        vec![
            FaultRule { nth: vec![1], ..FaultRule::on("POST", "/jobs", Fault::CutBeforeCommit) },
            FaultRule { nth: vec![1], ..FaultRule::on("POST", "/jobs", Fault::CutAfterCommit) },
        ],
    );
    assert_eq!(create(&account).arrival, Arrival::Cut);
    assert_eq!(account.vendor.usage().jobs_created, 0);
    assert_eq!(create(&account).arrival, Arrival::Cut);
    assert_eq!(account.vendor.usage().jobs_created, 1);
    assert_eq!(create(&account).arrival, Arrival::Whole);
    assert_eq!((account.vendor.faults_struck(), account.vendor.duplicates().len()), (2, 1));
}

#[test]
fn every_form_of_429_and_5xx() {
    let account = account();
    for form in LimitForm::ALL {
        script(&account, vec![FaultRule::on("GET", "/company", Fault::TooManyRequests { form, seconds: 30 })]);
        let response = account.raw("GET", "/company", &Value::Null);
        let told = ["ratelimit-reset", "retry-after"].iter().any(|name| response.headers.contains_key(*name));
        assert_eq!((response.status.as_u16(), told), (429, form != LimitForm::Bare), "{form:?}");
    }
    for (body, content_type) in
        [(ErrorBody::Html, Some("text/html")), (ErrorBody::Text, Some("text/plain")), (ErrorBody::Empty, None)]
    {
        script(&account, vec![FaultRule::on("GET", "/**", Fault::ServerError { status: 503, body })]);
        let response = account.raw("GET", "/jobs", &Value::Null);
        let shown = response.headers.get("content-type").map(|value| value.to_str().unwrap());
        assert_eq!(response.status, 503);
        assert_eq!(shown.and_then(|text| text.split(';').next()), content_type);
    }
}

#[test]
fn latency_lets_the_next_rule_strike_and_patterns_match_whole_paths() {
    let account = account();
    let id = account.job("Lintel s1");
    script(
        &account,
        vec![
            FaultRule::on("GET", "/jobs/*", Fault::Latency { ms: 5 }),
            FaultRule { times: Some(1), ..FaultRule::on("GET", "/jobs/*", Fault::Truncated { keep_percent: 50 }) },
        ],
    );
    let answer = account.raw("GET", &format!("/jobs/{id}"), &Value::Null);
    assert_eq!(answer.delay, Duration::from_millis(5));
    assert_eq!(answer.arrival, Arrival::Truncated(answer.body.len() / 2));
    let other = account.raw("GET", &format!("/jobs/{id}/line_items"), &Value::Null);
    assert_eq!(other.arrival, Arrival::Whole);
}

#[test]
fn a_seed_replays() {
    let run = |seed| {
        let account = account();
        let rule = FaultRule {
            probability: Some(0.3),
            ..FaultRule::on("GET", "/company", Fault::ServerError { status: 500, body: ErrorBody::Text })
        };
        account.vendor.load_faults(FaultScript { seed, rules: vec![rule] });
        (0..60).map(|_| account.call("GET", "/company", &json!(null)).0).collect::<Vec<_>>()
    };
    assert_eq!(run(5), run(5));
    assert_ne!(run(5), run(6));
    assert!(run(5).contains(&500) && run(5).contains(&200));
}

#[test]
fn everything_goes_wrong_about_as_often_as_said() {
    let account = account();
    account.vendor.load_faults(FaultScript::everything(30, 7));
    for _ in 0..2_000 {
        account.raw("GET", "/nowhere", &Value::Null);
    }
    let struck = account.vendor.faults_struck();
    assert!((500..700).contains(&struck), "{struck} of 2000");
}
