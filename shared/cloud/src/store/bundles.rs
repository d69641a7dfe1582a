//! Events that came at the same moment, written down as one row until each has a row of its own.

use super::{
    Arrival, AttentionRow, DueWork, EventState, OrgTable, Received, StoreError,
    item::{Row, get_text, sortable, text},
    keys::Key,
    packed::{packed, unpacked},
};
use crate::correlation::CorrelationId;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use lintel_connectors::webhooks::Event;
use lintel_domain::{
    ids::{BundleId, ConnectionId, EventId},
    private::Private,
};
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

impl Arrived {
    /// A vendor's event under its id, which follows from what the vendor calls the same delivery.
    pub fn of(connection: &ConnectionId, vendor: &str, event: &Event, received_at: Timestamp) -> Self {
        let digest = Sha256::digest(format!("{connection}/{}", event.key()));
        let (half, _) = digest.split_at(16);
        let received = Received {
            connection: connection.clone(),
            vendor: vendor.to_owned(),
            name: event.name.clone(),
            record: event.record.clone(),
            updated_at: event.updated_at,
            received_at,
            fingerprint: event.fingerprint.to_string(),
            content: Private::new(event.text.as_ref()),
        };
        Self { id: EventId::new(hex::encode(half)), event: received, correlation: CorrelationId::current() }
    }
}

/// What the sort keys of bundles begin with; then come the time and the digest.
const PREFIX: &str = "BUNDLE#";
const JOINT: char = '#';

fn due_bundle(id: &str) -> Option<DueWork> {
    let (due, _) = id.split_once(JOINT)?;
    Some(DueWork { id: id.to_owned(), property: None, due: due.to_owned() })
}

impl OrgTable {
    /// All bundles stand in one partition, and all of them wait: they need no place in an index, which would hold each of these
    /// large rows a second time.
    fn bundle_key(&self, id: &BundleId) -> Key {
        Key { pk: self.bundle_partition(), sk: format!("{PREFIX}{id}") }
    }

    fn bundle_partition(&self) -> String {
        self.partition("BUNDLES")
    }

    /// Writes events down as work, in one row. Its id follows from the time and from them, so that a second try writes the same
    /// row.
    pub async fn put_bundle(&self, events: &[Arrived], now: Timestamp) -> Result<BundleId, StoreError> {
        let doing = "write down events that came together";
        let mut digest = Sha256::new();
        for arrived in events {
            digest.update(arrived.id.as_str());
            digest.update(&arrived.event.fingerprint);
        }
        let id = BundleId::new(format!("{}{JOINT}{}", sortable(now), hex::encode(digest.finalize())));
        let events = AttributeValue::B(packed(doing, events)?);
        let row = Row::new(self.bundle_key(&id)).with("id", text(id.as_str())).with("events", events);
        self.put(doing, row).await?;
        Ok(id)
    }

    /// Bundles written down before `until`, oldest first, `limit` at most.
    pub(super) async fn due_bundles(&self, until: Timestamp, limit: i32) -> Result<Vec<DueWork>, StoreError> {
        let doing = "list events that came together";
        let mut items = self
            .client
            .query()
            .table_name(&self.name)
            .key_condition_expression("PK = :pk AND SK BETWEEN :first AND :until")
            .expression_attribute_values(":pk", text(self.bundle_partition()))
            .expression_attribute_values(":first", text(PREFIX))
            .expression_attribute_values(":until", text(format!("{PREFIX}{}", sortable(until))))
            .projection_expression("#id")
            .expression_attribute_names("#id", "id")
            .limit(limit)
            .into_paginator()
            .items()
            .send();
        let mut due = Vec::new();
        // A page ends at 1 MB of whole rows, which may be a few large ones.
        while due.len() < usize::try_from(limit).unwrap_or_default()
            && let Some(item) = items.next().await
        {
            let item = item.map_err(|error| StoreError::from_sdk(doing, &error))?;
            due.extend(get_text(&item, "id").and_then(due_bundle));
        }
        Ok(due)
    }

    /// The events of a bundle; nothing when each has its row.
    pub async fn bundle(&self, id: &BundleId) -> Result<Option<Vec<Arrived>>, StoreError> {
        let doing = "read events that came together";
        self.get(doing, self.bundle_key(id)).await?.map(|item| unpacked(doing, &item, "events")).transpose()
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
