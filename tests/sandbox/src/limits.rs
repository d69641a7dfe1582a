//! Call limits, as a vendor enforces them.

use jiff::{SignedDuration, Timestamp};
use std::{collections::VecDeque, time::Duration};

/// So many calls in any stretch of time as long as the period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateRules {
    pub calls: usize,
    pub period: Duration,
}

/// The calls of the last period.
#[derive(Debug)]
pub(crate) struct Window {
    rules: RateRules,
    calls: VecDeque<Timestamp>,
}

impl Window {
    pub(crate) fn new(rules: RateRules) -> Self {
        Self { rules, calls: VecDeque::new() }
    }

    /// Counts a call in, or says how long until there is room for one.
    pub(crate) fn take(&mut self, now: Timestamp) -> Result<(), Duration> {
        let period = self.forget(now);
        match self.calls.front() {
            Some(oldest) if self.calls.len() >= self.rules.calls => {
                Err(Duration::try_from(period - now.duration_since(*oldest)).unwrap_or_default())
            }
            _ => {
                self.calls.push_back(now);
                Ok(())
            }
        }
    }

    /// How many calls there is room for.
    pub(crate) fn left(&mut self, now: Timestamp) -> usize {
        self.forget(now);
        self.rules.calls.saturating_sub(self.calls.len())
    }

    /// Drops what is older than the period, which it answers.
    fn forget(&mut self, now: Timestamp) -> SignedDuration {
        let period = SignedDuration::try_from(self.rules.period).unwrap_or(SignedDuration::MAX);
        while self.calls.front().is_some_and(|oldest| now.duration_since(*oldest) >= period) {
            self.calls.pop_front();
        }
        period
    }
}
