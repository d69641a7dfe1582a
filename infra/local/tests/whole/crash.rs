//! A host that is killed where it stands: what was acknowledged is in its table.

use crate::town;
use futures::{StreamExt, stream};
use jiff::Timestamp;
use lintel_cloud::store::{OrgTable, Table, WorkKind};
use lintel_connectors::transport::{HttpClient, ReqwestClient};
use lintel_domain::ids::{BundleId, EventId, OrgId};
use lintel_local::host::{Aws, AwsChoice};
use lintel_sandbox::housecallpro::signature;
use std::{collections::BTreeSet, path::Path, process::Child, time::Duration};

const SECRET: &str = "whsec-test-only";
/// Answers heard before the host dies.
const HEARD: usize = 150;

fn serve(folder: &Path) -> (Child, String) {
    std::fs::write(folder.join("lintel.toml"), lintel_formats::settings::SAMPLE).unwrap();
    std::fs::write(folder.join("lintel.secrets.toml"), format!("housecallpro-webhooks = \"{SECRET}\"")).unwrap();
    town::serve(folder)
}

/// Whether this delivery was acknowledged; a dead host acknowledges nothing.
async fn deliver(client: &ReqwestClient, address: &str, number: usize) -> Option<usize> {
    let body = format!(
        r#"{{"event":"pro.updated","event_occurred_at":"2026-07-01T00:00:00Z","pro":{{"id":"pro_{number}"}}}}"#
    );
    let stamp = Timestamp::now().as_second().to_string();
    let request = http::Request::post(format!("{address}/webhooks/sample.crews"))
        .header("api-signature", signature(SECRET, &stamp, body.as_bytes()))
        .header("api-timestamp", stamp)
        .body(body.into())
        .unwrap();
    let answer = client.send(request, Duration::from_secs(30)).await.ok()?;
    (answer.status() == 200).then_some(number)
}

/// What the events in the table are about, those that share a row included.
async fn kept(org: &OrgTable, client: &aws_sdk_dynamodb::Client, table: &str) -> BTreeSet<String> {
    let mut kept = BTreeSet::new();
    for work in org.due_work(WorkKind::Bundles, Timestamp::MAX, 10_000).await.unwrap() {
        let bundle = org.bundle(&BundleId::new(work.id)).await.unwrap().unwrap_or_default();
        kept.extend(bundle.into_iter().filter_map(|arrived| arrived.event.record));
    }
    // Those worked off are in no index.
    let mut items = client.scan().table_name(table).into_paginator().items().send();
    while let Some(item) = items.next().await {
        let item = item.unwrap();
        if let Some(id) = item.get("id").filter(|_| item.contains_key("progress")).and_then(|id| id.as_s().ok()) {
            kept.extend(org.event(&EventId::new(id)).await.unwrap().and_then(|row| row.received.record));
        }
    }
    kept
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_outlives_the_host() {
    let folder = tempfile::tempdir().unwrap();
    let (mut host, address) = serve(folder.path());
    let client = ReqwestClient::default();
    let deliveries = stream::iter(0..).map(|number| deliver(&client, &address, number)).buffer_unordered(64);
    let acknowledged: BTreeSet<String> = deliveries
        .filter_map(|heard| async move { heard })
        .take(HEARD)
        .map(|number| format!("pro_{number}"))
        .collect()
        .await;
    host.kill().unwrap();
    host.wait().unwrap();

    let aws = Aws::open(AwsChoice::Local, Some(&folder.path().join(".lintel"))).await.unwrap();
    let client = aws_sdk_dynamodb::Client::new(&aws.sdk);
    let org = Table::new(client.clone(), "lintel-dev").org(&OrgId::new("sample"));
    let kept = kept(&org, &client, "lintel-dev").await;
    assert_eq!(acknowledged.len(), HEARD);
    assert_eq!(acknowledged.difference(&kept).collect::<Vec<_>>(), Vec::<&String>::new(), "lost");
}
