//! What can go wrong at a vendor, whose fault it is, and when trying again helps.

use crate::transport::{Fault, SendError};
use jiff::Timestamp;
use std::time::Duration;

/// A call at a vendor that did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The shared call budget is used up, or the vendor said to wait.
    #[error("{vendor}: {doing}: to wait until {until}")]
    Throttled { vendor: String, doing: String, until: Timestamp },
    /// The breaker is open: the vendor has been failing.
    #[error("{vendor}: {doing}: left alone until {until}, it has been failing")]
    BreakerOpen { vendor: String, doing: String, until: Timestamp },
    /// The request may or may not have been carried out.
    #[error("{vendor}: {doing}: {reason}; it is unknown whether it was done")]
    Doubtful { vendor: String, doing: String, reason: String },
    /// The vendor or the way to it fails for now.
    #[error("{vendor}: {doing}: {reason}")]
    Weather { vendor: String, doing: String, reason: String },
    /// The organization's settings or data at the vendor have to be mended.
    #[error("{vendor}: {doing}: {reason}")]
    Settings { vendor: String, doing: String, code: &'static str, reason: String },
    /// We asked for something the vendor does not understand.
    #[error("{vendor}: {doing}: {reason}")]
    Ours { vendor: String, doing: String, reason: String },
    /// The shared state could not be read or written.
    #[error("{doing}: shared state: {reason}")]
    State { doing: String, reason: String },
    /// There was no time left to begin.
    #[error("{vendor}: {doing}: no time left")]
    OutOfTime { vendor: String, doing: String },
}

/// The code of an error that says a job is not there any more.
pub const JOB_MISSING: &str = "job-missing";

/// When to try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    Now,
    After(Duration),
    At(Timestamp),
    /// Never in this form.
    Never,
    /// After somebody mended something.
    NeedsPerson,
}

impl Error {
    pub fn retry(&self) -> Retry {
        match self {
            Self::Throttled { until, .. } | Self::BreakerOpen { until, .. } => Retry::At(*until),
            Self::Doubtful { .. } | Self::Weather { .. } | Self::State { .. } => Retry::After(Duration::from_secs(20)),
            Self::OutOfTime { .. } => Retry::Now,
            Self::Settings { .. } => Retry::NeedsPerson,
            Self::Ours { .. } => Retry::Never,
        }
    }

    /// Whether a write behind this error may have happened all the same.
    pub fn may_have_been_done(&self) -> bool {
        matches!(self, Self::Doubtful { .. })
    }

    /// Stable, for filters.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Throttled { .. } => "throttled",
            Self::BreakerOpen { .. } => "breaker-open",
            Self::Doubtful { .. } => "doubtful",
            Self::Weather { .. } => "vendor-failing",
            Self::Settings { code, .. } => code,
            Self::Ours { .. } => "refused",
            Self::State { .. } => "shared-state",
            Self::OutOfTime { .. } => "out-of-time",
        }
    }

    /// Who has to hear of it.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Settings { .. } => Fault::Settings,
            Self::Ours { .. } => Fault::Ours,
            _ => Fault::Weather,
        }
    }

    pub(crate) fn of_send(vendor: &str, doing: &str, error: &SendError) -> Self {
        let (vendor, doing, reason) = (vendor.to_owned(), doing.to_owned(), error.to_string());
        match error {
            SendError::Forbidden(_) => Self::Settings { vendor, doing, code: "address-forbidden", reason },
            SendError::NotSent(_) => Self::Weather { vendor, doing, reason },
            SendError::Ambiguous(_) | SendError::TooLarge { .. } => Self::Doubtful { vendor, doing, reason },
        }
    }
}
