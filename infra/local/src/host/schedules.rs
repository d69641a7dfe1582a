//! Invokes functions when their schedules say so.

use super::activity::Activity;
use crate::{registry::Hosted, template::ScheduleTrigger};
use jiff::{SignedDuration, Timestamp};
use lintel_cloud::Invocation;
use serde_json::{Value, json};
use std::time::Duration;

#[derive(Debug)]
pub(crate) struct Timer {
    pub(crate) trigger: ScheduleTrigger,
    pub(crate) function: Hosted,
    pub(crate) timeout: SignedDuration,
    pub(crate) activity: Activity,
}

impl Timer {
    /// Runs until the task is dropped.
    pub(crate) async fn run(self) {
        loop {
            let now = Timestamp::now();
            let Some(next) = self.trigger.schedule.next_after(now) else {
                tracing::error!(function = self.function.name, "a schedule has no next moment");
                return;
            };
            tokio::time::sleep(Duration::try_from(next.duration_since(now)).unwrap_or_default()).await;
            self.fire().await;
        }
    }

    pub(crate) async fn fire(&self) {
        let running = self.activity.begin();
        let event = self
            .trigger
            .input
            .as_deref()
            .and_then(|input| serde_json::from_str(input).ok())
            .unwrap_or_else(|| json!({ "source": "lintel.schedule" }));
        let invocation = Invocation {
            request_id: format!("schedule-{}", Timestamp::now().as_millisecond()),
            deadline: Timestamp::now() + self.timeout,
        };
        let outcome: Result<Value, _> = self.function.invoke(event, invocation).await;
        if let Err(error) = outcome {
            self.activity.note_failure();
            tracing::error!(function = self.function.name, %error, "a scheduled invocation failed");
        }
        drop(running);
    }
}
