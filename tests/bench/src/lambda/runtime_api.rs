//! The Lambda Runtime API, as far as one process needs it: the same event again and again, with the moments kept.

use bytes::Bytes;
use http::Method;
use jiff::SignedDuration;
use lintel_sandbox::{Answer, Ask, Simulator};
use serde_json::Value;
use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::Notify;

/// The API that one process speaks to.
#[derive(Debug)]
pub(crate) struct RuntimeApi {
    event: Bytes,
    invocations: usize,
    seen: Mutex<Seen>,
    finished: Notify,
}

/// What the process did, and when.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// It asked for its next event.
    pub(crate) asked: Vec<Instant>,
    /// It answered an event.
    pub(crate) answered: Vec<Instant>,
    /// It could not start, or could not handle an event or a record of it.
    pub(crate) failures: Vec<String>,
}

impl RuntimeApi {
    /// Hands out the event so many times.
    pub(crate) fn new(event: &str, invocations: usize) -> Self {
        Self {
            event: Bytes::copy_from_slice(event.as_bytes()),
            invocations,
            seen: Mutex::default(),
            finished: Notify::new(),
        }
    }

    /// Waits until every event was answered and the process asks for more, or says that it cannot start.
    pub(crate) async fn finished(&self) {
        self.finished.notified().await;
    }

    pub(crate) fn seen(&self) -> Seen {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self, ask: &Ask) -> Answer {
        let mut seen = self.lock();
        seen.asked.push(Instant::now());
        if seen.asked.len() > self.invocations {
            self.finished.notify_one();
            // No more events: Lambda lets a process wait, and freezes it.
            return Answer { delay: Duration::from_hours(1), ..Answer::empty(204) };
        }
        let deadline = (ask.now + SignedDuration::from_secs(30)).as_millisecond();
        Answer::of(200, "application/json", self.event.clone()).with_headers([
            ("lambda-runtime-aws-request-id", format!("invocation-{}", seen.asked.len())),
            ("lambda-runtime-deadline-ms", deadline.to_string()),
            (
                "lambda-runtime-invoked-function-arn",
                "arn:aws:lambda:us-east-1:000000000000:function:measured".to_owned(),
            ),
            ("lambda-runtime-trace-id", "Root=1-00000000-000000000000000000000000".to_owned()),
        ])
    }
}

impl Simulator for RuntimeApi {
    fn handle(&self, ask: &Ask) -> Answer {
        if ask.method == Method::GET {
            return self.next(ask);
        }
        let mut seen = self.lock();
        if ask.path.ends_with("/response") {
            seen.answered.push(Instant::now());
        }
        if !ask.path.ends_with("/response") || refuses(&ask.json()) {
            seen.failures.push(String::from_utf8_lossy(&ask.body).into_owned());
        }
        if ask.path.ends_with("/init/error") {
            self.finished.notify_one();
        }
        Answer::empty(202)
    }
}

/// Whether an answer says that something was not done.
fn refuses(answer: &Value) -> bool {
    let records = answer["batchItemFailures"].as_array().is_some_and(|failures| !failures.is_empty());
    records || answer["statusCode"].as_u64().is_some_and(|status| status >= 300)
}
