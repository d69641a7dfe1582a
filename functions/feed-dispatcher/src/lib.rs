//! Chooses the feeds that are due and hands them to the poller in chunks.
//!
//! Whether a feed is due follows from its settings and what polling noted; nothing is written for a feed that is polled
//! as usual, so a quiet cycle costs one query an organization.

use lintel_cloud::{
    Environment, Function, FunctionError, Invocation, StartError,
    inputs::{Inputs, NewInput},
    messages::FeedsMessage,
    metrics::Metrics,
    queues::{QueueUrl, Queues},
    settings::SettingsStore,
    store::{FeedRow, Table},
};
use lintel_connectors::surroundings::Clock;
use lintel_domain::{
    ids::{FeedId, InputId, OrgId, SourceId},
    planner::Input,
    settings::{FeedStatus, Organization},
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc};

/// Feeds in one message: what one poller invocation can fetch well within its time.
const CHUNK: usize = 25;

#[derive(Debug)]
pub struct FeedDispatcher {
    table: Table,
    settings: SettingsStore,
    queues: Queues,
    feeds: QueueUrl,
    inputs: Inputs,
    clock: Arc<dyn Clock>,
    metrics: Metrics,
}

impl Function for FeedDispatcher {
    const NAME: &'static str = "feed-dispatcher";
    const REQUIRES: &'static [&'static str] = &["LINTEL_TABLE", "LINTEL_QUEUE_FEEDS", "LINTEL_QUEUE_STAYS"];

    async fn start(environment: &Environment) -> Result<Self, StartError> {
        let table = environment.table()?;
        Ok(Self {
            settings: SettingsStore::new(table.clone(), environment.objects()),
            queues: environment.queues(),
            feeds: environment.queue("LINTEL_QUEUE_FEEDS")?,
            inputs: environment.inputs()?,
            clock: environment.clock(),
            metrics: environment.metrics(),
            table,
        })
    }

    async fn handle(self: Arc<Self>, _event: Value, _invocation: Invocation) -> Result<Value, FunctionError> {
        let mut dispatched = 0;
        let mut failed = None;
        for org in self.table.organizations().await? {
            match self.dispatch(&org).await {
                Ok(feeds) => dispatched += feeds,
                // One organization's trouble is not the next one's.
                Err(error) => {
                    tracing::error!(%org, %error, "an organization's feeds were left out");
                    failed = Some(error);
                }
            }
        }
        failed.map_or_else(|| Ok(json!({ "dispatched": dispatched })), Err)
    }
}

impl FeedDispatcher {
    async fn dispatch(&self, org: &OrgId) -> Result<usize, FunctionError> {
        let settings = self.settings.load(org).await?;
        let now = self.clock.now();
        let rows: BTreeMap<FeedId, _> = self.table.org(org).feed_rows().await?.into_iter().collect();
        let due: Vec<FeedId> = settings
            .feeds
            .iter()
            .filter(|(_, feed)| feed.status == FeedStatus::Active)
            .filter(|(id, _)| rows.get(id).and_then(|row| row.not_before).is_none_or(|moment| moment <= now))
            .map(|(id, _)| id.clone())
            .collect();
        let messages: Vec<FeedsMessage> =
            due.chunks(CHUNK).map(|feeds| FeedsMessage::V1 { org: org.clone(), feeds: feeds.to_vec() }).collect();
        self.queues.send_all(&self.feeds, org, &messages).await?;
        self.metrics.count(Self::NAME, org, "feeds_dispatched_count", due.len());
        self.retire(&settings, org, &rows).await?;
        Ok(due.len())
    }

    /// Stays of a feed that was removed, or moved to another property, are taken back where they were handed to. The feed's
    /// row is forgotten after that: a run that dies in between asks again, which retires nothing twice, and a feed that
    /// comes back is read as a new one.
    async fn retire(
        &self,
        settings: &Organization,
        org: &OrgId,
        rows: &BTreeMap<FeedId, FeedRow>,
    ) -> Result<(), FunctionError> {
        let now = self.clock.now();
        for (id, row) in rows {
            let Some((property, feed)) = row.property.as_ref().zip(settings.feeds.get(id)) else { continue };
            if feed.status != FeedStatus::Remove && feed.property == *property {
                continue;
            }
            let input = Input::RemoveSource { source: SourceId::new(id.as_str()) };
            let retire = NewInput { id: InputId::new(format!("retire-{id}-{now}")), property: property.clone(), input };
            self.inputs.hand_over(org, vec![retire], now).await?;
            self.table.org(org).save_feed_row(id, &FeedRow::default()).await?;
        }
        Ok(())
    }
}
