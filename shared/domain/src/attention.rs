//! What a person should know, without any guest's data.

use crate::ids::{SourceId, StayKey};
use serde::{Deserialize, Serialize};

/// One thing for the office. Two with the same code, stay and source are the same thing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Attention {
    pub code: AttentionCode,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stay: Option<StayKey>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceId>,
    pub text: String,
}

/// The stable names, as stored and as alarms filter them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttentionCode {
    /// The supplier's same-day flag does not follow from its own next check-in.
    FlagDisagrees,
    /// The supplier's text forbids work.
    Hold,
    /// Busy time nobody explained, or a block longer than a stay is likely to be.
    NeedsReview,
    /// Back-to-back stays of what looks like the same guest: an extension rather than a turnover?
    SameGuestChain,
    /// Two entries share a night.
    Overlap,
    /// The wall-clock service time falls into a change of the clock.
    ServiceTimeShifted,
    /// A source that had stays listed none.
    EmptyRead,
    /// A source that names its cancellations dropped a stay without one.
    AbsentWithoutCancellation,
    /// More stays vanished than may go without an operator.
    MassChange,
    /// The stay is gone, its job is not.
    RemovedWithLiveJob,
    /// The stay wants no job any more, but has a live one.
    UnwantedWithLiveJob,
    /// A source's uids change from read to read; its stays are keyed by dates now.
    UnstableUids,
}

impl AttentionCode {
    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FlagDisagrees => "flag-disagrees",
            Self::Hold => "hold",
            Self::NeedsReview => "needs-review",
            Self::SameGuestChain => "same-guest-chain",
            Self::Overlap => "overlap",
            Self::ServiceTimeShifted => "service-time-shifted",
            Self::EmptyRead => "empty-read",
            Self::AbsentWithoutCancellation => "absent-without-cancellation",
            Self::MassChange => "mass-change",
            Self::RemovedWithLiveJob => "removed-with-live-job",
            Self::UnwantedWithLiveJob => "unwanted-with-live-job",
            Self::UnstableUids => "unstable-uids",
        }
    }
}
