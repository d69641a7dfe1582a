//! Durable acceptance of webhooks: `lintel serve` beside Flask behind gunicorn, which makes the same checks and one insert
//! into SQLite before its 200. Same machine, one after the other, same load of 64 connections.
//!
//! Bars: ten times the peer's requests a second; at half of our load p99 within 10 ms. And after a kill -9 in the middle of
//! the load, every delivery that was answered 200 is in the table. Both write ahead to SQLite's log before they answer.
//!
//! Ours is the whole local host: API Gateway's event, the function, the DynamoDB API, and the queue's message with its
//! consumer on the same cores.

mod load;
mod servers;

use aws_sdk_dynamodb::types::AttributeValue;
use lintel_local_aws::{LocalAws, Options, Storage};
use load::{Outcome, Pace, load};
use std::{
    collections::BTreeSet,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

const CONNECTIONS: u32 = 64;
const SPAN: Duration = Duration::from_secs(10);
const FASTER: f64 = 10.0;
const PATIENCE: Duration = Duration::from_millis(10);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let numbers = Arc::new(AtomicU64::new(0));
    let peer = {
        let receiver = servers::peer(folder.path()).await?;
        load(&receiver.target, CONNECTIONS, Pace::Flat, SPAN, &numbers).await?
    };
    println!("Flask and gunicorn, {CONNECTIONS} connections: {}", told(&peer));
    numbers.store(0, Ordering::Relaxed);

    let mut receiver = servers::ours(folder.path()).await?;
    let full = load(&receiver.target, CONNECTIONS, Pace::Flat, SPAN, &numbers).await?;
    println!("lintel, {CONNECTIONS} connections:             {}", told(&full));
    let distance = Duration::from_secs_f64(f64::from(CONNECTIONS) * 2.0 / full.rate().max(1.0));
    let half = load(&receiver.target, CONNECTIONS, Pace::Every(distance), SPAN, &numbers).await?;
    println!("lintel, at half of that:            {}", told(&half));

    let target = receiver.target.clone();
    let dying = tokio::spawn(async move { load(&target, CONNECTIONS, Pace::Flat, SPAN, &numbers).await });
    tokio::time::sleep(Duration::from_secs(3)).await;
    receiver.kill()?;
    let last = dying.await??;
    let mut acknowledged: BTreeSet<u64> = BTreeSet::new();
    for outcome in [&full, &half, &last] {
        acknowledged.extend(&outcome.acknowledged);
    }
    let kept = kept(&servers::data(folder.path())).await?;
    let lost = acknowledged.difference(&kept).count();
    println!("killed in the middle: {} answered 200, {lost} of them lost (bar 0)", acknowledged.len());

    let ratio = full.rate() / peer.rate();
    println!("ratio {ratio:.1} (bar {FASTER}); p99 at half load {:.1} ms (bar 10)", milliseconds(half.percentile(99)));
    anyhow::ensure!(lost == 0 && ratio >= FASTER && half.percentile(99) <= PATIENCE, "a bar was missed");
    println!("every bar met");
    Ok(())
}

fn told(outcome: &Outcome) -> String {
    format!(
        "{:.0} a second, p50 {:.1} ms, p99 {:.1} ms, {} refused",
        outcome.rate(),
        milliseconds(outcome.percentile(50)),
        milliseconds(outcome.percentile(99)),
        outcome.refused
    )
}

fn milliseconds(span: Duration) -> f64 {
    span.as_secs_f64() * 1e3
}

/// Numbers of the deliveries that the table in a folder holds.
async fn kept(data: &Path) -> anyhow::Result<BTreeSet<u64>> {
    let aws = LocalAws::start(Options { storage: Storage::Folder(data.to_owned()), ..Options::default() }).await?;
    let client = aws_sdk_dynamodb::Client::new(&aws.sdk_config());
    let mut kept = BTreeSet::new();
    let mut pages = client.scan().table_name("lintel-dev").into_paginator().send();
    while let Some(page) = pages.next().await {
        for item in page?.items.unwrap_or_default() {
            kept.extend(item.values().filter_map(number));
        }
    }
    Ok(kept)
}

/// The number in the content of an event.
fn number(value: &AttributeValue) -> Option<u64> {
    let (_, rest) = value.as_s().ok()?.split_once("pro_")?;
    rest.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
}
