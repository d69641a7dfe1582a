//! Begins the runs that are due, or the one that is asked for, and looks after those that have stood still.

mod due;

use jiff::SignedDuration;
use lintel_cloud::{
    Environment, Function, FunctionError, Invocation, StartError,
    messages::SyncMessage,
    metrics::{Alarm, Metrics},
    queues::{QueueUrl, Queues},
    settings::SettingsStore,
    store::{FlowRow, Table},
};
use lintel_connectors::surroundings::{Clock, Entropy};
use lintel_domain::{
    ids::{FlowId, OrgId, RunId},
    settings::Organization,
    sync::{Flow, RunKind},
};
use lintel_sync::{Begun, Decisions, Engine, Runs, SyncError, WorkerQueues, first_message};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Pages that are outstanding this long after their run began are sent again, at every tick; at once where somebody asks for the flow.
const STOOD_STILL: SignedDuration = SignedDuration::from_mins(20);

#[derive(Debug)]
pub struct SyncDispatcher {
    table: Table,
    settings: SettingsStore,
    engine: Arc<Engine>,
    runs: Runs,
    queues: Queues,
    workers: WorkerQueues,
    decisions: Decisions,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    metrics: Metrics,
}

/// A decision that was taken this long ago and waits still is told to its worker again, at every tick.
const FORGOTTEN: SignedDuration = SignedDuration::from_mins(5);

/// One flow, asked for by a person or an event; without one, whatever is due.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    org: Option<OrgId>,
    flow: Option<FlowId>,
    kind: Option<RunKind>,
}

impl Function for SyncDispatcher {
    const NAME: &'static str = "sync-dispatcher";
    const REQUIRES: &'static [&'static str] = Decisions::REQUIRES;

    async fn start(environment: &Environment) -> Result<Self, StartError> {
        let table = environment.table()?;
        let engine = Arc::new(Engine::new(table.clone(), environment.connections()?, environment.clock()));
        Ok(Self {
            settings: SettingsStore::new(table.clone(), environment.objects()),
            runs: Runs::new(Arc::clone(&engine)),
            engine,
            queues: environment.queues(),
            workers: WorkerQueues::of(environment)?,
            decisions: Decisions::of(environment)?,
            clock: environment.clock(),
            entropy: environment.entropy(),
            metrics: environment.metrics(),
            table,
        })
    }

    async fn handle(self: Arc<Self>, event: Value, _invocation: Invocation) -> Result<Value, FunctionError> {
        let asked: Asked = serde_json::from_value(event).unwrap_or_default();
        let organizations = match asked.org.clone() {
            Some(org) => vec![org],
            None => self.table.organizations().await?,
        };
        let (mut begun, mut failures) = (Vec::new(), Vec::new());
        for org in organizations {
            let settings = self.settings.load(&org).await?;
            for flow in settings.flows.keys().filter(|flow| asked.flow.as_ref().is_none_or(|asked| asked == *flow)) {
                match self.dispatch(&settings, flow, &asked).await {
                    Ok(run) => begun.extend(run),
                    // One flow's trouble is not the next one's.
                    Err(error) => {
                        let code = error.failure();
                        tracing::error!(%org, %flow, %code, %error, "a flow was left out");
                        let about = [("flow", flow.as_str()), ("code", code.as_str())];
                        self.metrics.alarm(Alarm::RunFailed, Self::NAME, &org, &about);
                        let reason = error.to_string();
                        failures.push(json!({ "org": org, "flow": flow, "code": code, "reason": reason }));
                    }
                }
            }
        }
        Ok(json!({ "begun": begun, "failed": failures }))
    }
}

impl SyncDispatcher {
    async fn dispatch(
        &self,
        settings: &Organization,
        flow: &FlowId,
        asked: &Asked,
    ) -> Result<Option<RunId>, SyncError> {
        let stand = self.table.org(&settings.id).flow_row(flow).await?;
        let configured = settings.flows.get(flow).ok_or_else(|| SyncError::Unknown(flow.clone()))?;
        if asked.flow.is_none() {
            self.look_at_the_clock(settings, flow, configured, &stand).await?;
        }
        if let Some(running) = &stand.running {
            let now = self.clock.now();
            // Who asks for the flow wants its run to go on, whatever became of its messages.
            let stood_still = stand.began_at.is_none_or(|began| now.duration_since(began) >= STOOD_STILL);
            if asked.flow.is_some() || stood_still {
                self.look_after(settings, flow, running).await?;
            }
            return Ok(None);
        }
        let before = self.clock.now() - FORGOTTEN;
        if let Err(error) = self.decisions.remind(settings, flow, before).await {
            tracing::warn!(org = %settings.id, %flow, %error, "decisions wait for the next tick");
        }
        let wanted = if asked.flow.is_some() { Some(asked.kind.unwrap_or(RunKind::Changes)) } else { None };
        let Some(kind) = wanted.or_else(|| due::due(configured, &stand, self.clock.now())) else { return Ok(None) };
        let queue = self.queue(settings, flow).await?;
        let begun = self.runs.begin(settings, flow, kind, self.entropy.next_u64()).await?;
        self.queues.send_all(queue, &settings.id, &[first_message(&settings.id, flow, &begun)]).await?;
        self.metrics.count(Self::NAME, &settings.id, "sync_runs_count", 1);
        Ok(match begun {
            Begun::Run(run) => Some(run),
            Begun::Busy(_) => None,
        })
    }

    /// Tells of a flow that has not come to the end of a run for long.
    async fn look_at_the_clock(
        &self,
        settings: &Organization,
        id: &FlowId,
        flow: &Flow,
        stand: &FlowRow,
    ) -> Result<(), SyncError> {
        let first = match stand.finished_at {
            Some(_) => None,
            None => self.table.org(&settings.id).runs(id).await?.first().map(|run| run.began),
        };
        if due::is_late(flow, stand, first, self.clock.now()) {
            tracing::warn!(org = %settings.id, flow = %id, "a flow has not come to the end of a run for long");
            self.metrics.alarm(Alarm::FlowLate, Self::NAME, &settings.id, &[("flow", id.as_str())]);
        }
        Ok(())
    }

    /// Messages may be lost: what a run still has to do stands in the table.
    async fn look_after(&self, settings: &Organization, flow: &FlowId, run: &RunId) -> Result<(), SyncError> {
        let message = |page| SyncMessage::V1 { org: settings.id.clone(), flow: flow.clone(), run: run.clone(), page };
        let pages = self.table.org(&settings.id).pages(run).await?;
        let mut messages: Vec<SyncMessage> =
            pages.iter().filter(|page| page.outcome.is_none()).map(|page| message(Some(page.number))).collect();
        if messages.is_empty() {
            messages.push(message(None));
        }
        let queue = self.queue(settings, flow).await?;
        Ok(self.queues.send_all(queue, &settings.id, &messages).await?)
    }

    /// The queue of the worker for what the flow carries.
    async fn queue(&self, settings: &Organization, flow: &FlowId) -> Result<&QueueUrl, SyncError> {
        Ok(self.workers.for_entity(self.engine.open(settings, flow).await?.entity()))
    }
}
