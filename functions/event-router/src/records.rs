//! A record that changed is read anew, for every flow it belongs to.

use crate::{desk::Desk, react::Failure};
use lintel_cloud::{messages::SyncMessage, store::Received};
use lintel_connectors::manifest::Manifest;
use lintel_domain::{ids::FlowId, settings::Organization, sync::Direction};
use std::time::Duration;

pub(crate) async fn sync(desk: &Desk, settings: &Organization, received: &Received) -> Result<String, Failure> {
    let streams = desk.streams.of(settings, &received.vendor).map_err(|error| Failure::Permanent(error.to_string()))?;
    let (manifest, mappings) = streams.as_ref();
    let stream = manifest.webhook.as_ref().and_then(|webhook| webhook.events.stream_of(&received.name));
    let (Some(stream), Some(record)) = (stream, &received.record) else {
        return Ok(format!("{} names no record of a stream", received.name));
    };
    let mut flows = Vec::new();
    let holds = |name: &str| {
        let mapping = mappings.get(name)?;
        Some((mapping.entity, told(manifest, stream, mapping.stream.as_deref().unwrap_or(name))?))
    };
    for (id, flow) in &settings.flows {
        let (held, record) = if flow.from == received.connection {
            (holds(&flow.stream), Some(record.clone()))
        } else if flow.direction == Direction::TwoWay && flow.to == received.connection {
            (holds(&flow.into), counterpart(desk, settings, id, record).await?)
        } else {
            continue;
        };
        let (Some((entity, told)), Some(record)) = (held, record) else { continue };
        let (org, flow) = (settings.id.clone(), id.clone());
        let message = match told {
            Told::Itself => SyncMessage::V2 { org, flow, record },
            Told::Through => SyncMessage::V3 { org, flow, through: stream.to_owned(), record },
        };
        desk.queues.send(desk.workers.for_entity(entity), &settings.id, &message, Duration::ZERO).await?;
        flows.push(id.as_str());
    }
    Ok(if flows.is_empty() { "no flow reads it".to_owned() } else { format!("read anew for {}", flows.join(", ")) })
}

/// What an event about one stream's record says of another stream.
enum Told {
    /// The record is one of its own, or holds some.
    Itself,
    /// Some of its records show it.
    Through,
}

fn told(manifest: &Manifest, stream: &str, other: &str) -> Option<Told> {
    if other == stream {
        return Some(Told::Itself);
    }
    let other = manifest.streams.get(other)?;
    if other.around.as_deref() == Some(stream) {
        return Some(Told::Itself);
    }
    other.through().filter(|through| through.stream == stream).map(|_| Told::Through)
}

/// The source's record that one of the target's is linked with. What has no link is found by the next look at the target's list.
async fn counterpart(desk: &Desk, settings: &Organization, flow: &FlowId, id: &str) -> Result<Option<String>, Failure> {
    let key = desk.table.org(&settings.id).linked_with(flow, id).await?;
    Ok(key.map(|key| key.id().to_owned()))
}
