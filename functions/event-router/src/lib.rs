//! Decides what follows from an event, and does it.
//!
//! Reactions are data: the organization's own first, then the standing ones. An event that cannot be used is set aside by
//! itself and can be replayed; the others go on.

mod desk;
mod follow;
mod react;
mod records;
mod unpack;

use jiff::SignedDuration;
use lintel_cloud::{
    Environment, Function, FunctionError, Invocation, StartError, batch::Batches, messages::EventsMessage,
};
use lintel_connectors::transport::Deadline;
use std::sync::Arc;

/// Time that writing down needs after a vendor was asked.
const ROOM: SignedDuration = SignedDuration::from_secs(5);

#[derive(Debug)]
pub struct EventRouter {
    desk: desk::Desk,
    batches: Batches,
}

impl Function for EventRouter {
    const NAME: &'static str = "event-router";
    const REQUIRES: &'static [&'static str] = &[
        "LINTEL_TABLE",
        "LINTEL_STAGE",
        "LINTEL_QUEUE_EVENTS",
        "LINTEL_QUEUE_JOBS",
        "LINTEL_QUEUE_MIRROR",
        "LINTEL_QUEUE_STAYS",
        "LINTEL_QUEUE_SYNC_PROPERTIES",
        "LINTEL_QUEUE_SYNC_UNITS",
        "LINTEL_QUEUE_SYNC_PEOPLE",
        "LINTEL_QUEUE_SYNC_LEASES",
    ];

    async fn start(environment: &Environment) -> Result<Self, StartError> {
        Ok(Self { desk: desk::Desk::open(environment)?, batches: environment.batches()? })
    }

    async fn handle(
        self: Arc<Self>,
        event: serde_json::Value,
        invocation: Invocation,
    ) -> Result<serde_json::Value, FunctionError> {
        let batches = self.batches.clone();
        batches
            .process(event, move |record| {
                let router = Arc::clone(&self);
                let deadline = Deadline::at(invocation.deadline - ROOM);
                async move {
                    let message = EventsMessage::parse(&record.body)?;
                    match message {
                        EventsMessage::V1 { org, event } => {
                            react::react(&router.desk, &org, &event, &record, deadline).await
                        }
                        EventsMessage::V2 { org, bundle } => unpack::unpack(&router.desk, &org, &bundle).await,
                    }
                }
            })
            .await
    }
}
