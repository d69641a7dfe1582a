//! Relations that follow from records: who lives where, and since when not any more.
//!
//! A relation may be said by several records (a lease and its renewal), so it goes when the last of them is silent. Which records say it
//! stands in the table before the target is told, so that a stop in between is made good by doing it again.

use crate::{OpenFlow, SyncError, plan::Step, pull::Pulled, push::Pushed};
use futures::{FutureExt, StreamExt, TryStreamExt, stream};
use lintel_cloud::store::{FieldChange, OrgTable, WriteKind as Wrote};
use lintel_connectors::{
    records::{Edge, EdgeWrite, Relating},
    roles::TargetIds,
    transport::Deadline,
};
use lintel_domain::{
    ids::FlowId,
    mask::Masked,
    records::{Fields, RecordKey},
    sync::{Base, Ends, Link, LinkState},
};
use std::collections::{BTreeMap, BTreeSet};

/// Batches on their way at once. The call budget decides how many that really are.
const TOGETHER: usize = 4;
/// The code of what refers to a record that is not at the target yet.
pub(crate) const NOT_LINKED: &str = "not-linked";
/// What a plan calls them.
const RELATIONS: &str = "relations";
/// Notes of a batch that are written at once.
const ROWS_TOGETHER: usize = 16;

/// What a flow of relations has open beside its source.
#[derive(Clone, Debug)]
pub(crate) struct OpenRelations {
    pub(crate) name: String,
    pub(crate) ends: Ends,
    pub(crate) ids: TargetIds,
}

/// One record on its way: what it said when it was last related, and what it says now.
struct Saying {
    record: Pulled,
    was: Option<Link>,
    before: BTreeSet<Edge>,
    now: BTreeSet<Edge>,
    /// Keys that have no record at the target yet.
    waiting: BTreeSet<String>,
}

/// Brings the relations of new and changed records to the target.
pub(crate) async fn relate(
    open: &OpenFlow,
    relations: &OpenRelations,
    table: &OrgTable,
    records: Vec<(Pulled, Option<Link>)>,
    deadline: Deadline,
) -> Result<Vec<Pushed>, SyncError> {
    let relating = relating(open, relations)?;
    let sayings = sayings(relations, relating, table, records).await?;
    let refused = write(open, relations, relating, table, &sayings, deadline).await?;
    Ok(sayings.into_iter().map(|saying| saying.pushed(&refused)).collect())
}

/// What bringing them would come to, without a write; `None` where the target has it all.
pub(crate) async fn planned(
    open: &OpenFlow,
    relations: &OpenRelations,
    table: &OrgTable,
    records: Vec<(Pulled, Option<Link>)>,
) -> Result<Vec<(Pulled, Option<Step>)>, SyncError> {
    let sayings = sayings(relations, relating(open, relations)?, table, records).await?;
    Ok(sayings.into_iter().map(Saying::planned).collect())
}

/// Takes back what records said that are gone.
pub(crate) async fn withdraw(
    open: &OpenFlow,
    relations: &OpenRelations,
    table: &OrgTable,
    gone: &[Link],
    deadline: Deadline,
) -> Result<Vec<Pushed>, SyncError> {
    let silent = |link: &Link| (Pulled::silent(link.key.clone()), Some(link.clone()));
    let withdrawn = relate(open, relations, table, gone.iter().map(silent).collect(), deadline).await?;
    Ok(withdrawn.into_iter().map(Pushed::over).collect())
}

/// Whether something that waits refers to a record that is at the target by now.
pub(crate) async fn can_go_on(open: &OpenFlow, table: &OrgTable) -> Result<bool, SyncError> {
    let flows: Vec<&FlowId> = match (&open.relations, &open.flow.onto) {
        (Some(relations), _) => vec![&relations.ends.from, &relations.ends.to],
        (None, Some(onto)) => vec![&onto.flow],
        (None, None) => return Ok(false),
    };
    let problems = table.problems(&open.id).await?;
    let waiting = problems.into_iter().filter(|row| !row.resolved && row.problem.code == NOT_LINKED);
    let waiting: Vec<RecordKey> = waiting.map(|row| row.problem.record).collect();
    let links = table.links(&open.id, open.entity(), &waiting).await?;
    let named: BTreeSet<String> = links.into_values().flat_map(|link| link.waits_for).collect();
    let named: Vec<RecordKey> = named.into_iter().map(RecordKey::from_text).collect();
    for flow in flows {
        if !table.targets_of(flow, &named).await?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn relating<'a>(open: &'a OpenFlow, relations: &OpenRelations) -> Result<&'a Relating, SyncError> {
    open.target.relating(&relations.name).ok_or_else(|| SyncError::Misfit {
        flow: open.id.clone(),
        reason: format!("{} has no relation {}", open.flow.to, relations.name),
    })
}

