//! Booking reports that suppliers send as separated text.
//!
//! The kind of a report is decided by its header alone, never by a file's name. [`read`] types the rows and sets the
//! unusable ones aside, each with its reason; [`assign`] gives every property that the source serves its part of the
//! report, with what may be concluded from absence. Each supplier has a module of its own that says how its rows read;
//! the table [`KINDS`] lists them.
//!
//! No guest's name, phone or address survives reading: what rules need of them is worked out on the spot.

mod assign;
mod cells;
mod dates;
mod directory;
mod evolve;
mod header;
mod itrip;
mod names;
mod reading;
mod windows;

pub use assign::{Assigned, Delivery, assign};
pub use reading::{MAX_BYTES, read, recognise};

use jiff::civil::Date;
use lintel_domain::{ids::SourceId, planner::RejectReason, private::Private, snapshot::Observation};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What is known of one kind of report.
struct Format {
    source: &'static str,
    listed_as: &'static str,
    /// Columns without which a body is not of this kind, as folded by [`header`].
    required: &'static [&'static str],
    /// Columns that carry signals: reading goes on without them, with a note.
    expected: &'static [&'static str],
    row: reading::ReadRow,
    place: directory::Place,
    window: windows::Window,
}

/// Every kind of report there is, most particular first.
static KINDS: [&Format; 3] = [&itrip::CHECKOUTS, &evolve::GUEST_BOOKINGS, &evolve::ALL_RESERVATIONS];

/// Which report of which supplier a body is.
#[derive(Clone, Copy)]
pub struct ReportKind(&'static Format);

impl ReportKind {
    /// All kinds.
    pub fn all() -> impl Iterator<Item = Self> {
        KINDS.into_iter().map(Self)
    }

    /// Name of the source, as stays and the history carry it.
    pub fn source(self) -> &'static str {
        self.0.source
    }

    pub fn source_id(self) -> SourceId {
        SourceId::new(self.0.source)
    }

    /// The key of [`lintel_domain::settings::Property::listed_as`] under which properties are named in this report.
    pub fn listed_as(self) -> &'static str {
        self.0.listed_as
    }
}

impl fmt::Debug for ReportKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.source)
    }
}

impl PartialEq for ReportKind {
    fn eq(&self, other: &Self) -> bool {
        self.0.source == other.0.source
    }
}

impl Eq for ReportKind {}

/// A report, read.
#[derive(Debug)]
pub struct Report {
    pub kind: ReportKind,
    /// The properties the rows speak of, each once, with their rows.
    pub listings: Vec<Listed>,
    /// Rows that could not be used. Nothing is dropped in silence.
    pub rejected: Vec<RejectedRow>,
    pub notes: Vec<Note>,
}

impl Report {
    /// The rows in the report's order, each with its number.
    pub fn rows(&self) -> Vec<(u64, &Observation)> {
        let mut rows: Vec<_> = self.listings.iter().flat_map(Listed::rows).collect();
        rows.sort_by_key(|(line, _)| *line);
        rows
    }
}

/// One property of a report, with the stays and blocks the report lists there.
///
/// Rows are kept by property, since that is how they go on: as entries of a snapshot, without another copy.
#[derive(Debug)]
pub struct Listed {
    pub listing: Listing,
    /// In the order of the report.
    pub entries: Vec<Observation>,
    /// The row of each entry, as a spreadsheet shows it: the header is 1, and a cell of many lines is still one row.
    pub lines: Vec<u64>,
    /// The latest check-out among the entries.
    pub last_check_out: Option<Date>,
}

impl Listed {
    /// Each entry with its row.
    pub fn rows(&self) -> impl Iterator<Item = (u64, &Observation)> {
        self.lines.iter().copied().zip(&self.entries)
    }

    /// Takes out the rows for which `goes` holds.
    fn extract(&mut self, mut goes: impl FnMut(u64, &Observation) -> bool) -> Vec<(u64, Observation)> {
        let rows = std::mem::take(&mut self.lines).into_iter().zip(std::mem::take(&mut self.entries));
        let (gone, kept): (Vec<_>, Vec<_>) = rows.partition(|(line, entry)| goes(*line, entry));
        (self.lines, self.entries) = kept.into_iter().unzip();
        gone
    }
}

/// What a report calls a property.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    pub name: Option<String>,
    pub number: Option<String>,
    pub address: Option<String>,
    pub owner: Option<Private>,
}

