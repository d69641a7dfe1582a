//! Shared state within one process: for tests, and for hosts that have one worker.

use super::{
    Breaker, BudgetKey, BudgetState, CallBudget, CallOutcome, Claim, Lease, Limit, Reservation, StateError, TokenKey,
    TokenStore, Tokens, gcra, turn,
};
use async_trait::async_trait;
use jiff::Timestamp;
use std::{
    collections::BTreeMap,
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
};

#[derive(Debug, Default)]
pub struct MemoryState {
    budgets: Mutex<BTreeMap<BudgetKey, BudgetState>>,
    tokens: Mutex<BTreeMap<TokenKey, Kept>>,
}

#[derive(Debug, Default)]
struct Kept {
    tokens: Option<Tokens>,
    lease: Option<Lease>,
}

impl MemoryState {
    fn kept<T>(&self, key: &TokenKey, look: impl FnOnce(&mut Kept) -> T) -> T {
        let mut kept = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        look(kept.entry(key.clone()).or_default())
    }
}

#[async_trait]
impl CallBudget for MemoryState {
    async fn reserve(
        &self,
        key: &BudgetKey,
        limit: &Limit,
        wanted: NonZeroU32,
        now: Timestamp,
    ) -> Result<Reservation, StateError> {
        let mut states = self.budgets.lock().unwrap_or_else(PoisonError::into_inner);
        let state = states.entry(key.clone()).or_default();
        let (after, reservation) = gcra(*state, limit, wanted, now);
        *state = after;
        Ok(reservation)
    }

    async fn line_up(&self, key: &BudgetKey, limit: &Limit, from: Timestamp) -> Result<Timestamp, StateError> {
        let mut states = self.budgets.lock().unwrap_or_else(PoisonError::into_inner);
        let state = states.entry(key.clone()).or_default();
        let (after, turn) = turn(*state, limit, from);
        *state = after;
        Ok(turn)
    }

    async fn silence(&self, key: &BudgetKey, until: Timestamp) -> Result<(), StateError> {
        let mut states = self.budgets.lock().unwrap_or_else(PoisonError::into_inner);
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

#[async_trait]
impl TokenStore for MemoryState {
    async fn load(&self, key: &TokenKey) -> Result<Option<Tokens>, StateError> {
        Ok(self.kept(key, |kept| kept.tokens.clone()))
    }

    async fn claim(&self, key: &TokenKey, lease: Lease, now: Timestamp) -> Result<Claim, StateError> {
        Ok(self.kept(key, |kept| match kept.lease {
            Some(held) if held.holder != lease.holder && held.until > now => Claim::Held { until: held.until },
            _ => {
                kept.lease = Some(lease);
                Claim::Taken
            }
        }))
    }

    async fn save(&self, key: &TokenKey, lease: Lease, tokens: &Tokens) -> Result<(), StateError> {
        self.kept(key, |kept| match kept.lease {
            Some(held) if held.holder == lease.holder => {
                *kept = Kept { tokens: Some(tokens.clone()), lease: None };
                Ok(())
            }
            _ => Err(StateError("the lease on the tokens was lost".to_owned())),
        })
    }

    async fn release(&self, key: &TokenKey, lease: Lease) -> Result<(), StateError> {
        self.kept(key, |kept| kept.lease = kept.lease.filter(|held| held.holder != lease.holder));
        Ok(())
    }
}
