//! The nights of a stay, in civil dates of the property.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Check-in to check-out. Civil dates at the property; the check-out day is not a night.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "(Date, Date)", into = "(Date, Date)")]
pub struct Span {
    check_in: Date,
    check_out: Date,
}

/// A check-out that is not after its check-in.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("check-out {check_out} is not after check-in {check_in}")]
pub struct SpanError {
    pub check_in: Date,
    pub check_out: Date,
}

impl Span {
    pub fn new(check_in: Date, check_out: Date) -> Result<Self, SpanError> {
        if check_out > check_in { Ok(Self { check_in, check_out }) } else { Err(SpanError { check_in, check_out }) }
    }

    pub fn check_in(self) -> Date {
        self.check_in
    }

    pub fn check_out(self) -> Date {
        self.check_out
    }

    /// Nights, at least one.
    pub fn nights(self) -> u32 {
        u32::try_from(self.check_in.duration_until(self.check_out).as_hours() / 24).unwrap_or(1)
    }

    /// Whether a night is shared. Back-to-back (one's check-out is the other's check-in) is no overlap.
    pub fn overlaps(self, other: Self) -> bool {
        self.check_in < other.check_out && self.check_out > other.check_in
    }
}

impl TryFrom<(Date, Date)> for Span {
    type Error = SpanError;

    fn try_from((check_in, check_out): (Date, Date)) -> Result<Self, SpanError> {
        Self::new(check_in, check_out)
    }
}

impl From<Span> for (Date, Date) {
    fn from(span: Span) -> Self {
        (span.check_in, span.check_out)
    }
}
