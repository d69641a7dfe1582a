//! What was asked of the vendor.

use super::gate::Full;
use crate::{answer::Counters, housecallpro::WebhookCounts};
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Usage {
    /// Those that were answered, by method and route, with `{id}` for ids.
    pub calls: Counters,
    /// All that came in, also what the limits or the fault script kept from being done.
    pub asked: u64,
    /// Calls that changed something.
    pub writes: u64,
    pub over_limit: OverLimit,
    /// Calls that were not done, by status; those over a limit are its 429s.
    pub refused: BTreeMap<u16, u64>,
    pub webhooks: WebhookCounts,
    /// Deliveries given up after the last repetition, or because the subscription was suspended.
    pub webhooks_dropped: u64,
}

/// Calls refused by each limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct OverLimit {
    pub in_flight: u64,
    pub starts: u64,
}

impl OverLimit {
    pub fn total(self) -> u64 {
        self.in_flight + self.starts
    }
}

impl Usage {
    /// All calls that were answered, the refused ones included.
    pub fn total(&self) -> u64 {
        self.calls.values().sum::<u64>() + self.over_limit.total()
    }

    /// Calls of one route.
    pub fn calls_of(&self, route: &str) -> u64 {
        self.calls.get(route).copied().unwrap_or(0)
    }

    pub(super) fn count(&mut self, route: &str, status: u16) {
        *self.calls.entry(route.to_owned()).or_default() += 1;
        if status >= 400 {
            *self.refused.entry(status).or_default() += 1;
        }
    }

    /// Counts a call over a limit; answers how many came before it.
    pub(super) fn refuse(&mut self, full: Full) -> u64 {
        let before = self.over_limit.total();
        *self.refused.entry(429).or_default() += 1;
        match full {
            Full::InFlight => self.over_limit.in_flight += 1,
            Full::Starts => self.over_limit.starts += 1,
        }
        before
    }
}
