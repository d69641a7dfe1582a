//! The office's table of stays: one row a version.

use crate::{error::Error, transport::Deadline};
use async_trait::async_trait;
use jiff::{Timestamp, civil::Date};
use lintel_domain::{
    ids::{RecordId, SourceId, StayKey, WatchId},
    job::ScheduleState,
    private::Private,
    stay::{ServiceType, VersionStatus},
};

#[async_trait]
pub trait HistoryTable: std::fmt::Debug + Send + Sync {
    /// Writes rows by stay and version, creating those that are new. One bad row stops only itself. Outcomes come in the
    /// order of the rows.
    async fn upsert(&self, rows: &[HistoryRow], deadline: Deadline) -> Result<Vec<RowOutcome>, Error>;

    /// Whether the table has the columns that are written.
    async fn check_schema(&self, deadline: Deadline) -> Result<Result<(), SchemaFault>, Error>;

    /// Asks to be told at an address when people change the cells that are theirs.
    async fn watch(&self, address: &str, deadline: Deadline) -> Result<NewWatch, Error>;

    /// Keeps a watch alive; answers until when. `None` when it is gone.
    async fn keep_watch(&self, watch: &WatchId, deadline: Deadline) -> Result<Option<Timestamp>, Error>;

    /// Ends a watch. One that is gone is none to end.
    async fn end_watch(&self, watch: &WatchId, deadline: Deadline) -> Result<(), Error>;

    /// Rows that people changed, one page from a cursor on. `None` when the watch is gone.
    async fn changes(&self, watch: &WatchId, cursor: u64, deadline: Deadline) -> Result<Option<Changes>, Error>;

    /// What people wrote in one row; `None` when the row is gone or is no version of a stay.
    async fn people_in(&self, record: &RecordId, deadline: Deadline) -> Result<Option<PeopleRow>, Error>;

    /// What people wrote in all rows, a page at a time.
    async fn people(&self, after: Option<&str>, deadline: Deadline) -> Result<PeoplePage, Error>;
}

/// A watch just made. Its secret is told once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewWatch {
    pub id: WatchId,
    pub secret: Private,
    pub expires_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    pub records: Vec<RecordId>,
    /// Where the next page begins.
    pub cursor: u64,
    pub rest: Rest,
}

/// Whether there is more to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    Waits,
    Nothing,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeoplePage {
    pub rows: Vec<PeopleRow>,
    /// Says where the next page begins; `None` after the last.
    pub after: Option<String>,
}

/// The cells of a row that belong to people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeopleRow {
    pub stay: StayKey,
    pub version: u32,
    pub cells: PeopleCells,
}

/// One cell that is people's, and what it is to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PeopleCell {
    Instructions(Option<String>),
    ServiceTime(Option<Timestamp>),
    ServiceType(Option<ServiceType>),
}

/// What people may write beside what is written for them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeopleCells {
    pub instructions: Option<String>,
    pub service_time: Option<Timestamp>,
    pub service_type: Option<ServiceType>,
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
    /// Cells that are people's and known to be behind. All others are left alone.
    pub people: Vec<PeopleCell>,
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
