//! What the transport does with an answer: read it, wait, try again, or say that nobody knows.

use crate::script::{Hands, Script, answer, crews, cut, throttled, unreachable};
use jiff::{SignedDuration, Timestamp};
use lintel_connectors::{
    Error, Retry,
    roles::{NewJob, Reading, Template},
    surroundings::Clock,
};
use lintel_domain::ids::JobId;
use std::{sync::Arc, time::Duration};

const JOB: &str = r#"{"id":"job_1","work_status":"scheduled"}"#;
const COMPANY: &str = r#"{"id":"co_1","name":"Sample Crews"}"#;

fn new_job(starts: Timestamp) -> NewJob {
    NewJob {
        customer: "cus_1".into(),
        address: "adr_1".into(),
        starts,
        minutes: 60,
        arrival_window_minutes: 0,
        line: "Turnover".to_owned(),
        template: Arc::new(Template::default()),
        marker: "birch.1".to_owned(),
        assignees: Vec::new(),
    }
}

#[tokio::test]
async fn a_read_is_repeated_while_the_vendor_fails() {
    let (script, hands) =
        (Script::of([answer(502, "<html>"), cut(), unreachable(), answer(200, COMPANY)]), Hands::new());
    let health = crews(&script, &hands, &[]).check(hands.in_seconds(120)).await.unwrap();
    assert_eq!(health.account, "Sample Crews");
    assert_eq!(script.asked().len(), 4);
    let slept = hands.slept();
    assert_eq!(slept.len(), 3, "one pause before each further try");
    assert!(slept.iter().all(|pause| *pause <= Duration::from_secs(8)));
}

#[tokio::test]
async fn tries_come_to_an_end() {
    let (script, hands) = (Script::of((0..4).map(|_| answer(500, ""))), Hands::new());
    let error = crews(&script, &hands, &[]).check(hands.in_seconds(120)).await.unwrap_err();
    assert!(matches!(error, Error::Weather { .. }), "{error}");
    assert!(matches!(error.retry(), Retry::After(_)));
}

#[tokio::test]
async fn a_create_is_never_sent_twice_after_a_doubt() {
    for doubt in [cut(), answer(502, "<html>"), answer(200, "{\"id\":")] {
        let (script, hands) = (Script::of([doubt]), Hands::new());
        let new = new_job(hands.now());
        let error = crews(&script, &hands, &[]).create(&new, hands.in_seconds(120)).await.unwrap_err();
        assert!(error.may_have_been_done(), "{error}");
        assert_eq!(script.asked(), ["POST /jobs"]);
    }
}

#[tokio::test]
async fn a_create_that_never_left_is_sent_again() {
    let (script, hands) = (Script::of([unreachable(), answer(200, JOB)]), Hands::new());
    let new = new_job(hands.now());
    let seen = crews(&script, &hands, &[]).create(&new, hands.in_seconds(120)).await.unwrap();
    assert_eq!(seen.job, JobId::new("job_1"));
    assert_eq!(script.asked(), ["POST /jobs", "POST /jobs"]);
}

#[tokio::test]
async fn a_throttle_silences_every_call_of_the_connection() {
    let (script, hands) = (Script::of([throttled("retry-after", "90"), answer(200, COMPANY)]), Hands::new());
    let service = crews(&script, &hands, &[]);
    let until = hands.now() + SignedDuration::from_secs(90);
    let mut turns = Vec::new();
    for _ in 0..4 {
        let Retry::At(turn) = service.check(hands.in_seconds(30)).await.unwrap_err().retry() else { panic!() };
        turns.push(turn.duration_since(until).as_millis());
    }
    // At the pace of the connection's budget, so that they do not all come back at once.
    assert_eq!(turns, [0, 0, 7_200, 14_400]);
    assert_eq!(script.asked().len(), 1, "nobody called during the silence");
    hands.pass(SignedDuration::from_secs(90));
    service.check(hands.in_seconds(30)).await.unwrap();
}

#[tokio::test]
async fn a_short_throttle_is_sat_out_within_the_call() {
    let (script, hands) = (Script::of([throttled("retry-after", "3"), answer(200, JOB)]), Hands::new());
    let (began, new) = (hands.now(), new_job(hands.now()));
    // A create, too: who was told to wait was not served.
    let seen = crews(&script, &hands, &[]).create(&new, hands.in_seconds(30)).await.unwrap();
    assert_eq!(seen.job, JobId::new("job_1"));
    assert_eq!(script.asked(), ["POST /jobs", "POST /jobs"]);
    assert!(hands.now() >= began + SignedDuration::from_secs(3), "not before it was time");

    let (script, hands) = (Script::of([throttled("retry-after", "3")]), Hands::new());
    let error = crews(&script, &hands, &[]).check(hands.in_seconds(2)).await.unwrap_err();
    assert!(matches!(error, Error::Throttled { .. }), "{error}");
    assert_eq!(script.asked().len(), 1, "there was no time for another try");
}

#[tokio::test]
async fn a_short_wait_for_the_budget_is_sat_out_and_a_long_one_is_not() {
    let settings = [("calls_per_hour", "3601"), ("burst", "1")];
    let (script, hands) = (Script::of((0..2).map(|_| answer(200, COMPANY))), Hands::new());
    let service = crews(&script, &hands, &settings);
    service.check(hands.in_seconds(30)).await.unwrap();
    service.check(hands.in_seconds(30)).await.unwrap();
    assert_eq!(hands.slept(), [Duration::from_secs(1)], "one call a second");

    let settings = [("calls_per_hour", "61"), ("burst", "1")];
    let (script, hands) = (Script::of([answer(200, COMPANY)]), Hands::new());
    let service = crews(&script, &hands, &settings);
    service.check(hands.in_seconds(30)).await.unwrap();
    let error = service.check(hands.in_seconds(120)).await.unwrap_err();
    assert_eq!(error.retry(), Retry::At(hands.now() + SignedDuration::from_mins(1)), "the work is given back");
    assert!(hands.slept().is_empty());
}

#[tokio::test]
async fn nothing_is_begun_without_time() {
    let (script, hands) = (Script::of([]), Hands::new());
    let error = crews(&script, &hands, &[]).check(hands.in_seconds(0)).await.unwrap_err();
    assert!(matches!(error, Error::OutOfTime { .. }), "{error}");
}

#[tokio::test]
async fn a_refusal_is_the_settings_fault_and_is_not_repeated() {
    let (script, hands) = (Script::of([answer(401, r#"{"message":"no"}"#)]), Hands::new());
    let error = crews(&script, &hands, &[]).check(hands.in_seconds(30)).await.unwrap_err();
    assert_eq!((error.code(), error.retry()), ("not-authorized", Retry::NeedsPerson));
}

#[tokio::test]
async fn gone_is_an_answer_of_a_read() {
    for gone in [answer(404, "{}"), answer(410, "")] {
        let (script, hands) = (Script::of([gone]), Hands::new());
        let reading = crews(&script, &hands, &[]).read(&JobId::new("job_1"), hands.in_seconds(30)).await.unwrap();
        assert_eq!(reading, Reading::Gone);
    }
}
