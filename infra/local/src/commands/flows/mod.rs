//! Flows of records: what they would do, what they did, and what waits for a person.

mod audit;
mod connector;
mod health;
mod lift;
mod list;
mod plan;
mod report;
mod settle;
mod setup;
mod sync;
mod vault;

pub(crate) use audit::Audit;
pub(crate) use connector::Connector;
pub(crate) use health::of_connections;
pub(crate) use lift::Lift;
pub(crate) use list::Flows;
pub(crate) use plan::show as plan;
pub(crate) use report::Report;
pub(crate) use settle::Settle;
pub(crate) use setup::Setup;
pub(crate) use sync::Sync;
pub(crate) use vault::{Vault, health as of_data_keys};

use crate::session::Session;
use anyhow::{Context, bail};
use jiff::{SignedDuration, Timestamp};
use lintel_cloud::queues::{QueueUrl, Queues};
use lintel_connectors::{surroundings::SystemClock, transport::Deadline};
use lintel_domain::{ids::FlowId, records::RecordKey};
use lintel_sync::{Decisions, Engine, WorkerQueues};
use std::sync::Arc;

/// Who decides.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct By {
    /// Who decides, as the audit is to name them.
    #[arg(long, env = "USER")]
    by: Option<String>,
}

impl By {
    pub(crate) fn who(&self) -> String {
        self.by.as_ref().map_or_else(|| "operator".to_owned(), |by| format!("operator {by}"))
    }
}

/// A person waits.
fn patience() -> Deadline {
    Deadline::at(Timestamp::now() + SignedDuration::from_mins(10))
}

fn engine(session: &Session) -> anyhow::Result<Engine> {
    Ok(Engine::new(session.table.clone(), session.connections()?, Arc::new(SystemClock)))
}

/// What waits for a person, and the way to the workers.
pub(crate) fn decisions(session: &Session) -> anyhow::Result<Decisions> {
    let queue = |name: &str| {
        let url = session.host.queue_url(name).with_context(|| format!("the template has no {name}"))?;
        Ok::<_, anyhow::Error>(QueueUrl::new(url))
    };
    let workers = WorkerQueues {
        properties: queue("SyncPropertiesQueue")?,
        units: queue("SyncUnitsQueue")?,
        people: queue("SyncPeopleQueue")?,
        leases: queue("SyncLeasesQueue")?,
    };
    let queues = Queues::new(aws_sdk_sqs::Client::new(session.sdk()));
    let vault = session.connections()?.vault().clone();
    Ok(Decisions::new(session.table.clone(), vault, queues, workers, Arc::new(SystemClock)))
}

/// What became of what was decided of a record.
async fn outcome(session: &Session, flow: &FlowId, record: &RecordKey) -> anyhow::Result<String> {
    let table = session.org();
    if !table.decisions_about(flow, record).await?.is_empty() {
        return Ok(format!(
            "decided; {record} waits for its worker: a run is on, its vendor does not answer, or it is read by full runs alone"
        ));
    }
    let problems = table.problems(flow).await?;
    let left = problems.iter().find(|row| !row.resolved && row.problem.record == *record);
    Ok(match left {
        None => "carried out".to_owned(),
        Some(row) => format!("carried out; what is left: {} · {}", row.problem.code, row.problem.reason),
    })
}

/// The flow of that name.
fn known(session: &Session, name: &str) -> anyhow::Result<FlowId> {
    let flow = FlowId::new(name);
    if session.settings.flows.contains_key(&flow) {
        return Ok(flow);
    }
    let known: Vec<&str> = session.settings.flows.keys().map(FlowId::as_str).collect();
    bail!(
        "no flow {name} is configured; there are {}",
        if known.is_empty() { "none".to_owned() } else { known.join(", ") }
    )
}
