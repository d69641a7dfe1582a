//! The moment by which a call has to be over.

use jiff::Timestamp;
use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline(Timestamp);

impl Deadline {
    pub fn at(moment: Timestamp) -> Self {
        Self(moment)
    }

    pub fn is_past(self, now: Timestamp) -> bool {
        now >= self.0
    }

    /// What is left; zero once it is past.
    pub fn left(self, now: Timestamp) -> Duration {
        Duration::try_from(self.0.duration_since(now)).unwrap_or_default()
    }

    /// Whether a pause fits in and leaves something.
    pub fn allows(self, pause: Duration, now: Timestamp) -> bool {
        pause < self.left(now)
    }
}
