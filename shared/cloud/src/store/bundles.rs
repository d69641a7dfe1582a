//! Events that came at the same moment, written down as one row until each has a row of its own.

use super::{
    Arrival, AttentionRow, EventState, OrgTable, Received, StoreError, WorkKind,
    item::{Row, json, require_json, text},
    keys::Key,
};
use crate::correlation::CorrelationId;
use jiff::Timestamp;
use lintel_domain::ids::{BundleId, EventId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// One event on its way to its row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrived {
    pub id: EventId,
    pub event: Received,
    /// What it follows from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation: Option<CorrelationId>,
}

impl OrgTable {
    fn bundle_key(&self, id: &BundleId) -> Key {
        Key { pk: self.partition(&format!("BUNDLE#{id}")), sk: "BUNDLE".to_owned() }
    }

    /// Writes events down as work, in one row. Its id follows from them, so that a second try writes the same row.
    pub async fn put_bundle(&self, events: &[Arrived], now: Timestamp) -> Result<BundleId, StoreError> {
        let doing = "write down events that came together";
        let content = json(doing, &events)?;
        let digest = Sha256::digest(content.as_s().map(String::as_bytes).unwrap_or_default());
        let id = BundleId::new(hex::encode(digest));
        let row = Row::new(self.bundle_key(&id))
            .with("id", text(id.as_str()))
            .with("events", content)
            .work(self.work_partition(WorkKind::Bundles), now);
        self.put(doing, row).await?;
        Ok(id)
    }

    /// The events of a bundle; nothing when each has its row.
    pub async fn bundle(&self, id: &BundleId) -> Result<Option<Vec<Arrived>>, StoreError> {
        let doing = "read events that came together";
        self.get(doing, self.bundle_key(id)).await?.map(|item| require_json(doing, &item, "events")).transpose()
    }

    pub async fn delete_bundle(&self, id: &BundleId) -> Result<(), StoreError> {
        self.delete("forget events that have their rows", self.bundle_key(id)).await
    }

    /// Gives an event its row; tells whether it is new. Of one that contradicts an earlier one an operator is told.
    pub async fn keep_event(&self, id: &EventId, received: &Received) -> Result<bool, StoreError> {
        let arrival = self.accept_event(id, received).await?;
        self.note_arrival(id, received, arrival).await
    }

    /// Gives many events their rows, each in the state it has already; tells which are new, in their order.
    pub async fn keep_events(&self, events: &[(&Arrived, EventState)]) -> Result<Vec<bool>, StoreError> {
        let arrivals = self.accept_events(events).await?;
        let mut new = Vec::with_capacity(events.len());
        for ((arrived, _), arrival) in events.iter().zip(arrivals) {
            new.push(self.note_arrival(&arrived.id, &arrived.event, arrival).await?);
        }
        Ok(new)
    }

    async fn note_arrival(&self, id: &EventId, received: &Received, arrival: Arrival) -> Result<bool, StoreError> {
        if arrival == Arrival::Contradicted {
            let connection = &received.connection;
            let text =
                format!("connection {connection}: event {id} came again with other content; the first one stands");
            let code = "event-contradicted".to_owned();
            let at = received.received_at;
            self.notice(&AttentionRow { code, subject: id.to_string(), text, at }).await?;
        }
        Ok(arrival == Arrival::New)
    }
}
