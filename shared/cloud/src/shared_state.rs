//! What all workers of a connection share: its call budget and its breaker, as rows of the table.
//!
//! Rows: `ORG#<org>#CONNECTIONS` / `BUDGET#<connection>#<part>` and `…` / `BREAKER#<connection>#<part>`. Both hold moments only.
//! A budget is changed under the value that was read, so two workers cannot take the same permit. The breaker is
//! counted in each process and written when it trips; whoever reads it within [`LOOK_AGAIN`] goes by what was read.

use crate::store::Table;
use async_trait::async_trait;
use aws_sdk_dynamodb::{error::ProvideErrorMetadata, types::AttributeValue};
use jiff::{SignedDuration, Timestamp};
use lintel_connectors::transport::{
    Breaker, BudgetKey, BudgetState, CallBudget, CallOutcome, Limit, Reservation, StateError, gcra,
};
use std::{
    collections::{BTreeMap, HashMap},
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
};

/// Attempts to change a budget that others change at the same time.
const TRIES: usize = 20;
/// How long a breaker's row is believed before it is read again.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_secs(5);
/// Calls in a row of the window before a failure rate means anything.
const ENOUGH: u32 = 10;
/// The breaker stays open this long, then one worker's call tries the vendor again.
const OPEN_FOR: SignedDuration = SignedDuration::from_secs(30);

/// Budget and breaker over the table.
#[derive(Debug)]
pub(crate) struct SharedState {
    table: Table,
    seen: Mutex<BTreeMap<BudgetKey, Window>>,
}

/// What this process knows of a breaker.
#[derive(Clone, Copy, Debug, Default)]
struct Window {
    calls: u32,
    failures: u32,
    open_until: Option<Timestamp>,
    looked_at: Option<Timestamp>,
}

type Item = HashMap<String, AttributeValue>;

impl SharedState {
    pub(crate) fn new(table: Table) -> Self {
        Self { table, seen: Mutex::default() }
    }

    fn key(kind: &str, key: &BudgetKey) -> [(&'static str, AttributeValue); 2] {
        let pk = format!("ORG#{}#CONNECTIONS", key.org);
        let sk = format!("{kind}#{}#{}", key.connection, key.part);
        [("PK", AttributeValue::S(pk)), ("SK", AttributeValue::S(sk))]
    }

    async fn read(&self, kind: &str, key: &BudgetKey) -> Result<Option<Item>, StateError> {
        let mut request = self.table.client().get_item().table_name(self.table.name()).consistent_read(true);
        for (name, value) in Self::key(kind, key) {
            request = request.key(name, value);
        }
        request.send().await.map(|answer| answer.item).map_err(|error| StateError(format!("read: {error}")))
    }

    /// Writes a value if the row still holds what was read; tells whether it did.
    async fn swap(&self, kind: &str, key: &BudgetKey, before: Option<&str>, after: &str) -> Result<bool, StateError> {
        let mut request = self
            .table
            .client()
            .put_item()
            .table_name(self.table.name())
            .item("moments", AttributeValue::S(after.to_owned()));
        for (name, value) in Self::key(kind, key) {
            request = request.item(name, value);
        }
        request = match before {
            None => request.condition_expression("attribute_not_exists(PK)"),
            Some(before) => request
                .condition_expression("moments = :before")
                .expression_attribute_values(":before", AttributeValue::S(before.to_owned())),
        };
        match request.send().await {
            Ok(_) => Ok(true),
            Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(false),
            Err(error) => Err(StateError(format!("write: {error}"))),
        }
    }

    /// Changes a budget under the value that was read, again until nobody came in between.
    async fn change<T: Send>(
        &self,
        key: &BudgetKey,
        decide: impl Fn(BudgetState) -> (BudgetState, T) + Send + Sync,
    ) -> Result<T, StateError> {
        for _ in 0..TRIES {
            let item = self.read("BUDGET", key).await?;
            let before = item.as_ref().and_then(|item| item.get("moments")).and_then(|value| value.as_s().ok());
            let state = before
                .map(|text| serde_json::from_str(text))
                .transpose()
                .map_err(|error| StateError(format!("unreadable budget: {error}")))?
                .unwrap_or_default();
            let (after, outcome) = decide(state);
            if after == state {
                return Ok(outcome);
            }
            let after = serde_json::to_string(&after).map_err(|error| StateError(error.to_string()))?;
            if self.swap("BUDGET", key, before.map(String::as_str), &after).await? {
                return Ok(outcome);
            }
        }
        Err(StateError("the budget is being changed by too many at once".to_owned()))
    }

    fn window<T>(&self, key: &BudgetKey, look: impl FnOnce(&mut Window) -> T) -> T {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        look(seen.entry(key.clone()).or_default())
    }
}

#[async_trait]
impl CallBudget for SharedState {
    async fn reserve(
        &self,
        key: &BudgetKey,
        limit: &Limit,
        wanted: NonZeroU32,
        now: Timestamp,
    ) -> Result<Reservation, StateError> {
        self.change(key, |state| gcra(state, limit, wanted, now)).await
    }

    async fn silence(&self, key: &BudgetKey, until: Timestamp) -> Result<(), StateError> {
        let silenced = |state: BudgetState| BudgetState { silent_until: state.silent_until.max(Some(until)), ..state };
        self.change(key, |state| (silenced(state), ())).await
    }
}

#[async_trait]
impl Breaker for SharedState {
    async fn open_until(&self, key: &BudgetKey, now: Timestamp) -> Result<Option<Timestamp>, StateError> {
        let known = self.window(key, |window| *window);
        if known.looked_at.is_some_and(|at| now >= at && now < at + LOOK_AGAIN) {
            return Ok(known.open_until.filter(|until| *until > now));
        }
        let item = self.read("BREAKER", key).await?;
        let open_until = item
            .as_ref()
            .and_then(|item| item.get("moments"))
            .and_then(|value| value.as_s().ok())
            .and_then(|text| text.parse::<Timestamp>().ok());
        self.window(key, |window| {
            window.open_until = open_until;
            window.looked_at = Some(now);
        });
        Ok(open_until.filter(|until| *until > now))
    }

    async fn record(&self, key: &BudgetKey, outcome: CallOutcome, now: Timestamp) -> Result<(), StateError> {
        let trips = self.window(key, |window| {
            window.calls += 1;
            window.failures += u32::from(outcome == CallOutcome::Failed);
            if window.calls < ENOUGH {
                return false;
            }
            let trips = window.failures * 2 > window.calls;
            (window.calls, window.failures) = (0, 0);
            trips
        });
        if !trips {
            return Ok(());
        }
        let until = now + OPEN_FOR;
        let item = self.read("BREAKER", key).await?;
        let before = item.as_ref().and_then(|item| item.get("moments")).and_then(|value| value.as_s().ok());
        // Whoever came first has opened it for as long.
        self.swap("BREAKER", key, before.map(String::as_str), &until.to_string()).await?;
        self.window(key, |window| window.open_until = Some(until));
        Ok(())
    }
}
