//! Events become rows, and rows are announced. What could not be read is kept for a person.

use crate::{
    desk::{Account, Desk},
    inbox::Kept,
};
use futures::future::try_join_all;
use jiff::Timestamp;
use lintel_cloud::{
    http::HttpCall,
    messages::EventsMessage,
    store::{Arrived, AttentionRow, QuarantineRow, StoreError},
};
use lintel_connectors::webhooks::{Event, EventError};
use lintel_domain::{ids::QuarantineId, private::Private};
use sha2::{Digest, Sha256};

/// Writes every event down. Only then are they announced, and an announcement that fails is made up for by the sweeper.
pub(crate) async fn keep(desk: &Desk, account: &Account, events: &[Event], now: Timestamp) -> Result<(), StoreError> {
    let kept = events
        .iter()
        .map(|event| desk.inbox.keep(&account.org, Arrived::of(&account.id, &account.connection.vendor, event, now)));
    let kept = try_join_all(kept).await?;
    let unknown = events.iter().filter(|event| !event.known).count();
    desk.metrics.count("webhook-receiver", &account.org, "events_unknown_name_count", unknown);
    let alone = kept.into_iter().filter_map(|kept| match kept {
        Kept::Alone(event) => Some(EventsMessage::V1 { org: account.org.clone(), event }),
        Kept::Again | Kept::Together => None,
    });
    let messages: Vec<EventsMessage> = alone.collect();
    if messages.is_empty() {
        return Ok(());
    }
    if let Err(error) = desk.queues.send_together(&desk.events, &account.org, &messages).await {
        tracing::warn!(org = %account.org, %error, "events wait for the sweeper");
    }
    Ok(())
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
    let digest = Sha256::digest(text);
    let (half, _) = digest.split_at(16);
    hex::encode(half)
}
