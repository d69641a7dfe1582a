//! Scripted faults and delays.

use crate::support::company::{Company, LEASES, RENTALS, TENANTS, company, unhurried, with};
use http::HeaderMap;
use lintel_sandbox::{
    Ask, RateRules, Simulator,
    buildium::{BuildiumSettings, BuildiumWorld, Lease},
    faults::{ErrorBody, Fault, FaultRule, FaultScript, LimitForm},
};
use serde_json::{Value, json};
use std::time::Duration;

fn script(company: &Company, rules: Vec<FaultRule>) {
    company.vendor().load_faults(FaultScript { seed: 1, rules });
}

#[tokio::test]
async fn a_cut_before_leaves_nothing_and_a_cut_after_leaves_the_move_out() {
    let company = company().await;
    let home = company.home("1", 1);
    let path = format!("{LEASES}/{}/moveouts", home.lease);
    let body = json!({ "TenantId": home.tenants[0], "MoveOutDate": "2030-04-30" });
    for (fault, left) in [(Fault::CutBeforeCommit, 0), (Fault::CutAfterCommit, 1)] {
        script(&company, vec![FaultRule::on("POST", "/v1/leases/*/moveouts", fault)]);
        assert!(company.raw("POST", &path, &body).await.is_err());
        assert_eq!(company.vendor().get::<Lease>(home.lease).unwrap().move_out_data.len(), left);
    }
    script(&company, Vec::new());
    assert_eq!(company.call("POST", &path, &body).await.0, 409, "what was cut after is there");
}

#[tokio::test]
async fn maintenance_is_a_503_and_a_page_may_arrive_in_part() {
    let company = company().await;
    company.tenant("Ann", "Sample");
    let fault = Fault::ServerError { status: 503, body: ErrorBody::Html };
    script(&company, vec![FaultRule { times: Some(1), ..FaultRule::on("GET", TENANTS, fault) }]);
    assert_eq!((company.get(TENANTS).await.0, company.get(TENANTS).await.0), (503, 200));
    script(&company, vec![FaultRule::on("GET", TENANTS, Fault::Truncated { keep_percent: 50 })]);
    assert!(company.raw("GET", TENANTS, &Value::Null).await.is_err());
    let usage = company.vendor().usage();
    assert_eq!((usage.asked, usage.calls_of("GET /v1/leases/tenants"), company.vendor().faults_struck()), (3, 2, 1));
}

#[tokio::test]
async fn scripted_refusals_have_the_vendors_body_and_count_as_nobodys_fault() {
    let company = company().await;
    let fault = Fault::TooManyRequests { form: LimitForm::RetryAfterDelta, seconds: 1 };
    script(&company, vec![FaultRule { times: Some(1), ..FaultRule::on("GET", RENTALS, fault) }]);
    let (status, headers, body) = company.raw("GET", RENTALS, &Value::Null).await.unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((status, &headers["retry-after"], body["UserMessage"].is_string()), (429, &"1".parse().unwrap(), true));
    assert_eq!(company.vendor().usage().over_limit.total(), 0);
}

#[tokio::test]
async fn the_usual_latency_is_a_tenth_of_a_second_for_refusals_too() {
    let starts = RateRules { calls: 1, period: Duration::from_secs(1) };
    let settings = BuildiumSettings { starts, ..unhurried() }.with_usual_latency();
    let company = with(settings, BuildiumWorld::empty()).await;
    script(&company, vec![FaultRule::on("GET", RENTALS, Fault::Latency { ms: 7 })]);
    let pairs = [("x-buildium-client-id", "sandbox-client-id"), ("x-buildium-client-secret", "sandbox-client-secret")];
    let headers: HeaderMap =
        pairs.into_iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
    let now = "2030-03-01T12:00:00Z".parse().unwrap();
    let ask = Ask::new("GET", RENTALS, headers, bytes::Bytes::new(), now).unwrap();
    let call = || {
        let answer = company.vendor().handle(&ask);
        (answer.status.as_u16(), answer.delay.as_millis())
    };
    assert_eq!((call(), call()), ((200, 107), (429, 100)));
}
