//! One page of one run, from its row to its outcome.

use crate::{
    OpenFlow, SyncError, compare, onto,
    opened::Compiled,
    pull::{self, Pulled},
    push::{self, Pushed},
    record, relate, runs,
};
use jiff::Timestamp;
use lintel_cloud::{
    connections::Connections,
    store::{OrgTable, PageOutcome, PageRow, Table},
};
use lintel_connectors::{
    records::{Page, PageToken},
    surroundings::Clock,
    transport::Deadline,
};
use lintel_domain::{
    ids::{FlowId, OrgId, RunId},
    records::RecordKey,
    settings::Organization,
    sync::{Counts, Link, LinkState, Run, RunKind, RunState},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

#[derive(Debug)]
pub struct Engine {
    pub(crate) table: Table,
    pub(crate) connections: Connections,
    pub(crate) clock: Arc<dyn Clock>,
    compiled: Mutex<BTreeMap<(OrgId, FlowId), Compiled>>,
}

/// What working at a page came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Worked {
    /// The page is accounted for; these are to be worked off, too.
    Done { further: Vec<u64> },
    /// The run is over, or the page was accounted for before.
    Nothing,
}

impl Engine {
    pub fn new(table: Table, connections: Connections, clock: Arc<dyn Clock>) -> Self {
        Self { table, connections, clock, compiled: Mutex::default() }
    }

    /// Opens a flow's two ends.
    pub async fn open(&self, settings: &Organization, flow: &FlowId) -> Result<OpenFlow, SyncError> {
        let key = (settings.id.clone(), flow.clone());
        // Copied out, so that no lock is held over an await: two that open a flow for the first time compile it twice.
        let table = self.table.org(&settings.id);
        let mut compiled = self.lock().get(&key).cloned().unwrap_or_default();
        let opened = OpenFlow::open(&self.connections, &table, settings, flow, &mut compiled).await;
        self.lock().insert(key, compiled);
        opened
    }

    /// Works off a page of a run.
    pub async fn page(
        &self,
        settings: &Organization,
        flow: &FlowId,
        run: &RunId,
        number: u64,
        deadline: Deadline,
    ) -> Result<Worked, SyncError> {
        let table = self.table.org(&settings.id);
        let Some(run) = table.run(flow, run).await?.filter(|run| run.state == RunState::Running) else {
            return Ok(Worked::Nothing);
        };
        let Some(page) = table.page(&run.id, number).await?.filter(|page| page.outcome.is_none()) else {
            return Ok(Worked::Nothing);
        };
        let open = self.open(settings, flow).await?;
        let token: PageToken = serde_json::from_value(page.token.clone()).unwrap_or_default();
        let pulled = pull::page(&open, token, run.since, deadline).await?;
        let further = further(&run, &page, &pulled);
        let outcome = self.apply(&open, &table, &run, pulled, deadline).await?;
        // The next pages stand before this one is done, so that a run never looks finished too early.
        table.add_pages(&run, &further).await?;
        table.finish_page(&run, &PageRow { outcome: Some(outcome), ..page }).await?;
        Ok(Worked::Done { further: further.iter().map(|page| page.number).collect() })
    }

    /// Brings one record to the target, as the source has it now; one that is not there any more is gone.
    pub async fn record(
        &self,
        settings: &Organization,
        flow: &FlowId,
        id: &str,
        deadline: Deadline,
    ) -> Result<Counts, SyncError> {
        let open = self.open(settings, flow).await?;
        let table = self.table.org(&settings.id);
        let now = self.clock.now();
        let Some(item) = open.source.one(open.reading.stream(), id, deadline).await? else {
            let keys = [RecordKey::new(open.reading.name(), id)];
            let links = table.links(flow, open.entity(), &keys).await?;
            let live: Vec<Link> = links.into_values().filter(|link| link.state != LinkState::SourceGone).collect();
            let gone = runs::let_go(&open, &table, live, &BTreeSet::new(), deadline).await?;
            return Ok(Counts { gone, ..Counts::default() });
        };
        let run = Run {
            id: RunId::new(format!("event-{}", now.strftime("%Y%m%dT%H%M%S%3f"))),
            flow: flow.clone(),
            kind: RunKind::Changes,
            state: RunState::Running,
            began: now,
            ended: None,
            since: None,
            counts: Counts::default(),
            pages: 1,
            pages_done: 0,
        };
        let page = Page { items: vec![item], next: None, total: None };
        Ok(self.apply(&open, &table, &run, page, deadline).await?.counts)
    }

