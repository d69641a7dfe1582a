//! Every function's binary as Lambda runs it: how large its zip is, how soon it is ready, how long a first and a later
//! invocation take, and what memory it holds afterwards.
//!
//! `bench-lambda <folder>`: the folder holds binaries of the `lambda` profile for this machine, as `<name>`,
//! `<name>/bootstrap` or, with its zip, `<name>/bootstrap.zip` beside it. Each is started 15 times under a Runtime API of
//! this process, over the embedded AWS parts and a bucket in memory.
//!
//! The sample events meet an organization with one property and no stays: a mail is stored and a calendar fetched, while
//! planner, worker and mirror find nothing to do after reading settings and rows, and the sync workers that their run is over. Who
//! would need a vendor or today's signature for its event is only started.
//!
//! Bars, for the middle run: a zip under 6 MB, ready within 25 ms, resident under 32 MB (MB: a million bytes). Invocations
//! have no bar: what they take is the services' time, which is not AWS's here.

mod bucket;
mod function;
mod runtime_api;
mod surroundings;

use crate::{function::Binary, surroundings::Surroundings};
use anyhow::Context;
use std::{path::PathBuf, time::Duration};

const STARTS: usize = 15;
const INVOCATIONS: usize = 10;

const ZIP_BAR: u64 = 6_000_000;
const READY_BAR: Duration = Duration::from_millis(25);
const RESIDENT_BAR: u64 = 32_000_000;

/// Each function, and the event it is given.
const FUNCTIONS: [(&str, Option<&str>); 16] = [
    ("email-ingest", Some(include_str!("../../../../events/email-ingest.http.json"))),
    ("feed-dispatcher", Some(include_str!("../../../../events/feed-dispatcher.schedule.json"))),
    ("feed-poller", Some(include_str!("../../../../events/feed-poller.sqs.json"))),
    ("stay-planner", Some(include_str!("../../../../events/stay-planner.sqs.json"))),
    ("job-worker", Some(include_str!("../../../../events/job-worker.sqs.json"))),
    ("airtable-mirror", Some(include_str!("../../../../events/airtable-mirror.sqs.json"))),
    ("sweeper", Some(include_str!("../../../../events/sweeper.schedule.json"))),
    ("webhook-receiver", None),
    ("event-router", Some(include_str!("../../../../events/event-router.sqs.json"))),
    ("reconciler", None),
    ("office-api", None),
    ("sync-dispatcher", Some(include_str!("../../../../events/sync-dispatcher.schedule.json"))),
    ("sync-properties", Some(include_str!("../../../../events/sync-properties.sqs.json"))),
    ("sync-units", Some(include_str!("../../../../events/sync-units.sqs.json"))),
    ("sync-people", Some(include_str!("../../../../events/sync-people.sqs.json"))),
    ("sync-leases", Some(include_str!("../../../../events/sync-leases.sqs.json"))),
];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = PathBuf::from(std::env::args().nth(1).context("usage: bench-lambda <folder of binaries>")?);
    let surroundings = Surroundings::open().await?;
    let mut missed = Vec::new();
    for (name, event) in FUNCTIONS {
        let binary = Binary::find(&folder, name)?;
        let variables = surroundings.variables_of(name)?;
        let mut runs = Vec::new();
        for _ in 0..STARTS {
            let invocations = if event.is_some() { INVOCATIONS } else { 0 };
            let run = binary.run(&variables, event.unwrap_or_default(), invocations).await;
            runs.push(run.with_context(|| format!("run {name}"))?);
        }
        let zip = binary.zip_bytes()?;
        let ready = percentile(runs.iter().map(|run| run.ready).collect(), 50);
        let slow = percentile(runs.iter().map(|run| run.ready).collect(), 90);
        let first = percentile(runs.iter().filter_map(|run| run.took.first().copied()).collect(), 50);
        let warm = percentile(runs.iter().flat_map(|run| run.took.iter().skip(1).copied()).collect(), 50);
        let resident = percentile(runs.iter().map(|run| run.resident).collect(), 50);
        let work = match event {
            Some(_) => format!("first {:.1} ms, warm {:.1} ms", milliseconds(first), milliseconds(warm)),
            None => "only started".to_owned(),
        };
        println!(
            "{name:16} zip {:.2} MB (bar {:.0}) | ready p50 {:.1} ms, p90 {:.1} ms (bar {}) | {work} | resident {:.1} MB (bar {:.0}), {} threads",
            megabytes(zip),
            megabytes(ZIP_BAR),
            milliseconds(ready),
            milliseconds(slow),
            READY_BAR.as_millis(),
            megabytes(resident),
            megabytes(RESIDENT_BAR),
            percentile(runs.iter().map(|run| run.threads).collect(), 50),
        );
        let bars = [("zip", zip < ZIP_BAR), ("ready", ready < READY_BAR), ("resident", resident < RESIDENT_BAR)];
        missed.extend(bars.into_iter().filter(|(_, met)| !met).map(|(bar, _)| format!("{name}: {bar}")));
    }
    let given_up_on = surroundings.given_up_on().await?;
    anyhow::ensure!(given_up_on.is_empty(), "events were given up on: {}", given_up_on.join("; "));
    anyhow::ensure!(missed.is_empty(), "bars missed: {}", missed.join(", "));
    println!("every bar met");
    Ok(())
}

/// The value below which so many of a hundred lie; the default of nothing.
fn percentile<T: Ord + Default + Copy>(mut values: Vec<T>, percent: usize) -> T {
    values.sort_unstable();
    values.get(values.len().saturating_sub(1) * percent / 100).copied().unwrap_or_default()
}

fn milliseconds(span: Duration) -> f64 {
    span.as_secs_f64() * 1e3
}

#[expect(clippy::cast_precision_loss, reason = "for people to read")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
