//! An event source mapping: takes messages off a queue, invokes the function, deletes what succeeded.
//!
//! What the function reports as failed is left to its visibility timeout, and so to redrive, as deployed.

use super::activity::Activity;
use crate::{registry::Hosted, template::QueueTrigger};
use aws_sdk_sqs::{
    Client,
    types::{DeleteMessageBatchRequestEntry, Message, MessageSystemAttributeName},
};
use jiff::{SignedDuration, Timestamp};
use lintel_cloud::Invocation;
use serde_json::{Value, json};
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tokio::{sync::Semaphore, time::Instant};

/// SQS hands out ten at a time.
const AT_ONCE: i32 = 10;
/// One mapping polls with several invocations in flight unless the template says how many.
const DEFAULT_CONCURRENCY: usize = 5;

#[derive(Debug)]
pub(crate) struct Pump {
    pub(crate) client: Client,
    pub(crate) queue_url: String,
    pub(crate) queue_arn: String,
    pub(crate) trigger: QueueTrigger,
    pub(crate) timeout: SignedDuration,
    pub(crate) function: Hosted,
    pub(crate) activity: Activity,
}

impl Pump {
    /// Runs until the task is dropped.
    pub(crate) async fn run(self) {
        let permits = Arc::new(Semaphore::new(self.trigger.max_concurrency.unwrap_or(DEFAULT_CONCURRENCY)));
        let pump = Arc::new(self);
        loop {
            let Ok(permit) = Arc::clone(&permits).acquire_owned().await else { return };
            let messages = pump.gather().await;
            if messages.is_empty() {
                continue;
            }
            let pump = Arc::clone(&pump);
            let running = pump.activity.begin();
            tokio::spawn(async move {
                pump.deliver(messages).await;
                drop(running);
                drop(permit);
            });
        }
    }

    /// A batch: what is there at once, or more of it within the batching window.
    async fn gather(&self) -> Vec<Message> {
        let wanted = self.trigger.batch_size;
        let mut messages = self.receive(wanted, Duration::from_secs(10)).await;
        if messages.is_empty() {
            return messages;
        }
        let closes = Instant::now() + self.trigger.window;
        while messages.len() < wanted {
            let left = closes.saturating_duration_since(Instant::now());
            let more = self.receive(wanted - messages.len(), left).await;
            if more.is_empty() && left.is_zero() {
                break;
            }
            messages.extend(more);
        }
        messages
    }

    async fn receive(&self, wanted: usize, wait: Duration) -> Vec<Message> {
        let answer = self
            .client
            .receive_message()
            .queue_url(&self.queue_url)
            .max_number_of_messages(i32::try_from(wanted).unwrap_or(AT_ONCE).min(AT_ONCE))
            .wait_time_seconds(i32::try_from(wait.as_secs()).unwrap_or_default())
            .message_system_attribute_names(MessageSystemAttributeName::All)
            .message_attribute_names("All")
            .send()
            .await;
        match answer {
            Ok(answer) => answer.messages.unwrap_or_default(),
            Err(error) => {
                tracing::warn!(function = self.function.name, %error, "a queue could not be read");
                tokio::time::sleep(Duration::from_secs(1)).await;
                Vec::new()
            }
        }
    }

    async fn deliver(&self, messages: Vec<Message>) {
        let event = self.event(&messages);
        let invocation = Invocation {
            request_id: messages.first().and_then(|message| message.message_id.clone()).unwrap_or_default(),
            deadline: Timestamp::now() + self.timeout,
        };
        let failed = match self.function.invoke(event, invocation).await {
            Ok(answer) => failures(&answer),
            Err(error) => {
                self.activity.note_failure();
                tracing::error!(function = self.function.name, %error, "an invocation failed whole");
                return;
            }
        };
        if !failed.is_empty() {
            self.activity.note_failure();
        }
        let done: Vec<&Message> = messages
            .iter()
            .filter(|message| message.message_id.as_ref().is_none_or(|id| !failed.contains(id)))
            .collect();
        self.delete(&done).await;
    }

    fn event(&self, messages: &[Message]) -> Value {
        let records: Vec<Value> = messages
            .iter()
            .map(|message| {
                let attributes: serde_json::Map<String, Value> = message
                    .attributes
                    .iter()
                    .flatten()
                    .map(|(name, value)| (name.as_str().to_owned(), Value::from(value.as_str())))
                    .collect();
                let custom: serde_json::Map<String, Value> = message
                    .message_attributes
                    .iter()
                    .flatten()
                    .map(|(name, value)| {
                        (name.clone(), json!({ "dataType": value.data_type(), "stringValue": value.string_value() }))
                    })
                    .collect();
                json!({
                    "messageId": message.message_id,
                    "receiptHandle": message.receipt_handle,
                    "body": message.body,
                    "md5OfBody": message.md5_of_body,
                    "attributes": attributes,
                    "messageAttributes": custom,
                    "eventSource": "aws:sqs",
                    "eventSourceARN": self.queue_arn,
                    "awsRegion": "us-east-1",
                })
            })
            .collect();
        json!({ "Records": records })
    }

    async fn delete(&self, messages: &[&Message]) {
        for chunk in messages.chunks(10) {
            let entries: Vec<_> = chunk
                .iter()
                .enumerate()
                .filter_map(|(index, message)| {
                    DeleteMessageBatchRequestEntry::builder()
                        .id(index.to_string())
                        .set_receipt_handle(message.receipt_handle.clone())
                        .build()
                        .ok()
                })
                .collect();
            let answer =
                self.client.delete_message_batch().queue_url(&self.queue_url).set_entries(Some(entries)).send().await;
            if let Err(error) = answer {
                tracing::warn!(function = self.function.name, %error, "messages stay queued and will come again");
            }
        }
    }
}

fn failures(answer: &Value) -> BTreeSet<String> {
    answer
        .get("batchItemFailures")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|failure| failure.get("itemIdentifier").and_then(Value::as_str))
        .map(str::to_owned)
        .collect()
}
