//! What a worker allocates while it syncs 100,000 tenants: vendors and AWS stand in a process of their own, and one page is worked off
//! at a time, as on Lambda.
//!
//! Bar: no page of any run takes more than 128 MB. What stands before the first page is counted in: all functions of the host, started.
//!
//! `--tenants N` for another number. A binary of its own, since counting makes every allocation slower.

use anyhow::Context;
use jiff::{SignedDuration, Timestamp};
use lintel_bench::sync::{self, Vendors, Verdict, flow, organization, secrets, set_up};
use lintel_cloud::{
    HostParts, Invocation, connections::Connections, messages::SyncMessage, metrics::Silent, objects::Objects,
    secrets::Secrets, settings::SettingsStore, store::Table,
};
use lintel_connectors::transport::AddressPolicy;
use lintel_domain::{
    ids::{OrgId, RunId},
    private::Private,
    sync::{Run, RunKind, RunState},
};
use lintel_local::host::{Aws, Host, ObjectEvents, Outside};
use object_store::memory::InMemory;
use peak_alloc::PeakAlloc;
use serde_json::json;
use std::{collections::BTreeMap, sync::Arc};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const TENANTS: u32 = 100_000;
const BAR: usize = 128 * 1024 * 1024;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    if sync::serve_if_asked().await? {
        return Ok(());
    }
    lintel_cloud::telemetry::start_readable("error");
    let mut arguments = std::env::args().skip(1);
    let tenants = match arguments.next().as_deref() {
        Some("--tenants") => arguments.next().context("--tenants needs a number")?.parse()?,
        _ => TENANTS,
    };
    let mut verdict = Verdict::default();
    let mut alone = Box::pin(Alone::of(tenants)).await?;
    for name in ["first load", "second run without a change"] {
        let (run, peaks) = alone.run(RunKind::Full).await?;
        println!("{name} of {tenants} tenants, one worker, {} pages", run.pages);
        println!(
            "  standing before {:.1} MB; most at a page {:.1} MB, at the last one, with the run's end, {:.1} MB",
            megabytes(peaks.started),
            megabytes(peaks.page),
            megabytes(peaks.last)
        );
        verdict.bar("MB at most", megabytes(peaks.most()), megabytes(BAR));
    }
    alone.vendors.ensure_complete(tenants).await?;
    verdict.tell()
}

/// Bytes.
#[derive(Clone, Copy, Debug, Default)]
struct Peaks {
    /// Before the first page: all functions of the host, started.
    started: usize,
    /// The most that stood while a page was worked off.
    page: usize,
    /// The same at the last page, which ends the run.
    last: usize,
}

impl Peaks {
    fn most(self) -> usize {
        self.page.max(self.last)
    }
}

struct Alone {
    vendors: Vendors,
    host: Host,
    table: Table,
    org: OrgId,
    _folder: tempfile::TempDir,
}

impl Alone {
    async fn of(tenants: u32) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let vendors = Vendors::start(tenants, folder.path()).await?;
        let settings = organization(&vendors)?;
        let aws = Aws::attach(&vendors.addresses.aws).await;
        let objects = Objects::new(Arc::new(InMemory::new()));
        let parts = HostParts { metrics: Arc::new(Silent), ..HostParts::of_system() };
        let outside = Outside {
            parts: parts.clone(),
            objects: objects.clone(),
            object_events: ObjectEvents::Told,
            variables: BTreeMap::from([("LINTEL_FEED_ADDRESSES".to_owned(), "sandbox".to_owned())]),
        };
        let host = Box::pin(Host::start(&aws, &outside)).await?;
        let table = Table::new(aws_sdk_dynamodb::Client::new(&aws.sdk), host.table());
        let kept = Secrets::new(aws_sdk_secretsmanager::Client::new(&aws.sdk), "dev", Arc::clone(&parts.clock));
        for (name, value) in secrets() {
            kept.put(&settings.id, name, &Private::new(value)).await?;
        }
        SettingsStore::new(table.clone(), objects).publish(&settings).await?;
        let connections = Connections::new(table.clone(), kept, parts, AddressPolicy::Sandbox);
        set_up(&connections, &table.org(&settings.id), &settings).await?;
        Ok(Self { vendors, host, table, org: settings.id, _folder: folder })
    }

    /// A run, page after page.
    async fn run(&self, kind: RunKind) -> anyhow::Result<(Run, Peaks)> {
        let event = json!({ "org": self.org, "flow": flow(), "kind": kind });
        let answer = self.invoke("sync-dispatcher", event).await?;
        let begun = answer.pointer("/begun/0").and_then(|id| id.as_str());
        let id = RunId::new(begun.with_context(|| format!("no run was begun: {answer}"))?);
        let mut peaks = Peaks { started: MEMORY.current_usage(), ..Peaks::default() };
        let mut number = 0;
        loop {
            MEMORY.reset_peak_usage();
            self.page(&id, number).await?;
            let peak = MEMORY.peak_usage();
            let run = self.table.org(&self.org).run(&flow(), &id).await?.context("the run has no row")?;
            match &run.state {
                RunState::Running => peaks.page = peaks.page.max(peak),
                RunState::Done => return Ok((run, Peaks { last: peak, ..peaks })),
                other => anyhow::bail!("the run ended as {other:?}"),
            }
            number += 1;
            anyhow::ensure!(number < run.pages, "all {number} pages are worked off and the run is not over");
        }
    }

    async fn page(&self, run: &RunId, number: u64) -> anyhow::Result<()> {
        let message = SyncMessage::V1 { org: self.org.clone(), flow: flow(), run: run.clone(), page: Some(number) };
        let record = json!({
            "messageId": number.to_string(),
            "body": serde_json::to_string(&message)?,
            "attributes": {},
            "messageAttributes": {},
        });
        let answer = self.invoke("sync-people", json!({ "Records": [record] })).await?;
        anyhow::ensure!(answer == json!({ "batchItemFailures": [] }), "page {number} failed: {answer}");
        Ok(())
    }

    async fn invoke(&self, function: &str, event: serde_json::Value) -> anyhow::Result<serde_json::Value> {
        let function = self.host.function(function).with_context(|| format!("there is no {function}"))?;
        let deadline = Timestamp::now() + SignedDuration::from_mins(5);
        Ok(function.invoke(event, Invocation { request_id: "bench".to_owned(), deadline }).await?)
    }
}

#[expect(clippy::cast_precision_loss, reason = "shown with one place")]
fn megabytes(bytes: usize) -> f64 {
    bytes as f64 / (1024.0 * 1024.0)
}
