//! A vendor's webhook as data: proof, handshakes, answers and events.

use super::{Answers, Delivery, Event, EventForm, Handshake, Refusal, Scheme, Secret, Verified, verify};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

/// Everything a receiver has to know of one vendor's webhook.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    pub scheme: Scheme,
    /// The largest body the vendor has a reason to send, in bytes.
    pub body_cap: u32,
    #[serde(default)]
    pub handshakes: Vec<Handshake>,
    #[serde(default)]
    pub answers: Answers,
    pub events: EventForm,
}

impl Webhook {
    /// [`verify`] after this webhook's own cap on the body.
    pub fn verify(&self, delivery: &Delivery<'_>, secrets: &[Secret], now: Timestamp) -> Result<Verified, Refusal> {
        if delivery.body.len() as u64 > u64::from(self.body_cap) {
            return Err(Refusal::OversizedBody);
        }
        verify(&self.scheme, delivery, secrets, now)
    }

    /// Whether a proven delivery is a replay by the age of its events. One that does not say when it happened is none.
    pub fn is_too_old(&self, events: &[Event], now: Timestamp) -> bool {
        let Some(hours) = self.events.updated_at.as_ref().and_then(|at| at.max_age_hours) else { return false };
        let newest = events.iter().filter_map(|event| event.updated_at).max();
        newest.is_some_and(|newest| now.duration_since(newest) > SignedDuration::from_hours(i64::from(hours)))
    }
}
