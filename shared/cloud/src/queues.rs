//! Sending to queues. Every message belongs to its organization's group, so that one organization's flood does not hold up
//! another's (SQS fair queues).

use crate::correlation::CorrelationId;
use aws_sdk_sqs::{
    Client,
    types::{MessageAttributeValue, SendMessageBatchRequestEntry},
};
use lintel_domain::ids::OrgId;
use serde::Serialize;
use std::{collections::HashMap, fmt, time::Duration};

/// The message attribute that names the organization.
pub const ORG: &str = "org";
/// The message attribute that carries the correlation id.
pub const CORRELATION: &str = "correlation";
/// SQS takes ten messages at a time.
const AT_ONCE: usize = 10;
/// Sends of what a batch refused.
const TRIES: usize = 4;
/// SQS delays a message no longer.
const LONGEST_DELAY: Duration = Duration::from_mins(15);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueUrl(String);

impl QueueUrl {
    pub fn new(url: impl Into<String>) -> Self {
        Self(url.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[derive(Debug, thiserror::Error)]
#[error("send to queue {queue}: {reason}")]
pub struct QueueError {
    queue: String,
    reason: String,
}

#[derive(Clone)]
pub struct Queues {
    client: Client,
}

impl fmt::Debug for Queues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Queues")
    }
}

impl Queues {
    pub fn new(client: Client) -> Self {
        Self { client }
    }

    /// Sends one message, hidden for `delay` at first (15 minutes at most; a longer one is the table's business).
    pub async fn send<T: Serialize + Sync>(
        &self,
        queue: &QueueUrl,
        org: &OrgId,
        message: &T,
        delay: Duration,
    ) -> Result<(), QueueError> {
        let seconds = delay.min(LONGEST_DELAY).as_millis().div_ceil(1_000);
        self.client
            .send_message()
            .queue_url(queue.as_str())
            .message_body(body(queue, message)?)
            .message_group_id(org.as_str())
            .set_message_attributes(Some(attributes(queue, org)?))
            .set_delay_seconds((seconds > 0).then(|| i32::try_from(seconds).unwrap_or(i32::MAX)))
            .send()
            .await
            .map(drop)
            .map_err(|error| failed(queue, &error))
    }

    /// Sends many, ten at a time; what a batch refuses is sent again.
    pub async fn send_all<T: Serialize + Sync>(
        &self,
        queue: &QueueUrl,
        org: &OrgId,
        messages: &[T],
    ) -> Result<(), QueueError> {
        for chunk in messages.chunks(AT_ONCE) {
            let bodies = chunk.iter().map(|message| body(queue, message)).collect::<Result<Vec<_>, _>>()?;
            self.send_batch(queue, org, bodies).await?;
        }
        Ok(())
    }

    async fn send_batch(&self, queue: &QueueUrl, org: &OrgId, mut bodies: Vec<String>) -> Result<(), QueueError> {
        let attributes = attributes(queue, org)?;
        for _ in 0..TRIES {
            let entries = bodies
                .iter()
                .enumerate()
                .map(|(index, body)| {
                    SendMessageBatchRequestEntry::builder()
                        .id(index.to_string())
                        .message_body(body)
                        .message_group_id(org.as_str())
                        .set_message_attributes(Some(attributes.clone()))
                        .build()
                })
                .collect::<Result<Vec<_>, _>>()
                .map_err(|error| QueueError { queue: name(queue), reason: error.to_string() })?;
            let answer = self
                .client
                .send_message_batch()
                .queue_url(queue.as_str())
                .set_entries(Some(entries))
                .send()
                .await
                .map_err(|error| failed(queue, &error))?;
            let refused: Vec<usize> = answer.failed().iter().filter_map(|entry| entry.id().parse().ok()).collect();
            if refused.is_empty() {
                return Ok(());
            }
            bodies = bodies
                .into_iter()
                .enumerate()
                .filter_map(|(index, body)| refused.contains(&index).then_some(body))
                .collect();
        }
        Err(QueueError { queue: name(queue), reason: format!("{} messages were refused", bodies.len()) })
    }
}

/// What goes with every message beside its body, readable whatever the body says.
fn attributes(queue: &QueueUrl, org: &OrgId) -> Result<HashMap<String, MessageAttributeValue>, QueueError> {
    let correlation = CorrelationId::current();
    let said = [(ORG, Some(org.as_str())), (CORRELATION, correlation.as_ref().map(CorrelationId::as_str))];
    said.into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .map(|(name, value)| {
            let value = MessageAttributeValue::builder().data_type("String").string_value(value).build();
            let value = value.map_err(|error| QueueError { queue: self::name(queue), reason: error.to_string() })?;
            Ok((name.to_owned(), value))
        })
        .collect()
}

fn body<T: Serialize>(queue: &QueueUrl, message: &T) -> Result<String, QueueError> {
    serde_json::to_string(message).map_err(|error| QueueError { queue: name(queue), reason: error.to_string() })
}

fn failed<E>(queue: &QueueUrl, error: &E) -> QueueError
where
    E: aws_sdk_sqs::error::ProvideErrorMetadata + fmt::Display,
{
    let reason = error.message().map_or_else(|| error.to_string(), str::to_owned);
    QueueError { queue: name(queue), reason }
}

/// The last part of the URL: all that a log needs.
fn name(queue: &QueueUrl) -> String {
    queue.as_str().rsplit('/').next().unwrap_or_default().to_owned()
}
