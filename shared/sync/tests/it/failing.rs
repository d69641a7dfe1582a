//! A run that cannot go on, as its worker tells of it.

use crate::place::{Place, flow};
use jiff::{SignedDuration, Timestamp};
use lintel_cloud::{Invocation, settings::SettingsStore};
use lintel_domain::sync::{FailureCode, RunKind, RunState};
use lintel_sync::Worker;
use serde_json::{Value, json};
use std::sync::Arc;

#[tokio::test]
async fn a_run_that_is_given_up_says_why_by_a_code_and_is_counted_for_the_alarm() {
    let place = Place::of_tenants(3).await;
    SettingsStore::new(place.environment.table().unwrap(), place.environment.objects())
        .publish(&place.settings)
        .await
        .unwrap();
    let run = place.begin(RunKind::Full).await;
    place.source.vendor.delete_key("sandbox-client-id");

    let worker = Arc::new(Worker::start("sync-people", &place.environment).unwrap());
    let body = json!({ "v": "1", "org": place.settings.id, "flow": flow(), "run": run, "page": 0 }).to_string();
    let event = json!({ "Records": [{
        "messageId": "1", "receiptHandle": "1", "body": body, "attributes": { "ApproximateReceiveCount": "1" },
        "messageAttributes": {}, "md5OfBody": "", "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:sync", "awsRegion": "us-east-1",
    }] });
    let deadline = Timestamp::now() + SignedDuration::from_mins(1);
    let answer = worker.handle(event, Invocation { request_id: "1".to_owned(), deadline }).await.unwrap();
    assert_eq!(answer["batchItemFailures"], json!([]), "trying again would not help");

    let ended = place.table().run(&flow(), &run).await.unwrap().unwrap();
    assert!(matches!(ended.state, RunState::Failed { code: FailureCode::NotAuthorized, .. }), "{:?}", ended.state);
    assert_eq!(serde_json::to_value(&ended.state).unwrap()["code"], "not-authorized");
    let lines = place.counted.0.lock().unwrap().clone();
    let lines: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let failed: Vec<&Value> = lines.iter().filter(|line| line["sync_runs_failed_count"] == 1).collect();
    assert_eq!(failed.len(), 1, "{lines:?}");
    assert_eq!(failed[0]["_aws"]["CloudWatchMetrics"][0]["Dimensions"], json!([["stage"]]));
    assert_eq!((&failed[0]["stage"], &failed[0]["code"]), (&json!("dev"), &json!("not-authorized")));
}
