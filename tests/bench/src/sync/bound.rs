//! What no run can beat: the vendors' limits, and the time an answer takes.

use std::time::Duration;

/// How many calls a vendor takes in any stretch of time as long as the period.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    pub calls: u32,
    pub period: Duration,
}

/// The property manager's: ten calls a second.
pub const SOURCE: Limit = Limit { calls: 10, period: Duration::from_secs(1) };
/// The portal's, on the Professional tier.
pub const TARGET: Limit = Limit { calls: 190, period: Duration::from_secs(10) };
/// Records in one answer, and in one write.
const PAGE: u32 = 1_000;
const BATCH: u32 = 100;

/// A first load: everything is listed once and written once.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    pub lists: u32,
    pub writes: u32,
    pub latency: Duration,
}

impl Load {
    pub fn of(records: u32, latency: Duration) -> Self {
        Self::of_both(records, records, latency)
    }

    /// Where so many records say so many things to be written.
    pub fn of_both(records: u32, written: u32, latency: Duration) -> Self {
        Self { lists: records.div_ceil(PAGE), writes: written.div_ceil(BATCH), latency }
    }

    pub fn calls(self) -> u32 {
        self.lists + self.writes
    }

    /// The calls at the pace of the limit, all of them in a stretch no other call falls into. Something has to be listed before
    /// anything is written, so two answers are waited for.
    pub fn at_pace(self) -> Duration {
        let pace = |calls: u32, limit: Limit| limit.period * calls / limit.calls;
        self.latency * 2 + pace(self.lists, SOURCE).max(pace(self.writes, TARGET))
    }

    /// As soon as the windows let them: who has called nobody for a whole period may make all its calls at once.
    pub fn at_once(self) -> Duration {
        let waits = |calls: u32, limit: Limit| limit.period * (calls.saturating_sub(1) / limit.calls);
        self.latency * 2 + waits(self.lists, SOURCE).max(waits(self.writes, TARGET))
    }
}
