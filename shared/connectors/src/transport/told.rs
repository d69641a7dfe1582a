//! What a vendor's answers tell of its limits: of how many calls a window is, and how many the day still has.

use super::Limit;
use crate::manifest::ToldLimits;
use http::HeaderMap;
use jiff::{SignedDuration, Timestamp};
use std::{
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// A day that is used up is looked at again after this long: when it ends, only the vendor knows.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_mins(10);
/// Of a window's calls as many may come at once as one in this many, or as the manifest says, if that is less.
const SHARE_AT_ONCE: u32 = 10;

/// The limits of a connection as its vendor last told them.
#[derive(Debug)]
pub struct Told {
    headers: ToldLimits,
    heard: Mutex<Heard>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Heard {
    limit: Option<Limit>,
    used_up_until: Option<Timestamp>,
}

impl Told {
    pub(crate) fn new(headers: ToldLimits) -> Self {
        Self { headers, heard: Mutex::default() }
    }

    /// The limit in force, where `otherwise` is what the manifest says.
    pub(super) fn limit(&self, otherwise: Limit) -> Limit {
        self.heard().limit.unwrap_or(otherwise)
    }

    /// Whether the vendor said that the day's calls are used up, so lately that asking again would not help.
    pub(super) fn day_is_used_up(&self, now: Timestamp) -> bool {
        self.heard().used_up_until.is_some_and(|until| until > now)
    }

    /// Takes in what an answer tells. Answers how long nobody should call: where the window has no call left, and where calls were let
    /// through at a pace that turns out to be too fast.
    pub(super) fn hear(&self, answer: &HeaderMap, otherwise: Limit, now: Timestamp) -> Option<Duration> {
        let number = |header: &crate::webhooks::HeaderField| -> Option<u32> {
            answer.get(header.name())?.to_str().ok()?.trim().parse().ok()
        };
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let calls = number(&self.headers.calls).and_then(NonZeroU32::new);
        let period = number(&self.headers.period_ms).filter(|millis| *millis > 0);
        let before = heard.limit.unwrap_or(otherwise);
        if let Some((calls, millis)) = calls.zip(period) {
            let at_once = NonZeroU32::new(calls.get() / SHARE_AT_ONCE).unwrap_or(NonZeroU32::MIN);
            let period = Duration::from_millis(u64::from(millis));
            heard.limit = Some(Limit { calls, period, burst: at_once.min(otherwise.burst) });
        }
        if let Some(left) = self.headers.left_today.as_ref().and_then(number) {
            heard.used_up_until = (left == 0).then(|| now + LOOK_AGAIN);
        }
        let limit = heard.limit.unwrap_or(otherwise);
        if a_call(limit) > a_call(before) {
            return Some(a_call(limit) * before.burst.get());
        }
        (number(&self.headers.left) == Some(0)).then(|| a_call(limit))
    }

    fn heard(&self) -> Heard {
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call's share of the window.
fn a_call(limit: Limit) -> Duration {
    limit.period / limit.calls.get()
}
