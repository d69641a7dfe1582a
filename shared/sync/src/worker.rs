//! The workers' common part: what `sync-people` and its siblings do with a message. They differ by name, queue and cap alone.

use crate::{Begun, Engine, HandOut, Runs, SyncError, Worked};
use async_trait::async_trait;
use futures::{FutureExt, future::BoxFuture};
use jiff::SignedDuration;
use lintel_cloud::{
    Environment, FunctionError, Invocation, StartError,
    batch::{Batches, RecordError},
    messages::SyncMessage,
    metrics::{Alarm, Metrics},
    queues::{QueueUrl, Queues},
    settings::SettingsStore,
    store::Table,
};
use lintel_connectors::{Retry, surroundings::Clock, transport::Deadline};
use lintel_domain::{
    ids::{FlowId, OrgId, RunId},
    settings::Organization,
    sync::{FailureCode, RunState},
};
use serde_json::Value;
use std::{sync::Arc, time::Duration};

/// Time that writing down needs after a vendor was asked.
const ROOM: SignedDuration = SignedDuration::from_secs(10);
/// Until a record that another worker is at is looked at again.
const BUSY: Duration = Duration::from_secs(30);
/// A run that takes longer has come to nothing: its flow is set free.
const LONGEST_RUN: SignedDuration = SignedDuration::from_hours(24);

/// Works off messages about runs, of whatever entity.
#[derive(Debug)]
pub struct Worker {
    name: &'static str,
    table: Table,
    settings: SettingsStore,
    engine: Arc<Engine>,
    runs: Runs,
    queues: Queues,
    own: QueueUrl,
    batches: Batches,
    clock: Arc<dyn Clock>,
    metrics: Metrics,
}

