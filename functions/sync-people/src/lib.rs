//! Works off the pages of runs that sync people: tenants, residents, leads, owners and their contacts.

use lintel_cloud::{Environment, Function, FunctionError, Invocation, StartError};
use lintel_sync::Worker;
use serde_json::Value;
use std::sync::Arc;

#[derive(Debug)]
pub struct SyncPeople(Arc<Worker>);

impl Function for SyncPeople {
    const NAME: &'static str = "sync-people";
    const REQUIRES: &'static [&'static str] = Worker::REQUIRES;

    async fn start(environment: &Environment) -> Result<Self, StartError> {
        Worker::start(Self::NAME, environment).map(Arc::new).map(Self)
    }

    async fn handle(self: Arc<Self>, event: Value, invocation: Invocation) -> Result<Value, FunctionError> {
        Arc::clone(&self.0).handle(event, invocation).await
    }
}
