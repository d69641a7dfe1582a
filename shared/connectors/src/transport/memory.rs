//! Shared state within one process: for tests, and for hosts that have one worker.

use super::{Breaker, BudgetKey, BudgetState, CallBudget, CallOutcome, Limit, Reservation, StateError, gcra};
use async_trait::async_trait;
use jiff::Timestamp;
use std::{
    collections::BTreeMap,
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
};

#[derive(Debug, Default)]
pub struct MemoryState(Mutex<BTreeMap<BudgetKey, BudgetState>>);

#[async_trait]
impl CallBudget for MemoryState {
    async fn reserve(
        &self,
        key: &BudgetKey,
        limit: &Limit,
        wanted: NonZeroU32,
        now: Timestamp,
    ) -> Result<Reservation, StateError> {
        let mut states = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let state = states.entry(key.clone()).or_default();
        let (after, reservation) = gcra(*state, limit, wanted, now);
        *state = after;
        Ok(reservation)
    }

    async fn silence(&self, key: &BudgetKey, until: Timestamp) -> Result<(), StateError> {
        let mut states = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let state = states.entry(key.clone()).or_default();
        state.silent_until = state.silent_until.max(Some(until));
        Ok(())
    }
}

#[async_trait]
impl Breaker for MemoryState {
    async fn open_until(&self, _key: &BudgetKey, _now: Timestamp) -> Result<Option<Timestamp>, StateError> {
        Ok(None)
    }

    async fn record(&self, _key: &BudgetKey, _outcome: CallOutcome, _now: Timestamp) -> Result<(), StateError> {
        Ok(())
    }
}
