//! Writes to the target in its own batches, and what became of each record.

use crate::{OpenFlow, SyncError, pull::Pulled};
use futures::{FutureExt, StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use lintel_cloud::store::{OrgTable, WriteKind as Wrote};
use lintel_connectors::{
    records::{Item, Outcome, Outgoing, WriteKind},
    transport::Deadline,
};
use lintel_domain::{
    records::Fields,
    sync::{Base, Changes, Link, LinkState, Merged, Sides, merge},
};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Batches on their way at once. The call budget decides how many that really are.
const TOGETHER: usize = 4;

/// What became of one record at the target.
#[derive(Debug)]
pub(crate) struct Pushed {
    pub(crate) link: Link,
    pub(crate) wrote: Option<Wrote>,
    /// What was written, with what was there before.
    pub(crate) before: Fields,
    pub(crate) changes: Changes,
    pub(crate) problem: Option<(&'static str, String)>,
}

/// A value that only one record may have, as its claim is stored. Hashed: it is personal.
fn claim(record: &Pulled, field: &str) -> Option<String> {
    let value = record.fields.text(field)?;
    let digest = Sha256::digest(format!("{field}={value}"));
    Some(hex::encode(digest.get(..16).unwrap_or(&digest)))
}

/// Canonical fields of which the target lets only one record have a value.
pub(crate) fn unique(open: &OpenFlow) -> Vec<&'static str> {
    let Some(stream) = open.target.manifest().streams.get(open.writing.stream()) else { return Vec::new() };
    let unique = stream.write.as_ref().map(|write| write.unique.as_slice()).unwrap_or_default();
    let is_unique = |name: &&'static str| {
        open.writing.vendor_field(name).is_some_and(|field| unique.iter().any(|one| one == field))
    };
    open.names().into_iter().filter(is_unique).collect()
}

