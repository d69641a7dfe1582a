//! Fetches feeds and hands what changed to the planner.
//!
//! A feed that answers with the content it had before costs no write and no message, unless stays of it are being
//! counted as missing: then an unchanged read is evidence, too.

mod fetch;
mod outcome;
mod poll;
mod reading;

pub use fetch::{Fetch, FetchFault, FetchLimits, Fetched, HttpFetch, Validators};
pub use poll::PollError;
pub use reading::{Doubt, Reading, ReadingError, read_calendar};

use lintel_cloud::{
    Environment, Function, FunctionError, Invocation, StartError, batch::Batches, messages::FeedsMessage,
};
use std::sync::Arc;

#[derive(Debug)]
pub struct FeedPoller {
    desk: poll::Desk,
    batches: Batches,
}

impl FeedPoller {
    /// A poller that fetches in its own way: for simulations.
    pub fn with_fetch(environment: &Environment, fetch: Arc<dyn Fetch>) -> Result<Self, StartError> {
        Ok(Self { desk: poll::Desk::open(environment, fetch)?, batches: environment.batches()? })
    }

    /// Takes a body in as if its feed had just answered with it.
    pub async fn take_body(
        &self,
        org: &lintel_domain::ids::OrgId,
        feed: &lintel_domain::ids::FeedId,
        body: bytes::Bytes,
    ) -> Result<(), PollError> {
        self.desk.take_body(org, feed, body).await
    }
}

impl Function for FeedPoller {
    const NAME: &'static str = "feed-poller";
    const REQUIRES: &'static [&'static str] = &["LINTEL_TABLE", "LINTEL_QUEUE_STAYS"];

    async fn start(environment: &Environment) -> Result<Self, StartError> {
        let fetch = HttpFetch::new(environment.addresses())
            .map_err(|error| StartError::SetUp { what: "the feed client", reason: error.to_string() })?;
        Self::with_fetch(environment, Arc::new(fetch))
    }

    async fn handle(
        self: Arc<Self>,
        event: serde_json::Value,
        invocation: Invocation,
    ) -> Result<serde_json::Value, FunctionError> {
        let batches = self.batches.clone();
        batches
            .process(event, move |record| {
                let poller = Arc::clone(&self);
                async move { poller.desk.poll_all(FeedsMessage::parse(&record.body)?, invocation.deadline).await }
            })
            .await
    }
}
