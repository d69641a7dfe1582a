//! The one entry point of the stay rules: what one input changes at one property.
//!
//! [`plan`] is a pure function. It reads the property's stored state, applies one input, recomputes every finding of the
//! property from scratch and answers with what has to be written. Nothing is written here.

mod apply;
mod changes;
mod draft;
mod read;

use crate::{
    absence::RemovalPlan,
    attention::Attention,
    identity::MAX_NIGHTS,
    ids::{JobId, PropertyId, RemovalPlanId, SourceId, StayKey},
    job::JobProgress,
    settings::WithdrawPolicy,
    snapshot::{Observation, Snapshot},
    source::SourceFacts,
    span::Span,
    stay::{OfficeEdits, Stay},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub use apply::plan;

/// What is stored about one property. Everything the rules may look at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PropertyState {
    /// The current version of every stay: active ones, and removed ones so that they can come back.
    pub stays: BTreeMap<StayKey, Stay>,
    pub sources: BTreeMap<SourceId, SourceFacts>,
    /// Plans still open; settled ones may be present and are ignored.
    pub plans: BTreeMap<RemovalPlanId, RemovalPlan>,
    pub jobs: BTreeMap<StayKey, JobFacts>,
}

/// What is known of a stay's job.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobFacts {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<JobId>,
    /// `None` while no job was created, or none was seen yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<JobProgress>,
}

impl JobFacts {
    /// The job, when it exists and is neither done nor cancelled.
    pub fn live(&self) -> Option<&JobId> {
        match self.progress {
            Some(JobProgress::Completed | JobProgress::Cancelled) => None,
            _ => self.job.as_ref(),
        }
    }
}

/// What there is to react to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Input {
    /// A read of one source.
    Snapshot { snapshot: Snapshot },
    /// Settings changed, or somebody wants to be sure.
    Recompute,
    /// A person's edits of one stay, as they stood at a moment; they replace what was read before as a whole.
    Edit { stay: StayKey, edits: OfficeEdits, as_of: Timestamp },
    /// An operator lets a removal plan happen.
    Approve { plan: RemovalPlanId },
    /// An operator keeps the stays of a removal plan.
    Dismiss { plan: RemovalPlanId },
    /// The source is configured away: all its stays become Old.
    RemoveSource { source: SourceId },
}

/// What one input changes. An empty plan needs no write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PropertyPlan {
    /// In order of key.
    pub changes: Vec<StayChange>,
    /// The sources whose facts changed, whole.
    pub sources: BTreeMap<SourceId, SourceFacts>,
    /// The plans that were opened, changed or settled, whole.
    pub plans: Vec<RemovalPlan>,
    /// Observations that could not be used and wait for a person.
    pub rejected: Vec<Rejected>,
    /// Observations that were understood and deliberately make no stay of their own. For the log and the dry run.
    pub skipped: Vec<Skipped>,
    /// What a person should know. Stable by code and stay: writing one again changes nothing.
    pub attention: Vec<Attention>,
    pub outcome: Outcome,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Applied,
    /// A later read of the same source was applied before; this one says nothing new.
    Superseded,
    Unchanged,
}

/// One stay's new current version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StayChange {
    pub stay: Stay,
    /// The version it replaces, already marked Old. `None` for a first version and for evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retired: Option<Stay>,
    pub kind: ChangeKind,
    /// A job that is still alive though the stay now wants none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live_job: Option<LiveJob>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    Created,
    Modified,
    Removed,
    Reactivated,
    /// A person wrote into the stay's row. The same version is rewritten, so that they go on in the row before them.
    Edited,
    /// Misses, a new uid or other facts that make no history: the same version is rewritten.
    Evidence,
}

/// A job without a reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveJob {
    pub job: JobId,
    /// Whether its schedule is withdrawn without a person. The job id is kept either way.
    pub withdraw: WithdrawPolicy,
}

/// An observation a person has to look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejected {
    pub observation: Observation,
    pub reason: RejectReason,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RejectReason {
    /// Longer than [`crate::identity::MAX_NIGHTS`].
    TooLong,
    /// Its dates cannot be placed on a calendar with a clock: the far ends of time.
    DateOutOfRange,
}

/// Years a stay may lie in: anything else is a fault of its source, and clocks cannot be computed at the ends of time.
const YEARS: std::ops::RangeInclusive<i16> = 1970..=9000;

impl RejectReason {
    /// Why these can be no stay's nights, if they cannot.
    pub fn of(span: Span) -> Option<Self> {
        if !YEARS.contains(&span.check_in().year()) || !YEARS.contains(&span.check_out().year()) {
            return Some(Self::DateOutOfRange);
        }
        (span.nights() > MAX_NIGHTS).then_some(Self::TooLong)
    }

    /// For the quarantine entry.
    pub fn text(self) -> &'static str {
        match self {
            Self::TooLong => "the stay is longer than any stay can be",
            Self::DateOutOfRange => "the dates lie outside the calendar",
        }
    }
}

/// An observation that makes no stay of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    pub observation: Observation,
    pub reason: SkipReason,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkipReason {
    /// Listed twice in the same words.
    Repeated,
    /// A check-in or check-out event beside the event of the whole stay.
    PartOfLongerStay,
    /// Unknown so far, and outside the window of months the organization keeps.
    OutsideWindow,
    /// Cancelled before it was ever seen listed.
    CancelledUnseen,
}

/// Why an input could not be planned at all.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PlanError {
    #[error("planning property {0}: it is not configured")]
    UnknownProperty(PropertyId),
    #[error("planning property {property}: the zone {zone} is unknown")]
    UnknownZone { property: PropertyId, zone: String },
    #[error("planning property {property}: the snapshot is of property {snapshot}")]
    WrongProperty { property: PropertyId, snapshot: PropertyId },
    #[error("editing stay {0}: there is no such stay")]
    UnknownStay(StayKey),
    #[error("settling removal plan {0}: there is no such open plan")]
    UnknownPlan(RemovalPlanId),
    #[error("placing the service of stay {stay}: {reason}")]
    ServiceTime { stay: StayKey, reason: String },
}

impl PropertyPlan {
    /// Whether nothing has to be written or told.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
            && self.sources.is_empty()
            && self.plans.is_empty()
            && self.rejected.is_empty()
            && self.attention.is_empty()
    }

    pub(crate) fn nothing(outcome: Outcome) -> Self {
        Self {
            changes: Vec::new(),
            sources: BTreeMap::new(),
            plans: Vec::new(),
            rejected: Vec::new(),
            skipped: Vec::new(),
            attention: Vec::new(),
            outcome,
        }
    }
}

impl PropertyState {
    /// The state after the plan was written.
    pub fn apply(&mut self, plan: &PropertyPlan) {
        for change in &plan.changes {
            self.stays.insert(change.stay.key.clone(), change.stay.clone());
        }
        for (source, facts) in &plan.sources {
            self.sources.insert(source.clone(), facts.clone());
        }
        for plan in &plan.plans {
            self.plans.insert(plan.id.clone(), plan.clone());
        }
    }

    /// The stays that count.
    pub fn active(&self) -> impl Iterator<Item = &Stay> {
        self.stays.values().filter(|stay| stay.status.is_active())
    }
}
