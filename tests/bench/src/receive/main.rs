//! Durable acceptance of webhooks: `lintel serve` beside Flask behind gunicorn, which makes the same checks and one insert
//! into SQLite before its 200. Same machine, one after the other, same load of 64 connections.
//!
//! Bars: ten times the peer's requests a second; at half of our load p99 within 10 ms. And after a kill -9 in the middle of
//! the load, every delivery that was answered 200 is in the table. Both write ahead to SQLite's log before they answer.
//!
//! Ours is the whole local host: the front, the function, the DynamoDB API, and the queue's message with its
//! consumer on the same cores.

mod load;
mod servers;

use jiff::Timestamp;
use lintel_cloud::store::{Received, Table, WorkKind};
use lintel_domain::ids::{BundleId, OrgId};
use lintel_local_aws::{LocalAws, Options, Storage};
use load::{Deliveries, Outcome, Pace, load};
use servers::Receiver;
use std::{collections::BTreeSet, fmt, ops::Deref, path::Path, sync::Arc, time::Duration};

const TABLE: &str = "lintel-dev";
const CONNECTIONS: u32 = 64;
const SPAN: Duration = Duration::from_secs(10);
/// Deliveries made for one load: more than are answered in its span.
const MOST: u64 = 600_000;
const FASTER: f64 = 10.0;
const PATIENCE: Duration = Duration::from_millis(10);

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    let folder = tempfile::tempdir()?;
    let peer = {
        let receiver = runtime.block_on(servers::peer(folder.path()))?;
        measured(&receiver, Pace::Flat, 0)?
    };
    println!("Flask and gunicorn, {CONNECTIONS} connections: {peer}");

    let mut receiver = runtime.block_on(servers::ours(folder.path()))?;
    let full = measured(&receiver, Pace::Flat, 0)?;
    println!("lintel, {CONNECTIONS} connections:             {full}");
    let distance = Duration::from_secs_f64(f64::from(CONNECTIONS) * 2.0 / full.rate().max(1.0));
    let half = measured(&receiver, Pace::Every(distance), MOST)?;
    println!("lintel, at half of that:            {half}");

    let deliveries = Arc::new(Deliveries::prepare(&receiver.target, 2 * MOST..3 * MOST)?);
    let dying = std::thread::spawn(move || load(&deliveries, CONNECTIONS, Pace::Flat, SPAN));
    std::thread::sleep(Duration::from_secs(3));
    receiver.kill()?;
    let last = dying.join().map_err(|_| anyhow::anyhow!("the load panicked"))??;
    let mut acknowledged: BTreeSet<u64> = BTreeSet::new();
    for outcome in [&full.outcome, &half.outcome, &last] {
        acknowledged.extend(&outcome.acknowledged);
    }
    let kept = runtime.block_on(kept(&servers::data(folder.path())))?;
    let lost = acknowledged.difference(&kept).count();
    println!("killed in the middle: {} answered 200, {lost} of them lost (bar 0)", acknowledged.len());

    let ratio = full.rate() / peer.rate();
    println!("ratio {ratio:.1} (bar {FASTER}); p99 at half load {:.1} ms (bar 10)", milliseconds(half.percentile(99)));
    anyhow::ensure!(lost == 0 && ratio >= FASTER && half.percentile(99) <= PATIENCE, "a bar was missed");
    println!("every bar met");
    Ok(())
}

/// An outcome with what it cost.
struct Measured {
    outcome: Outcome,
    /// Of the receiver, and of the load itself.
    processor_time: Option<(Duration, Duration)>,
}

impl Deref for Measured {
    type Target = Outcome;

    fn deref(&self) -> &Outcome {
        &self.outcome
    }
}

/// Deliveries are numbered on from `first`.
fn measured(receiver: &Receiver, pace: Pace, first: u64) -> anyhow::Result<Measured> {
    let deliveries = Arc::new(Deliveries::prepare(&receiver.target, first..first + MOST)?);
    let used = || receiver.processor_time().zip(servers::own_processor_time());
    let before = used();
    let outcome = load(&deliveries, CONNECTIONS, pace, SPAN)?;
    let used =
        used().zip(before).map(|(after, before)| (after.0.saturating_sub(before.0), after.1.saturating_sub(before.1)));
    Ok(Measured { outcome, processor_time: used })
}

impl fmt::Display for Measured {
    #[expect(clippy::cast_precision_loss, reason = "a count of requests")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (p50, p99) = (milliseconds(self.percentile(50)), milliseconds(self.percentile(99)));
        write!(f, "{:.0} a second, p50 {p50:.1} ms, p99 {p99:.1} ms, {} refused", self.rate(), self.refused)?;
        let Some((receiver, load)) = self.processor_time else { return Ok(()) };
        let each = |used: Duration| used.as_secs_f64() * 1e6 / self.acknowledged.len().max(1) as f64;
        write!(f, ", {:.1} µs of processor time each (and {:.1} the load)", each(receiver), each(load))
    }
}

fn milliseconds(span: Duration) -> f64 {
    span.as_secs_f64() * 1e3
}

/// Numbers of the deliveries that the table in a folder holds.
async fn kept(data: &Path) -> anyhow::Result<BTreeSet<u64>> {
    let aws = LocalAws::start(Options { storage: Storage::Folder(data.to_owned()), ..Options::default() }).await?;
    let client = aws_sdk_dynamodb::Client::new(&aws.in_process_config());
    let org = Table::new(client.clone(), TABLE).org(&OrgId::new("sample"));
    let mut kept = BTreeSet::new();
    for work in org.due_work(WorkKind::Bundles, Timestamp::MAX, i32::MAX).await? {
        let bundle = org.bundle(&BundleId::new(work.id)).await?.unwrap_or_default();
        kept.extend(bundle.iter().filter_map(|arrived| arrived.event.record.as_deref().and_then(number)));
    }
    let mut items = client.scan().table_name(TABLE).projection_expression("event").into_paginator().items().send();
    while let Some(item) = items.next().await {
        let item = item?;
        let Some(event) = item.get("event").and_then(|value| value.as_s().ok()) else { continue };
        kept.extend(serde_json::from_str::<Received>(event)?.record.as_deref().and_then(number));
    }
    Ok(kept)
}

fn number(record: &str) -> Option<u64> {
    record.strip_prefix("pro_")?.parse().ok()
}
