//! The queues, with the simulation standing between them and the functions: it hands on, holds back, loses, repeats.

use anyhow::Context;
use aws_sdk_sqs::{
    Client,
    types::{Message, MessageAttributeValue, MessageSystemAttributeName},
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::{AtomicU64, Ordering},
};

/// One queue and its reader.
#[derive(Clone, Debug)]
pub(crate) struct Queue {
    pub(crate) name: &'static str,
    pub(crate) reader: &'static str,
    url: String,
}

pub(crate) struct Mailroom {
    client: Client,
    pub(crate) queues: Vec<Queue>,
    /// Messages so far.
    taken: AtomicU64,
}

impl Mailroom {
    /// The queues with their readers: `("mail", "email-ingest")`.
    pub(crate) fn open(
        client: Client,
        variables: &BTreeMap<String, String>,
        readers: &[(&'static str, &'static str)],
    ) -> anyhow::Result<Self> {
        let queue = |(name, reader): (&'static str, &'static str)| {
            let variable = format!("LINTEL_QUEUE_{}", name.to_ascii_uppercase().replace('-', "_"));
            let url = variables.get(&variable).with_context(|| format!("the template sets no {variable}"))?.clone();
            Ok(Queue { name, reader, url })
        };
        let queues = readers.iter().copied().map(queue).collect::<anyhow::Result<_>>()?;
        Ok(Self { client, queues, taken: AtomicU64::new(0) })
    }

    /// Messages that are visible now, ten at most. They are numbered: a worker begins with them in the order of their ids, and the
    /// queue's own are another one each time a seed is replayed.
    pub(crate) async fn take(&self, queue: &Queue, most: i32) -> anyhow::Result<Vec<Message>> {
        let answer = self
            .client
            .receive_message()
            .queue_url(&queue.url)
            .max_number_of_messages(most)
            .message_system_attribute_names(MessageSystemAttributeName::All)
            .message_attribute_names("All")
            .send()
            .await?;
        let mut messages = answer.messages.unwrap_or_default();
        for message in &mut messages {
            message.message_id = Some(format!("message-{:08}", self.taken.fetch_add(1, Ordering::Relaxed)));
        }
        Ok(messages)
    }

    /// Deletes messages: they were handled, or the simulation loses them.
    pub(crate) async fn forget(&self, queue: &Queue, messages: &[&Message]) -> anyhow::Result<()> {
        for message in messages {
            let receipt = message.receipt_handle().unwrap_or_default();
            self.client.delete_message().queue_url(&queue.url).receipt_handle(receipt).send().await?;
        }
        Ok(())
    }

    /// Puts a text on a queue, whatever it says.
    pub(crate) async fn put(&self, queue: &Queue, org: &str, body: &str) -> anyhow::Result<()> {
        let org = MessageAttributeValue::builder().data_type("String").string_value(org).build()?;
        self.client
            .send_message()
            .queue_url(&queue.url)
            .message_attributes("org", org)
            .message_body(body)
            .send()
            .await?;
        Ok(())
    }
}

/// The event Lambda makes of messages.
pub(crate) fn event(queue: &Queue, messages: &[Message]) -> Value {
    let record = |message: &Message| {
        let attributes: BTreeMap<&str, &String> =
            message.attributes().into_iter().flatten().map(|(name, value)| (name.as_str(), value)).collect();
        let said: BTreeMap<&String, Value> = message
            .message_attributes()
            .into_iter()
            .flatten()
            .map(|(name, value)| (name, json!({ "dataType": "String", "stringValue": value.string_value() })))
            .collect();
        json!({
            "messageId": message.message_id(),
            "receiptHandle": message.receipt_handle(),
            "body": message.body(),
            "attributes": attributes,
            "messageAttributes": said,
            "eventSource": "aws:sqs",
            "eventSourceARN": format!("arn:aws:sqs:us-east-1:000000000000:{}", queue.name),
        })
    };
    json!({ "Records": messages.iter().map(record).collect::<Vec<_>>() })
}

/// The ids of messages a function reported as failed.
pub(crate) fn failed(answer: &Value) -> BTreeSet<String> {
    let items = answer["batchItemFailures"].as_array().into_iter().flatten();
    items.filter_map(|item| item["itemIdentifier"].as_str()).map(str::to_owned).collect()
}
