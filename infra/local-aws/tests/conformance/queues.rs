//! SQS: batches, delay, visibility, redrive, attributes, long polls.

use crate::{Endpoint, unique};
use aws_sdk_sqs::{
    Client,
    types::{
        DeleteMessageBatchRequestEntry, Message, MessageAttributeValue, MessageSystemAttributeName, QueueAttributeName,
        SendMessageBatchRequestEntry,
    },
};
use std::time::{Duration, Instant};

struct Queue {
    _endpoint: Endpoint,
    client: Client,
    url: String,
}

impl Queue {
    async fn open(attributes: &[(QueueAttributeName, &str)]) -> Self {
        let endpoint = Endpoint::open().await;
        let client = Client::new(&endpoint.config);
        let url = made(&client, &unique("conformance"), attributes).await;
        Self { _endpoint: endpoint, client, url }
    }

    async fn send(&self, body: &str) {
        self.client.send_message().queue_url(&self.url).message_body(body).send().await.unwrap();
    }

    async fn receive(&self, wait: i32) -> Vec<Message> {
        received(&self.client, &self.url, wait).await
    }

    async fn change_visibility(&self, message: &Message, seconds: i32) {
        let change = self.client.change_message_visibility().queue_url(&self.url).visibility_timeout(seconds);
        change.receipt_handle(message.receipt_handle().unwrap()).send().await.unwrap();
    }

    async fn attribute(&self, name: QueueAttributeName) -> String {
        let asked = self.client.get_queue_attributes().queue_url(&self.url).attribute_names(name.clone());
        asked.send().await.unwrap().attributes.unwrap().remove(&name).unwrap()
    }

    fn batch(
        &self,
        count: usize,
    ) -> aws_sdk_sqs::operation::send_message_batch::builders::SendMessageBatchFluentBuilder {
        let entry = |at: usize| SendMessageBatchRequestEntry::builder().id(at.to_string()).message_body(at.to_string());
        let entries = (0..count).map(|at| entry(at).build().unwrap()).collect();
        self.client.send_message_batch().queue_url(&self.url).set_entries(Some(entries))
    }
}

async fn made(client: &Client, name: &str, attributes: &[(QueueAttributeName, &str)]) -> String {
    let attributes = attributes.iter().map(|(name, value)| (name.clone(), (*value).to_owned())).collect();
    client.create_queue().queue_name(name).set_attributes(Some(attributes)).send().await.unwrap().queue_url.unwrap()
}

async fn received(client: &Client, url: &str, wait: i32) -> Vec<Message> {
    let asked = client
        .receive_message()
        .queue_url(url)
        .max_number_of_messages(10)
        .wait_time_seconds(wait)
        .message_system_attribute_names(MessageSystemAttributeName::All)
        .message_attribute_names("All");
    asked.send().await.unwrap().messages.unwrap_or_default()
}

fn receive_count(message: &Message) -> &str {
    &message.attributes().unwrap()[&MessageSystemAttributeName::ApproximateReceiveCount]
}

#[tokio::test]
async fn a_queue_that_is_made_again_is_the_same() {
    let queue = Queue::open(&[]).await;
    let name = queue.url.rsplit('/').next().unwrap();
    assert_eq!(made(&queue.client, name, &[]).await, queue.url);
    let unknown = queue.url.replace(name, &unique("unknown"));
    let refused = queue.client.send_message().queue_url(unknown).message_body("x").send().await.unwrap_err();
    assert!(refused.into_service_error().is_queue_does_not_exist());
}

#[tokio::test]
async fn a_batch_takes_ten_messages_and_no_more() {
    let queue = Queue::open(&[]).await;
    let answer = queue.batch(10).send().await.unwrap();
    assert_eq!((answer.successful().len(), answer.failed().len()), (10, 0));
    let refused = queue.batch(11).send().await.unwrap_err().into_service_error();
    assert!(refused.is_too_many_entries_in_batch_request(), "{refused:?}");
    assert_eq!(queue.attribute(QueueAttributeName::ApproximateNumberOfMessages).await, "10", "none of the eleven");
}

#[tokio::test]
async fn messages_are_deleted_in_batches() {
    let queue = Queue::open(&[(QueueAttributeName::VisibilityTimeout, "1")]).await;
    queue.batch(3).send().await.unwrap();
    let mut messages = Vec::new();
    while messages.len() < 3 {
        messages.extend(queue.receive(1).await);
    }
    let kept = messages.pop().unwrap();
    let entries = messages.iter().enumerate().map(|(at, message)| {
        let entry = DeleteMessageBatchRequestEntry::builder().id(at.to_string());
        entry.receipt_handle(message.receipt_handle().unwrap()).build().unwrap()
    });
    let delete = queue.client.delete_message_batch().queue_url(&queue.url).set_entries(Some(entries.collect()));
    assert_eq!(delete.send().await.unwrap().successful().len(), 2);
    let again = queue.receive(3).await;
    assert_eq!(again.iter().map(Message::body).collect::<Vec<_>>(), [kept.body()]);
}

