//! When the functions have nothing left to do.

use super::Activity;
use aws_sdk_sqs::{Client, types::QueueAttributeName};
use std::time::Duration;
use tokio::time::Instant;

/// Watches the queues and invocations of a host.
#[derive(Clone, Debug)]
pub struct Quiet {
    client: Client,
    queues: Vec<String>,
    activity: Activity,
}

/// What is queued: visible, in flight and delayed together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth(pub u64);

impl Quiet {
    pub(crate) fn new(client: Client, queues: Vec<String>, activity: Activity) -> Self {
        Self { client, queues, activity }
    }

    /// Waits until nothing is queued or running, twice in a row; tells progress meanwhile. Gives up after `limit`.
    pub async fn wait(&self, limit: Duration, mut progress: impl FnMut(Depth, u64)) -> anyhow::Result<Settled> {
        let ends = Instant::now() + limit;
        let mut still = 0;
        while Instant::now() < ends {
            let depth = self.depth().await?;
            progress(depth, self.activity.begun());
            still = if depth == Depth(0) && self.activity.is_idle() { still + 1 } else { 0 };
            if still >= 3 {
                return Ok(Settled::Quiet);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(Settled::StillBusy)
    }

    /// What is queued now.
    pub async fn depth(&self) -> anyhow::Result<Depth> {
        let counted = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
            QueueAttributeName::ApproximateNumberOfMessagesDelayed,
        ];
        let mut depth = 0;
        for queue in &self.queues {
            let answer = self
                .client
                .get_queue_attributes()
                .queue_url(queue)
                .set_attribute_names(Some(counted.to_vec()))
                .send()
                .await?;
            let attributes = answer.attributes.unwrap_or_default();
            depth += counted
                .iter()
                .filter_map(|name| attributes.get(name))
                .filter_map(|text| text.parse::<u64>().ok())
                .sum::<u64>();
        }
        Ok(Depth(depth))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    Quiet,
    StillBusy,
}
