//! What an answer means for the call: what to do, and whose fault it is.

use jiff::Timestamp;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The answer is what was asked for.
    Use,
    /// The thing is not there, and that is an answer, too.
    Absent,
    /// Not before this moment; nobody of this connection.
    Throttled { until: Timestamp },
    /// The vendor fails; another try may help.
    Failing { reason: String },
    /// Another try would end the same.
    Refused { fault: Fault, code: &'static str, reason: String },
}

/// Who has to hear of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// We asked for something the vendor does not understand.
    Ours,
    /// The organization's settings or its data at the vendor.
    Settings,
    /// The vendor, or the way to it. It passes.
    Weather,
}
