//! Opens an organization's connection in the role it is needed for.

use super::{Directory, FieldService, HistoryTable};
use crate::{
    airtable::Airtable,
    housecallpro::HousecallPro,
    manifest::FindError,
    surroundings::{Clock, Entropy},
    transport::{Breaker, CallBudget, CallLog, HttpClient},
};
use lintel_domain::{
    ids::{ConnectionId, OrgId},
    private::Private,
    settings::Connection,
};
use std::sync::Arc;

/// Everything a connection needs beside its own settings.
#[derive(Clone, Debug)]
pub struct Parts {
    pub org: OrgId,
    pub http: Arc<dyn HttpClient>,
    pub budget: Arc<dyn CallBudget>,
    pub breaker: Arc<dyn Breaker>,
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

fn wrong_role(id: &ConnectionId, connection: &Connection, role: &'static str) -> OpenError {
    OpenError::WrongRole { connection: id.clone(), vendor: connection.vendor.clone(), role }
}
