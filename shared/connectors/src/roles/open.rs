//! Opens an organization's connection in the role it is needed for.

use super::{Directory, FieldService, HistoryTable, RecordSetup};
use crate::{
    airtable::Airtable,
    housecallpro::{self, HousecallPro},
    hubspot::PortalSetup,
    manifest::{FindError, Vendors},
    records::RecordClient,
    surroundings::{Clock, Entropy},
    transport::{Breaker, CallBudget, CallLog, HttpClient, TokenStore},
};
use lintel_domain::{
    ids::{ConnectionId, OrgId},
    job_news::JobNews,
    private::Private,
    settings::Connection,
};
use serde_json::Value;
use std::sync::Arc;

/// Everything a connection needs beside its own settings.
#[derive(Clone, Debug)]
pub struct Parts {
    pub org: OrgId,
    pub http: Arc<dyn HttpClient>,
    pub budget: Arc<dyn CallBudget>,
    pub breaker: Arc<dyn Breaker>,
    pub tokens: Arc<dyn TokenStore>,
    pub calls: Arc<dyn CallLog>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
}

/// A connection that cannot be used as configured.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum OpenError {
    #[error("connection {connection}: {vendor} cannot serve as {role}")]
    WrongRole { connection: ConnectionId, vendor: String, role: &'static str },
    #[error("connection {connection}: setting {setting}: {reason}")]
    Setting { connection: ConnectionId, setting: &'static str, reason: String },
    #[error("{vendor}: stream {stream}: an expression {reason}")]
    Stream { vendor: String, stream: String, reason: String },
    #[error(transparent)]
    Manifest(#[from] FindError),
}

/// Opens a connection that holds jobs.
pub fn field_service(
    id: &ConnectionId,
    connection: &Connection,
    secret: &Private,
    parts: Parts,
) -> Result<Arc<dyn FieldService>, OpenError> {
    match connection.vendor.as_str() {
        HousecallPro::NAME => Ok(Arc::new(HousecallPro::open(id, connection, secret, parts)?)),
        _ => Err(wrong_role(id, connection, "field service")),
    }
}

/// What an event of a vendor says of a job; `None` when it is about something else.
pub fn job_news(vendor: &str, event: &str, content: &Value) -> Result<Option<JobNews>, NewsError> {
    let news = match vendor {
        HousecallPro::NAME => housecallpro::news::job_news(event, content),
        _ => return Ok(None),
    };
    news.map_err(|error| NewsError { event: event.to_owned(), place: error.path().to_string() })
}

/// An event whose record does not read as its kind of record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("read event {event}: unexpected content at {place}")]
pub struct NewsError {
    pub event: String,
    pub place: String,
}

/// Opens a connection that knows customers and crews.
pub fn directory(
    id: &ConnectionId,
    connection: &Connection,
    secret: &Private,
    parts: Parts,
) -> Result<Arc<dyn Directory>, OpenError> {
    match connection.vendor.as_str() {
        HousecallPro::NAME => Ok(Arc::new(HousecallPro::open(id, connection, secret, parts)?)),
        _ => Err(wrong_role(id, connection, "directory")),
    }
}

/// Opens a connection that holds the office's history.
pub fn history_table(
    id: &ConnectionId,
    connection: &Connection,
    secret: &Private,
    parts: Parts,
) -> Result<Arc<dyn HistoryTable>, OpenError> {
    match connection.vendor.as_str() {
        Airtable::NAME => Ok(Arc::new(Airtable::open(id, connection, secret, parts)?)),
        _ => Err(wrong_role(id, connection, "history table")),
    }
}

/// Opens the records of a connection of any vendor whose manifest has streams.
pub fn records(
    vendors: Vendors<'_>,
    id: &ConnectionId,
    connection: &Connection,
    secret: &Private,
    parts: Parts,
) -> Result<RecordClient, OpenError> {
    RecordClient::open(vendors.find(&connection.vendor)?, id, connection, secret, parts)
}

/// Opens a connection whose system is to take records.
pub fn record_setup(
    id: &ConnectionId,
    connection: &Connection,
    secret: &Private,
    parts: Parts,
) -> Result<Arc<dyn RecordSetup>, OpenError> {
    match connection.vendor.as_str() {
        PortalSetup::NAME => Ok(Arc::new(PortalSetup::open(id, connection, secret, parts)?)),
        _ => Err(wrong_role(id, connection, "record target")),
    }
}

/// Whether a vendor has to be made ready before it takes records.
pub fn has_setup(vendor: &str) -> bool {
    vendor == PortalSetup::NAME
}

fn wrong_role(id: &ConnectionId, connection: &Connection, role: &'static str) -> OpenError {
    OpenError::WrongRole { connection: id.clone(), vendor: connection.vendor.clone(), role }
}
