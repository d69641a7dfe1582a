//! A set-up that is stopped anywhere is taken up again, and nothing is made twice.

use crate::portal::Portal;
use lintel_connectors::Error;
use lintel_sandbox::faults::{ErrorBody, Fault, FaultRule, FaultScript, LimitForm};
use serde_json::Value;

fn nth(method: &str, path: &str, nth: &[u64], fault: Fault) -> FaultRule {
    FaultRule { nth: nth.to_vec(), ..FaultRule::on(method, path, fault) }
}

/// Everything a portal defines, but for its own ids.
async fn definitions(portal: &Portal, units: &str) -> Vec<Value> {
    let mut all = Vec::new();
    for object in ["0-1", "0-420", units] {
        for path in [format!("/crm/v3/properties/{object}"), format!("/crm/v3/properties/{object}/groups")] {
            let shown = portal.call("GET", &path, &Value::Null).await;
            let mut names: Vec<String> = shown["results"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| format!("{} {} {} {}", one["name"], one["type"], one["hasUniqueValue"], one["options"]))
                .collect();
            names.sort();
            all.push(names.into());
        }
    }
    let shown = portal.call("GET", "/crm/v4/associations/0-1/0-420/labels", &Value::Null).await;
    let mut labels: Vec<String> =
        shown["results"].as_array().unwrap().iter().map(|one| one["label"].to_string()).collect();
    labels.sort();
    all.push(labels.into());
    all
}

#[tokio::test]
async fn a_set_up_stopped_at_any_call_is_completed_by_the_next() {
    let whole = Portal::full().await;
    let report = whole.apply().await;
    let calls = whole.vendor().usage().asked;
    let expected = definitions(&whole, &report.ids.collections["units"]).await;
    for stop in (1..=calls).step_by(5) {
        let portal = Portal::full().await;
        // Four tries of one call, and the driver gives up.
        let times = [stop, stop + 1, stop + 2, stop + 3];
        let down = Fault::ServerError { status: 502, body: ErrorBody::Html };
        let rule = FaultRule { nth: times.to_vec(), ..FaultRule::anywhere(down) };
        portal.vendor().load_faults(FaultScript { seed: stop, rules: vec![rule] });
        let stopped = portal.try_apply().await;
        assert!(matches!(stopped, Err(Error::Weather { .. })), "call {stop}: {stopped:?}");
        portal.vendor().load_faults(FaultScript::default());
        let report = portal.apply().await;
        assert!(report.is_ready(), "call {stop}: {:?}", report.faults);
        assert_eq!(definitions(&portal, &report.ids.collections["units"]).await, expected, "call {stop}");
        let writes = portal.writes();
        portal.apply().await;
        assert_eq!(portal.writes(), writes, "call {stop}");
    }
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_counts_as_done() {
    let portal = Portal::full().await;
    // Every third write is carried out, and its answer cut off; the driver asks again and is told that the name is taken.
    let rules = ["/crm/properties/**", "/crm-object-schemas/**", "/crm/associations/**"]
        .map(|path| nth("POST", path, &[1, 4, 7, 10, 13, 16], Fault::CutAfterCommit));
    portal.vendor().load_faults(FaultScript { seed: 1, rules: rules.into() });
    let report = portal.apply().await;
    assert!(report.is_ready(), "{:?}", report.faults);
    assert!(portal.vendor().faults_struck() >= 5);
    let whole = Portal::full().await;
    let expected = whole.apply().await;
    assert_eq!((report.created, report.mode), (expected.created, expected.mode));
}

#[tokio::test]
async fn a_throttle_stops_the_set_up_with_the_time_to_come_again() {
    let portal = Portal::full().await;
    let throttled = Fault::TooManyRequests { form: LimitForm::RetryAfterDelta, seconds: 10 };
    let rule = nth("POST", "/crm/properties/*/0-420", &[4], throttled);
    portal.vendor().load_faults(FaultScript { seed: 1, rules: vec![rule] });
    let error = portal.try_apply().await.unwrap_err();
    let Error::Throttled { until, .. } = error else { panic!("{error}") };
    portal.wait_until(until);
    let report = portal.apply().await;
    assert!(report.is_ready(), "{:?}", report.faults);
    let usage = portal.vendor().usage();
    assert_eq!(usage.over_limit.total(), 0);
    assert_eq!(usage.calls_of("POST /properties/0-420"), 18, "each property once");
}

#[tokio::test]
async fn a_set_up_without_time_begins_nothing() {
    let portal = Portal::full().await;
    let error = portal.apply_by(portal.now()).await.unwrap_err();
    assert!(matches!(error, Error::OutOfTime { .. }), "{error}");
    assert_eq!(portal.vendor().usage().asked, 0);
}
