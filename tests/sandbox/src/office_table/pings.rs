//! Notifications: signed, without content, repeated until they are answered (section 7).

use super::{BASE, OfficeTable, stamp, webhooks::Webhook};
use crate::background::Background;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Map, Value, json};
use sha2::Sha256;
use std::{sync::Arc, time::Duration};

/// The header that carries a ping's signature.
pub const CONTENT_MAC: &str = "x-airtable-content-mac";

/// Tries of one notification. The vendor's schedule is not known.
const MOST_TRIES: u32 = 8;
/// Before the second try; twice as long before each further one.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(10);

/// A notification on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ping {
    pub webhook: String,
    pub url: String,
    pub body: Bytes,
    /// Value of [`CONTENT_MAC`].
    pub content_mac: String,
}

/// Notifications posted, and those that were answered 200 or 204.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PingCounts {
    pub sent: u64,
    pub accepted: u64,
}

/// `hmac-sha256=` and the lower-case hexadecimal HMAC-SHA256 of the body under the decoded secret.
pub fn content_mac(secret: &[u8], body: &[u8]) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else { return String::new() };
    mac.update(body);
    format!("hmac-sha256={}", hex::encode(mac.finalize().into_bytes()))
}

/// Where a webhook's notifications go, and which one waits. Changes that come while one waits share it.
#[derive(Debug)]
pub(super) struct Outbox {
    url: Option<String>,
    enabled: bool,
    due: Option<Timestamp>,
    failures: u32,
    last: Option<Value>,
}

impl Outbox {
    pub(super) fn new(url: Option<String>) -> Self {
        Self { url, enabled: true, due: None, failures: 0, last: None }
    }

    pub(super) fn enable(&mut self, enabled: bool) {
        self.enabled = enabled;
        if !enabled {
            self.due = None;
        }
    }

    pub(super) fn announce(&mut self, due: Timestamp) {
        if self.enabled && self.url.is_some() {
            self.due = Some(self.due.map_or(due, |waiting| waiting.min(due)));
        }
    }

    pub(super) fn shown(&self) -> Map<String, Value> {
        Map::from_iter([
            ("notificationUrl".to_owned(), json!(self.url)),
            ("areNotificationsEnabled".to_owned(), json!(self.enabled)),
            ("lastNotificationResult".to_owned(), json!(self.last)),
        ])
    }

    fn take(&mut self, now: Timestamp) -> Option<&str> {
        self.due = match self.due {
            Some(due) if due <= now => None,
            _ => return None,
        };
        self.url.as_deref()
    }

    fn answered(&mut self, status: Option<u16>, now: Timestamp) {
        let success = matches!(status, Some(200 | 204));
        let mut result = json!({ "success": success, "completionTimestamp": stamp(now), "retryNumber": self.failures });
        if success {
            self.failures = 0;
        } else {
            self.failures += 1;
            let again = self.failures < MOST_TRIES;
            let message = status.map_or_else(|| "Unreachable".to_owned(), |status| format!("HTTP status {status}"));
            result["error"] = json!({ "message": message });
            result["willBeRetried"] = Value::from(again);
            if again {
                self.announce(now + FIRST_PAUSE * 2_i32.pow(self.failures - 1));
            } else {
                self.failures = 0;
            }
        }
        self.last = Some(result);
    }
}

impl OfficeTable {
    /// The notifications due by then, which leave the queue. Say with [`Self::ping_answered`] what became of each.
    pub fn take_pings(&self, now: Timestamp) -> Vec<Ping> {
        let mut state = self.lock();
        let living = state.webhooks.iter_mut().filter(|webhook| webhook.lives(now));
        let pings: Vec<Ping> = living.filter_map(|webhook| ping(webhook, now)).collect();
        state.usage.pings.sent += pings.len() as u64;
        pings
    }

    /// Tells the vendor how a notification was answered; `None` when nobody could be reached. What was not accepted is
    /// repeated.
    pub fn ping_answered(&self, ping: &Ping, status: Option<u16>) {
        let now = self.clock.now();
        let mut state = self.lock();
        if matches!(status, Some(200 | 204)) {
            state.usage.pings.accepted += 1;
        }
        if let Some(webhook) = state.webhooks.iter_mut().find(|webhook| webhook.id == ping.webhook) {
            webhook.outbox.answered(status, now);
        }
    }

    /// Posts what is due to each webhook's notification address.
    pub async fn send_pings(&self, client: &reqwest::Client) -> PingCounts {
        let mut counts = PingCounts::default();
        for ping in self.take_pings(self.clock.now()) {
            let request = client
                .post(&ping.url)
                .header("content-type", "application/json")
                .header(CONTENT_MAC, &ping.content_mac)
                .body(ping.body.clone());
            let status = request.send().await.ok().map(|response| response.status().as_u16());
            counts.sent += 1;
            counts.accepted += u64::from(matches!(status, Some(200 | 204)));
            self.ping_answered(&ping, status);
        }
        counts
    }

    /// Posts what is due, every so often, until the answer is dropped.
    pub fn send_pings_in_background(self: &Arc<Self>, client: reqwest::Client, pause: Duration) -> Background {
        let table = Arc::clone(self);
        Background::repeat(pause, move || {
            let (table, client) = (Arc::clone(&table), client.clone());
            async move {
                table.send_pings(&client).await;
            }
        })
    }
}

fn ping(webhook: &mut Webhook, now: Timestamp) -> Option<Ping> {
    let url = webhook.outbox.take(now)?.to_owned();
    let body = json!({ "base": { "id": BASE }, "webhook": { "id": webhook.id }, "timestamp": stamp(now) });
    let body = Bytes::from(body.to_string());
    let content_mac = content_mac(&webhook.secret, &body);
    Some(Ping { webhook: webhook.id.clone(), url, body, content_mac })
}
