//! Runs: how one begins, and what its end means for the flow.

use crate::{Engine, SyncError, back, gone::Leaving, pages, relate};
use futures::FutureExt;
use jiff::SignedDuration;
use lintel_cloud::store::{FlowRow, PageOutcome, PageRow};
use lintel_connectors::{
    manifest::Manifest,
    transport::{Deadline, counted},
};
use lintel_domain::{
    ids::{FlowId, RunId},
    settings::Organization,
    sync::{Counts, Run, RunKind, RunState},
};
use serde_json::json;
use std::sync::Arc;

/// Changes are read again from this long before the cursor: filters of whole seconds, and clocks that differ.
const OVERLAP: SignedDuration = SignedDuration::from_mins(2);

/// Begins and ends the runs of flows.
#[derive(Clone, Debug)]
pub struct Runs {
    engine: Arc<Engine>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    Run(RunId),
    /// Another run of the flow is on.
    Busy(RunId),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Pages are still outstanding.
    NotYet,
    Over,
}

impl Runs {
    pub fn new(engine: Arc<Engine>) -> Self {
        Self { engine }
    }

    /// Begins a run, unless one is on. A stream that cannot tell what changed, and a flow without a cursor, are read whole; so is one in
    /// which records wait that can go on by now, since they need not have changed themselves.
    pub async fn begin(
        &self,
        settings: &Organization,
        flow: &FlowId,
        wanted: RunKind,
        token: u64,
    ) -> Result<Begun, SyncError> {
        let table = self.engine.table.org(&settings.id);
        let open = self.engine.open(settings, flow).await?;
        let stand = table.flow_row(flow).await?;
        if let Some(running) = stand.running {
            return Ok(Begun::Busy(running));
        }
        let wanted = match wanted {
            RunKind::Changes if relate::can_go_on(&open, &table).await? => RunKind::Full,
            wanted => wanted,
        };
        let tells = |manifest: &Manifest, stream: &str| {
            manifest.streams.get(stream).is_some_and(|stream| stream.changed.is_some())
        };
        let since = match wanted {
            RunKind::Changes => stand.cursor.filter(|_| tells(open.source.manifest(), open.reading.stream())),
            RunKind::Back if open.taken_back.is_empty() => {
                return Err(SyncError::Misfit { flow: flow.clone(), reason: "it goes one way".to_owned() });
            }
            RunKind::Back => stand.back_at.filter(|_| tells(open.target.manifest(), open.writing.stream())),
            RunKind::Full | RunKind::Compare => None,
        };
        let since = since.map(|cursor| cursor - OVERLAP);
        let began = self.engine.clock.now();
        let run = Run {
            id: RunId::new(format!("{}-{:04x}", began.strftime("%Y%m%dT%H%M%S%3f"), token & 0xffff)),
            flow: flow.clone(),
            kind: match (wanted, since) {
                (RunKind::Changes, None) => RunKind::Full,
                (wanted, _) => wanted,
            },
            state: RunState::Running,
            began,
            ended: None,
            since,
            counts: Counts::default(),
            pages: 1,
            pages_done: 0,
        };
        let first = PageRow { number: 0, token: json!("first"), overlap: 0, outcome: None };
        if table.begin_run(&run, &first).await? {
            return Ok(Begun::Run(run.id));
        }
        let running = table.flow_row(flow).await?.running;
        Ok(Begun::Busy(running.unwrap_or(run.id)))
    }

    /// Ends a run whose pages are all accounted for: finds what is gone, and moves the cursor.
    pub async fn end(
        &self,
        settings: &Organization,
        flow: &FlowId,
        id: &RunId,
        deadline: Deadline,
    ) -> Result<Ended, SyncError> {
        let table = self.engine.table.org(&settings.id);
        let Some(run) = table.run(flow, id).await?.filter(|run| run.state == RunState::Running) else {
            return Ok(Ended::Over);
        };
        if run.pages_done < run.pages {
            return Ok(Ended::NotYet);
        }
        let pages = table.pages(id).await?;
        let mut counts = Counts::default();
        // A list that moved while it was read may have hidden records between its pages: the same changes are read again.
        let whole = pages::are_whole(&pages);
        let outcomes: Vec<PageOutcome> = pages.into_iter().filter_map(|page| page.outcome).collect();
        if whole && run.kind.reads_everything() {
            let open = self.engine.open(settings, flow).await?;
            let leaving = Leaving { open: &open, table: &table, run: id, now: self.engine.clock.now(), deadline };
            let (gone, calls) = counted(leaving.missing(&outcomes).boxed()).await;
            (counts.gone, counts.calls) = (gone?, calls);
        }
        if whole && run.kind == RunKind::Back && run.since.is_none() {
            back::settle_problems(&table, flow, run.began).await?;
        }
        let stand = if !whole {
            FlowRow::default()
        } else if run.kind == RunKind::Back {
            FlowRow { back_at: Some(run.began), ..FlowRow::default() }
        } else {
            let everything = run.kind.reads_everything();
            let compared = run.kind == RunKind::Compare || table.flow_row(flow).await?.compared_at.is_none();
            FlowRow {
                cursor: Some(run.began),
                full_at: everything.then_some(run.began),
                compared_at: (everything && compared).then_some(run.began),
                ..FlowRow::default()
            }
        };
        table.end_run(&run, &RunState::Done, counts, &stand, self.engine.clock.now()).await?;
        Ok(Ended::Over)
    }

    /// Ends a run that cannot go on. What was applied stays applied; the cursor stays where it was.
    pub async fn stop(
        &self,
        settings: &Organization,
        flow: &FlowId,
        id: &RunId,
        state: &RunState,
    ) -> Result<(), SyncError> {
        let table = self.engine.table.org(&settings.id);
        let Some(run) = table.run(flow, id).await? else { return Ok(()) };
        let now = self.engine.clock.now();
        table.end_run(&run, state, Counts::default(), &FlowRow::default(), now).await?;
        Ok(())
    }
}
