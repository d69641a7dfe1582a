//! The office's table of stays: one row a version.

use crate::{error::Error, transport::Deadline};
use async_trait::async_trait;
use jiff::{Timestamp, civil::Date};
use lintel_domain::{
    ids::{SourceId, StayKey},
    job::ScheduleState,
    stay::{ServiceType, VersionStatus},
};

#[async_trait]
pub trait HistoryTable: std::fmt::Debug + Send + Sync {
    /// Writes rows by stay and version, creating those that are new. One bad row stops only itself. Outcomes come in the
    /// order of the rows.
    async fn upsert(&self, rows: &[HistoryRow], deadline: Deadline) -> Result<Vec<RowOutcome>, Error>;

    /// Whether the table has the columns that are written.
    async fn check_schema(&self, deadline: Deadline) -> Result<Result<(), SchemaFault>, Error>;
}

/// One version of a stay with its job, in neutral words.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "columns of the office's table, independent of one another")]
pub struct HistoryRow {
    pub stay: StayKey,
    pub version: u32,
    pub source: SourceId,
    pub property: String,
    pub check_in: Date,
    pub check_out: Date,
    pub status: VersionStatus,
    pub entry_type: String,
    pub service_type: ServiceType,
    pub overlapping: bool,
    pub same_day: bool,
    pub owner_arriving: bool,
    pub long_term: bool,
    pub next_guest: Option<Date>,
    pub supplier_next_guest: Option<Date>,
    pub service_time: Option<Timestamp>,
    pub line: String,
    /// The line as it stands in the field-service system.
    pub vendor_line: Option<String>,
    pub job: Option<String>,
    pub appointment: Option<String>,
    pub job_created: Option<Timestamp>,
    pub job_status: Option<String>,
    pub assignee: Option<String>,
    pub on_my_way: Option<Timestamp>,
    pub started: Option<Timestamp>,
    pub completed: Option<Timestamp>,
    pub scheduled: Option<Timestamp>,
    pub schedule_state: Option<ScheduleState>,
    pub schedule_details: Option<String>,
    pub service_details: Option<String>,
    pub missing_count: u32,
    pub missing_since: Option<Timestamp>,
    pub last_updated: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowOutcome {
    Written { record: String },
    Rejected { reason: String },
}

/// Columns the office's table lacks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("table {table} lacks the columns {}", .missing.join(", "))]
pub struct SchemaFault {
    pub table: String,
    pub missing: Vec<String>,
}
