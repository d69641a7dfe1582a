//! The one door for every vendor's webhooks: `POST /webhooks/{connection}`, and `POST /webhooks/{connection}/{token}` where the
//! address is all the proof there is. No path is ever logged.
//!
//! A delivery is proven over its raw bytes, split into events, and each event is a row before the vendor hears a 2xx.
//! Nothing follows from an event here; that is the event router's work.

mod desk;
mod inbox;
mod keep;
mod receive;

use lintel_cloud::{
    Environment, Function, FunctionError, Invocation, StartError,
    http::{HttpAnswer, HttpCall},
};
use serde_json::Value;
use std::sync::Arc;

#[derive(Debug)]
pub struct WebhookReceiver {
    desk: desk::Desk,
}

impl Function for WebhookReceiver {
    const NAME: &'static str = "webhook-receiver";
    const REQUIRES: &'static [&'static str] = &["LINTEL_TABLE", "LINTEL_STAGE", "LINTEL_QUEUE_EVENTS"];

    async fn start(environment: &Environment) -> Result<Self, StartError> {
        Ok(Self { desk: desk::Desk::open(environment)? })
    }

    async fn handle(self: Arc<Self>, event: Value, _invocation: Invocation) -> Result<Value, FunctionError> {
        let answer = match HttpCall::read(event) {
            Ok(call) => self.answer(call).await?,
            Err(_) => HttpAnswer::text(400, "unreadable request"),
        };
        Ok(answer.into_event())
    }

    async fn answer(self: Arc<Self>, call: HttpCall) -> Result<HttpAnswer, FunctionError> {
        Ok(receive::receive(&self.desk, &call).await)
    }
}
