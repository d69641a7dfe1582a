//! SQS batches: each record succeeds or fails by itself, whatever happens to the others.

use crate::{
    FunctionError,
    connections::ConnectionError,
    correlation::CorrelationId,
    inputs::InputError,
    objects::ObjectError,
    queues::{self, QueueError},
    settings::SettingsError,
    store::{QuarantineRow, StoreError, Table},
};
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use futures::FutureExt;
use lintel_connectors::surroundings::Clock;
use lintel_domain::{
    ids::{OrgId, QuarantineId},
    private::Private,
};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, future::Future, panic::AssertUnwindSafe, sync::Arc};
use tokio::task::JoinSet;
use tracing::Instrument;

/// One message as a handler sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqsRecord {
    pub message_id: String,
    pub body: String,
    /// How often it was handed out, this time included.
    pub receive_count: u32,
    /// The queue's name.
    pub queue: String,
    /// The organization it was sent for.
    pub org: Option<OrgId>,
    pub correlation: CorrelationId,
}

/// Why a record was not done.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Something passing: the message comes again after its visibility timeout.
    #[error("to be tried again: {0}")]
    Retry(String),
    /// It can never be done. The message is acknowledged and kept in quarantine.
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

/// Takes batches apart, and keeps what could never be used where an operator finds it.
#[derive(Clone, Debug)]
pub struct Batches {
    table: Table,
    clock: Arc<dyn Clock>,
}

impl Batches {
    pub fn new(table: Table, clock: Arc<dyn Clock>) -> Self {
        Self { table, clock }
    }

    /// Handles every record in a task of its own, so that a panic is that record's failure, and answers which failed.
    pub async fn process<H, F>(&self, event: Value, handle: H) -> Result<Value, FunctionError>
    where
        H: Fn(Arc<SqsRecord>) -> F,
        F: Future<Output = Result<(), RecordError>> + Send + 'static,
    {
        let records = records(event)?;
        let mut tasks = JoinSet::new();
        for record in records.values() {
            let span = tracing::info_span!("message", id = record.message_id, correlation = %record.correlation);
            let id = record.message_id.clone();
            let work = record.correlation.clone().scope(handle(Arc::clone(record))).instrument(span);
            tasks.spawn(async move {
                let outcome = AssertUnwindSafe(work).catch_unwind().await;
                (id, outcome.unwrap_or_else(|_| Err(RecordError::retry("the handler panicked"))))
            });
        }
        let mut results = Vec::new();
        while let Some(joined) = tasks.join_next().await {
            results.extend(joined.ok());
        }
        self.answer(&records, results).await
    }

    /// Handles all records together, for writers that gain by it; each still has its own result.
    pub async fn process_all<H, F>(&self, event: Value, handle: H) -> Result<Value, FunctionError>
    where
        H: FnOnce(Vec<Arc<SqsRecord>>) -> F,
        F: Future<Output = Vec<RecordResult>>,
    {
        let records = records(event)?;
        let results = handle(records.values().cloned().collect()).await;
        self.answer(&records, results).await
    }

    async fn answer(
        &self,
        records: &BTreeMap<String, Arc<SqsRecord>>,
        results: Vec<RecordResult>,
    ) -> Result<Value, FunctionError> {
        let mut response = SqsBatchResponse::default();
        for (id, outcome) in results {
            let outcome = match (outcome, records.get(&id)) {
                (Err(RecordError::Discard(reason)), Some(record)) => self.set_aside(record, &reason).await,
                (outcome, _) => outcome,
            };
            if let Err(error) = outcome {
                tracing::warn!(message_id = %id, %error, "a message will come again");
                response.add_failure(id);
            }
        }
        serde_json::to_value(response).map_err(|error| FunctionError::Event(error.to_string()))
    }

    /// A message that can never be used, kept whole. Its id follows from its body, so the same one is one entry.
    async fn set_aside(&self, record: &SqsRecord, reason: &str) -> Result<(), RecordError> {
        tracing::error!(message_id = %record.message_id, reason, "a message that can never be used was set aside");
        let Some(org) = &record.org else { return Ok(()) };
        let digest = hex::encode(Sha256::digest(&record.body));
        let entry = QuarantineRow {
            id: QuarantineId::new(format!("message-{}", digest.chars().take(24).collect::<String>())),
            origin: format!("queue:{}", record.queue),
            code: "unusable-message".to_owned(),
            reason: format!("a message on {}: {reason}", record.queue),
            content: Private::new(record.body.clone()),
            at: self.clock.now(),
        };
        self.table.org(org).quarantine(&entry).await?;
        Ok(())
    }
}

fn records(event: Value) -> Result<BTreeMap<String, Arc<SqsRecord>>, FunctionError> {
    let event: SqsEvent =
        serde_json::from_value(event).map_err(|error| FunctionError::Event(format!("not an SQS event: {error}")))?;
    Ok(event.records.into_iter().map(record).map(|record| (record.message_id.clone(), Arc::new(record))).collect())
}

fn record(message: SqsMessage) -> SqsRecord {
    let message_id = message.message_id.unwrap_or_default();
    let said = |name: &str| message.message_attributes.get(name).and_then(|value| value.string_value.clone());
    let attribute = |name: &str| message.attributes.get(name);
    SqsRecord {
        body: message.body.unwrap_or_default(),
        receive_count: attribute("ApproximateReceiveCount").and_then(|count| count.parse().ok()).unwrap_or(1),
        queue: message.event_source_arn.and_then(|arn| arn.rsplit(':').next().map(str::to_owned)).unwrap_or_default(),
        org: said(queues::ORG).or_else(|| attribute("MessageGroupId").cloned()).map(OrgId::new),
        correlation: CorrelationId::new(said(queues::CORRELATION).unwrap_or_else(|| message_id.clone())),
        message_id,
    }
}
