//! The call budget: how many calls a connection may make, over all its workers.
//!
//! The generic cell rate algorithm keeps one moment, the theoretical arrival time of the next call. A call is allowed while
//! that moment lies no further ahead than the burst. Permits are reserved in slices, so that the shared row is not
//! touched for every call.
//!
//! Who is sent away for longer is given a turn of its own, one call's time after the one before: work that waits for the
//! budget comes back at the pace the budget fills, and not all at the same moment.

use super::StateError;
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use lintel_domain::ids::{ConnectionId, OrgId};
use serde::{Deserialize, Serialize};
use std::{fmt, num::NonZeroU32, time::Duration};

/// Whose budget: an organization's connection, and the part of it the vendor counts by itself (a base, say).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BudgetKey {
    pub org: OrgId,
    pub connection: ConnectionId,
    pub part: String,
}

/// `calls` per `period`, of which `burst` may come at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    pub calls: NonZeroU32,
    pub period: Duration,
    pub burst: NonZeroU32,
}

/// What is stored: two moments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetState {
    /// When the next call would come if all came at the limit's own pace.
    pub arrival: Option<Timestamp>,
    /// The vendor asked for silence until then.
    pub silent_until: Option<Timestamp>,
    /// The turn given last to somebody who was sent away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_turn: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reservation {
    /// So many calls may be made now.
    Granted(NonZeroU32),
    ComeBack(Timestamp),
}

/// The budget as every worker of a connection sees it.
#[async_trait]
pub trait CallBudget: fmt::Debug + Send + Sync {
    /// Reserves up to `wanted` calls, at least one, or says when to come back.
    async fn reserve(
        &self,
        key: &BudgetKey,
        limit: &Limit,
        wanted: NonZeroU32,
        now: Timestamp,
    ) -> Result<Reservation, StateError>;

    /// Gives a turn, at `from` or after the turns given before.
    async fn line_up(&self, key: &BudgetKey, limit: &Limit, from: Timestamp) -> Result<Timestamp, StateError>;

    /// Nobody of the connection calls before `until`.
    async fn silence(&self, key: &BudgetKey, until: Timestamp) -> Result<(), StateError>;
}

/// The decision, as a pure function: the state after it, and what was granted.
pub fn gcra(state: BudgetState, limit: &Limit, wanted: NonZeroU32, now: Timestamp) -> (BudgetState, Reservation) {
    if let Some(until) = state.silent_until.filter(|until| *until > now) {
        return (state, Reservation::ComeBack(until));
    }
    let interval = interval(limit);
    let arrival = state.arrival.filter(|arrival| *arrival > now).unwrap_or(now);
    let ahead = arrival.duration_since(now).as_nanos();
    let room = interval.as_nanos() * i128::from(limit.burst.get()) - ahead;
    let granted = room.div_euclid(interval.as_nanos().max(1)).clamp(0, i128::from(wanted.get()));
    match NonZeroU32::new(u32::try_from(granted).unwrap_or(0)) {
        Some(granted) => {
            let arrival = arrival + interval * i32::try_from(granted.get()).unwrap_or(i32::MAX);
            (BudgetState { arrival: Some(arrival), silent_until: None, ..state }, Reservation::Granted(granted))
        }
        None => {
            let missing = interval.as_nanos() - room;
            let pause = SignedDuration::from_nanos(i64::try_from(missing).unwrap_or(i64::MAX));
            (state, Reservation::ComeBack(now + pause))
        }
    }
}

/// The turn of somebody who may come back at `from` at the earliest. Turns that have passed count no more.
pub fn turn(state: BudgetState, limit: &Limit, from: Timestamp) -> (BudgetState, Timestamp) {
    let turn = state.last_turn.map_or(from, |last| from.max(last + interval(limit)));
    (BudgetState { last_turn: Some(turn), ..state }, turn)
}

/// The pace of the limit. Rounded up, so that rounding never adds a call.
///
/// A window of `period` then sees at most `calls + burst` calls; a limit whose own window must never see more than `calls`
/// is paced over `calls - burst` calls.
fn interval(limit: &Limit) -> SignedDuration {
    let paced = limit.calls.get().saturating_sub(limit.burst.get()).max(1);
    let nanos = limit.period.as_nanos().div_ceil(u128::from(paced));
    SignedDuration::from_nanos(i64::try_from(nanos).unwrap_or(i64::MAX).max(1))
}
