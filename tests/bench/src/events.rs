//! Fifty webhooks a second for five minutes, through the local host with the sandbox: from what a person did in the field
//! service's screen to the office's row.
//!
//! Bar: within a second for 95 of 100, nothing lost and nothing doubled, counted at both ends. Bound: the office's table takes five
//! calls a second of ten rows each, so fifty changed rows a second. Of the fifty deliveries a third changes a row: a swap of a crew is
//! told three times.
//!
//! The time starts with the person's click, so it holds the wait until the vendor posts, some tens of milliseconds.
//! `--seconds N` runs it for another time.

use anyhow::{Context, ensure};
use lintel_domain::private::Private;
use lintel_local::{
    host::{AwsChoice, Serving, Settled},
    session::{self, Opening, Session},
};
use lintel_sandbox::{Sandbox, World, housecallpro::HousecallProSettings};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::Path,
    time::{Duration, Instant},
};

const SWAPS_A_SECOND: f64 = 50.0 / 3.0;
const SECONDS: u64 = 300;
const BAR: Duration = Duration::from_secs(1);
const CREWS: [&str; 3] = ["pro_1", "pro_2", "pro_3"];
const LOOK: Duration = Duration::from_millis(20);

/// Swaps that are not in the office's table yet: what the row is to say, and since when.
type Waiting = BTreeMap<String, (&'static str, Instant)>;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    lintel_cloud::telemetry::start_readable("error");
    let seconds = seconds()?;
    let folder = tempfile::tempdir()?;
    let (mut sandbox, session, serving) = open(folder.path()).await?;
    let address = format!("http://{}", serving.address);
    fill(&session).await?;
    sandbox.tell(&format!("{address}/webhooks/{}.crews", session.settings.id));
    let before = sandbox.field_service.usage().webhooks;

    let jobs: Vec<String> = sandbox
        .field_service
        .jobs()
        .into_iter()
        .filter(|job| !job.notes.is_empty() && job.starts.is_some())
        .map(|job| job.id)
        .collect();
    let (mut waiting, mut latencies, mut overtaken) = (Waiting::new(), Vec::new(), 0);
    let began = Instant::now();
    let mut swaps = 0_u32;
    while began.elapsed() < Duration::from_secs(seconds) {
        while f64::from(swaps) < began.elapsed().as_secs_f64() * SWAPS_A_SECOND {
            let turn = swaps as usize;
            let (job, crew) = (&jobs[turn % jobs.len()], CREWS[(turn / jobs.len()) % CREWS.len()]);
            sandbox.field_service.reassign(job, &[crew])?;
            overtaken += u32::from(waiting.insert(job.clone(), (crew, Instant::now())).is_some());
            swaps += 1;
        }
        look(&sandbox, &mut waiting, &mut latencies);
        tokio::time::sleep(LOOK).await;
    }
    let last = Instant::now();
    while !waiting.is_empty() && last.elapsed() < Duration::from_mins(1) {
        look(&sandbox, &mut waiting, &mut latencies);
        tokio::time::sleep(LOOK).await;
    }
    ensure!(session.host.quiet().wait(Duration::from_mins(2), |_, _| {}).await? == Settled::Quiet, "it never rests");
    let after = sandbox.field_service.usage().webhooks;
    report(swaps, overtaken, &mut latencies, seconds);
    let (sent, accepted) = (after.sent - before.sent, after.accepted - before.accepted);
    println!("deliveries: {sent} sent, {accepted} accepted; {} swaps never shown", waiting.len());
    let rows = rows_of(&sandbox, &jobs);
    println!("rows of the {} jobs: {rows} (bar: the same)", jobs.len());
    let p95 = latencies.get(latencies.len() * 95 / 100).copied().unwrap_or(Duration::MAX);
    ensure!(waiting.is_empty() && sent == accepted && rows == jobs.len(), "something was lost or doubled");
    ensure!(p95 <= BAR, "a bar was missed");
    println!("every bar met");
    Ok(())
}

fn seconds() -> anyhow::Result<u64> {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some("--seconds") => Ok(arguments.next().context("--seconds needs a number")?.parse()?),
        _ => Ok(SECONDS),
    }
}

async fn open(folder: &Path) -> anyhow::Result<(Sandbox, Session, Serving)> {
    let today = jiff::Zoned::now().date();
    let settings = HousecallProSettings { webhook_delay: Duration::from_millis(5), ..HousecallProSettings::default() };
    let sandbox = Sandbox::start(World::sample(1, today, 30), settings).await?;
    let config = folder.join("lintel.toml");
    std::fs::write(&config, sandbox.lintel_toml())?;
    let secrets = BTreeMap::from([
        ("housecallpro".to_owned(), Private::new(sandbox.field_service_key())),
        ("housecallpro-webhooks".to_owned(), Private::new(sandbox.field_service.webhook_secret())),
        ("airtable".to_owned(), Private::new(sandbox.office_table_key())),
    ]);
    let variables = BTreeMap::from([("LINTEL_FEED_ADDRESSES".to_owned(), "sandbox".to_owned())]);
    let opening = Opening { data: folder.to_owned(), aws: AwsChoice::Local, secrets, variables };
    let session = Box::pin(Session::open(session::configuration(&config)?.organization, opening)).await?;
    session.publish().await?;
    let serving = session.serve(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    Ok((sandbox, session, serving))
}

/// The sample's feeds, until every job is made.
async fn fill(session: &Session) -> anyhow::Result<()> {
    session.host.fire("feed-dispatcher").await;
    ensure!(session.host.quiet().wait(Duration::from_mins(5), |_, _| {}).await? == Settled::Quiet, "it never rests");
    Ok(())
}

/// Takes what the office's table shows by now off the list.
fn look(sandbox: &Sandbox, waiting: &mut Waiting, latencies: &mut Vec<Duration>) {
    let now = Instant::now();
    for row in sandbox.office_table.records() {
        let Some(job) = row.get("Service Job ID").and_then(Value::as_str) else { continue };
        if waiting.get(job).is_some_and(|(crew, _)| row.get("Assignee") == Some(&json!(crew)))
            && let Some((_, since)) = waiting.remove(job)
        {
            latencies.push(now.duration_since(since));
        }
    }
}

fn rows_of(sandbox: &Sandbox, jobs: &[String]) -> usize {
    let rows = sandbox.office_table.records();
    let shown = |row: &serde_json::Map<String, Value>| {
        row.get("Service Job ID").and_then(Value::as_str).is_some_and(|shown| jobs.iter().any(|job| job == shown))
    };
    rows.iter().filter(|row| shown(row)).count()
}

fn report(swaps: u32, overtaken: u32, latencies: &mut [Duration], seconds: u64) {
    latencies.sort_unstable();
    let at = |percent: usize| latencies.get(latencies.len() * percent / 100).copied().unwrap_or_default().as_secs_f64();
    println!("{swaps} swaps of crews in {seconds} s, {overtaken} of them overtaken by the next before they were shown");
    println!("click to row: p50 {:.2} s, p95 {:.2} s (bar 1), p99 {:.2} s", at(50), at(95), at(99));
}
