//! The streams a flow's records refer to, and those that refer to its people.

use super::survey::{Survey, read_whole};
use crate::{OpenFlow, SyncError};
use lintel_connectors::{
    Error,
    manifest::Manifest,
    mapping::{Mapping, Mappings},
    records::{PageAsk, PageToken},
    transport::Deadline,
};
use lintel_domain::{quality::ConsistencyCheck, records::Entity};
use std::collections::{BTreeMap, BTreeSet};

/// Reads whole what the source's records refer to, and what that refers to, as far as the source's mappings go. A person's leases are
/// read, too, though they are what refers to the person.
pub(super) async fn read(open: &OpenFlow, survey: &mut Survey, deadline: Deadline) -> Result<(), SyncError> {
    let manifest = open.source.manifest();
    let mappings = &*open.source_mappings;
    let mut asked = BTreeSet::from([open.reading.name().to_owned()]);
    while let Some(stream) = next(open.entity(), mappings, &survey.consistency, &asked) {
        let mapping = compiled(manifest, &stream, mappings)?;
        match stream_into(open, &mapping, &mut survey.consistency, deadline).await {
            Ok(()) => read_whole(&mut survey.consistency, &mapping),
            // The connection may lack a right that the flow itself does not need.
            Err(Error::Settings { .. }) => {
                survey.not_read.insert(stream.clone());
            }
            Err(error) => return Err(error.into()),
        }
        asked.insert(stream);
    }
    Ok(())
}

fn next(
    entity: Entity,
    mappings: &Mappings,
    consistency: &ConsistencyCheck,
    asked: &BTreeSet<String>,
) -> Option<String> {
    // Another mapping of the same stream shows a part of it.
    let is_lease = |stream: &&str| {
        mappings.get(stream).is_some_and(|mapping| mapping.entity == Entity::Lease && mapping.stream.is_none())
    };
    let leases = mappings.names().filter(|stream| entity == Entity::Person && is_lease(stream));
    let referred = consistency.unread().into_iter().filter(|stream| mappings.get(stream).is_some());
    leases.chain(referred).find(|stream| !asked.contains(*stream)).map(str::to_owned)
}

fn compiled(manifest: &Manifest, stream: &str, mappings: &Mappings) -> Result<Mapping, SyncError> {
    Ok(Mapping::compile(manifest, stream, mappings, &BTreeMap::new())?)
}

async fn stream_into(
    open: &OpenFlow,
    mapping: &Mapping,
    consistency: &mut ConsistencyCheck,
    deadline: Deadline,
) -> Result<(), Error> {
    let fields = mapping.vendor_fields();
    let mut token = Some(PageToken::First);
    while let Some(from) = token {
        let ask = PageAsk { stream: mapping.stream(), token: from, changed_since: None, fields: &fields };
        let page = open.source.page(&ask, deadline).await?;
        token = page.next;
        for mapped in page.items.iter().filter_map(|item| mapping.read(item, open.flow.currency)) {
            consistency.add(&mapped.record);
        }
    }
    Ok(())
}
