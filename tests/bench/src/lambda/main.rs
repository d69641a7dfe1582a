//! Every function's binary as Lambda runs it: how large its zip is, how soon it is ready, how long a first and a later
//! invocation take, and what memory it holds afterwards.
//!
//! `bench-lambda <folder>`: the folder holds binaries of the `lambda` profile for this machine, as `<name>`,
//! `<name>/bootstrap` or, with its zip, `<name>/bootstrap.zip` beside it. Each is started 15 times under a Runtime API of
//! this process, over the embedded AWS parts and a bucket in memory.
//!
//! The sample events meet an organization with one property and no stays: a mail is stored and a calendar fetched, while
//! planner, worker and mirror find nothing to do after reading settings and rows.
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

/// Each function and the event it is given.
const EVENTS: [(&str, &str); 7] = [
    ("email-ingest", include_str!("../../../../events/email-ingest.http.json")),
    ("feed-dispatcher", include_str!("../../../../events/feed-dispatcher.schedule.json")),
    ("feed-poller", include_str!("../../../../events/feed-poller.sqs.json")),
    ("stay-planner", include_str!("../../../../events/stay-planner.sqs.json")),
    ("job-worker", include_str!("../../../../events/job-worker.sqs.json")),
    ("airtable-mirror", include_str!("../../../../events/airtable-mirror.sqs.json")),
    ("sweeper", include_str!("../../../../events/sweeper.schedule.json")),
];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = PathBuf::from(std::env::args().nth(1).context("usage: bench-lambda <folder of binaries>")?);
    let surroundings = Surroundings::open().await?;
    let mut missed = Vec::new();
    for (name, event) in EVENTS {
        let binary = Binary::find(&folder, name)?;
        let variables = surroundings.variables_of(name)?;
        let mut runs = Vec::new();
        for _ in 0..STARTS {
            runs.push(binary.run(&variables, event, INVOCATIONS).await.with_context(|| format!("run {name}"))?);
        }
        let zip = binary.zip_bytes()?;
        let ready = percentile(runs.iter().map(|run| run.ready).collect(), 50);
        let slow = percentile(runs.iter().map(|run| run.ready).collect(), 90);
        let first = percentile(runs.iter().map(|run| run.first).collect(), 50);
        let warm = percentile(runs.iter().flat_map(|run| run.warm.clone()).collect(), 50);
        let resident = percentile(runs.iter().map(|run| run.resident).collect(), 50);
        println!(
            "{name:16} zip {:.2} MB (bar {:.0}) | ready p50 {:.1} ms, p90 {:.1} ms (bar {}) | first {:.1} ms, warm {:.1} ms | resident {:.1} MB (bar {:.0}), {} threads",
            megabytes(zip),
            megabytes(ZIP_BAR),
            milliseconds(ready),
            milliseconds(slow),
            READY_BAR.as_millis(),
            milliseconds(first),
            milliseconds(warm),
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
