//! Webhooks: ids and no more, signed, repeated three times, and given up for good when nobody answers (section 6).

use super::settings::TenantEvents;
use crate::{
    clock::later,
    housecallpro::{
        Habits, WebhookCounts,
        habits::{Carrier, Fate},
    },
};
use base64::Engine as _;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use sha2::Sha256;
use std::time::Duration;

/// The family of tenants' events, as the grid has it.
pub(super) const TENANTS: &str = "LeaseTenant";
/// Pauses after a first, second and third attempt that failed.
const PAUSES: [Duration; 3] = [Duration::from_mins(1), Duration::from_mins(10), Duration::from_hours(1)];
/// Failed attempts without a success between them that end a subscription.
const MOST_FAILURES: u32 = 20;

/// What events tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Created,
    Updated,
    Deleted,
}

impl Change {
    fn word(self) -> &'static str {
        match self {
            Self::Created => "Created",
            Self::Updated => "Updated",
            Self::Deleted => "Deleted",
        }
    }
}

/// One post of one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub event: String,
    /// Not before then.
    pub due: Timestamp,
    /// From 1.
    pub attempt: u32,
    pub body: Bytes,
    /// `buildium-webhook-timestamp`, of the sending, and `buildium-webhook-signature`.
    pub headers: Vec<(&'static str, String)>,
}

/// Base64 of the HMAC-SHA256 over the timestamp, a dot and the raw body.
pub fn signature(secret: &str, timestamp: &str, body: &[u8]) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    for part in [timestamp.as_bytes(), b".", body] {
        mac.update(part);
    }
    base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes())
}

/// What somebody set up in the settings screen.
#[derive(Clone, Debug)]
pub(super) struct Subscription {
    pub(super) url: String,
    pub(super) secret: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    InForce,
    Suspended,
}

#[derive(Debug)]
pub(super) struct Hooks {
    account: u32,
    delay: Duration,
    tenant_events: TenantEvents,
    subscription: Option<Subscription>,
    standing: Standing,
    failures: u32,
    outgoing: Vec<Delivery>,
    carrier: Carrier,
    dropped: u64,
}

impl Hooks {
    pub(super) fn new(account: u32, delay: Duration, tenant_events: TenantEvents, seed: u64) -> Self {
        Self {
            account,
            delay,
            tenant_events,
            subscription: None,
            standing: Standing::InForce,
            failures: 0,
            outgoing: Vec::new(),
            carrier: Carrier::new(seed),
            dropped: 0,
        }
    }

    /// From now on events are told there. It is also how a suspended subscription comes back.
    pub(super) fn subscribe(&mut self, subscription: Subscription) {
        self.subscription = Some(subscription);
        self.standing = Standing::InForce;
        self.failures = 0;
    }

    pub(super) fn url(&self) -> Option<String> {
        self.subscription.as_ref().map(|subscription| subscription.url.clone())
    }

    pub(super) fn is_suspended(&self) -> bool {
        self.standing == Standing::Suspended
    }

    pub(super) fn set_habits(&mut self, habits: Habits) {
        self.carrier.set_habits(habits);
    }

    pub(super) fn counts(&self) -> WebhookCounts {
        self.carrier.counts
    }

    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }

    pub(super) fn waiting(&self) -> usize {
        self.outgoing.len()
    }

    pub(super) fn tell(&mut self, family: &str, change: Change, ids: &[(&str, u32)], now: Timestamp) {
        if self.subscription.is_none() || self.is_suspended() {
            return;
        }
        let family = if family == TENANTS { self.tenant_events.family() } else { family };
        let event = format!("{family}.{}", change.word());
        let fate = self.carrier.fate();
        // Six digits are seen as well as seven.
        let form = if self.carrier.counts.events.is_multiple_of(4) { "%FT%T%.6fZ" } else { "%FT%T%.7fZ" };
        let mut body = Map::from_iter([
            ("EventName".to_owned(), json!(event)),
            ("EventDateTime".to_owned(), json!(now.strftime(form).to_string())),
            ("AccountId".to_owned(), json!(self.account)),
        ]);
        body.extend(ids.iter().map(|(name, id)| ((*name).to_owned(), json!(id))));
        let body = Bytes::from(Value::Object(body).to_string());
        let times = match fate {
            Fate::Lost => 0,
            Fate::Once => 1,
            Fate::Twice => 2,
        };
        for _ in 0..times {
            let due = later(now, self.carrier.wait(self.delay));
            self.outgoing.push(Delivery {
                event: event.clone(),
                due,
                attempt: 1,
                body: body.clone(),
                headers: Vec::new(),
            });
        }
    }

    /// What is due, signed for now. It leaves the queue.
    pub(super) fn take(&mut self, now: Timestamp) -> Vec<Delivery> {
        let (mut due, waiting): (Vec<Delivery>, Vec<Delivery>) =
            self.outgoing.drain(..).partition(|delivery| delivery.due <= now);
        self.outgoing = waiting;
        due.sort_by_key(|delivery| delivery.due);
        self.carrier.order(&mut due);
        let secret = self.subscription.as_ref().map(|subscription| subscription.secret.as_str()).unwrap_or_default();
        let timestamp = now.as_second().to_string();
        for delivery in &mut due {
            delivery.headers = vec![
                ("buildium-webhook-signature", signature(secret, &timestamp, &delivery.body)),
                ("buildium-webhook-timestamp", timestamp.clone()),
            ];
        }
        due
    }

    /// Notes what became of a post: its status, or `None` where nobody answered in time.
    pub(super) fn answered(&mut self, delivery: &Delivery, status: Option<u16>, now: Timestamp) {
        self.carrier.counts.sent += 1;
        if status.is_some_and(|status| (200..300).contains(&status)) {
            self.carrier.counts.accepted += 1;
            self.failures = 0;
            return;
        }
        self.failures += 1;
        if self.is_suspended() {
            self.dropped += 1;
        } else if self.failures >= MOST_FAILURES {
            self.standing = Standing::Suspended;
            self.dropped += 1 + self.outgoing.drain(..).count() as u64;
        } else if let Some(pause) = PAUSES.get(delivery.attempt as usize - 1) {
            let due = later(now, *pause);
            self.outgoing.push(Delivery { due, attempt: delivery.attempt + 1, ..delivery.clone() });
        } else {
            self.dropped += 1;
        }
    }
}
