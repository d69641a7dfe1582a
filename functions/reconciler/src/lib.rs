//! Sets both sides against each other: what was ordered, and what the field-service system holds.
//!
//! Catches up with what no webhook told, gives jobs made by hand to their stays, and says what must hold and does not. One
//! list of jobs serves all of it, so a run costs a call for every two hundred jobs and one for each job it adopts.

mod desk;
mod office;
mod report;
mod run;

pub use report::{OrgReport, Report};

use lintel_cloud::{Environment, Function, FunctionError, Invocation, StartError};
use serde_json::Value;
use std::sync::Arc;

#[derive(Debug)]
pub struct Reconciler {
    desk: desk::Desk,
}

impl Function for Reconciler {
    const NAME: &'static str = "reconciler";
    const REQUIRES: &'static [&'static str] =
        &["LINTEL_TABLE", "LINTEL_STAGE", "LINTEL_QUEUE_JOBS", "LINTEL_QUEUE_MIRROR", "LINTEL_QUEUE_STAYS"];

    async fn start(environment: &Environment) -> Result<Self, StartError> {
        Ok(Self { desk: desk::Desk::open(environment)? })
    }

    async fn handle(self: Arc<Self>, _event: Value, invocation: Invocation) -> Result<Value, FunctionError> {
        let mut report = Report::default();
        for org in self.desk.table.organizations().await? {
            // One organization's trouble is not the next one's.
            match run::reconcile(&self.desk, &org, invocation.deadline).await {
                Ok(Some(one)) => report.organizations.push(one),
                Ok(None) => {}
                Err(error) => {
                    tracing::error!(%org, %error, "an organization was not reconciled");
                    report.organizations.push(OrgReport::failed(org, error.to_string()));
                }
            }
        }
        serde_json::to_value(report).map_err(|error| FunctionError::Event(error.to_string()))
    }
}
