//! Works off the pages of runs that sync leases.

use lintel_cloud::{Environment, Function, FunctionError, Invocation, StartError};
use lintel_sync::Worker;
use serde_json::Value;
use std::sync::Arc;

#[derive(Debug)]
pub struct SyncLeases(Arc<Worker>);

impl Function for SyncLeases {
    const NAME: &'static str = "sync-leases";
    const REQUIRES: &'static [&'static str] = Worker::REQUIRES;

    async fn start(environment: &Environment) -> Result<Self, StartError> {
        Worker::start(Self::NAME, environment).map(Arc::new).map(Self)
    }

    async fn handle(self: Arc<Self>, event: Value, invocation: Invocation) -> Result<Value, FunctionError> {
        Arc::clone(&self.0).handle(event, invocation).await
    }
}
