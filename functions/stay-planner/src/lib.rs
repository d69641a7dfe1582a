//! Applies one read of one source to one property: identity, history, absence, every flag, and the orders for jobs.
//!
//! All of a property is decided together by [`lintel_domain::planner::plan`] and written in one transaction under the
//! property's version, so two planners at the same property cannot both win.

mod orders;
mod work;

use lintel_cloud::{
    Environment, Function, FunctionError, Invocation, StartError, batch::Batches, messages::StaysMessage,
};
use std::sync::Arc;

#[derive(Debug)]
pub struct StayPlanner {
    desk: work::Desk,
    batches: Batches,
}

impl Function for StayPlanner {
    const NAME: &'static str = "stay-planner";
    const REQUIRES: &'static [&'static str] =
        &["LINTEL_TABLE", "LINTEL_QUEUE_STAYS", "LINTEL_QUEUE_JOBS", "LINTEL_QUEUE_MIRROR"];

    async fn start(environment: &Environment) -> Result<Self, StartError> {
        Ok(Self { desk: work::Desk::open(environment)?, batches: environment.batches()? })
    }

    async fn handle(
        self: Arc<Self>,
        event: serde_json::Value,
        _invocation: Invocation,
    ) -> Result<serde_json::Value, FunctionError> {
        let batches = self.batches.clone();
        batches
            .process(event, move |record| {
                let planner = Arc::clone(&self);
                async move { planner.desk.apply(StaysMessage::parse(&record.body)?).await }
            })
            .await
    }
}