    /// Brings a page's records to the target and writes down what became of each.
    async fn apply(
        &self,
        open: &OpenFlow,
        table: &OrgTable,
        run: &Run,
        page: Page,
        deadline: Deadline,
    ) -> Result<PageOutcome, SyncError> {
        let (total, read) = (page.total, page.items.len() as u64);
        let records = pull::read(open, &page.items);
        let keys: Vec<_> = records.iter().map(|record| record.key.clone()).collect();
        let warnings = records.iter().map(|record| record.faults.len() as u64).sum();
        let mut links = table.links(&open.id, open.entity(), &keys).await?;
        let sorted = compare::sort(records, &mut links, run.kind);
        let now = self.clock.now();
        let mut counts = Counts {
            read,
            unchanged: sorted.unchanged,
            // Records of the stream that the flow does not mean are none of its business, but accounted for.
            skipped: read - (keys.len() as u64).min(read) + sorted.set_aside + sorted.left_alone,
            warnings,
            ..Counts::default()
        };
        counts += record::set_aside(open, table, sorted.quarantine, sorted.reject, now).await?;
        let pushed = write(open, table, sorted.new, sorted.changed, now, deadline).await?;
        counts += record::pushed(open, table, &run.id, pushed, &sorted.troubled, now).await?;
        let keys = if run.kind.reads_everything() {
            keys.iter().map(|key| key.as_str().to_owned()).collect()
        } else {
            Vec::new()
        };
        Ok(PageOutcome { counts, total, keys })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<(OrgId, FlowId), Compiled>> {
        self.compiled.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Brings new and changed records to the target, in the way the flow writes.
async fn write(
    open: &OpenFlow,
    table: &OrgTable,
    new: Vec<Pulled>,
    mut changed: Vec<(Pulled, Link, String)>,
    now: Timestamp,
    deadline: Deadline,
) -> Result<Vec<Pushed>, SyncError> {
    if let Some(relations) = &open.relations {
        let new = new.into_iter().map(|record| (record, None));
        let changed = changed.into_iter().map(|(record, link, _)| (record, Some(link)));
        return relate::relate(open, relations, table, new.chain(changed).collect(), deadline).await;
    }
    let mut pushed = match &open.flow.onto {
        Some(onto) => {
            let (found, waiting) = onto::resolve(open, onto, table, new).await?;
            changed.extend(found);
            waiting
        }
        None => push::create(open, table, new, now, deadline).await?,
    };
    pushed.extend(push::update(open, changed, now, deadline).await?);
    Ok(pushed)
}

/// The pages that follow. The first page of a list that tells its length hands out all the others at once; those hand out only what
/// the list has grown by since.
fn further(run: &Run, page: &PageRow, pulled: &Page) -> Vec<PageRow> {
    let row = |number: u64, token: &PageToken| PageRow {
        number,
        token: serde_json::to_value(token).unwrap_or_default(),
        outcome: None,
    };
    let Some(next) = &pulled.next else { return Vec::new() };
    match (page.number, pulled.total, next) {
        (0, Some(total), PageToken::Offset(step)) if *step > 0 => {
            let pages = total.div_ceil(*step);
            (1..pages).map(|number| row(number, &PageToken::Offset(number * step))).collect()
        }
        (number, Some(_), PageToken::Offset(_)) if number > 0 && number + 1 < run.pages => Vec::new(),
        (number, _, next) => vec![row(number + 1, next)],
    }
}
