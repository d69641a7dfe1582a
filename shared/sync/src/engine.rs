//! One page of one run, from its row to its outcome.

use crate::{
    OpenFlow, SyncError,
    back::Looking,
    compare,
    gone::Leaving,
    one::One,
    onto,
    opened::Compiled,
    pages::{self, Divided},
    pull::{self, Counterpart, Pulled},
    push::{self, Push, Reach, Work},
    record, relate,
};
use async_trait::async_trait;
use futures::FutureExt;
use jiff::{SignedDuration, Timestamp};
use lintel_cloud::{
    connections::Connections,
    store::{Decision, FoundLinks, OrgTable, PageOutcome, PageRow, Table},
};
use lintel_connectors::{
    records::{Item, PageToken},
    surroundings::Clock,
    transport::{Deadline, counted},
};
use lintel_domain::{
    ids::{FlowId, OrgId, RunId},
    records::{FieldFault, Problem, RecordKey},
    settings::Organization,
    sync::{Counts, LinkState, Run, RunKind, RunState},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

/// What a worker may still do after its deadline: write down what it did.
const LAST_WORDS: SignedDuration = SignedDuration::from_secs(15);

#[derive(Debug)]
pub struct Engine {
    pub(crate) table: Table,
    pub(crate) connections: Connections,
    pub(crate) clock: Arc<dyn Clock>,
    compiled: Mutex<BTreeMap<(OrgId, FlowId), Arc<Compiled>>>,
}

/// What working at a page came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worked {
    /// The page is accounted for.
    Done,
    /// The run is over, or the page was accounted for before, or somebody is at it.
    Nothing,
}