async fn sayings(
    relations: &OpenRelations,
    relating: &Relating,
    table: &OrgTable,
    records: Vec<(Pulled, Option<Link>)>,
) -> Result<Vec<Saying>, SyncError> {
    let known = known(relations, relating, table, &records).await?;
    Ok(records.into_iter().map(|(record, link)| Saying::of(relating, &known, record, link)).collect())
}

/// The target's ids of all records that are named, by their keys.
async fn known(
    relations: &OpenRelations,
    relating: &Relating,
    table: &OrgTable,
    records: &[(Pulled, Option<Link>)],
) -> Result<BTreeMap<String, String>, SyncError> {
    let (mut near, mut far) = (BTreeSet::new(), BTreeSet::new());
    for (record, link) in records {
        let before = link.as_ref().map(|link| relating.said(&link.base.source));
        for said in [Some(relating.said(&record.fields)), before].into_iter().flatten() {
            near.extend(said.each.into_iter().map(|one| RecordKey::from_text(one.record)));
            far.extend(said.with.map(RecordKey::from_text));
        }
    }
    let mut known = BTreeMap::new();
    for (flow, keys) in [(&relations.ends.from, near), (&relations.ends.to, far)] {
        let keys: Vec<RecordKey> = keys.into_iter().collect();
        let targets = table.targets_of(flow, &keys).await?;
        known.extend(targets.into_iter().map(|(key, target)| (key.as_str().to_owned(), target)));
    }
    Ok(known)
}

/// Brings to the target what is said now and was not before, and then takes away what nobody says any more: by then the table knows of
/// everybody who says it. Answers what was refused.
async fn write(
    open: &OpenFlow,
    relations: &OpenRelations,
    relating: &Relating,
    table: &OrgTable,
    sayings: &[Saying],
    deadline: Deadline,
) -> Result<BTreeSet<Edge>, SyncError> {
    let batches = Batches { open, relations, relating, table, deadline };
    let mut refused = batches.write(EdgeWrite::Add, Saying::all(sayings, Saying::said_anew)).await?;
    refused.extend(batches.write(EdgeWrite::Remove, Saying::all(sayings, Saying::said_no_more)).await?);
    Ok(refused)
}

/// Relations, each with the records that say it, or that do not any more.
type ByEdge<'a> = BTreeMap<&'a Edge, Vec<&'a RecordKey>>;

/// What a call's worth of relations is written with.
struct Batches<'a> {
    open: &'a OpenFlow,
    relations: &'a OpenRelations,
    relating: &'a Relating,
    table: &'a OrgTable,
    deadline: Deadline,
}

impl Batches<'_> {
    async fn write(&self, write: EdgeWrite, edges: ByEdge<'_>) -> Result<BTreeSet<Edge>, SyncError> {
        let edges: Vec<(&Edge, Vec<&RecordKey>)> = edges.into_iter().collect();
        let batches: Vec<_> =
            edges.chunks(self.relating.batch_size()).map(|batch| self.batch(write, batch).boxed()).collect();
        let refused: Vec<BTreeSet<Edge>> = stream::iter(batches).buffered(TOGETHER).try_collect().await?;
        Ok(refused.into_iter().flatten().collect())
    }

    /// Notes a batch in the table and tells the target, so that the first call does not wait for the last row.
    async fn batch(&self, write: EdgeWrite, batch: &[(&Edge, Vec<&RecordKey>)]) -> Result<BTreeSet<Edge>, SyncError> {
        let notes: Vec<_> = batch.iter().map(|(edge, records)| self.note(write, edge, records).boxed()).collect();
        let due: Vec<Option<Edge>> = stream::iter(notes).buffered(ROWS_TOGETHER).try_collect().await?;
        let due: Vec<Edge> = due.into_iter().flatten().collect();
        if due.is_empty() {
            return Ok(BTreeSet::new());
        }
        Ok(self.open.target.relate(self.relating, write, &self.relations.ids, &due, self.deadline).await?)
    }

    /// Notes who says a relation, or does not any more; answers it if the target is to be told.
    async fn note(&self, write: EdgeWrite, edge: &Edge, records: &[&RecordKey]) -> Result<Option<Edge>, SyncError> {
        let (flow, name) = (&self.open.id, name(edge));
        let mut due = false;
        for record in records {
            due = match write {
                EdgeWrite::Add => self.table.say_edge(flow, &name, record).await.map(|()| true)?,
                EdgeWrite::Remove => !self.table.unsay_edge(flow, &name, record).await?,
            };
        }
        Ok(due.then(|| edge.clone()))
    }
}