impl Listing {
    /// The best of its names, for people: never the owner's.
    pub fn label(&self) -> &str {
        self.name
            .as_deref()
            .or(self.number.as_deref())
            .or(self.address.as_deref())
            .unwrap_or("a property without a name")
    }
}

/// A row set aside.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RejectedRow {
    /// Row number as a spreadsheet shows it.
    pub line: u64,
    pub reason: RowFault,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// What the report calls the property, when the row says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listing: Option<String>,
    /// The cells as separated text. Free text that may hold door codes is left out save for what the rules read in it;
    /// for a row that was read but has no property, its dates.
    #[serde(with = "lintel_domain::private::stored")]
    pub content: Private,
}

/// Why a row could not be used. The text never repeats a cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum RowFault {
    #[error("the row has no reservation number")]
    MissingUid,
    #[error("the row does not name its property")]
    MissingListing,
    #[error("the row has no date in column `{column}`")]
    MissingDate { column: String },
    #[error("column `{column}` does not hold a date")]
    UnreadableDate { column: String },
    #[error("check-out is not after check-in")]
    EmptySpan,
    #[error("{}", .reason.text())]
    NoStay { reason: RejectReason },
    #[error("the row has {cells} cells where the header has {columns}, and they cannot be told apart")]
    Ragged { cells: usize, columns: usize },
    #[error("the file ends inside this row")]
    Unterminated,
    #[error("the reservation number stands in the report twice for the same property")]
    DuplicateUid,
    #[error("no property is listed as `{listing}` under `{key}`")]
    UnmappedProperty { listing: String, key: String },
    #[error("more than one property is listed as `{listing}` under `{key}`")]
    AmbiguousProperty { listing: String, key: String },
    #[error("an owner override points to the property `{property}`, which is not configured")]
    OverrideWithoutProperty { property: String },
}

impl RowFault {
    /// Stable code, for counting and searching.
    pub fn code(&self) -> &'static str {
        match self {
            Self::MissingUid => "missing-uid",
            Self::MissingListing => "missing-listing",
            Self::MissingDate { .. } => "missing-date",
            Self::UnreadableDate { .. } => "unreadable-date",
            Self::EmptySpan => "empty-span",
            Self::NoStay { .. } => "unusable-entry",
            Self::Ragged { .. } => "ragged",
            Self::Unterminated => "unterminated",
            Self::DuplicateUid => "duplicate-uid",
            Self::UnmappedProperty { .. } => "unmapped-property",
            Self::AmbiguousProperty { .. } => "ambiguous-property",
            Self::OverrideWithoutProperty { .. } => "override-without-property",
        }
    }
}

/// Something an operator may want to know though every row concerned was used or counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Note {
    #[error("row {line} is not UTF-8 and was read as Windows-1252")]
    Windows1252 { line: u64 },
    #[error("the file was UTF-16")]
    Utf16,
    #[error("column `{column}` is missing, and with it a signal")]
    MissingColumn { column: String },
    #[error("row {line} has {extra} cells too many at its end; they were ignored")]
    ExtraCells { line: u64, extra: usize },
    /// The supplier's flag must equal "next booking is on the check-out date" (csv-reports.md section 1, fact 1).
    #[error("row {line}: the supplier's same-day flag disagrees with its own next booking")]
    SameDayDisagrees { line: u64 },
    #[error("row {line} cannot be read in column `{column}`; the stay was used without it")]
    UnreadableSignal { line: u64, column: String },
    #[error("row {line} has a status nobody has met yet")]
    UnknownStatus { line: u64 },
    #[error("{count} guest stays are left to the supplier's other report")]
    GuestRows { count: u64 },
    #[error("{count} of them are cancelled")]
    CancelledGuestRows { count: u64 },
    #[error("the file has a header and no rows")]
    NoRows,
    #[error("the report ends before the day it came; nothing follows from absence")]
    Stale,
    #[error("the report is dated {dated} and came on {received}; absence counts only where both agree")]
    DatedOtherwise { dated: Date, received: Date },
}

/// Why a body is not a report.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    #[error("the file is empty")]
    Empty,
    #[error("the file has {bytes} bytes, more than the {limit} allowed")]
    TooLarge { bytes: usize, limit: usize },
    #[error("the file is not separated text but {looks_like}")]
    NotText { looks_like: &'static str },
    #[error("the first row holds data where a header should stand")]
    NoHeader,
    #[error("no known report has the columns {}", columns.join(", "))]
    UnknownHeader { columns: Vec<String> },
}
