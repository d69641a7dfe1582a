//! A stay at a property, as the table knows it: one active version, with what the rules concluded.

use crate::{
    decision::{Decision, Decisions},
    fingerprint::Fingerprint,
    ids::{ConfirmationCode, PropertyId, RemovalPlanId, RuleId, SnapshotId, SourceId, SourceUid, StayKey},
    snapshot::{EntryKind, Signals},
    span::Span,
};
use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time},
};
use serde::{Deserialize, Serialize};

/// One version of a stay. At most one version of a key is active.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stay {
    pub key: StayKey,
    pub property: PropertyId,
    /// Counts from 1.
    pub version: u32,
    pub status: VersionStatus,
    pub source: SourceId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<SourceUid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmation: Option<ConfirmationCode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Fingerprint>,
    pub span: Span,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check_out_time: Option<Time>,
    pub kind: EntryKind,
    pub kind_rule: RuleId,
    #[serde(default)]
    pub signals: Signals,
    /// What people set by hand. Carried from version to version; rules never write it.
    #[serde(default)]
    pub office: OfficeEdits,
    /// When the edits were read where people write them; an earlier reading says nothing any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub office_as_of: Option<Timestamp>,
    pub findings: Findings,
    /// How this version came about: how its entry was recognised or what removed it, with the reads that showed it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recognised: Vec<Decision>,
    /// Open when the stay was missing from good reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub misses: Option<Misses>,
    pub first_seen: Timestamp,
    pub changed_at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum VersionStatus {
    New,
    Modified,
    Old,
    Removed,
}

impl VersionStatus {
    pub fn is_active(self) -> bool {
        matches!(self, Self::New | Self::Modified)
    }
}

/// What people decide about a stay in the office table or the field-service screen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfficeEdits {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instructions: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_time: Option<DateTime>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_type: Option<ServiceType>,
}

impl OfficeEdits {
    /// What stands when people wrote `theirs` into cells that held `base`, while the stay has `ours`: what they changed is
    /// theirs, the rest ours.
    #[must_use]
    pub fn merge(base: &Self, theirs: &Self, ours: &Self) -> Self {
        fn pick<T: Clone + PartialEq>(base: &T, theirs: &T, ours: &T) -> T {
            if theirs == base { ours.clone() } else { theirs.clone() }
        }
        Self {
            instructions: pick(&base.instructions, &theirs.instructions, &ours.instructions),
            service_time: pick(&base.service_time, &theirs.service_time, &ours.service_time),
            service_type: pick(&base.service_type, &theirs.service_type, &ours.service_type),
        }
    }
}

/// Everything the rules concluded. A pure function of the property's active stays, so it is compared as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "the flags are independent answers, stored and shown as such")]
pub struct Findings {
    pub overlapping: bool,
    pub same_day: bool,
    pub owner_arriving: bool,
    pub long_term: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_guest: Option<Date>,
    pub service: ServiceType,
    /// Wall-clock time at the property.
    pub service_at: DateTime,
    /// The line the crew reads first.
    pub line: String,
    pub job: JobWish,
    pub decisions: Decisions,
}

/// Whether the stay should have a job, and if not, why not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum JobWish {
    Wanted,
    NotWanted { reason: NoJob },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum NoJob {
    /// Blocks are nobody's departure.
    Block,
    /// Busy time nobody explained, or a block longer than a stay is likely to be.
    NeedsReview,
    /// The supplier's text forbids work until a person has looked.
    Hold,
    /// Another source lists the same stay, and its job serves both.
    DuplicateOf { stay: StayKey },
    /// The service time had passed when the stay was first seen.
    Past,
    /// The stay is gone.
    Removed,
    /// The office set a service type that means no work.
    NoService,
}

/// The kind of work. The named ones have rules; any other text an office uses is kept as it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum ServiceType {
    Turnover,
    NeedsReview,
    OwnerArrival,
    Inspection,
    ReturnLaundry,
    NoService,
    Other(String),
}

impl ServiceType {
    pub fn as_str(&self) -> &str {
        match self {
            Self::Turnover => "Turnover",
            Self::NeedsReview => "Needs Review",
            Self::OwnerArrival => "Owner Arrival",
            Self::Inspection => "Inspection",
            Self::ReturnLaundry => "Return Laundry",
            Self::NoService => "No Service",
            Self::Other(text) => text,
        }
    }
}

impl From<String> for ServiceType {
    fn from(text: String) -> Self {
        [Self::Turnover, Self::NeedsReview, Self::OwnerArrival, Self::Inspection, Self::ReturnLaundry, Self::NoService]
            .into_iter()
            .find(|known| known.as_str().eq_ignore_ascii_case(text.trim()))
            .unwrap_or(Self::Other(text))
    }
}

impl From<ServiceType> for String {
    fn from(service: ServiceType) -> Self {
        service.as_str().to_owned()
    }
}

/// Good reads in which the stay was missing though its window covered it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Misses {
    pub first_at: Timestamp,
    pub reads: Vec<SnapshotId>,
    /// The removal plan an operator dismissed: absence says no more of this stay until it was seen again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept_by: Option<RemovalPlanId>,
}
