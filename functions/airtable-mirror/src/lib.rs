//! Keeps the office's history table in step with stays and their jobs.
//!
//! Messages only say which stays to look at: what is written is what the table holds now, compared by fingerprint with
//! what was written before, so a repeated or late message writes nothing.

mod desk;
mod rows;

use lintel_cloud::{Environment, Function, FunctionError, Invocation, StartError, batch};
use std::sync::Arc;

#[derive(Debug)]
pub struct AirtableMirror {
    desk: desk::Desk,
}

impl Function for AirtableMirror {
    const NAME: &'static str = "airtable-mirror";

    async fn start(environment: &Environment) -> Result<Self, StartError> {
        Ok(Self { desk: desk::Desk::open(environment)? })
    }

    async fn handle(
        self: Arc<Self>,
        event: serde_json::Value,
        invocation: Invocation,
    ) -> Result<serde_json::Value, FunctionError> {
        batch::process_all(event, move |records| {
            let mirror = Arc::clone(&self);
            async move { mirror.desk.mirror(records, invocation.deadline).await }
        })
        .await
    }
}
