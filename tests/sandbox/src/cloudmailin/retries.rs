//! When a sender's server tries again. The vendor leaves that to the server (section 1); this is what a common one does:
//! after five minutes, then twice as long each time up to about an hour, for five days.

use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};

const FIRST: SignedDuration = SignedDuration::from_mins(5);
const LONGEST: SignedDuration = SignedDuration::from_mins(66);
const GIVEN_UP: SignedDuration = SignedDuration::from_hours(5 * 24);

/// The moment of the next try after so many failed ones, or `None` when the server gives up.
pub(super) fn next(arrived: Timestamp, tries: u32, now: Timestamp, rng: &mut Rng) -> Option<Timestamp> {
    let doubled = 1_i32.checked_shl(tries.saturating_sub(1)).filter(|factor| *factor > 0).unwrap_or(i32::MAX);
    let pause = FIRST.checked_mul(doubled).unwrap_or(LONGEST).min(LONGEST);
    // Servers look at their queues when they get to it.
    let due = now + pause + SignedDuration::from_secs(rng.i64(0..60));
    (due.duration_since(arrived) < GIVEN_UP).then_some(due)
}
