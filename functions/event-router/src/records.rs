//! A record that changed at its source is read anew, for every flow it belongs to.

use crate::{desk::Desk, react::Failure};
use lintel_cloud::{messages::SyncMessage, store::Received};
use lintel_domain::settings::Organization;
use std::time::Duration;

pub(crate) async fn sync(desk: &Desk, settings: &Organization, received: &Received) -> Result<String, Failure> {
    let streams = desk.streams.of(&received.vendor).map_err(|error| Failure::Permanent(error.to_string()))?;
    let (manifest, mappings) = streams.as_ref();
    let stream = manifest.webhook.as_ref().and_then(|webhook| webhook.events.stream_of(&received.name));
    let (Some(stream), Some(record)) = (stream, &received.record) else {
        return Ok(format!("{} names no record of a stream", received.name));
    };
    let mut flows = Vec::new();
    for (id, flow) in settings.flows.iter().filter(|(_, flow)| flow.from == received.connection) {
        let Some(mapping) = mappings.get(&flow.stream) else { continue };
        if mapping.stream.as_deref().unwrap_or(&flow.stream) != stream {
            continue;
        }
        let message = SyncMessage::V2 { org: settings.id.clone(), flow: id.clone(), record: record.clone() };
        desk.queues.send(desk.workers.for_entity(mapping.entity), &settings.id, &message, Duration::ZERO).await?;
        flows.push(id.as_str());
    }
    Ok(if flows.is_empty() { "no flow reads it".to_owned() } else { format!("read anew for {}", flows.join(", ")) })
}
