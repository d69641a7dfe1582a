//! Messages from the queues to the functions, and what is still to come.

use crate::{
    mailroom::{self, Queue},
    places::Places,
};
use aws_sdk_sqs::types::Message;
use jiff::SignedDuration;
use lintel_cloud::store::WorkKind;
use lintel_connectors::surroundings::Clock;
use serde_json::Value;

impl Places {
    /// Takes what a function handled off its queue. A function that died has handled nothing.
    pub(crate) async fn acknowledge(
        &self,
        queue: &Queue,
        messages: &[Message],
        answer: Option<&Value>,
    ) -> anyhow::Result<()> {
        let Some(answer) = answer else { return Ok(()) };
        let failed = mailroom::failed(answer);
        let done: Vec<&Message> =
            messages.iter().filter(|message| !failed.contains(message.message_id().unwrap_or_default())).collect();
        self.queues.forget(queue, &done).await
    }

    /// Delivers all that is visible; tells whether there was any.
    pub(crate) async fn drain(&self) -> anyhow::Result<bool> {
        let mut any = false;
        for queue in &self.queues.queues {
            let messages = self.queues.take(queue, 10).await?;
            if !messages.is_empty() {
                any = true;
                let answer = self.invoke(queue.reader, mailroom::event(queue, &messages)).await?;
                self.acknowledge(queue, &messages, Some(&answer)).await?;
            }
        }
        Ok(any)
    }

    /// What waits for its moment within the day, by kind.
    pub(crate) async fn outstanding(&self) -> anyhow::Result<Vec<String>> {
        let until = self.clock.now() + SignedDuration::from_hours(8);
        let table = self.table.org(&self.settings.id);
        let mut left = Vec::new();
        for kind in WorkKind::SWEPT {
            let due = table.due_work(kind, until, 500).await?;
            left.extend(due.first().map(|first| format!("{} × {}, first {first:?}", due.len(), kind.as_str())));
        }
        Ok(left)
    }
}
