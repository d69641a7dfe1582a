//! The call budget as a rule: never too many calls in any window, and no pause longer than it has to be.

use jiff::{SignedDuration, Timestamp};
use lintel_connectors::transport::{BudgetState, Limit, Reservation, gcra, turn};
use proptest::prelude::*;
use std::{num::NonZeroU32, time::Duration};

fn some(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number.max(1)).unwrap()
}

prop_compose! {
    fn a_limit()(calls in 2_u32..200, share in 1_u32..100, seconds in 1_u64..7_200) -> Limit {
        let burst = (calls * share / 100).clamp(1, calls - 1);
        Limit { calls: some(calls), period: Duration::from_secs(seconds), burst: some(burst) }
    }
}

/// When each call was granted, by a worker that asks as the steps say.
fn granted(limit: &Limit, steps: &[(u32, u64)]) -> Vec<Timestamp> {
    let mut now: Timestamp = "2026-07-01T12:00:00Z".parse().unwrap();
    let mut state = BudgetState::default();
    let mut calls = Vec::new();
    for (wanted, millis) in steps {
        now += SignedDuration::from_millis(i64::try_from(*millis).unwrap());
        let (after, reservation) = gcra(state, limit, some(*wanted), now);
        state = after;
        if let Reservation::Granted(permits) = reservation {
            calls.extend((0..permits.get()).map(|_| now));
        }
    }
    calls
}

proptest! {
    #[test]
    fn no_window_sees_more_calls_than_the_limit(limit in a_limit(), steps in prop::collection::vec((1_u32..40, 0_u64..60_000), 1..200)) {
        let calls = granted(&limit, &steps);
        let period = SignedDuration::try_from(limit.period).unwrap();
        for (first, start) in calls.iter().enumerate() {
            let inside = calls[first..].iter().take_while(|at| at.duration_since(*start) < period).count();
            prop_assert!(inside <= limit.calls.get() as usize, "{inside} calls within {period:?} of {limit:?}");
        }
    }

    #[test]
    fn who_comes_back_when_told_is_let_in(limit in a_limit(), spent in 0_u32..300) {
        let now: Timestamp = "2026-07-01T12:00:00Z".parse().unwrap();
        let mut state = BudgetState::default();
        for _ in 0..spent {
            state = gcra(state, &limit, some(1), now).0;
        }
        if let (_, Reservation::ComeBack(until)) = gcra(state, &limit, some(1), now) {
            let early = until - SignedDuration::from_millis(1);
            if early > now {
                prop_assert!(matches!(gcra(state, &limit, some(1), early).1, Reservation::ComeBack(_)));
            }
            prop_assert!(matches!(gcra(state, &limit, some(1), until).1, Reservation::Granted(_)));
        }
    }

    #[test]
    fn nobody_calls_during_a_silence(limit in a_limit(), wait in 1_i64..3_600) {
        let now: Timestamp = "2026-07-01T12:00:00Z".parse().unwrap();
        let until = now + SignedDuration::from_secs(wait);
        let state = BudgetState { arrival: None, silent_until: Some(until), ..BudgetState::default() };
        prop_assert_eq!(gcra(state, &limit, some(1), now).1, Reservation::ComeBack(until));
        prop_assert!(matches!(gcra(state, &limit, some(1), until).1, Reservation::Granted(_)));
    }
}

#[test]
fn who_is_sent_away_gets_a_turn_of_its_own_at_the_budgets_pace() {
    let limit = Limit { calls: some(10), period: Duration::from_mins(1), burst: some(4) };
    let from: Timestamp = "2026-07-01T12:00:30Z".parse().unwrap();
    let mut state = BudgetState::default();
    let mut turns = Vec::new();
    for _ in 0..3 {
        let (after, given) = turn(state, &limit, from);
        turns.push(given.duration_since(from).as_secs());
        state = after;
    }
    assert_eq!(turns, [0, 10, 20], "six calls a minute beside the burst");

    let later = from + SignedDuration::from_mins(5);
    assert_eq!(turn(state, &limit, later).1, later, "turns that passed keep nobody waiting");
}
