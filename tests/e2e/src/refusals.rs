//! Deliveries that must not be taken, by the many: what each was answered, and whether it was counted.

use crate::places::Places;
use anyhow::ensure;
use jiff::{SignedDuration, Timestamp};
use lintel_cloud::store::WorkKind;
use lintel_connectors::surroundings::Clock;
use lintel_sandbox::housecallpro::signature;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Above the receiver's cap for any vendor.
const HUGE: usize = 2 * 1024 * 1024;
/// Deliveries that are true, and are sent again later.
const TRUE_ONES: usize = 100;

/// What became of bad deliveries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judged {
    /// By what was wrong with them: how many got which status.
    pub answered: BTreeMap<&'static str, BTreeMap<u64, u64>>,
    /// Events that were kept, of so many true deliveries.
    pub kept: usize,
    pub true_ones: usize,
    /// What the receiver's metrics say was refused, by reason.
    pub counted: BTreeMap<String, u64>,
    /// And how many events it says had come before.
    pub repeated: u64,
}

struct Delivery {
    wrong: &'static str,
    body: Vec<u8>,
    signature: String,
    at: Timestamp,
}

/// Sends some true deliveries and then this many bad ones, seeded.
pub async fn judge_deliveries(count: usize, seed: u64) -> anyhow::Result<Judged> {
    let places = Places::open(seed, 2).await?;
    let secret = places.field_service.webhook_secret().to_owned();
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut judged = Judged { true_ones: TRUE_ONES, ..Judged::default() };
    let now = places.clock.now();
    for number in 0..TRUE_ONES {
        let status = send(&places, &honest(&secret, number, now)).await?;
        ensure!(status == 200, "a true delivery was answered {status}");
    }
    for _ in 0..count {
        let delivery = spoil(&mut rng, &secret, now);
        let status = send(&places, &delivery).await?;
        *judged.answered.entry(delivery.wrong).or_default().entry(status).or_default() += 1;
    }
    let events = places.table.org(&places.settings.id).due_work(WorkKind::Events, Timestamp::MAX, 10_000).await?;
    judged.kept = events.len();
    judged.counted = places.metrics.named("webhook_refused_");
    judged.repeated = places.metrics.named("events_repeated_count").values().sum();
    Ok(judged)
}

fn honest(secret: &str, number: usize, at: Timestamp) -> Delivery {
    let body = json!({
        "event": "pro.updated", "event_occurred_at": "2026-07-01T00:00:00Z", "pro": { "id": format!("pro_{number}") },
    });
    let body = body.to_string().into_bytes();
    Delivery { wrong: "nothing", signature: signature(secret, &at.as_second().to_string(), &body), body, at }
}

fn spoil(rng: &mut fastrand::Rng, secret: &str, now: Timestamp) -> Delivery {
    let number = rng.usize(TRUE_ONES..1_000_000);
    let whole = honest(secret, number, now);
    match rng.u8(0..100) {
        0..25 => {
            let signature = std::iter::repeat_with(|| rng.char('0'..='9')).take(64).collect();
            Delivery { wrong: "forged", signature, ..whole }
        }
        25..45 => {
            let body = whole.body.get(..rng.usize(..whole.body.len())).unwrap_or_default().to_vec();
            Delivery { wrong: "truncated", body, ..whole }
        }
        45..65 => {
            let at = now - SignedDuration::from_secs(rng.i64(301..1_000_000));
            Delivery { wrong: "stale", ..honest(secret, number, at) }
        }
        65..80 => Delivery { wrong: "replayed", ..honest(secret, rng.usize(..TRUE_ONES), now) },
        80..99 => {
            let value: Value = serde_json::from_slice(&whole.body).unwrap_or_default();
            let body = serde_json::to_vec_pretty(&value).unwrap_or_default();
            Delivery { wrong: "re-encoded", body, ..whole }
        }
        _ => {
            let body = vec![b' '; HUGE];
            let signature = signature(secret, &now.as_second().to_string(), &body);
            Delivery { wrong: "oversized", body, signature, at: now }
        }
    }
}

async fn send(places: &Places, delivery: &Delivery) -> anyhow::Result<u64> {
    let event = json!({
        "version": "2.0", "rawPath": "/webhooks/sunrise.crews", "rawQueryString": "",
        "headers": { "api-signature": delivery.signature, "api-timestamp": delivery.at.as_second().to_string() },
        "pathParameters": { "connection": "sunrise.crews" },
        "requestContext": { "http": { "method": "POST", "path": "/webhooks/sunrise.crews" } },
        "body": String::from_utf8_lossy(&delivery.body), "isBase64Encoded": false,
    });
    let answer = places.invoke("webhook-receiver", event).await?;
    answer["statusCode"].as_u64().ok_or_else(|| anyhow::anyhow!("no status: {answer}"))
}
