//! Sending to queues. Every message belongs to its organization's group, so that one organization's flood does not hold up
//! another's (SQS fair queues).

use crate::{correlation::CorrelationId, gathering::Gathering};
use aws_sdk_sqs::{
    Client,
    types::{MessageAttributeValue, SendMessageBatchRequestEntry},
};
use futures::future::{join_all, try_join_all};
use lintel_domain::ids::OrgId;
use serde::Serialize;
use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    time::Duration,
};

/// The message attribute that names the organization.
pub const ORG: &str = "org";
/// The message attribute that carries the correlation id.
pub const CORRELATION: &str = "correlation";
/// SQS takes ten messages at a time.
const AT_ONCE: usize = 10;
/// Messages of callers that send together, on their way at the same time.
const TOGETHER: usize = 100;
/// Sends of what a batch refused.
const TRIES: usize = 4;
/// SQS delays a message no longer.
const LONGEST_DELAY: Duration = Duration::from_mins(15);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct QueueUrl(String);

impl QueueUrl {
    pub fn new(url: impl Into<String>) -> Self {
        Self(url.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[derive(Clone, Debug, thiserror::Error)]
#[error("send to queue {queue}: {reason}")]
pub struct QueueError {
    queue: String,
    reason: String,
}

#[derive(Clone)]
pub struct Queues {
    client: Client,
    gathering: Gathering<Envelope, Result<(), QueueError>>,
}

/// A message ready to be sent.
#[derive(Clone)]
struct Envelope {
    queue: QueueUrl,
    org: OrgId,
    body: String,
    attributes: HashMap<String, MessageAttributeValue>,
}

impl fmt::Debug for Queues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Queues")
    }
}

impl Queues {
    pub fn new(client: Client) -> Self {
        let sending = client.clone();
        let gathering = Gathering::new(TOGETHER, move |envelopes| {
            let client = sending.clone();
            async move { send_each(&client, envelopes).await }
        });
        Self { client, gathering }
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
            let envelopes = chunk.iter().map(|message| Envelope::new(queue, org, message));
            let envelopes: Vec<Envelope> = envelopes.collect::<Result<_, _>>()?;
            send_batch(&self.client, queue, &envelopes.iter().collect::<Vec<_>>())
                .await
                .into_iter()
                .collect::<Result<(), _>>()?;
        }
        Ok(())
    }

    /// Sends messages in batches with those that other callers send at this moment.
    pub async fn send_together<T: Serialize + Sync>(
        &self,
        queue: &QueueUrl,
        org: &OrgId,
        messages: &[T],
    ) -> Result<(), QueueError> {
        let sent = messages.iter().map(|message| async {
            let unanswered =
                |error: crate::gathering::Unanswered| QueueError { queue: name(queue), reason: error.to_string() };
            self.gathering.ask(Envelope::new(queue, org, message)?).await.map_err(unanswered)?
        });
        try_join_all(sent).await.map(drop)
    }
}

impl Envelope {
    fn new<T: Serialize>(queue: &QueueUrl, org: &OrgId, message: &T) -> Result<Self, QueueError> {
        Ok(Self {
            queue: queue.clone(),
            org: org.clone(),
            body: body(queue, message)?,
            attributes: attributes(queue, org)?,
        })
    }
}

/// Sends messages for any queues, and answers for each of them, in their order.
async fn send_each(client: &Client, envelopes: Vec<Envelope>) -> Vec<Result<(), QueueError>> {
    let mut by_queue: BTreeMap<&QueueUrl, Vec<(usize, &Envelope)>> = BTreeMap::new();
    for (index, envelope) in envelopes.iter().enumerate() {
        by_queue.entry(&envelope.queue).or_default().push((index, envelope));
    }
    let batches = by_queue.iter().flat_map(|(queue, sent)| sent.chunks(AT_ONCE).map(move |chunk| (*queue, chunk)));
    let sent = batches.map(|(queue, chunk)| async move {
        let envelopes: Vec<&Envelope> = chunk.iter().map(|(_, envelope)| *envelope).collect();
        let outcomes = send_batch(client, queue, &envelopes).await;
        chunk.iter().map(|(index, _)| *index).zip(outcomes).collect::<Vec<_>>()
    });
    let mut outcomes: Vec<_> = join_all(sent).await.into_iter().flatten().collect();
    outcomes.sort_unstable_by_key(|(index, _)| *index);
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}

/// Sends a batch; what it refuses is sent again. Answers for each message, in their order.
async fn send_batch(client: &Client, queue: &QueueUrl, envelopes: &[&Envelope]) -> Vec<Result<(), QueueError>> {
    let mut left: Vec<usize> = (0..envelopes.len()).collect();
    let mut reason = "was refused".to_owned();
    for _ in 0..TRIES {
        match send_once(client, queue, envelopes, &left).await {
            Ok(refused) => left = refused,
            Err(error) => {
                reason = error.reason;
                break;
            }
        }
        if left.is_empty() {
            break;
        }
    }
    let refused = || QueueError { queue: name(queue), reason: reason.clone() };
    (0..envelopes.len()).map(|index| if left.contains(&index) { Err(refused()) } else { Ok(()) }).collect()
}

/// Sends the chosen messages, and answers which of them were refused.
async fn send_once(
    client: &Client,
    queue: &QueueUrl,
    envelopes: &[&Envelope],
    chosen: &[usize],
) -> Result<Vec<usize>, QueueError> {
    let entry = |(index, envelope): (usize, &Envelope)| {
        SendMessageBatchRequestEntry::builder()
            .id(index.to_string())
            .message_body(&envelope.body)
            .message_group_id(envelope.org.as_str())
            .set_message_attributes(Some(envelope.attributes.clone()))
            .build()
    };
    let entries = chosen.iter().filter_map(|&index| Some((index, *envelopes.get(index)?))).map(entry);
    let entries = entries.collect::<Result<Vec<_>, _>>();
    let entries = entries.map_err(|error| QueueError { queue: name(queue), reason: error.to_string() })?;
    let batch = client.send_message_batch().queue_url(queue.as_str()).set_entries(Some(entries));
    let answer = batch.send().await.map_err(|error| failed(queue, &error))?;
    Ok(answer.failed().iter().filter_map(|entry| entry.id().parse().ok()).collect())
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
