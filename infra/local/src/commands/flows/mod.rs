//! Flows of records: what they would do, what they did, and what waits for a person.

mod connector;
mod list;
mod plan;
mod report;
mod settle;
mod setup;
mod sync;

pub(crate) use connector::Connector;
pub(crate) use list::Flows;
pub(crate) use plan::show as plan;
pub(crate) use report::Report;
pub(crate) use settle::Settle;
pub(crate) use setup::Setup;
pub(crate) use sync::Sync;

use crate::session::Session;
use anyhow::bail;
use jiff::{SignedDuration, Timestamp};
use lintel_connectors::{surroundings::SystemClock, transport::Deadline};
use lintel_domain::ids::FlowId;
use lintel_sync::Engine;
use std::sync::Arc;

/// A person waits.
fn patience() -> Deadline {
    Deadline::at(Timestamp::now() + SignedDuration::from_mins(10))
}

fn engine(session: &Session) -> anyhow::Result<Engine> {
    Ok(Engine::new(session.table.clone(), session.connections()?, Arc::new(SystemClock)))
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
