//! Events that came together get a row each. Those that something follows from get a message, too, as if they had come one by
//! one; the others are done with.

use crate::{
    desk::Desk,
    react::{self, Failure},
};
use futures::future::try_join_all;
use lintel_cloud::{
    batch::RecordError,
    messages::EventsMessage,
    queues::QueueError,
    store::{Arrived, EventState, OrgTable},
};
use lintel_domain::ids::{BundleId, OrgId};

/// The bundle goes last: whatever stops this, it is unpacked again, and what has its row by then is known.
pub(crate) async fn unpack(desk: &Desk, org: &OrgId, id: &BundleId) -> Result<(), RecordError> {
    let table = desk.table.org(org);
    let Some(events) = table.bundle(id).await? else { return Ok(()) };
    let settings = desk.settings.load(org).await?;
    let reactions = desk.reactions(&settings).await.map_err(Failure::again)?;
    let state = |arrived: &Arrived| match react::nothing_follows(&reactions, &arrived.event) {
        Some(outcome) => EventState::Done { outcome },
        None => EventState::Pending,
    };
    let states: Vec<(&Arrived, EventState)> = events.iter().map(|arrived| (arrived, state(arrived))).collect();
    let new = table.keep_events(&states).await?;
    let repeated = new.iter().filter(|new| !**new).count();
    desk.metrics.count("event-router", org, "events_repeated_count", repeated);
    let waiting = states.into_iter().zip(new).filter(|((_, state), new)| *new && *state == EventState::Pending);
    announce(desk, &table, waiting.map(|((arrived, _), _)| arrived)).await?;
    Ok(table.delete_bundle(id).await?)
}

/// Each under its own correlation id.
async fn announce(desk: &Desk, table: &OrgTable, events: impl Iterator<Item = &Arrived>) -> Result<(), QueueError> {
    let sent = events.map(|arrived| async move {
        let message = [EventsMessage::V1 { org: table.id().clone(), event: arrived.id.clone() }];
        let sent = desk.queues.send_together(&desk.events, table.id(), &message);
        match &arrived.correlation {
            Some(correlation) => correlation.clone().scope(sent).await,
            None => sent.await,
        }
    });
    try_join_all(sent).await.map(drop)
}
