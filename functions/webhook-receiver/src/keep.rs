//! Events become rows, and rows are announced. What could not be read is kept for a person.

use crate::desk::{Account, Desk};
use futures::future::try_join_all;
use jiff::Timestamp;
use lintel_cloud::{
    http::HttpCall,
    messages::EventsMessage,
    store::{Arrival, AttentionRow, OrgTable, QuarantineRow, Received, StoreError},
};
use lintel_connectors::webhooks::{Event, EventError};
use lintel_domain::{
    ids::{EventId, QuarantineId},
    private::Private,
};
use sha2::{Digest, Sha256};

/// Rows written side by side.
const AT_ONCE: usize = 16;

/// Writes every event down. Only then are they announced, and an announcement that fails is made up for by the sweeper.
pub(crate) async fn keep(desk: &Desk, account: &Account, events: &[Event], now: Timestamp) -> Result<(), StoreError> {
    let table = desk.table.org(&account.org);
    let mut new: Vec<EventId> = Vec::new();
    for together in events.chunks(AT_ONCE) {
        let accepted = try_join_all(together.iter().map(|event| accept(&table, account, event, now))).await?;
        new.extend(accepted.into_iter().flatten());
    }
    let messages: Vec<EventsMessage> =
        new.into_iter().map(|event| EventsMessage::V1 { org: account.org.clone(), event }).collect();
    if let Err(error) = desk.queues.send_all(&desk.events, &account.org, &messages).await {
        tracing::warn!(org = %account.org, %error, "events wait for the sweeper");
    }
    Ok(())
}

/// The event's id, if it is new. The id follows from what the vendor calls the same delivery.
async fn accept(
    table: &OrgTable,
    account: &Account,
    event: &Event,
    now: Timestamp,
) -> Result<Option<EventId>, StoreError> {
    let id = EventId::new(short(&format!("{}/{}", account.id, event.key())));
    let received = Received {
        connection: account.id.clone(),
        vendor: account.connection.vendor.clone(),
        name: event.name.clone(),
        record: event.record.clone(),
        updated_at: event.updated_at,
        received_at: now,
        fingerprint: event.fingerprint(),
        content: Private::new(event.content.to_string()),
    };
    match table.accept_event(&id, &received).await? {
        Arrival::New => Ok(Some(id)),
        Arrival::Repeated => Ok(None),
        Arrival::Contradicted => {
            let text =
                format!("connection {}: event {id} came again with other content; the first one stands", account.id);
            table.notice(&entry("event-contradicted", id.as_str(), text, now)).await?;
            Ok(None)
        }
    }
}

/// A proven delivery that says nothing readable.
pub(crate) async fn unreadable(
    desk: &Desk,
    account: &Account,
    call: &HttpCall,
    error: &EventError,
) -> Result<(), StoreError> {
    let row = QuarantineRow {
        id: QuarantineId::new(format!("delivery-{}", short(&String::from_utf8_lossy(&call.body)))),
        origin: format!("webhook:{}", account.id),
        code: "unreadable-delivery".to_owned(),
        reason: format!("connection {}: {error}", account.id),
        content: Private::new(String::from_utf8_lossy(&call.body).into_owned()),
        at: desk.clock.now(),
    };
    desk.table.org(&account.org).quarantine(&row).await.map(drop)
}

/// Tells an operator that deliveries come and cannot be proven.
pub(crate) async fn not_set_up(desk: &Desk, account: &Account, reason: &str) {
    let text = format!("connection {}: deliveries are put off: {reason}", account.id);
    let entry = entry("webhook-not-set-up", account.id.as_str(), text, desk.clock.now());
    if let Err(error) = desk.table.org(&account.org).notice(&entry).await {
        tracing::error!(org = %account.org, %error, "an operator could not be told");
    }
}

fn entry(code: &str, subject: &str, text: String, at: Timestamp) -> AttentionRow {
    AttentionRow { code: code.to_owned(), subject: subject.to_owned(), text, at }
}

fn short(text: &str) -> String {
    hex::encode(Sha256::digest(text)).chars().take(32).collect()
}
