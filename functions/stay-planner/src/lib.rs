//! Applies one read of one source to one property: identity, history, absence, every flag, and the orders for jobs.
//!
//! All of a property is decided together by [`lintel_domain::planner::plan`] and written in one transaction under the
//! property's version, so two planners at the same property cannot both win.

mod orders;
mod work;

use lintel_cloud::{Environment, Function, FunctionError, Invocation, StartError, batch, messages::StaysMessage};
use std::sync::Arc;

#[derive(Debug)]
pub struct StayPlanner {
    desk: work::Desk,
}

impl Function for StayPlanner {
    const NAME: &'static str = "stay-planner";

    async fn start(environment: &Environment) -> Result<Self, StartError> {
        Ok(Self { desk: work::Desk::open(environment)? })
    }

    async fn handle(
        self: Arc<Self>,
        event: serde_json::Value,
        _invocation: Invocation,
    ) -> Result<serde_json::Value, FunctionError> {
        batch::process(event, move |record| {
            let planner = Arc::clone(&self);
            async move { planner.desk.apply(StaysMessage::parse(&record.body)?).await }
        })
        .await
    }
}
