//! A vendor's webhook as data: proof, handshakes, answers and events.

use super::{Answers, Delivery, EventForm, Handshake, Refusal, Scheme, Secret, Verified, verify};
use jiff::Timestamp;
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
}
