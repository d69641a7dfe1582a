//! Takes supplier mails in and turns their reports into snapshots.
//!
//! Three doors: the inbound-mail vendor's HTTP post and an object put by SES only store the mail and write it down as work;
//! the `mail` queue reads it. The HTTP door answers 2xx only for what is safely written down and 5xx for everything that
//! a later try could mend, because a 4xx would bounce the report to its sender.

mod accept;
mod desk;
mod reading;

pub use accept::posted_id;

use lintel_cloud::{
    Environment, Function, FunctionError, Invocation, StartError,
    batch::Batches,
    http::{HttpAnswer, HttpCall},
    messages::MailMessage,
};
use serde_json::Value;
use std::sync::Arc;

#[derive(Debug)]
pub struct EmailIngest {
    desk: desk::Desk,
    batches: Batches,
}

impl Function for EmailIngest {
    const NAME: &'static str = "email-ingest";
    const REQUIRES: &'static [&'static str] =
        &["LINTEL_TABLE", "LINTEL_STAGE", "LINTEL_QUEUE_MAIL", "LINTEL_QUEUE_STAYS"];

    async fn start(environment: &Environment) -> Result<Self, StartError> {
        Ok(Self { desk: desk::Desk::open(environment)?, batches: environment.batches()? })
    }

    async fn handle(self: Arc<Self>, event: Value, _invocation: Invocation) -> Result<Value, FunctionError> {
        match Trigger::of(&event) {
            Trigger::Http => {
                let answer = match HttpCall::read(event) {
                    Ok(call) => self.answer(call).await?,
                    Err(_) => HttpAnswer::text(503, "unreadable request"),
                };
                Ok(answer.into_event())
            }
            Trigger::Objects => accept::stored(&self.desk, event).await,
            Trigger::Queue => {
                let batches = self.batches.clone();
                batches
                    .process(event, move |record| {
                        let ingest = Arc::clone(&self);
                        async move { reading::read(&ingest.desk, MailMessage::parse(&record.body)?).await }
                    })
                    .await
            }
        }
    }

    async fn answer(self: Arc<Self>, call: HttpCall) -> Result<HttpAnswer, FunctionError> {
        Ok(accept::posted(&self.desk, &call).await)
    }
}

/// Which door an event came through.
enum Trigger {
    Http,
    Objects,
    Queue,
}

impl Trigger {
    fn of(event: &Value) -> Self {
        match event.pointer("/Records/0/eventSource").and_then(Value::as_str) {
            Some("aws:s3") => Self::Objects,
            Some(_) => Self::Queue,
            None => Self::Http,
        }
    }
}
