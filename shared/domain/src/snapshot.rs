//! What one read of one source said about one property.

use crate::{
    fingerprint::Fingerprint,
    ids::{ConfirmationCode, PropertyId, RuleId, SnapshotId, SourceId, SourceUid},
    span::Span,
};
use jiff::{Timestamp, civil::Date, civil::Time};
use serde::{Deserialize, Serialize};

/// One property's part of one read. Sent through the `stays` queue by reference; applied by the planner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    pub id: SnapshotId,
    pub source: SourceId,
    pub property: PropertyId,
    pub observed_at: Timestamp,
    pub coverage: Coverage,
    pub entries: Vec<Observation>,
    /// Uids this read lists at another property: evidence that they left this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub elsewhere: Vec<SourceUid>,
}

/// What may be concluded from an entry being absent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Coverage {
    /// Every stay with a check-out from `from` to `to`, both included, is listed.
    Checkouts { from: Date, to: Date },
    /// Every entry that ends after `from` is listed, as far ahead as the source has ever been seen to reach.
    Upcoming { from: Date },
    /// Absence says nothing.
    Nothing { why: NoCoverage },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoCoverage {
    /// The body ended early or parts of it could not be read.
    Partial,
    /// A good body without a single entry.
    Empty,
    /// The source names its cancellations itself.
    ExplicitCancellations,
}

/// One entry as its source described it, with the supplier's own signals already read. Holds no guest data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<SourceUid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmation: Option<ConfirmationCode>,
    /// Of the guest or summary text: tells equal from different without keeping a name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Fingerprint>,
    pub span: Span,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check_in_time: Option<Time>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check_out_time: Option<Time>,
    pub kind: EntryKind,
    /// The rule that told a stay from a block.
    pub kind_rule: RuleId,
    pub presence: Presence,
    #[serde(default)]
    pub signals: Signals,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    Reservation,
    Block,
    /// The owner's own stay: a block that makes the stay before it an owner arrival.
    OwnerBlock,
    /// Busy time a source does not explain; the feed's policy decides and a person looks.
    UnknownBusy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    Listed,
    Cancelled,
}

/// What a supplier said beside the dates.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Signals {
    /// The supplier's own same-day flag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same_day: Option<bool>,
    /// The supplier's own next check-in date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_check_in: Option<Date>,
    /// The supplier's text says the owner arrives next.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub owner_next_by_text: bool,
    /// The next guest shares a surname with the owner.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub owner_next_by_name: bool,
    /// A human order in the supplier's text that forbids automatic work, e.g. "do not clean".
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hold: bool,
}
