//! A record that changed is read anew, for every flow it belongs to.

use crate::{desk::Desk, react::Failure};
use lintel_cloud::{messages::SyncMessage, store::Received};
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
    // Records that stand within others are looked at with those.
    let tells_of = |other: &str| {
        other == stream || manifest.streams.get(other).is_some_and(|other| other.around.as_deref() == Some(stream))
    };
    let holds = |name: &str| mappings.get(name).filter(|mapping| tells_of(mapping.stream.as_deref().unwrap_or(name)));
    for (id, flow) in &settings.flows {
        let (mapping, record) = if flow.from == received.connection {
            (holds(&flow.stream), Some(record.clone()))
        } else if flow.direction == Direction::TwoWay && flow.to == received.connection {
            (holds(&flow.into), counterpart(desk, settings, id, record).await?)
        } else {
            continue;
        };
        let (Some(mapping), Some(record)) = (mapping, record) else { continue };
        let message = SyncMessage::V2 { org: settings.id.clone(), flow: id.clone(), record };
        desk.queues.send(desk.workers.for_entity(mapping.entity), &settings.id, &message, Duration::ZERO).await?;
        flows.push(id.as_str());
    }
    Ok(if flows.is_empty() { "no flow reads it".to_owned() } else { format!("read anew for {}", flows.join(", ")) })
}

/// The source's record that one of the target's is linked with. What has no link is found by the next look at the target's list.
async fn counterpart(desk: &Desk, settings: &Organization, flow: &FlowId, id: &str) -> Result<Option<String>, Failure> {
    let key = desk.table.org(&settings.id).linked_with(flow, id).await?;
    Ok(key.map(|key| key.id().to_owned()))
}
