//! The source's records beside the target's.

use super::survey::Survey;
use crate::{
    OpenFlow, SyncError,
    pull::Pulled,
    push::theirs::{self, Theirs},
};
use futures::{StreamExt, TryStreamExt, stream};
use lintel_cloud::store::OrgTable;
use lintel_connectors::transport::Deadline;
use lintel_domain::{
    quality::AgreementCheck,
    records::{Fields, RecordKey},
    sync::{Base, Link, LinkState, Severity},
};
use std::collections::BTreeMap;

/// Batches of the target on their way at once. The call budget decides how many that really are.
const TOGETHER: usize = 4;

/// Looks the records up at the target and compares what is there.
pub(super) async fn compare(
    open: &OpenFlow,
    table: &OrgTable,
    records: Vec<Pulled>,
    agreement: &mut AgreementCheck,
    deadline: Deadline,
) -> Result<(), SyncError> {
    let keys: Vec<RecordKey> = records.iter().map(|record| record.key.clone()).collect();
    let mut links = table.links(&open.id, open.entity(), &keys).await?;
    let mut linked = Vec::with_capacity(records.len());
    for record in records {
        match place(open, &record, links.remove(&record.key)) {
            Place::Alone(state) => agreement.add_alone(&record.key, state),
            Place::Target(base, id) => linked.push((record, base, id)),
        }
    }
    if open.relations.is_some() {
        // What the target was told of them stands in their links alone.
        for (record, base, _) in linked {
            agreement.add(&record.key, &Fields::default(), &Fields::default(), &base);
        }
        return Ok(());
    }
    let ids: Vec<String> = linked.iter().map(|(_, _, id)| id.clone()).collect();
    let theirs = current(open, &ids, deadline).await?;
    for (record, base, id) in linked {
        match theirs.get(&id) {
            Some(theirs) => agreement.add(&record.key, &record.fields, &theirs.fields, &base),
            None => agreement.add_alone(&record.key, Some(LinkState::Linked)),
        }
    }
    Ok(())
}

/// Where a record's other side is.
enum Place {
    /// Not at the target, for the reason its link gives; `None` without one.
    Alone(Option<LinkState>),
    /// At the target under an id, and what both had when they last agreed.
    Target(Base, String),
}

fn place(open: &OpenFlow, record: &Pulled, link: Option<Link>) -> Place {
    if record.severity != Severity::Warn {
        return Place::Alone(Some(LinkState::Quarantined));
    }
    let Some(Link { state, target, mut base, withheld, .. }) = link else { return Place::Alone(None) };
    // That one side goes without is known, and nobody's change.
    for (name, value) in record.fields.iter().filter(|(name, _)| withheld.contains_key(*name)) {
        base.source.set(name, Some(value.clone()));
    }
    match (state, target) {
        (LinkState::TargetGone, _) => Place::Alone(Some(LinkState::TargetGone)),
        // A relation has no id of its own that could stand although it was refused.
        (LinkState::Refused, _) if open.relations.is_some() => Place::Alone(Some(LinkState::Refused)),
        (_, Some(id)) => Place::Target(base, id),
        (LinkState::Refused, None) => Place::Alone(Some(LinkState::Refused)),
        // It was unfit when a run last saw it, and is fit now.
        (LinkState::Linked | LinkState::Begun | LinkState::Quarantined | LinkState::SourceGone, None) => {
            Place::Alone(None)
        }
    }
}

async fn current(open: &OpenFlow, ids: &[String], deadline: Deadline) -> Result<BTreeMap<String, Theirs>, SyncError> {
    let size = open.target.batch_size(open.writing.stream()).max(1);
    let read: Vec<BTreeMap<String, Theirs>> = stream::iter(ids.chunks(size))
        .map(|ids| theirs::read(open, ids, deadline))
        .buffer_unordered(TOGETHER)
        .try_collect()
        .await?;
    Ok(read.into_iter().flatten().collect())
}

/// Links whose record the source does not list any more, though no run has said so yet.
pub(super) async fn without_source(
    open: &OpenFlow,
    table: &OrgTable,
    survey: &Survey,
    agreement: &mut AgreementCheck,
) -> Result<(), SyncError> {
    for link in table.link_heads(&open.id).await? {
        let stands = matches!(link.state, LinkState::Linked | LinkState::Refused);
        if stands && !survey.has_seen(&link.key) {
            agreement.add_without_source(&link.key);
        }
    }
    Ok(())
}
