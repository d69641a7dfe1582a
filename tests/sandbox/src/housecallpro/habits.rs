//! How reliably webhooks arrive. The vendor promises neither once, nor at all, nor in order.

use super::HousecallPro;
use fastrand::Rng;
use serde::Serialize;
use std::time::Duration;

/// What happens to deliveries on their way. The default is one delivery of each, by its time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Habits {
    /// Share of events that are delivered twice. Percent.
    pub duplicates_percent: u8,
    /// Share of events that are never delivered. Percent.
    pub losses_percent: u8,
    /// Whether deliveries that are due together come in any order.
    pub shuffle: bool,
}

/// What became of webhooks so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct WebhookCounts {
    /// Events that happened while webhooks were on.
    pub events: u64,
    pub duplicated: u64,
    pub lost: u64,
    /// Posts, repetitions included.
    pub sent: u64,
    /// Posts that were answered 2xx.
    pub accepted: u64,
}

/// The habits at work, with draws of their own: turning them on changes nothing else of a seed's run.
#[derive(Debug)]
pub(crate) struct Carrier {
    habits: Habits,
    rng: Rng,
    pub(crate) counts: WebhookCounts,
}

/// How often one event is delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Lost,
    Once,
    Twice,
}

impl Carrier {
    pub(crate) fn new(seed: u64) -> Self {
        Self { habits: Habits::default(), rng: Rng::with_seed(seed), counts: WebhookCounts::default() }
    }

    pub(crate) fn set_habits(&mut self, habits: Habits) {
        self.habits = habits;
    }

    pub(crate) fn fate(&mut self) -> Fate {
        self.counts.events += 1;
        let draw = self.rng.u8(0..100);
        let lost = self.habits.losses_percent;
        if draw < lost {
            self.counts.lost += 1;
            Fate::Lost
        } else if draw < lost.saturating_add(self.habits.duplicates_percent) {
            self.counts.duplicated += 1;
            Fate::Twice
        } else {
            Fate::Once
        }
    }

    /// From this long to twice as long.
    pub(crate) fn wait(&mut self, shortest: Duration) -> Duration {
        shortest.mul_f64(1.0 + self.rng.f64())
    }

    pub(crate) fn order<T>(&mut self, due: &mut [T]) {
        if self.habits.shuffle {
            self.rng.shuffle(due);
        }
    }
}

impl HousecallPro {
    /// Changes how webhooks arrive, for events from now on.
    pub fn set_webhook_habits(&self, habits: Habits) {
        self.lock().carrier.set_habits(habits);
    }
}
