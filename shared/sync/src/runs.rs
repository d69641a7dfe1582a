//! Runs: how one begins, and what its end means for the flow.

use crate::{Engine, OpenFlow, SyncError, push, relate};
use jiff::{SignedDuration, Timestamp};
use lintel_cloud::store::{FlowRow, LinkHead, OrgTable, PageOutcome, PageRow};
use lintel_connectors::{records::WriteKind, transport::Deadline};
use lintel_domain::{
    ids::{FlowId, RunId},
    records::RecordKey,
    settings::Organization,
    sync::{Changes, Counts, Link, LinkState, Run, RunKind, RunState, WhenGone},
};
use serde_json::json;
use std::{collections::BTreeSet, sync::Arc};

/// Changes are read again from this long before the cursor: filters of whole seconds, and clocks that differ.
const OVERLAP: SignedDuration = SignedDuration::from_mins(2);
/// Share of the linked records that may be gone at once without a person, and the number below which the share does not count.
const MASS_PERCENT: usize = 20;
const MASS_FLOOR: usize = 5;
/// Links of gone records that are held whole at a time.
const AT_ONCE: usize = 1_000;

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

    /// Begins a run, unless one is on. A stream that cannot tell what changed, and a flow without a cursor, are read whole.
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
        let streams = &open.source.manifest().streams;
        let tells = streams.get(open.reading.stream()).is_some_and(|stream| stream.changed.is_some());
        let since = stand.cursor.filter(|_| tells && wanted == RunKind::Changes).map(|cursor| cursor - OVERLAP);
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
        let first = PageRow { number: 0, token: json!("first"), outcome: None };
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
        let outcomes: Vec<PageOutcome> = table.pages(id).await?.into_iter().filter_map(|page| page.outcome).collect();
        let mut counts = Counts::default();
        // A list that grew or shrank while it was read may have hidden records between its pages: the same changes are read again.
        let whole = is_whole(&outcomes);
        if whole && run.kind.reads_everything() {
            let open = self.engine.open(settings, flow).await?;
            counts.gone = gone(&open, &table, &outcomes, self.engine.clock.now(), deadline).await?;
        }
        let stand = if whole {
            let everything = run.kind.reads_everything();
            let compared = run.kind == RunKind::Compare || table.flow_row(flow).await?.compared_at.is_none();
            FlowRow {
                cursor: Some(run.began),
                full_at: everything.then_some(run.began),
                compared_at: (everything && compared).then_some(run.began),
                ..FlowRow::default()
            }
        } else {
            FlowRow::default()
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

fn is_whole(outcomes: &[PageOutcome]) -> bool {
    let totals: BTreeSet<u64> = outcomes.iter().filter_map(|outcome| outcome.total).collect();
    totals.len() <= 1
}

/// Links whose record the source does not have any more; tells how many.
async fn gone(
    open: &OpenFlow,
    table: &OrgTable,
    outcomes: &[PageOutcome],
    now: Timestamp,
    deadline: Deadline,
) -> Result<u64, SyncError> {
    let there: BTreeSet<&str> = outcomes.iter().flat_map(|outcome| &outcome.keys).map(String::as_str).collect();
    let links = table.link_heads(&open.id).await?;
    let live = links.into_iter().filter(|link| link.state != LinkState::SourceGone);
    let (stay, gone): (Vec<LinkHead>, Vec<LinkHead>) = live.partition(|link| there.contains(link.key.as_str()));
    let all = stay.len() + gone.len();
    if gone.is_empty() {
        return Ok(0);
    }
    if gone.len() > MASS_FLOOR && gone.len() * 100 > all * MASS_PERCENT {
        let problem = lintel_cloud::store::Problem {
            record: RecordKey::from_text("mass-change"),
            code: "mass-change".to_owned(),
            reason: format!(
                "{} of {all} linked records are missing at the source; nothing was taken for gone",
                gone.len()
            ),
            at: now,
        };
        table.note_problem(&open.id, &problem).await?;
        return Ok(0);
    }
    // What another record was written onto since then is that one's.
    let others = stay.into_iter().filter_map(|link| link.target).collect();
    let mut count = 0;
    for heads in gone.chunks(AT_ONCE) {
        let keys: Vec<RecordKey> = heads.iter().map(|link| link.key.clone()).collect();
        let links = table.links(&open.id, open.entity(), &keys).await?;
        count += let_go(open, table, links.into_values().collect(), &others, deadline).await?;
    }
    Ok(count)
}

/// Notes that records are gone at the source, and says so at the target as far as the flow wants it. Target's records among `others`
/// are left alone. Tells how many are gone.
pub(crate) async fn let_go(
    open: &OpenFlow,
    table: &OrgTable,
    gone: Vec<Link>,
    others: &BTreeSet<String>,
    deadline: Deadline,
) -> Result<u64, SyncError> {
    match &open.relations {
        Some(relations) => relate::withdraw(open, relations, table, &gone, deadline).await?,
        None if open.flow.when_gone == WhenGone::Mark => {
            let alone = gone.iter().filter(|link| link.target.as_ref().is_some_and(|id| !others.contains(id)));
            mark(open, &alone.cloned().collect::<Vec<_>>(), deadline).await?;
        }
        None => {}
    }
    let count = gone.len() as u64;
    let gone: Vec<Link> =
        gone.into_iter().map(|link| Link { state: LinkState::SourceGone, seen: String::new(), ..link }).collect();
    table.save_links(&open.id, &gone).await?;
    Ok(count)
}

/// Says at the target that the records are over.
async fn mark(open: &OpenFlow, gone: &[Link], deadline: Deadline) -> Result<(), SyncError> {
    let marks = [("status", json!("past")), ("active", json!(false))];
    let changes: Changes = marks
        .into_iter()
        .filter(|(name, _)| open.writing.vendor_field(name).is_some())
        .map(|(name, value)| (name, Some(value)))
        .collect();
    let outgoing = push::marked(open, gone, &changes);
    for batch in outgoing.chunks(open.target.batch_size(open.writing.stream())) {
        open.target.write(open.writing.stream(), WriteKind::Update, batch, deadline).await?;
    }
    Ok(())
}