fn name(edge: &Edge) -> String {
    format!("{}#{}#{}", edge.from, edge.to, edge.kind)
}

impl Saying {
    fn of(relating: &Relating, known: &BTreeMap<String, String>, record: Pulled, link: Option<Link>) -> Self {
        let mut waiting = BTreeSet::new();
        let now = edges(relating, known, &record.fields, &mut waiting);
        let said = |link: &Link| edges(relating, known, &link.base.source, &mut BTreeSet::new());
        let before = link.as_ref().map(said).unwrap_or_default();
        Self { record, was: link, before, now, waiting }
    }

    fn said_anew(&self) -> impl Iterator<Item = &Edge> {
        self.now.difference(&self.before)
    }

    fn said_no_more(&self) -> impl Iterator<Item = &Edge> {
        self.before.difference(&self.now)
    }

    fn all<'a, E>(sayings: &'a [Self], edges: impl Fn(&'a Self) -> E) -> ByEdge<'a>
    where
        E: Iterator<Item = &'a Edge>,
    {
        let mut by_edge = ByEdge::new();
        for saying in sayings {
            for edge in edges(saying) {
                by_edge.entry(edge).or_default().push(&saying.record.key);
            }
        }
        by_edge
    }

    fn planned(self) -> (Pulled, Option<Step>) {
        let step = if !self.waiting.is_empty() {
            Some(Step::Wait)
        } else if self.before == self.now {
            None
        } else if self.before.is_empty() {
            Some(Step::Create { fields: vec![RELATIONS] })
        } else {
            Some(Step::Update { fields: vec![RELATIONS], conflicts: Vec::new() })
        };
        (self.record, step)
    }

    fn pushed(self, refused: &BTreeSet<Edge>) -> Pushed {
        let related = self.told(refused);
        let Self { record, was, before, now, waiting } = self;
        let written = before != now;
        let link = was.clone();
        let mut link = link.unwrap_or_else(|| Link::new(record.key.clone(), LinkState::Linked, String::new()));
        link.target = Some(record.key.id().to_owned());
        link.waits_for.clone_from(&waiting);
        let troubled = now.iter().any(|edge| refused.contains(edge));
        let problem = if troubled {
            Some(("refused", "the target refused a relation".to_owned()))
        } else if waiting.is_empty() {
            None
        } else {
            let names: Vec<&str> = waiting.iter().map(String::as_str).collect();
            Some((NOT_LINKED, format!("{}: not at the target yet", names.join(", "))))
        };
        if problem.is_some() {
            // It is looked at again whenever the record is read, against what was last said whole.
            link.seen = String::new();
            link.state = LinkState::Refused;
        } else {
            link.seen = record.seen();
            link.state = LinkState::Linked;
            link.base = Base { source: record.fields.clone(), target: record.fields };
        }
        let wrote = written.then_some(if before.is_empty() { Wrote::Created } else { Wrote::Updated });
        Pushed { wrote, related, problem, ..Pushed::untold(was, link) }
    }

    /// What the target was told, for the audit: both records by the target's ids.
    fn told(&self, refused: &BTreeSet<Edge>) -> Vec<FieldChange> {
        let pair = |edge: &Edge| Some(Masked::plain(&format!("{} with {}", edge.from, edge.to)));
        let taken =
            self.said_no_more().map(|edge| FieldChange { field: edge.kind.clone(), before: pair(edge), after: None });
        let added = self.said_anew().filter(|edge| !refused.contains(edge));
        let added = added.map(|edge| FieldChange { field: edge.kind.clone(), before: None, after: pair(edge) });
        taken.chain(added).collect()
    }
}

fn edges(
    relating: &Relating,
    known: &BTreeMap<String, String>,
    fields: &Fields,
    waiting: &mut BTreeSet<String>,
) -> BTreeSet<Edge> {
    let said = relating.said(fields);
    let Some(with) = said.with else { return BTreeSet::new() };
    let mut edges = BTreeSet::new();
    for near in said.each {
        match (known.get(&near.record), known.get(&with)) {
            (Some(from), Some(to)) => {
                edges.insert(Edge { from: from.clone(), to: to.clone(), kind: near.kind });
            }
            (None, _) => drop(waiting.insert(near.record)),
            (Some(_), None) => drop(waiting.insert(with.clone())),
        }
    }
    edges
}