#[tokio::test]
async fn a_delayed_message_comes_when_its_delay_is_over() {
    let queue = Queue::open(&[]).await;
    let began = Instant::now();
    queue.client.send_message().queue_url(&queue.url).message_body("later").delay_seconds(2).send().await.unwrap();
    assert!(queue.receive(0).await.is_empty());
    assert_eq!(queue.attribute(QueueAttributeName::ApproximateNumberOfMessagesDelayed).await, "1");
    assert_eq!(queue.receive(5).await.len(), 1);
    assert!(began.elapsed() >= Duration::from_millis(1_900), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_received_message_is_hidden_and_comes_again_counted() {
    let queue = Queue::open(&[(QueueAttributeName::VisibilityTimeout, "2")]).await;
    queue.send("work").await;
    let first = queue.receive(1).await;
    assert_eq!(receive_count(&first[0]), "1");
    assert!(queue.receive(0).await.is_empty(), "hidden");
    assert_eq!(queue.attribute(QueueAttributeName::ApproximateNumberOfMessagesNotVisible).await, "1");
    let second = queue.receive(5).await;
    assert_eq!((receive_count(&second[0]), second[0].message_id()), ("2", first[0].message_id()));
}

#[tokio::test]
async fn a_messages_visibility_can_be_ended_and_prolonged() {
    let queue = Queue::open(&[(QueueAttributeName::VisibilityTimeout, "1")]).await;
    queue.send("work").await;
    let message = queue.receive(1).await.remove(0);
    queue.change_visibility(&message, 0).await;
    let message = queue.receive(0).await.remove(0);
    queue.change_visibility(&message, 60).await;
    assert!(queue.receive(2).await.is_empty(), "hidden for longer than the queue says");
}

#[tokio::test]
async fn a_message_nobody_handles_goes_to_the_dead_letters_as_it_is() {
    let dead = Queue::open(&[]).await;
    let arn = dead.attribute(QueueAttributeName::QueueArn).await;
    let policy = format!(r#"{{"deadLetterTargetArn":"{arn}","maxReceiveCount":2}}"#);
    let attributes = [(QueueAttributeName::VisibilityTimeout, "1"), (QueueAttributeName::RedrivePolicy, &policy)];
    let url = made(&dead.client, &unique("conformance"), &attributes).await;
    let org = MessageAttributeValue::builder().data_type("String").string_value("sample").build().unwrap();
    let send = dead.client.send_message().queue_url(&url).message_body("poison").message_attributes("org", org);
    send.send().await.unwrap();
    for time in ["1", "2"] {
        let delivered = received(&dead.client, &url, 3).await;
        assert_eq!(receive_count(&delivered[0]), time);
    }
    assert!(received(&dead.client, &url, 2).await.is_empty(), "not a third time");
    let letters = dead.receive(2).await;
    assert_eq!(letters[0].body(), Some("poison"));
    assert_eq!(letters[0].message_attributes().unwrap()["org"].string_value(), Some("sample"));
}

#[tokio::test]
async fn a_message_carries_its_attributes_and_its_moments() {
    let queue = Queue::open(&[]).await;
    let said = |value: &str| MessageAttributeValue::builder().data_type("String").string_value(value).build().unwrap();
    let send = queue.client.send_message().queue_url(&queue.url).message_body("{}").message_group_id("sample");
    send.message_attributes("org", said("sample")).message_attributes("correlation", said("c1")).send().await.unwrap();
    let message = queue.receive(1).await.remove(0);
    let attributes = message.message_attributes().unwrap();
    assert_eq!(attributes["org"].string_value(), Some("sample"));
    assert_eq!(attributes["correlation"].string_value(), Some("c1"));
    let moments = message.attributes().unwrap();
    for name in
        [MessageSystemAttributeName::SentTimestamp, MessageSystemAttributeName::ApproximateFirstReceiveTimestamp]
    {
        assert!(moments[&name].parse::<u64>().unwrap() > 1_700_000_000_000, "milliseconds");
    }
}

#[tokio::test]
async fn a_long_poll_ends_with_the_first_message() {
    let queue = Queue::open(&[]).await;
    let began = Instant::now();
    let (messages, ()) = tokio::join!(queue.receive(10), async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        queue.send("at last").await;
    });
    assert_eq!(messages.len(), 1);
    let waited = began.elapsed();
    assert!(waited >= Duration::from_secs(1) && waited < Duration::from_secs(5), "{waited:?}");
}