/// Makes the records at the target, by our key.
pub(crate) async fn create(
    open: &OpenFlow,
    table: &OrgTable,
    records: Vec<Pulled>,
    now: Timestamp,
    deadline: Deadline,
) -> Result<Vec<Pushed>, SyncError> {
    let records = yield_shared(open, table, records).await?;
    let size = open.target.batch_size(open.writing.stream());
    let batches: Vec<Vec<(Pulled, Vec<&'static str>)>> = chunks(records, size);
    let writes: Vec<_> =
        batches.into_iter().map(|batch| create_batch(open, table, batch, now, deadline).boxed()).collect();
    let pushed: Vec<Vec<Pushed>> = stream::iter(writes).buffered(TOGETHER).try_collect().await?;
    Ok(pushed.into_iter().flatten().collect())
}

/// A value that another record has claimed is not sent with this one: the second of a couple with one address goes without.
async fn yield_shared(
    open: &OpenFlow,
    table: &OrgTable,
    records: Vec<Pulled>,
) -> Result<Vec<(Pulled, Vec<&'static str>)>, SyncError> {
    let unique = unique(open);
    let wanted: Vec<String> = records
        .iter()
        .flat_map(|record| unique.iter().filter_map(move |name| claim(record, name)))
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect();
    let mut claims = if wanted.is_empty() { BTreeMap::new() } else { table.claims(&open.id, &wanted).await? };
    let mut fresh = BTreeMap::new();
    let mut out = Vec::with_capacity(records.len());
    for record in records {
        let mut without = Vec::new();
        for name in unique.iter().copied() {
            let Some(claim) = claim(&record, name) else { continue };
            let holder = claims.entry(claim.clone()).or_insert_with(|| {
                fresh.insert(claim, record.key.clone());
                record.key.clone()
            });
            if *holder != record.key {
                without.push(name);
            }
        }
        out.push((record, without));
    }
    table.save_claims(&open.id, &fresh).await?;
    Ok(out)
}

async fn create_batch(
    open: &OpenFlow,
    table: &OrgTable,
    batch: Vec<(Pulled, Vec<&'static str>)>,
    now: Timestamp,
    deadline: Deadline,
) -> Result<Vec<Pushed>, SyncError> {
    let outgoing: Vec<Outgoing> = batch.iter().map(|(record, without)| upserted(open, record, without)).collect();
    let outcomes = open.target.write(open.writing.stream(), WriteKind::Upsert, &outgoing, deadline).await?;
    let mut pushed = Vec::with_capacity(batch.len());
    for ((record, without), outcome) in batch.into_iter().zip(outcomes) {
        pushed.push(match outcome {
            Outcome::Refused { in_the_way: Some(other), .. } => {
                adopt(open, table, record, without, &other, now, deadline).await?
            }
            outcome => created(open, record, &without, outcome),
        });
    }
    Ok(pushed)
}

fn upserted(open: &OpenFlow, record: &Pulled, without: &[&'static str]) -> Outgoing {
    let changes = changes_of(open, record, without);
    Outgoing { key: open.identity(&record.key), id: None, values: made(open, record, &changes) }
}

/// Values in the vendor's fields, with our key among them.
fn identified(open: &OpenFlow, record: &Pulled, changes: &Changes) -> serde_json::Map<String, Value> {
    let mut values = open.writing.write(changes);
    let stream = open.target.manifest().streams.get(open.writing.stream());
    if let Some(write) = stream.and_then(|stream| stream.write.as_ref()) {
        values.insert(write.identity.clone(), Value::String(open.identity(&record.key)));
    }
    values
}

/// The values a record is made with.
fn made(open: &OpenFlow, record: &Pulled, changes: &Changes) -> serde_json::Map<String, Value> {
    let mut values = open.writing.at_first(&record.all);
    values.extend(identified(open, record, changes));
    values
}

/// What the target will have of a record's fields.
fn as_written(open: &OpenFlow, fields: &Fields) -> Fields {
    let mut written = Fields::default();
    for (name, value) in fields.iter() {
        written.set(name, open.writing.as_written(name, value, open.flow.currency));
    }
    written
}

/// Everything a new record has; what is empty is not sent.
fn changes_of(open: &OpenFlow, record: &Pulled, without: &[&'static str]) -> Changes {
    open.names()
        .into_iter()
        .filter(|name| !without.contains(name))
        .filter_map(|name| Some((name, Some(record.fields.get(name)?.clone()))))
        .collect()
}

fn created(open: &OpenFlow, record: Pulled, without: &[&'static str], outcome: Outcome) -> Pushed {
    let changes = changes_of(open, &record, without);
    let mut link = Link::new(record.key.clone(), LinkState::Linked, record.seen());
    let shared =
        (!without.is_empty()).then(|| ("shared-value", format!("{}: another record has it", without.join(", "))));
    match outcome {
        Outcome::Written { id, created } => {
            let mut target = as_written(open, &record.fields);
            for name in without {
                target.set(name, None);
            }
            link.base = Base { source: record.fields, target };
            link.target = Some(id);
            let wrote = Some(if created { Wrote::Created } else { Wrote::Updated });
            Pushed { link, wrote, before: Fields::default(), changes, problem: shared }
        }
        Outcome::Refused { code, reason, .. } => refused(link, &code, &reason),
        Outcome::LeftOut => refused(link, "left-out", "the target's answer does not name it"),
    }
}

/// The base stays as it was: the next change is merged with what both had.
fn refused(mut link: Link, code: &str, reason: &str) -> Pushed {
    link.state = LinkState::Refused;
    let problem = Some(("refused", format!("{code} {reason}").trim().to_owned()));
    Pushed { link, wrote: None, before: Fields::default(), changes: Changes::new(), problem }
}

/// A record of the target's own holds what only one may hold. One that belongs to no other record of the flow is taken over and
/// merged with; else ours goes without the value.
async fn adopt(
    open: &OpenFlow,
    table: &OrgTable,
    record: Pulled,
    mut without: Vec<&'static str>,
    other: &str,
    now: Timestamp,
    deadline: Deadline,
) -> Result<Pushed, SyncError> {
    let mut held = false;
    for flow in &open.siblings {
        let holder = table.linked_with(flow, other).await?;
        held |= holder.is_some_and(|holder| *flow != open.id || holder != record.key);
    }
    let theirs = current(open, std::slice::from_ref(&other.to_owned()), deadline).await?.remove(other);
    if let (false, Some(theirs)) = (held, theirs) {
        let link = Link::new(record.key.clone(), LinkState::Linked, String::new());
        return update_one(open, record, link, other.to_owned(), theirs, Known::Never, now, deadline).await;
    }
    without.extend(unique(open).into_iter().filter(|name| record.fields.get(name).is_some()));
    without.sort_unstable();
    without.dedup();
    let outgoing = [upserted(open, &record, &without)];
    let outcome = open.target.write(open.writing.stream(), WriteKind::Upsert, &outgoing, deadline).await?.pop();
    Ok(created(open, record, &without, outcome.unwrap_or(Outcome::LeftOut)))
}

/// Whether the two sides were in step before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    Before,
    Never,
}

/// What the target has now, in canonical form, by id. Records that are not there are left out.
pub(crate) async fn current(
    open: &OpenFlow,
    ids: &[String],
    deadline: Deadline,
) -> Result<BTreeMap<String, Fields>, SyncError> {
    let fields = open.writing.vendor_fields();
    let found = open.target.read(open.writing.stream(), ids, &fields, deadline).await?;
    let names = open.names();
    let read = |(id, content): (String, Value)| {
        let mapped = open.writing.read(&Item { key: id.clone(), content }, open.flow.currency)?;
        Some((id, mapped.record.fields.only(&names)))
    };
    Ok(found.into_iter().filter_map(read).collect())
}

/// Merges and updates records that are linked.
pub(crate) async fn update(
    open: &OpenFlow,
    records: Vec<(Pulled, Link, String)>,
    now: Timestamp,
    deadline: Deadline,
) -> Result<Vec<Pushed>, SyncError> {
    let size = open.target.batch_size(open.writing.stream());
    let writes: Vec<_> =
        chunks(records, size).into_iter().map(|batch| update_batch(open, batch, now, deadline).boxed()).collect();
    let pushed: Vec<Vec<Pushed>> = stream::iter(writes).buffered(TOGETHER).try_collect().await?;
    Ok(pushed.into_iter().flatten().collect())
}

async fn update_batch(
    open: &OpenFlow,
    batch: Vec<(Pulled, Link, String)>,
    now: Timestamp,
    deadline: Deadline,
) -> Result<Vec<Pushed>, SyncError> {
    let ids: Vec<String> = batch.iter().map(|(_, _, id)| id.clone()).collect();
    let mut theirs = current(open, &ids, deadline).await?;
    let (mut pushed, mut waiting) = (Vec::new(), Vec::new());
    for (record, link, id) in batch {
        match theirs.remove(&id) {
            Some(theirs) => waiting.push(Waiting::of(open, record, link, id, theirs, Known::Before, now)),
            None => pushed.push(moved(open, record, link, &id, now, deadline).await?),
        }
    }
    pushed.extend(send(open, waiting, deadline).await?);
    Ok(pushed)
}

/// The target does not list the record any more: it was merged into another, or somebody removed it.
async fn moved(
    open: &OpenFlow,
    record: Pulled,
    mut link: Link,
    id: &str,
    now: Timestamp,
    deadline: Deadline,
) -> Result<Pushed, SyncError> {
    let found = open.target.one(open.writing.stream(), id, deadline).await?;
    let winner = found.map(|item| item.key).filter(|key| key != id);
    if let Some(winner) = winner
        && let Some(theirs) = current(open, std::slice::from_ref(&winner), deadline).await?.remove(&winner)
    {
        return update_one(open, record, link, winner, theirs, Known::Before, now, deadline).await;
    }
    link.state = LinkState::TargetGone;
    link.seen = record.seen();
    let problem = Some(("target-gone", format!("record {id} was removed at the target; it is not made again")));
    Ok(Pushed { link, wrote: None, before: Fields::default(), changes: Changes::new(), problem })
}

#[expect(clippy::too_many_arguments, reason = "one record with both its sides")]
async fn update_one(
    open: &OpenFlow,
    record: Pulled,
    link: Link,
    id: String,
    theirs: Fields,
    known: Known,
    now: Timestamp,
    deadline: Deadline,
) -> Result<Pushed, SyncError> {
    let waiting = Waiting::of(open, record, link, id, theirs, known, now);
    let mut pushed = send(open, vec![waiting], deadline).await?;
    pushed
        .pop()
        .ok_or_else(|| SyncError::Misfit { flow: open.id.clone(), reason: "an update came to nothing".to_owned() })
}

/// A record that was merged, on its way to the target.
struct Waiting {
    record: Pulled,
    link: Link,
    id: String,
    theirs: Fields,
    merged: Merged,
    known: Known,
}

impl Waiting {
    fn of(
        open: &OpenFlow,
        record: Pulled,
        link: Link,
        id: String,
        theirs: Fields,
        known: Known,
        now: Timestamp,
    ) -> Self {
        let sides = Sides {
            mapped: &open.mapped,
            base: (known == Known::Before).then_some(&link.base),
            source: &record.fields,
            target: &theirs,
            source_at: record.updated_at,
            target_at: None,
            conflicts: &link.conflicts,
            settled: &link.settled,
        };
        let merged = merge(&open.flow, &sides, now);
        Self { record, link, id, theirs, merged, known }
    }

    fn outgoing(&self, open: &OpenFlow) -> Option<Outgoing> {
        let values = match self.known {
            // From now on it is found by our key, too.
            Known::Never => identified(open, &self.record, &self.merged.to_target),
            Known::Before => open.writing.write(&self.merged.to_target),
        };
        let key = open.identity(&self.record.key);
        (!values.is_empty()).then(|| Outgoing { key, id: Some(self.id.clone()), values })
    }

    fn pushed(self, open: &OpenFlow, outcome: Option<Outcome>) -> Pushed {
        let Self { record, mut link, id, theirs, merged, .. } = self;
        link.seen = record.seen();
        link.target = Some(id);
        let wrote = match outcome {
            None => None,
            Some(Outcome::Written { id, .. }) => {
                link.target = Some(id);
                Some(Wrote::Updated)
            }
            Some(Outcome::Refused { code, reason, .. }) => return refused(link, &code, &reason),
            Some(Outcome::LeftOut) => return refused(link, "left-out", "its id went stale meanwhile"),
        };
        link.state = LinkState::Linked;
        link.base = merged.base;
        for (name, value) in &merged.to_target {
            let written = value.as_ref().and_then(|value| open.writing.as_written(name, value, open.flow.currency));
            link.base.target.set(name, written);
        }
        link.conflicts = merged.conflicts;
        link.settled.clear();
        Pushed { link, wrote, before: theirs, changes: merged.to_target, problem: None }
    }
}

async fn send(open: &OpenFlow, waiting: Vec<Waiting>, deadline: Deadline) -> Result<Vec<Pushed>, SyncError> {
    let outgoing: Vec<Outgoing> = waiting.iter().filter_map(|one| one.outgoing(open)).collect();
    let outcomes = if outgoing.is_empty() {
        Vec::new()
    } else {
        open.target.write(open.writing.stream(), WriteKind::Update, &outgoing, deadline).await?
    };
    let mut told: BTreeMap<String, Outcome> = outgoing.into_iter().map(|one| one.key).zip(outcomes).collect();
    Ok(waiting
        .into_iter()
        .map(|one| {
            let outcome = told.remove(&open.identity(&one.record.key));
            one.pushed(open, outcome)
        })
        .collect())
}

/// What merging would come to, without a write. Records that are not where they were are left out.
pub(crate) async fn merged(
    open: &OpenFlow,
    records: Vec<(Pulled, Link, String)>,
    now: Timestamp,
    deadline: Deadline,
) -> Result<Vec<(Pulled, Merged)>, SyncError> {
    let mut out = Vec::new();
    for batch in chunks(records, open.target.batch_size(open.writing.stream())) {
        let ids: Vec<String> = batch.iter().map(|(_, _, id)| id.clone()).collect();
        let mut theirs = current(open, &ids, deadline).await?;
        for (record, link, id) in batch {
            if let Some(theirs) = theirs.remove(&id) {
                let waiting = Waiting::of(open, record, link, id, theirs, Known::Before, now);
                out.push((waiting.record, waiting.merged));
            }
        }
    }
    Ok(out)
}

/// The same change for many linked records.
pub(crate) fn marked(open: &OpenFlow, links: &[Link], changes: &Changes) -> Vec<Outgoing> {
    let values = open.writing.write(changes);
    let outgoing = |link: &Link| {
        let key = open.identity(&link.key);
        Some(Outgoing { key, id: Some(link.target.clone()?), values: values.clone() })
    };
    if values.is_empty() { Vec::new() } else { links.iter().filter_map(outgoing).collect() }
}

fn chunks<T>(items: Vec<T>, size: usize) -> Vec<Vec<T>> {
    let mut chunks = Vec::new();
    let mut items = items.into_iter().peekable();
    while items.peek().is_some() {
        chunks.push(items.by_ref().take(size.max(1)).collect());
    }
    chunks
}
