//! Messages between the queue and the worker. The simulation stands in for the queue from here on: it takes all there is, at once,
//! and hands on what it draws, so that the same seed hands on the same.

use super::places::Places;
use crate::mailroom::{self, Queue};
use aws_sdk_sqs::types::Message;
use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// Until a message that was taken and not handled is to be had again, as the template says it.
const VISIBILITY: SignedDuration = SignedDuration::from_mins(30);

/// What becomes of messages that were taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Lost,
    /// Handled, and deleted.
    Once,
    /// Handled, and handed out again later.
    Again,
    /// Handled twice at the same time.
    AtOnce,
}

#[derive(Debug, Default)]
pub(crate) struct Inbox(Vec<(Message, Timestamp)>);

impl Inbox {
    /// Takes over all that is visible in the queue.
    pub(crate) async fn fetch(&mut self, places: &Places, queue: &Queue) -> anyhow::Result<()> {
        loop {
            let messages = places.queues.take(queue, 10).await?;
            if messages.is_empty() {
                break;
            }
            places.queues.forget(queue, &messages.iter().collect::<Vec<_>>()).await?;
            self.0.extend(messages.into_iter().map(|message| (message, Timestamp::MIN)));
        }
        self.0.sort_by(|(one, at), (other, then)| (one.body(), at).cmp(&(other.body(), then)));
        Ok(())
    }

    /// Some of those that may be had at a moment, in any order.
    pub(crate) fn draw(&mut self, rng: &mut Rng, most: usize, now: Timestamp) -> Vec<Message> {
        let (mut ready, waiting): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.0).into_iter().partition(|(_, at)| *at <= now);
        rng.shuffle(&mut ready);
        let rest = ready.split_off(most.min(ready.len()));
        self.0 = waiting;
        self.0.extend(rest);
        ready.into_iter().map(|(message, _)| message).collect()
    }

    /// What was not handled comes again, and so does what is to be repeated. `None` when the worker died.
    pub(crate) fn put_back(&mut self, messages: Vec<Message>, fate: Fate, answer: Option<&Value>, now: Timestamp) {
        let failed = answer.map(mailroom::failed);
        for message in messages {
            let id = message.message_id().unwrap_or_default();
            let handled = failed.as_ref().is_some_and(|failed| !failed.contains(id));
            if fate != Fate::Lost && !handled {
                self.0.push((message, now + VISIBILITY));
            } else if fate == Fate::Again {
                self.0.push((message, now));
            }
        }
    }
}

/// Which page of which run a message is about, or which record.
pub(crate) fn about(message: &Message) -> String {
    let body: Value = serde_json::from_str(message.body().unwrap_or_default()).unwrap_or_default();
    if let Some(record) = body["record"].as_str() {
        return format!("record-{record}");
    }
    let run = body["run"].as_str().unwrap_or_default();
    format!("{}/{}", run.rsplit('-').next().unwrap_or_default(), body["page"])
}
