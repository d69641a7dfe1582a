//! Makes the field-service system hold exactly the jobs the planner ordered.
//!
//! A job is claimed, [`next_step`](lintel_domain::job_file::next_step) says what to do, it is done and written down, and
//! the question is asked again until order and job agree or it is time to wait.

mod carry_out;
mod desk;
mod worker;

use lintel_cloud::{
    Environment, Function, FunctionError, Invocation, StartError, batch::Batches, messages::JobsMessage,
};
use std::sync::Arc;

#[derive(Debug)]
pub struct JobWorker {
    desk: desk::Desk,
    batches: Batches,
}

impl Function for JobWorker {
    const NAME: &'static str = "job-worker";
    const REQUIRES: &'static [&'static str] =
        &["LINTEL_TABLE", "LINTEL_STAGE", "LINTEL_QUEUE_JOBS", "LINTEL_QUEUE_MIRROR"];

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
                let worker = Arc::clone(&self);
                async move {
                    worker::work(&worker.desk, JobsMessage::parse(&record.body)?, &record, invocation.deadline).await
                }
            })
            .await
    }
}
