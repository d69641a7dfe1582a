//! What an office's own software asks of the flows: where they stand, what waits for a person, the person's word, and who said what.
//!
//! The calls stand in `docs/integrations/office-api.md`. Every one bears the organization's token. Answers hold values of records whole,
//! since somebody has to choose between them; logs hold none.

mod answers;
mod asked;
mod desk;

use asked::Asked;
use desk::Desk;
use lintel_cloud::{
    Environment, Function, FunctionError, Invocation, StartError,
    http::{HttpAnswer, HttpCall},
};
use lintel_sync::Decisions;
use serde_json::Value;
use std::sync::Arc;

#[derive(Debug)]
pub struct OfficeApi {
    desk: Desk,
}

impl Function for OfficeApi {
    const NAME: &'static str = "office-api";
    const REQUIRES: &'static [&'static str] = Decisions::REQUIRES;

    async fn start(environment: &Environment) -> Result<Self, StartError> {
        Ok(Self { desk: Desk::open(environment)? })
    }

    async fn handle(self: Arc<Self>, event: Value, _invocation: Invocation) -> Result<Value, FunctionError> {
        Ok(self.answer(HttpCall::read(event)?).await?.into_event())
    }

    async fn answer(self: Arc<Self>, call: HttpCall) -> Result<HttpAnswer, FunctionError> {
        let answer = match self.desk.admit(&call).await {
            Ok(settings) => self.desk.answer(&settings, Asked::of(&call)).await,
            Err(refusal) => Err(refusal),
        };
        Ok(answer.unwrap_or_else(|refusal| answers::refused(&refusal)))
    }
}
