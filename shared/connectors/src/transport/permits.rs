//! What this process holds of the shared budget: permits that were reserved in a slice and not used yet.

use super::{Reservation, StateError};
use jiff::Timestamp;
use std::{
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// Permits reserved at once.
pub(super) const SLICE: NonZeroU32 = NonZeroU32::new(5).expect("not zero");
/// A reserved permit is used within this or given up: it stands for a moment, not for ever.
const SLICE_AGE: Duration = Duration::from_secs(10);

/// What is left of a reserved slice.
#[derive(Debug, Default)]
pub struct Permits {
    held: Mutex<Option<(u32, Timestamp)>>,
    /// Of callers that need a permit at the same moment one reserves, and the others use what it got: a slice for each would be
    /// mostly thrown away.
    turn: tokio::sync::Mutex<()>,
}

/// What came of asking for a permit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Permit {
    Given,
    ComeBack(Timestamp),
}

impl Permits {
    /// One permit, of those that are held or of a slice that is reserved now.
    pub(super) async fn one<F>(&self, now: Timestamp, reserve: impl FnOnce() -> F) -> Result<Permit, StateError>
    where
        F: Future<Output = Result<Reservation, StateError>>,
    {
        if self.take(now) {
            return Ok(Permit::Given);
        }
        let _turn = self.turn.lock().await;
        if self.take(now) {
            return Ok(Permit::Given);
        }
        Ok(match reserve().await? {
            Reservation::Granted(permits) => {
                *self.held.lock().unwrap_or_else(PoisonError::into_inner) = Some((permits.get() - 1, now));
                Permit::Given
            }
            Reservation::ComeBack(until) => Permit::ComeBack(until),
        })
    }

    /// After a refusal the rest of a slice is worth nothing.
    pub(super) fn clear(&self) {
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn take(&self, now: Timestamp) -> bool {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        match held.as_mut() {
            Some((left, since)) if *left > 0 && now.duration_since(*since).unsigned_abs() < SLICE_AGE => {
                *left -= 1;
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[tokio::test]
    async fn callers_of_one_moment_share_slices() {
        let (permits, reserved) = (Permits::default(), AtomicU32::new(0));
        let now = Timestamp::UNIX_EPOCH;
        let reserve = || async {
            // Somebody else comes in between.
            tokio::task::yield_now().await;
            reserved.fetch_add(SLICE.get(), Ordering::Relaxed);
            Ok(Reservation::Granted(SLICE))
        };
        let given = futures::future::join_all((0..16).map(|_| permits.one(now, reserve))).await;
        assert!(given.into_iter().all(|one| one.unwrap() == Permit::Given));
        assert_eq!(reserved.into_inner(), 20, "sixteen callers need four slices of five");
    }

    #[tokio::test]
    async fn a_slice_is_worth_nothing_after_a_while_or_a_refusal() {
        let permits = Permits::default();
        let (now, late) = (Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH + SLICE_AGE);
        let granted = || async { Ok(Reservation::Granted(SLICE)) };
        let empty = || async { Ok(Reservation::ComeBack(late)) };
        assert_eq!(permits.one(now, granted).await.unwrap(), Permit::Given);
        assert_eq!(permits.one(now, empty).await.unwrap(), Permit::Given);
        assert_eq!(permits.one(late, empty).await.unwrap(), Permit::ComeBack(late));
        permits.clear();
        assert_eq!(permits.one(now, empty).await.unwrap(), Permit::ComeBack(late));
    }
}
