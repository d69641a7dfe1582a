//! What all workers of a connection share: its call budget and its breaker, as rows of the table.
//!
//! Rows: `ORG#<org>#CONNECTIONS` / `BUDGET#<connection>#<part>` and `…` / `BREAKER#<connection>#<part>`. Both hold moments only.
//! A budget is changed under the value that was read, so two workers cannot take the same permit. The breaker is
//! counted in each process and written when it trips; whoever reads it within [`LOOK_AGAIN`] goes by what was read. When
//! its time is over one worker takes the probe, by moving the moment on; its call closes the breaker or opens it again.

use crate::store::Table;
use async_trait::async_trait;
use aws_sdk_dynamodb::{error::ProvideErrorMetadata, types::AttributeValue};
use jiff::{SignedDuration, Timestamp};
use lintel_connectors::transport::{
    Breaker, BudgetKey, BudgetState, CallBudget, CallOutcome, Limit, Reservation, StateError, gcra, turn,
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
/// That worker's call is waited for this long before another one tries.
const PROBE_FOR: SignedDuration = SignedDuration::from_secs(35);
/// What a closed breaker's row says.
const CLOSED: &str = "closed";

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
    /// The next call of this process decides for all.
    probes: bool,
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
            let before = moments(item.as_ref());
            let state = before
                .map(serde_json::from_str)
                .transpose()
                .map_err(|error| StateError(format!("unreadable budget: {error}")))?
                .unwrap_or_default();
            let (after, outcome) = decide(state);
            if after == state {
                return Ok(outcome);
            }
            let after = serde_json::to_string(&after).map_err(|error| StateError(error.to_string()))?;
            if self.swap("BUDGET", key, before, &after).await? {
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

    async fn line_up(&self, key: &BudgetKey, limit: &Limit, from: Timestamp) -> Result<Timestamp, StateError> {
        self.change(key, |state| turn(state, limit, from)).await
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
        let fresh = known.looked_at.is_some_and(|at| now >= at && now < at + LOOK_AGAIN);
        let open_until = if fresh { known.open_until } else { self.look(key, now).await? };
        match open_until {
            None => Ok(None),
            Some(until) if until > now => Ok(Some(until)),
            Some(until) => self.take_probe(key, until, now).await,
        }
    }

    async fn record(&self, key: &BudgetKey, outcome: CallOutcome, now: Timestamp) -> Result<(), StateError> {
        let (probed, trips) = self.window(key, |window| (std::mem::take(&mut window.probes), window.count(outcome)));
        match (probed, outcome, trips) {
            (true, CallOutcome::Answered, _) => self.set_breaker(key, None, now).await,
            (true, CallOutcome::Failed, _) | (false, _, true) => self.set_breaker(key, Some(now + OPEN_FOR), now).await,
            (false, _, false) => Ok(()),
        }
    }
}

impl Window {
    /// Counts a call; tells whether too many of the last ones failed.
    fn count(&mut self, outcome: CallOutcome) -> bool {
        self.calls += 1;
        self.failures += u32::from(outcome == CallOutcome::Failed);
        if self.calls < ENOUGH {
            return false;
        }
        let trips = self.failures * 2 > self.calls;
        (self.calls, self.failures) = (0, 0);
        trips
    }
}

impl SharedState {
    /// Reads the breaker's row and remembers what it says.
    async fn look(&self, key: &BudgetKey, now: Timestamp) -> Result<Option<Timestamp>, StateError> {
        let item = self.read("BREAKER", key).await?;
        let open_until = moments(item.as_ref()).and_then(|text| text.parse().ok());
        self.window(key, |window| (window.open_until, window.looked_at) = (open_until, Some(now)));
        Ok(open_until)
    }

    /// The breaker's time is over: whoever moves its moment on first may call.
    async fn take_probe(
        &self,
        key: &BudgetKey,
        was: Timestamp,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StateError> {
        let until = now + PROBE_FOR;
        let won = self.swap("BREAKER", key, Some(&was.to_string()), &until.to_string()).await?;
        if !won {
            return Ok(self.look(key, now).await?.filter(|until| *until > now));
        }
        self.window(key, |window| {
            (window.open_until, window.looked_at, window.probes) = (Some(until), Some(now), true);
        });
        Ok(None)
    }

    /// Opens or closes. Whoever comes in between has decided as well, and as good.
    async fn set_breaker(&self, key: &BudgetKey, until: Option<Timestamp>, now: Timestamp) -> Result<(), StateError> {
        let item = self.read("BREAKER", key).await?;
        let after = until.map_or_else(|| CLOSED.to_owned(), |until| until.to_string());
        self.swap("BREAKER", key, moments(item.as_ref()), &after).await?;
        self.window(key, |window| (window.open_until, window.looked_at) = (until, Some(now)));
        Ok(())
    }
}

/// What a row of either kind says.
fn moments(item: Option<&Item>) -> Option<&str> {
    item.and_then(|item| item.get("moments")).and_then(|value| value.as_s().ok()).map(String::as_str)
}
