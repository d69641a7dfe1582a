//! Events that came together get a row and a message each, as if they had come one by one.

use crate::desk::Desk;
use futures::future::try_join_all;
use lintel_cloud::{
    batch::RecordError,
    messages::EventsMessage,
    queues::QueueError,
    store::{Arrived, OrgTable},
};
use lintel_domain::ids::{BundleId, OrgId};

/// The bundle goes last: whatever stops this, it is unpacked again, and what has its row by then is known.
pub(crate) async fn unpack(desk: &Desk, org: &OrgId, id: &BundleId) -> Result<(), RecordError> {
    let table = desk.table.org(org);
    let Some(events) = table.bundle(id).await? else { return Ok(()) };
    // One after the other: the same event may be among them twice.
    let mut new = Vec::with_capacity(events.len());
    for arrived in events {
        if table.keep_event(&arrived.id, &arrived.event).await? {
            new.push(arrived);
        }
    }
    announce(desk, &table, new).await?;
    Ok(table.delete_bundle(id).await?)
}

/// Each under its own correlation id.
async fn announce(desk: &Desk, table: &OrgTable, events: Vec<Arrived>) -> Result<(), QueueError> {
    let sent = events.into_iter().map(|arrived| async move {
        let message = [EventsMessage::V1 { org: table.id().clone(), event: arrived.id }];
        let sent = desk.queues.send_together(&desk.events, table.id(), &message);
        match arrived.correlation {
            Some(correlation) => correlation.scope(sent).await,
            None => sent.await,
        }
    });
    try_join_all(sent).await.map(drop)
}
