//! `lintel sync FLOW`: a run, with progress, to its end; two ways, one for each side.

use super::super::Common;
use super::known;
use crate::{counted::counted, session::Session};
use anyhow::{Context, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use lintel_cloud::store::FlowRow;
use lintel_domain::{
    ids::{FlowId, RunId},
    sync::{Counts, Direction, Run, RunKind, RunState},
};
use serde_json::json;
use std::{
    fmt::Write,
    fs::{File, TryLockError},
    net::SocketAddr,
    time::Duration,
};

#[derive(Debug, Args)]
pub(crate) struct Sync {
    /// As named in the configuration.
    flow: String,
    /// Read everything, not only what changed.
    #[arg(long)]
    full: bool,
    /// Read everything at both ends: shows what people changed at the target alone, too.
    #[arg(long, conflicts_with = "full")]
    compare: bool,
    /// Stop the run that is on. What was applied stays applied; the next run reads the rest.
    #[arg(long, conflicts_with_all = ["full", "compare"])]
    cancel: bool,
}

/// How often progress is looked at.
const LOOK: Duration = Duration::from_millis(200);
/// For pages that are under way when their run is cancelled.
const LAST_PAGES: Duration = Duration::from_mins(2);

impl Sync {
    pub(crate) async fn run(&self, common: &Common) -> anyhow::Result<()> {
        let session = common.configured().await?;
        let flow = known(&session, &self.flow)?;
        if self.cancel {
            return cancel(&session, &flow).await;
        }
        session.publish().await?;
        // Nobody else of this folder is at the flow's pages as long as it is held.
        let held = hold(&session, &flow)?;
        if held.is_some() {
            free(&session, &flow).await?;
        }
        let kind = match (self.full, self.compare) {
            (_, true) => RunKind::Compare,
            (true, false) => RunKind::Full,
            (false, false) => RunKind::Changes,
        };
        once(&session, &flow, kind).await?;
        if session.settings.flows.get(&flow).is_some_and(|flow| flow.direction == Direction::TwoWay) {
            once(&session, &flow, RunKind::Back).await?;
        }
        Ok(())
    }
}

/// Keeps a flow for this process; `None` where a host or another command works at it.
fn hold(session: &Session, flow: &FlowId) -> anyhow::Result<Option<File>> {
    if session.running().is_some() || !session.is_alone() {
        return Ok(None);
    }
    let path = session.data_folder().join(format!("syncing-{flow}.lock"));
    let file = File::create(&path).with_context(|| format!("make {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("hold {}", path.display())),
    }
}

/// Lets others take the pages that a command which was stopped was at.
async fn free(session: &Session, flow: &FlowId) -> anyhow::Result<()> {
    let table = session.org();
    let Some(run) = table.flow_row(flow).await?.running else { return Ok(()) };
    for page in table.pages(&run).await?.iter().filter(|page| page.outcome.is_none()) {
        table.let_go_of_page(&run, page.number).await?;
    }
    eprintln!("run {run} was left half-way, and goes on; `lintel sync {flow} --cancel` ends it");
    Ok(())
}

async fn once(session: &Session, flow: &FlowId, kind: RunKind) -> anyhow::Result<()> {
    let asked = json!({ "org": session.settings.id, "flow": flow, "kind": kind });
    let answer = session.invoke("sync-dispatcher", asked).await?;
    if let Some(reason) = answer.pointer("/failed/0/reason").and_then(serde_json::Value::as_str) {
        bail!("{reason}");
    }
    let begun = answer.pointer("/begun/0").and_then(serde_json::Value::as_str).map(RunId::new);
    let stand = session.org().flow_row(flow).await?;
    let id = begun.or(stand.running).context("no run was begun")?;
    let run = follow(session, flow, &id).await?;
    finish(&run)?;
    // Nothing else of the run looks amiss, and nothing is in `lintel queue`.
    match session.org().missing_plan(flow).await? {
        Some(plan) if plan.run == run.id && !plan.approved => {
            println!(
                "  {:>7} of {} missing at the source at once: none is taken for gone until somebody approves it (`lintel flows {flow}`)",
                plan.missing, plan.of
            );
        }
        _ => {}
    }
    Ok(())
}

async fn cancel(session: &Session, flow: &FlowId) -> anyhow::Result<()> {
    let table = session.org();
    let Some(id) = table.flow_row(flow).await?.running else { bail!("no run of {flow} is on") };
    let run = table.run(flow, &id).await?.context("the run is gone")?;
    table.end_run(&run, &RunState::Cancelled, Counts::default(), &FlowRow::default(), Timestamp::now()).await?;
    println!("run {id} was cancelled");
    Ok(())
}

/// Serves, unless a running host does, until the run is over.
async fn follow(session: &Session, flow: &FlowId, id: &RunId) -> anyhow::Result<Run> {
    let serving = match session.running() {
        Some(_) => None,
        None => Some(session.host.serve(SocketAddr::from(([127, 0, 0, 1], 0))).await?),
    };
    let style = ProgressStyle::with_template("{bar:32} {pos}/{len} pages {msg}")?;
    let bar = ProgressBar::new(1).with_style(style);
    let run = loop {
        let run = session.org().run(flow, id).await?.context("the run is gone")?;
        bar.set_length(run.pages);
        bar.set_position(run.pages_done);
        let counts = run.counts;
        bar.set_message(format!(
            "· {} created, {} updated, {} unchanged",
            counts.created, counts.updated, counts.unchanged
        ));
        if run.state != RunState::Running {
            break run;
        }
        tokio::time::sleep(LOOK).await;
    };
    bar.finish_and_clear();
    // What a run that was cancelled is in the middle of is brought to its end, and counted.
    let run = match (&run.state, &serving) {
        (RunState::Cancelled, Some(_)) => {
            session.host.quiet().wait(LAST_PAGES, |_, _| {}).await?;
            session.org().run(flow, id).await?.unwrap_or(run)
        }
        _ => run,
    };
    drop(serving);
    Ok(run)
}

fn finish(run: &Run) -> anyhow::Result<()> {
    print!("{}", told(run));
    match &run.state {
        RunState::Failed { code, .. } => bail!("the run was given up ({code})"),
        _ => Ok(()),
    }
}

/// A run in a few lines.
pub(super) fn told(run: &Run) -> String {
    let counts = run.counts;
    let seconds = run.ended.map(|ended| ended.duration_since(run.began).as_secs_f64());
    let took = seconds.map(|seconds| format!(" in {seconds:.1} s")).unwrap_or_default();
    let state = match &run.state {
        RunState::Running => ", still on",
        RunState::Cancelled => ", cancelled",
        RunState::Done | RunState::Failed { .. } => "",
    };
    let (kind, pages) = (run.kind.as_str(), counted(run.pages_done, "page", "pages"));
    let mut out = format!("run {} of {} ({kind}{state}): {pages}{took}\n", run.id, run.flow);
    if let RunState::Failed { code, reason } = &run.state {
        let _ = writeln!(out, "  failed: {code} · {reason}");
    }
    for (count, what) in [
        (counts.read, "read"),
        (counts.created, "created"),
        (counts.updated, "updated"),
        (counts.unchanged, "unchanged"),
        (counts.skipped, "skipped"),
        (counts.quarantined, "quarantined"),
        (counts.failed, "refused"),
        (counts.conflicts, if counts.conflicts == 1 { "field in conflict" } else { "fields in conflict" }),
        (counts.gone, "gone at the source"),
        (counts.warnings, if counts.warnings == 1 { "value left out" } else { "values left out" }),
        (counts.calls, if counts.calls == 1 { "call made" } else { "calls made" }),
    ] {
        if count > 0 || what == "read" {
            let _ = writeln!(out, "  {count:>7} {what}");
        }
    }
    out
}
