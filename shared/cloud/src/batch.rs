//! SQS batches: each record succeeds or fails by itself, whatever happens to the others.

use crate::{
    FunctionError, connections::ConnectionError, inputs::InputError, objects::ObjectError, queues::QueueError,
    settings::SettingsError, store::StoreError,
};
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use futures::FutureExt;
use serde_json::Value;
use std::{collections::BTreeMap, future::Future, panic::AssertUnwindSafe, time::Duration};
use tokio::task::JoinSet;

/// One message as a handler sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqsRecord {
    pub message_id: String,
    pub body: String,
    /// How often it was handed out, this time included.
    pub receive_count: u32,
    pub attributes: BTreeMap<String, String>,
}

/// Why a record was not done.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Something passing: the message comes again after its visibility timeout.
    #[error("to be tried again: {0}")]
    Retry(String),
    /// As above, and not worth it sooner than this.
    #[error("to be tried again in {} s", .0.as_secs())]
    RetryAfter(Duration),
    /// It can never be done. The message is acknowledged.
    #[error("cannot be used: {0}")]
    Discard(String),
}

impl RecordError {
    pub fn retry(reason: impl Into<String>) -> Self {
        Self::Retry(reason.into())
    }

    pub fn discard(reason: impl Into<String>) -> Self {
        Self::Discard(reason.into())
    }

    /// The same for another record of its group.
    #[must_use]
    pub fn again(&self) -> Self {
        match self {
            Self::Retry(reason) => Self::Retry(reason.clone()),
            Self::RetryAfter(pause) => Self::RetryAfter(*pause),
            Self::Discard(reason) => Self::Discard(reason.clone()),
        }
    }
}

impl From<StoreError> for RecordError {
    fn from(error: StoreError) -> Self {
        if error.is_permanent() { Self::Discard(error.to_string()) } else { Self::Retry(error.to_string()) }
    }
}

macro_rules! retried {
    ($($error:ty),+) => {$(
        impl From<$error> for RecordError {
            fn from(error: $error) -> Self {
                Self::Retry(error.to_string())
            }
        }
    )+};
}

retried!(ObjectError, QueueError, SettingsError, InputError, ConnectionError);

/// One record's outcome, by its message id.
pub type RecordResult = (String, Result<(), RecordError>);

/// Handles every record in a task of its own, so that a panic is that record's failure, and answers which failed.
pub async fn process<H, F>(event: Value, handle: H) -> Result<Value, FunctionError>
where
    H: Fn(SqsRecord) -> F,
    F: Future<Output = Result<(), RecordError>> + Send + 'static,
{
    let mut tasks = JoinSet::new();
    for record in records(event)? {
        let id = record.message_id.clone();
        let work = handle(record);
        tasks.spawn(async move {
            let outcome = AssertUnwindSafe(work).catch_unwind().await;
            (id, outcome.unwrap_or_else(|_| Err(RecordError::retry("the handler panicked"))))
        });
    }
    let mut results = Vec::new();
    while let Some(joined) = tasks.join_next().await {
        results.extend(joined.ok());
    }
    answer(results)
}

/// Handles all records together, for writers that gain by it; each still has its own result.
pub async fn process_all<H, F>(event: Value, handle: H) -> Result<Value, FunctionError>
where
    H: FnOnce(Vec<SqsRecord>) -> F,
    F: Future<Output = Vec<RecordResult>>,
{
    answer(handle(records(event)?).await)
}

fn records(event: Value) -> Result<Vec<SqsRecord>, FunctionError> {
    let event: SqsEvent =
        serde_json::from_value(event).map_err(|error| FunctionError::Event(format!("not an SQS event: {error}")))?;
    Ok(event.records.into_iter().map(record).collect())
}

fn record(message: SqsMessage) -> SqsRecord {
    let attributes: BTreeMap<String, String> = message.attributes.into_iter().collect();
    SqsRecord {
        message_id: message.message_id.unwrap_or_default(),
        body: message.body.unwrap_or_default(),
        receive_count: attributes.get("ApproximateReceiveCount").and_then(|count| count.parse().ok()).unwrap_or(1),
        attributes,
    }
}

fn answer(results: Vec<RecordResult>) -> Result<Value, FunctionError> {
    let mut response = SqsBatchResponse::default();
    for (id, outcome) in results {
        match outcome {
            Ok(()) => {}
            Err(RecordError::Discard(reason)) => {
                tracing::error!(message_id = %id, reason, "a message that can never be used was set aside");
            }
            Err(error) => {
                tracing::warn!(message_id = %id, %error, "a message will come again");
                response.add_failure(id);
            }
        }
    }
    serde_json::to_value(response).map_err(|error| FunctionError::Event(error.to_string()))
}
