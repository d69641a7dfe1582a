//! `lintel flows`: where every flow stands; with a flow, its last runs, problems and conflicts.

use super::super::Common;
use super::{decisions, known, sync};
use crate::{counted::counted, session::Session};
use clap::Args;
use lintel_domain::ids::FlowId;
use lintel_sync::FlowStand;

#[derive(Debug, Args)]
pub(crate) struct Flows {
    /// Show this flow's runs, problems and conflicts.
    flow: Option<String>,
    /// Show every record that is missing at once, not only the first.
    #[arg(long, requires = "flow")]
    all: bool,
}

/// Runs shown.
const RUNS: usize = 5;
/// Missing records shown, unless all are asked for.
const MISSING: usize = 20;

impl Flows {
    pub(crate) async fn run(&self, common: &Common) -> anyhow::Result<()> {
        let session = common.configured().await?;
        match &self.flow {
            Some(name) => {
                let shown = if self.all { usize::MAX } else { MISSING };
                one(&session, &known(&session, name)?, shown).await
            }
            None => all(&session).await,
        }
    }
}

async fn all(session: &Session) -> anyhow::Result<()> {
    if session.settings.flows.is_empty() {
        println!("no flows are configured; `lintel init buildium-hubspot` writes some");
    }
    for FlowStand { id, flow, row } in decisions(session)?.flows(&session.settings).await? {
        let cursor = row.cursor.map_or("never".to_owned(), |cursor| cursor.strftime("%F %H:%M:%S UTC").to_string());
        let running = row.running.map(|run| format!(" · run {run} is on")).unwrap_or_default();
        let missing = session.org().missing_plan(&id).await?.filter(|plan| !plan.approved);
        let missing =
            missing.map(|plan| format!(" · {} of {} missing at once", plan.missing, plan.of)).unwrap_or_default();
        println!(
            "{id}: {}/{} → {}/{} · in step up to {cursor}{running}{missing}",
            flow.from, flow.stream, flow.to, flow.into
        );
    }
    Ok(())
}

async fn one(session: &Session, flow: &FlowId, shown: usize) -> anyhow::Result<()> {
    let table = session.org();
    let runs = table.runs(flow).await?;
    for run in runs.iter().rev().take(RUNS).rev() {
        print!("{}", sync::told(run));
    }
    let problems = table.problems(flow).await?;
    for row in problems.iter().filter(|row| !row.resolved) {
        let problem = &row.problem;
        println!(
            "problem {} · {} · {} (met {})",
            problem.record,
            problem.code,
            problem.reason,
            counted(row.times, "time", "times")
        );
    }
    if let Some((plan, records)) = decisions(session)?.missing(&session.settings, flow).await? {
        let approved = if plan.approved { " · approved, and not carried out yet" } else { "" };
        println!("missing {} of {} since run {}{approved}", plan.missing, plan.of, plan.run);
        records.iter().take(shown).for_each(|record| println!("  {record}"));
        if records.len() > shown {
            println!("  and {} more (`lintel flows {flow} --all`)", records.len() - shown);
        }
    }
    for conflict in decisions(session)?.conflicts(&session.settings, flow).await? {
        let since = conflict.values.since.strftime("%F %H:%M");
        let decided = if conflict.decided.is_some() { " · decided, and not carried out yet" } else { "" };
        println!("conflict {} · {} · since {since}{decided}", conflict.record, conflict.field);
    }
    Ok(())
}
