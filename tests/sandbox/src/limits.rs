//! Call limits, as a vendor enforces them.

use jiff::Timestamp;
use std::time::Duration;

/// So many calls a period, of which `burst` may come at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateRules {
    pub calls: u32,
    pub period: Duration,
    pub burst: u32,
}

/// A bucket of permits that fills at a steady rate. Counted in whole nanoseconds, so that it never drifts.
#[derive(Debug)]
pub(crate) struct Bucket {
    rules: RateRules,
    /// In units of a call times the period's nanoseconds.
    level: i128,
    at: Timestamp,
}

impl Bucket {
    pub(crate) fn full(rules: RateRules, now: Timestamp) -> Self {
        Self { rules, level: i128::from(rules.burst) * one(rules), at: now }
    }

    /// Takes a permit, or says how long until there is one.
    pub(crate) fn take(&mut self, now: Timestamp) -> Result<(), Duration> {
        let passed = (now.as_nanosecond() - self.at.as_nanosecond()).max(0);
        let capacity = i128::from(self.rules.burst) * one(self.rules);
        self.level = (self.level + passed.saturating_mul(i128::from(self.rules.calls))).min(capacity);
        self.at = now;
        if self.level >= one(self.rules) {
            self.level -= one(self.rules);
            return Ok(());
        }
        let wait = (one(self.rules) - self.level) / i128::from(self.rules.calls.max(1)) + 1;
        Err(Duration::from_nanos(u64::try_from(wait).unwrap_or(u64::MAX)))
    }
}

fn one(rules: RateRules) -> i128 {
    i128::try_from(rules.period.as_nanos()).unwrap_or(i128::MAX)
}