/// Puts pages where workers find them.
#[async_trait]
pub trait HandOut: Send + Sync {
    async fn hand_out(&self, pages: &[u64]) -> Result<(), SyncError>;
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
        let mut compiled = self.lock().get(&key).cloned();
        let opened = OpenFlow::open(&self.connections, &table, settings, flow, &mut compiled).await;
        if let Some(compiled) = compiled {
            self.lock().insert(key, compiled);
        }
        opened
    }

    /// Works off a page of a run. The pages that follow it are handed out as soon as they are known.
    pub async fn page(
        &self,
        settings: &Organization,
        flow: &FlowId,
        run: &RunId,
        number: u64,
        others: &dyn HandOut,
        deadline: Deadline,
    ) -> Result<Worked, SyncError> {
        let table = self.table.org(&settings.id);
        let Some(run) = table.run(flow, run).await?.filter(|run| run.state == RunState::Running) else {
            return Ok(Worked::Nothing);
        };
        let now = self.clock.now();
        let Some(page) = table.take_page(&run.id, number, now, over(deadline, now)).await? else {
            return Ok(Worked::Nothing);
        };
        let (worked, calls) = counted(self.taken(settings, &table, &run, page, others, deadline).boxed()).await;
        match worked {
            Ok((page, outcome)) => {
                let counts = outcome.counts + Counts { calls, ..Counts::default() };
                let outcome = PageOutcome { counts, ..outcome };
                table.finish_page(&run, &PageRow { outcome: Some(outcome), ..page }).await?;
                Ok(Worked::Done)
            }
            Err(error) => {
                table.note_calls(&run, calls).await?;
                // Whoever tries again need not wait until this one's time is over.
                table.let_go_of_page(&run.id, number).await?;
                Err(error)
            }
        }
    }

    /// Works off a page that is this worker's alone.
    async fn taken(
        &self,
        settings: &Organization,
        table: &OrgTable,
        run: &Run,
        page: PageRow,
        others: &dyn HandOut,
        deadline: Deadline,
    ) -> Result<(PageRow, PageOutcome), SyncError> {
        let open = self.open(settings, &run.flow).await?;
        let token: PageToken = serde_json::from_value(page.token.clone()).unwrap_or_default();
        let looking = Looking { open: &open, table, now: self.clock.now(), deadline };
        let mut pulled = match run.kind {
            RunKind::Back => looking.page(token, run.since).await?,
            RunKind::Full | RunKind::Compare | RunKind::Changes => {
                pull::page(&open, token, run.since, deadline).await?
            }
        };
        // They stand before this page is done, so that a run never looks finished too early.
        let further = pages::further(run, &page, &pulled);
        table.add_pages(run, &further).await?;
        others.hand_out(&further.iter().map(|page| page.number).collect::<Vec<_>>()).await?;
        let Divided { items, ends } =
            pages::divided(&page, std::mem::take(&mut pulled.items), std::mem::take(&mut pulled.bounds));
        let (total, next) = (pulled.total, pages::next(&pulled));
        let behalf = Behalf { run: &run.id, kind: run.kind, cause: Cause::Page };
        let outcome = match run.kind {
            RunKind::Back => self.back(&looking, &behalf, &items).await?,
            RunKind::Full | RunKind::Compare | RunKind::Changes => {
                self.apply(&open, table, &behalf, pull::read(&open, &items), items.len(), deadline).await?
            }
        };
        Ok((page, PageOutcome { total, ends, next, ..outcome }))
    }

    /// The flow's records that change through one of another stream, by the source's ids.
    pub async fn shown_by(
        &self,
        settings: &Organization,
        flow: &FlowId,
        through: &str,
        id: &str,
        deadline: Deadline,
    ) -> Result<Vec<String>, SyncError> {
        let open = self.open(settings, flow).await?;
        Ok(open.source.shown_by(open.reading.stream(), through, id, deadline).await?)
    }

    /// Brings one record to the target, as the source has it now, or what stands within it; what is not there any more is gone.
    pub async fn record(
        &self,
        settings: &Organization,
        flow: &FlowId,
        id: &str,
        deadline: Deadline,
    ) -> Result<Counts, SyncError> {
        let table = self.table.org(&settings.id);
        let open = self.open(settings, flow).await?;
        let one = One::new(&open, &table, open.reading.told_by(id), self.clock.now(), deadline);
        // Kept first, and looked whether a run is on then: a run that begins later sees that the record is kept.
        let counts = match one.hold(&one.key).await {
            Ok(()) => self.held(&one).await,
            Err(error) => Err(error),
        };
        one.let_go().await?;
        counts
    }

    /// Brings what one call tells of to the target, while it is this worker's alone.
    async fn held(&self, one: &One<'_>) -> Result<Counts, SyncError> {
        let One { open, table, key, now, deadline, .. } = one;
        let stand = one.stand().await?;
        let fields = pull::vendor_fields(open);
        let found = open.source.about(open.reading.stream(), key.id(), &fields, *deadline).await?;
        let records = found.as_deref().map(|items| pull::read(open, items)).unwrap_or_default();
        let silent = one.silent(&records).await?;
        for key in records.iter().map(|record| &record.key).chain(silent.iter().map(|link| &link.key)) {
            one.hold(key).await?;
        }
        // A run that began meanwhile may be at one of those.
        if one.stand().await? != stand {
            return Err(SyncError::Busy);
        }
        let run = RunId::new(format!("event-{}", now.strftime("%Y%m%dT%H%M%S%3f")));
        let mut counts = Counts::default();
        if let Some(items) = &found {
            // Two ways, it may be the target that changed.
            let kind = if open.taken_back.is_empty() { RunKind::Changes } else { RunKind::Back };
            let behalf = Behalf { run: &run, kind, cause: Cause::Event };
            counts = self.apply(open, table, &behalf, records, items.len(), *deadline).await?.counts;
        }
        let keys: Vec<RecordKey> = silent.iter().map(|link| link.key.clone()).collect();
        let leaving = Leaving { open, table, run: &run, now: *now, deadline: *deadline };
        let live = silent.into_iter().filter(|link| link.state != LinkState::SourceGone).collect();
        counts += Counts { gone: leaving.let_go(live, &BTreeSet::new()).await?, ..Counts::default() };
        // What was decided of a record that the flow does not have any more.
        for key in &keys {
            table.forget_decisions(&open.id, &table.decisions_about(&open.id, key).await?).await?;
        }
        Ok(counts)
    }

    /// What a page of the target's list gives reason to.
    async fn back(&self, looking: &Looking<'_>, behalf: &Behalf<'_>, items: &[Item]) -> Result<PageOutcome, SyncError> {
        let mut stirred = looking.stirred(items).await?;
        let mut records = pull::read(looking.open, &stirred.items);
        for record in &mut records {
            let met = stirred.counterparts.remove(&record.key).map(Counterpart::Met);
            record.counterpart = met.or(record.counterpart.take());
        }
        let read = stirred.items.len();
        let mut outcome = self.apply(looking.open, looking.table, behalf, records, read, looking.deadline).await?;
        outcome.counts += Counts {
            read: items.len() as u64 - (read as u64).min(items.len() as u64),
            unchanged: stirred.unchanged,
            skipped: stirred.skipped,
            failed: stirred.refused,
            ..Counts::default()
        };
        Ok(outcome)
    }

    /// Brings records to the target and writes down what became of each. `read` counts those that the flow does not mean, too.
    async fn apply(
        &self,
        open: &OpenFlow,
        table: &OrgTable,
        behalf: &Behalf<'_>,
        records: Vec<Pulled>,
        read: usize,
        deadline: Deadline,
    ) -> Result<PageOutcome, SyncError> {
        let read = read as u64;
        let keys: Vec<_> = records.iter().map(|record| record.key.clone()).collect();
        let left_out = |fault: &&FieldFault| !matches!(fault.problem, Problem::Missing | Problem::Rule);
        let warnings = records.iter().map(|record| record.faults.iter().filter(left_out).count() as u64).sum();
        let now = self.clock.now();
        // Before the links are read: what is decided later finds them as they are written below.
        let decided = self.decided(table, open, &keys, behalf.cause).await?;
        let FoundLinks { mut links, held } = table.found_links(&open.id, open.entity(), &keys, now).await?;
        if held > 0 && behalf.cause == Cause::Page {
            return Err(SyncError::Busy);
        }
        for decision in &decided {
            if let Some(link) = links.get_mut(&decision.record) {
                link.heed(&decision.word);
            }
        }
        let freed = if behalf.kind.reads_everything() {
            push::freed(open, table, &records, &links, now).await?
        } else {
            BTreeSet::new()
        };
        let sorted = compare::sort(records, &mut links, &freed, behalf.kind);
        let mut counts = Counts {
            read,
            unchanged: sorted.unchanged,
            // Records of the stream that the flow does not mean are none of its business, but accounted for.
            skipped: read - (keys.len() as u64).min(read) + sorted.repeated + sorted.set_aside + sorted.left_alone,
            // What nobody mended is counted by every run that reads it.
            failed: sorted.refused,
            warnings,
            ..Counts::default()
        };
        counts += record::set_aside(open, table, sorted.quarantine, sorted.reject, now).await?;
        let push = Push::of(open, table, behalf.run, Reach::Both, now, deadline);
        counts += write(&push, sorted.work).await?;
        table.forget_decisions(&open.id, &decided).await?;
        let keys = if behalf.kind.reads_everything() {
            keys.iter().map(|key| key.as_str().to_owned()).collect()
        } else {
            Vec::new()
        };
        Ok(PageOutcome { counts, keys, ..PageOutcome::default() })
    }

    /// What people decided of these records.
    async fn decided(
        &self,
        table: &OrgTable,
        open: &OpenFlow,
        keys: &[RecordKey],
        cause: Cause,
    ) -> Result<Vec<Decision>, SyncError> {
        if let (Cause::Event, [key]) = (cause, keys) {
            return Ok(table.decisions_about(&open.id, key).await?);
        }
        let mut decided = table.decisions(&open.id).await?;
        decided.retain(|decision| keys.contains(&decision.record));
        Ok(decided)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<(OrgId, FlowId), Arc<Compiled>>> {
        self.compiled.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// On whose behalf records are brought to the target.
struct Behalf<'a> {
    run: &'a RunId,
    kind: RunKind,
    cause: Cause,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Cause {
    /// A page of a run. A record that an event's worker keeps is left to that one.
    Page,
    /// An event about one record, which is kept from others.
    Event,
}

/// When a worker that began now is over for certain.
pub(crate) fn over(deadline: Deadline, now: Timestamp) -> Timestamp {
    let left = SignedDuration::try_from(deadline.left(now)).unwrap_or_default();
    now.saturating_add(left + LAST_WORDS).unwrap_or(Timestamp::MAX)
}

/// Brings new and changed records to the target, in the way the flow writes, and writes down what became of them.
async fn write(push: &Push<'_>, mut work: Work) -> Result<Counts, SyncError> {
    let Push { open, table, run, now, deadline, .. } = *push;
    if let Some(relations) = &open.relations {
        let begun = work.begun.into_iter().map(|(record, link)| (record, Some(link)));
        let changed = work.changed.into_iter().map(|(record, link, _)| (record, Some(link)));
        let records = work.new.into_iter().chain(begun).chain(changed).collect();
        let related = relate::relate(open, relations, table, records, deadline).await?;
        return record::pushed(open, table, run, related, now).await;
    }
    let mut counts = Counts::default();
    if let Some(onto) = &open.flow.onto {
        let (found, waiting) = onto::resolve(onto, table, std::mem::take(&mut work.new)).await?;
        work.changed.extend(found);
        counts += record::pushed(open, table, run, waiting, now).await?;
    }
    counts += push.all(work).await?;
    Ok(counts)
}
