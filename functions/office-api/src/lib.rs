//! What an office's own software asks of the flows: where they stand, what waits for a person, and the person's word.
//!
//! `GET /orgs/{org}/flows`, `GET /orgs/{org}/flows/{flow}/conflicts`, `POST /orgs/{org}/flows/{flow}/conflicts/{record}`. Every call
//! bears the organization's token. Answers hold values of records whole, since somebody has to choose between them; logs hold none.

mod answers;
mod desk;

use desk::{Asked, Desk};
use lintel_cloud::{
    Environment, Function, FunctionError, Invocation, StartError,
    http::{HttpAnswer, HttpCall},
};
use serde_json::Value;
use std::sync::Arc;

#[derive(Debug)]
pub struct OfficeApi {
    desk: Desk,
}

impl Function for OfficeApi {
    const NAME: &'static str = "office-api";
    const REQUIRES: &'static [&'static str] = &[
        "LINTEL_TABLE",
        "LINTEL_STAGE",
        "LINTEL_QUEUE_SYNC_PROPERTIES",
        "LINTEL_QUEUE_SYNC_UNITS",
        "LINTEL_QUEUE_SYNC_PEOPLE",
        "LINTEL_QUEUE_SYNC_LEASES",
    ];

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
