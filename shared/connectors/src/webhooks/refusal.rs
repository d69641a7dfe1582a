//! What came of looking at a delivery.

use jiff::Timestamp;

/// A delivery whose sender is proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Which of the secrets given matched, by its place among them: tells when an old one is not used any more.
    pub secret: usize,
    /// When the vendor sent this attempt, if its scheme says so.
    pub sent: Option<Timestamp>,
}

/// Why a delivery is not believed. Never holds anything of the delivery: it is counted and logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    #[error("a header or parameter of the scheme is missing or empty")]
    MissingHeader,
    #[error("a header of the scheme came more than once")]
    RepeatedHeader,
    #[error("a header of the scheme is too long")]
    OversizedHeader,
    #[error("the body is too large")]
    OversizedBody,
    #[error("the form has too many parameters")]
    TooManyParameters,
    #[error("the delivery's id cannot be an id")]
    BadId,
    #[error("the timestamp is not a number")]
    BadTimestamp,
    /// Rightly signed, and still refused: a replay, or a clock that is off.
    #[error("rightly signed, but too old or from the future")]
    Stale,
    #[error("the signature header cannot be decoded")]
    BadEncoding,
    /// The header holds only versions this scheme does not know.
    #[error("no signature of the scheme's version")]
    NoSignature,
    #[error("no configured secret can be used now")]
    NoSecret,
    #[error("the signature does not match")]
    Mismatch,
}

impl Refusal {
    /// Stable, for counting.
    pub fn code(self) -> &'static str {
        match self {
            Self::MissingHeader => "missing-header",
            Self::RepeatedHeader => "repeated-header",
            Self::OversizedHeader => "oversized-header",
            Self::OversizedBody => "oversized-body",
            Self::TooManyParameters => "too-many-parameters",
            Self::BadId => "bad-id",
            Self::BadTimestamp => "bad-timestamp",
            Self::Stale => "stale",
            Self::BadEncoding => "bad-encoding",
            Self::NoSignature => "no-signature",
            Self::NoSecret => "no-secret",
            Self::Mismatch => "mismatch",
        }
    }
}