impl Worker {
    pub const REQUIRES: &'static [&'static str] = &["LINTEL_TABLE", "LINTEL_STAGE", "LINTEL_QUEUE_SYNC"];

    pub fn start(name: &'static str, environment: &Environment) -> Result<Self, StartError> {
        let table = environment.table()?;
        let engine = Arc::new(Engine::new(table.clone(), environment.connections()?, environment.clock()));
        Ok(Self {
            name,
            settings: SettingsStore::new(table.clone(), environment.objects()),
            runs: Runs::new(Arc::clone(&engine)),
            engine,
            queues: environment.queues(),
            own: environment.queue("LINTEL_QUEUE_SYNC")?,
            batches: environment.batches()?,
            clock: environment.clock(),
            metrics: environment.metrics(),
            table,
        })
    }

    pub async fn handle(self: Arc<Self>, event: Value, invocation: Invocation) -> Result<Value, FunctionError> {
        let batches = self.batches.clone();
        let deadline = Deadline::at(invocation.deadline - ROOM);
        batches
            .process(event, move |record| {
                let worker = Arc::clone(&self);
                async move {
                    let message = SyncMessage::parse(&record.body)?;
                    let (SyncMessage::V1 { org, .. } | SyncMessage::V2 { org, .. } | SyncMessage::V3 { org, .. }) =
                        &message;
                    let settings = worker.settings.load(org).await?;
                    match message {
                        SyncMessage::V1 { flow, run, page, .. } => {
                            match worker.work(&settings, &flow, &run, page, deadline).await {
                                Ok(()) => Ok(()),
                                Err(error) => worker.trouble(&settings, flow, run, page, error).await,
                            }
                        }
                        SyncMessage::V2 { flow, record, .. } => {
                            worker.record(&settings, &flow, &record, deadline).await
                        }
                        SyncMessage::V3 { flow, through, record, .. } => {
                            worker.shown_by(&settings, &flow, &through, &record, deadline).await
                        }
                    }
                }
            })
            .await
    }

    /// Boxed: the whole of it as one type is deeper than the compiler can see through.
    fn work<'a>(
        &'a self,
        settings: &'a Organization,
        flow: &'a FlowId,
        run: &'a RunId,
        page: Option<u64>,
        deadline: Deadline,
    ) -> BoxFuture<'a, Result<(), SyncError>> {
        async move {
            let others = Others { worker: self, org: &settings.id, flow, run };
            if let Some(page) = page
                && self.engine.page(settings, flow, run, page, &others, deadline).await? == Worked::Done
            {
                self.metrics.count(self.name, &settings.id, "sync_pages_count", 1);
            }
            self.runs.end(settings, flow, run, deadline).await.map(drop)
        }
        .boxed()
    }

    /// One record that is said to have changed. What cannot be done now is made good by the next run.
    fn record<'a>(
        &'a self,
        settings: &'a Organization,
        flow: &'a FlowId,
        id: &'a str,
        deadline: Deadline,
    ) -> BoxFuture<'a, Result<(), RecordError>> {
        async move {
            match self.engine.record(settings, flow, id, deadline).await {
                Ok(_) => Ok(()),
                // A run is on, or the same record came twice: it is read again when that is over.
                Err(SyncError::Busy) => {
                    let message =
                        SyncMessage::V2 { org: settings.id.clone(), flow: flow.clone(), record: id.to_owned() };
                    Ok(self.queues.send(&self.own, &settings.id, &message, BUSY).await?)
                }
                Err(error) if error.ends_the_run() => Err(RecordError::discard(error.to_string())),
                Err(error) => Err(error.into()),
            }
        }
        .boxed()
    }

    /// Those that show a record of another stream, which is said to have changed: each is a message of its own.
    fn shown_by<'a>(
        &'a self,
        settings: &'a Organization,
        flow: &'a FlowId,
        through: &'a str,
        id: &'a str,
        deadline: Deadline,
    ) -> BoxFuture<'a, Result<(), RecordError>> {
        async move {
            let records = match self.engine.shown_by(settings, flow, through, id, deadline).await {
                Ok(records) => records,
                Err(error) if error.ends_the_run() => return Err(RecordError::discard(error.to_string())),
                Err(error) => return Err(error.into()),
            };
            let message = |record| SyncMessage::V2 { org: settings.id.clone(), flow: flow.clone(), record };
            let messages: Vec<_> = records.into_iter().map(message).collect();
            Ok(self.queues.send_all(&self.own, &settings.id, &messages).await?)
        }
        .boxed()
    }

    /// What cannot be mended by trying again ends the run; everything else comes again when it is time.
    async fn trouble(
        &self,
        settings: &Organization,
        flow: FlowId,
        run: RunId,
        page: Option<u64>,
        error: SyncError,
    ) -> Result<(), RecordError> {
        let now = self.clock.now();
        let began = self.table.org(&settings.id).run(&flow, &run).await?.map(|run| run.began);
        let too_long = began.is_some_and(|began| now.duration_since(began) > LONGEST_RUN);
        if error.ends_the_run() || too_long {
            let code = if error.ends_the_run() { error.failure() } else { FailureCode::TookTooLong };
            tracing::error!(org = %settings.id, %flow, %run, %code, %error, "a run was given up");
            let failed = RunState::Failed { code, reason: error.to_string() };
            self.runs.stop(settings, &flow, &run, &failed).await?;
            let about = [("flow", flow.as_str()), ("run", run.as_str()), ("code", code.as_str())];
            self.metrics.alarm(Alarm::RunFailed, self.name, &settings.id, &about);
            return Ok(());
        }
        tracing::warn!(org = %settings.id, %flow, %run, %error, "a page comes again");
        let pause = match &error {
            SyncError::Vendor(error) => match error.retry() {
                Retry::At(until) => Duration::try_from(until.duration_since(now)).unwrap_or_default(),
                Retry::After(pause) => pause,
                Retry::Now | Retry::Never | Retry::NeedsPerson => Duration::ZERO,
            },
            SyncError::Busy => BUSY,
            // The table or a queue: the message's own way back is as good as any.
            _ => return Err(error.into()),
        };
        let message = message(&settings.id, &flow, &run, page);
        Ok(self.queues.send(&self.own, &settings.id, &message, pause).await?)
    }
}

/// The other pages of a run: each is a message on the worker's own queue.
struct Others<'a> {
    worker: &'a Worker,
    org: &'a OrgId,
    flow: &'a FlowId,
    run: &'a RunId,
}

#[async_trait]
impl HandOut for Others<'_> {
    async fn hand_out(&self, pages: &[u64]) -> Result<(), SyncError> {
        let Self { worker, org, flow, run } = self;
        let messages: Vec<_> = pages.iter().map(|page| message(org, flow, run, Some(*page))).collect();
        Ok(worker.queues.send_all(&worker.own, org, &messages).await?)
    }
}

fn message(org: &OrgId, flow: &FlowId, run: &RunId, page: Option<u64>) -> SyncMessage {
    SyncMessage::V1 { org: org.clone(), flow: flow.clone(), run: run.clone(), page }
}

/// The message that a run's first page waits, or that a run in progress is to be looked at.
pub fn first_message(org: &OrgId, flow: &FlowId, begun: &Begun) -> SyncMessage {
    match begun {
        Begun::Run(run) => message(org, flow, run, Some(0)),
        Begun::Busy(run) => message(org, flow, run, None),
    }
}
