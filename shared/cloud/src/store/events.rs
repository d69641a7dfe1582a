//! Events that vendors sent: durable before they are acknowledged, worked off once, kept for a while.

use super::{
    Arrived, OrgTable, StoreError, WorkKind,
    item::{Change, Item, Row, get_json, get_text, json, require_json, seconds, text},
    keys::Key,
};
use jiff::{SignedDuration, Timestamp};
use lintel_domain::{
    ids::{ConnectionId, EventId},
    private::{self, Private},
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// How long an event is kept after it was worked off, and known when it comes again: no source is seen to try for longer than
/// three and a half days.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 30);

/// Events written down in one transaction.
const AT_ONCE: usize = 25;
const ACCEPT: &str = "write down an event";

/// One event as it was received.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    pub connection: ConnectionId,
    pub vendor: String,
    /// The vendor's name of the event.
    pub name: String,
    /// The record it is about, where it names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
    /// When the record changed, by the vendor's word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    pub received_at: Timestamp,
    /// Tells another content under the same id.
    pub fingerprint: String,
    /// The event's JSON.
    #[serde(with = "private::stored")]
    pub content: Private,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum EventState {
    Pending,
    /// Worked off, and what became of it.
    Done {
        outcome: String,
    },
    /// Set aside: a person looks, and replays it.
    Failed {
        reason: String,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    pub id: EventId,
    pub received: Received,
    pub state: EventState,
}

/// What accepting an event found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    New,
    Repeated,
    /// Something else came under the same id before.
    Contradicted,
}

impl OrgTable {
    fn event_key(&self, id: &EventId) -> Key {
        Key { pk: self.partition(&format!("EVENT#{id}")), sk: "EVENT".to_owned() }
    }

    /// Writes an event down as work.
    pub async fn accept_event(&self, id: &EventId, received: &Received) -> Result<Arrival, StoreError> {
        self.accept_event_as(id, received, &EventState::Pending).await
    }

    /// Writes an event down in the state it has already.
    async fn accept_event_as(
        &self,
        id: &EventId,
        received: &Received,
        state: &EventState,
    ) -> Result<Arrival, StoreError> {
        if self.put_new(ACCEPT, self.new_event(id, received, state)?).await? {
            return Ok(Arrival::New);
        }
        let known = self.event(id).await?.map(|row| row.received.fingerprint);
        Ok(if known.as_ref() == Some(&received.fingerprint) { Arrival::Repeated } else { Arrival::Contradicted })
    }

    /// Writes many events down, each in the state it has already; answers how each was met, in their order.
    pub async fn accept_events(&self, events: &[(&Arrived, EventState)]) -> Result<Vec<Arrival>, StoreError> {
        let ids: BTreeSet<&EventId> = events.iter().map(|(arrived, _)| &arrived.id).collect();
        let keys = ids.into_iter().map(|id| self.event_key(id)).collect();
        let known = self.get_many("look for events", keys).await?;
        let mut met = BTreeMap::new();
        for item in &known {
            let received: Received = require_json("look for events", item, "event")?;
            met.insert(EventId::new(get_text(item, "id").unwrap_or_default()), received.fingerprint);
        }
        let mut arrivals = Vec::with_capacity(events.len());
        let mut new = Vec::new();
        for (index, (arrived, _)) in events.iter().enumerate() {
            let fingerprint = &arrived.event.fingerprint;
            arrivals.push(match met.get(&arrived.id) {
                Some(known) if known == fingerprint => Arrival::Repeated,
                Some(_) => Arrival::Contradicted,
                None => {
                    met.insert(arrived.id.clone(), fingerprint.clone());
                    new.push(index);
                    Arrival::New
                }
            });
        }
        for chunk in new.chunks(AT_ONCE) {
            self.accept_new(events, chunk, &mut arrivals).await?;
        }
        Ok(arrivals)
    }

    /// Writes the chosen events down, which were not known a moment ago: together, or one by one where one of them is by now.
    async fn accept_new(
        &self,
        events: &[(&Arrived, EventState)],
        chosen: &[usize],
        arrivals: &mut [Arrival],
    ) -> Result<(), StoreError> {
        let chosen = || chosen.iter().filter_map(|index| Some((*index, events.get(*index)?)));
        let put = |(_, (arrived, state)): (usize, &(&Arrived, EventState))| {
            self.transact_put_new(ACCEPT, self.new_event(&arrived.id, &arrived.event, state)?)
        };
        match self.transact(ACCEPT, chosen().map(put).collect::<Result<_, _>>()?).await {
            Err(error) if error.is_conflict() => {}
            outcome => return outcome,
        }
        for (index, (arrived, state)) in chosen() {
            let arrival = self.accept_event_as(&arrived.id, &arrived.event, state).await?;
            if let Some(known) = arrivals.get_mut(index) {
                *known = arrival;
            }
        }
        Ok(())
    }

    fn new_event(&self, id: &EventId, received: &Received, state: &EventState) -> Result<Row, StoreError> {
        let row = Row::new(self.event_key(id))
            .with("id", text(id.as_str()))
            .with("event", json(ACCEPT, received)?)
            .with("progress", json(ACCEPT, state)?);
        Ok(match state {
            EventState::Done { .. } => row.with("expires_at", seconds(received.received_at + KEPT)),
            _ => row.work(self.work_partition(WorkKind::Events), received.received_at),
        })
    }

    pub async fn event(&self, id: &EventId) -> Result<Option<EventRow>, StoreError> {
        let doing = "read an event";
        self.get(doing, self.event_key(id)).await?.map(|item| event_row(doing, id, &item)).transpose()
    }

    pub async fn finish_event(&self, id: &EventId, outcome: &str, now: Timestamp) -> Result<(), StoreError> {
        let doing = "finish an event";
        let done = EventState::Done { outcome: outcome.to_owned() };
        let change =
            Change::default().set("progress", json(doing, &done)?).set("expires_at", seconds(now + KEPT)).no_work();
        self.update(doing, self.event_key(id), change).await.map(drop)
    }

    /// Sets an event aside. It stays findable until somebody replays it.
    pub async fn fail_event(&self, id: &EventId, reason: &str, now: Timestamp) -> Result<(), StoreError> {
        let doing = "set an event aside";
        let failed = EventState::Failed { reason: reason.to_owned() };
        let change = Change::default()
            .set("progress", json(doing, &failed)?)
            .work(self.work_partition(WorkKind::FailedEvents), now);
        self.update(doing, self.event_key(id), change).await.map(drop)
    }

    /// Makes an event work again; tells whether there is such an event.
    pub async fn reopen_event(&self, id: &EventId, now: Timestamp) -> Result<bool, StoreError> {
        let doing = "replay an event";
        let change = Change::default()
            .set("progress", json(doing, &EventState::Pending)?)
            .remove("expires_at")
            .work(self.work_partition(WorkKind::Events), now)
            .only_if("attribute_exists(PK)", &[]);
        Ok(self.update(doing, self.event_key(id), change).await?.is_some())
    }
}

fn event_row(doing: &str, id: &EventId, item: &Item) -> Result<EventRow, StoreError> {
    Ok(EventRow {
        id: EventId::new(get_text(item, "id").unwrap_or(id.as_str())),
        received: require_json(doing, item, "event")?,
        state: get_json(doing, item, "progress")?.unwrap_or(EventState::Pending),
    })
}
