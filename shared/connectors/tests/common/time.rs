//! The time on both sides of the wire.

use async_trait::async_trait;
use jiff::Timestamp;
use lintel_connectors::surroundings::Clock;
use lintel_sandbox::{ManualClock, SimClock};
use std::{sync::Arc, time::Duration};

/// Whoever sleeps moves it.
#[derive(Debug)]
pub(crate) struct Time(pub(crate) Arc<ManualClock>);

#[async_trait]
impl Clock for Time {
    fn now(&self) -> Timestamp {
        SimClock::now(self.0.as_ref())
    }

    async fn sleep(&self, pause: Duration) {
        self.0.advance(pause);
    }
}
