//! What was asked of the vendor so far.

use super::{WebhookCounts, rates::Policy};
use crate::answer::Counters;
use serde::Serialize;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Usage {
    /// Those that were answered, by method and route; the object type stands in it, ids and versions do not:
    /// `POST /objects/contacts/batch/upsert`.
    pub calls: Counters,
    /// All that came in, also what the fault script kept from being done.
    pub asked: u64,
    /// Calls that were meant to change something.
    pub writes: u64,
    pub over_limit: OverLimit,
    /// Records an app created.
    pub records_created: u64,
    /// Records an app really changed.
    pub records_changed: u64,
    /// Records an app wrote without changing them.
    pub records_unchanged: u64,
    /// Addresses that were refused because another contact has them.
    pub conflicts: u64,
    pub webhooks: WebhookCounts,
}

/// Calls refused, by the limit they went over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct OverLimit {
    pub ten_secondly: u64,
    pub daily: u64,
    /// Of searches.
    pub secondly: u64,
}

impl Usage {
    /// All calls, the refused ones included.
    pub fn total(&self) -> u64 {
        self.calls.values().sum::<u64>() + self.over_limit.total()
    }

    /// Calls of one route.
    pub fn calls_of(&self, route: &str) -> u64 {
        self.calls.get(route).copied().unwrap_or(0)
    }

    pub(super) fn count(&mut self, route: &str) {
        *self.calls.entry(route.to_owned()).or_default() += 1;
    }
}

impl OverLimit {
    pub fn total(self) -> u64 {
        self.ten_secondly + self.daily + self.secondly
    }

    pub(super) fn count(&mut self, policy: Policy) {
        let place = match policy {
            Policy::TenSecondlyRolling => &mut self.ten_secondly,
            Policy::Daily => &mut self.daily,
            Policy::Secondly => &mut self.secondly,
        };
        *place += 1;
    }
}
