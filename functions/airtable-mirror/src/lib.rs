//! Keeps the office's history table in step with stays and their jobs.
//!
//! Messages only say which stays to look at: what is written is what the table holds now, compared by fingerprint with
//! what was written before, so a repeated or late message writes nothing.

mod desk;
mod rows;

use lintel_cloud::{Environment, Function, FunctionError, Invocation, StartError, batch::Batches};
use std::sync::Arc;

#[derive(Debug)]
pub struct AirtableMirror {
    desk: desk::Desk,
    batches: Batches,
}

impl Function for AirtableMirror {
    const NAME: &'static str = "airtable-mirror";
    const REQUIRES: &'static [&'static str] = &["LINTEL_TABLE", "LINTEL_STAGE", "LINTEL_QUEUE_MIRROR"];

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
            .process_all(event, move |records| {
                let mirror = Arc::clone(&self);
                async move { mirror.desk.mirror(records, invocation.deadline).await }
            })
            .await
    }
}
