//! Webhooks: arrays of events, signed for the address they go to (section 9).

use super::{
    State,
    objects::Kind,
    records::{Origin, Values},
};
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
use sha2::{Digest, Sha256};
use std::{collections::VecDeque, time::Duration};

const LARGEST: usize = 100;
/// Repetitions after the first attempt.
const MOST_ATTEMPTS: u32 = 10;

/// One thing an app wants to hear of.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Subscription {
    id: u64,
    /// `contact.creation`, `object.propertyChange`.
    event: String,
    object_type: String,
    property: Option<String>,
}

/// An event on its way.
#[derive(Clone, Debug, PartialEq)]
struct Event {
    due: Timestamp,
    attempt: u32,
    body: Map<String, Value>,
}

/// One post with up to a hundred events.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    pub body: Bytes,
    /// The signatures and the time of the attempt.
    pub headers: Vec<(&'static str, String)>,
    events: Vec<Event>,
}

#[derive(Debug)]
pub(super) struct Hooks {
    pub(super) target: String,
    subscriptions: Vec<Subscription>,
    outgoing: VecDeque<Event>,
    pub(super) carrier: Carrier,
}

/// Subscriptions while nothing is told.
pub(super) struct Paused(Vec<Subscription>);

/// What is told of a record.
struct News<'a> {
    what: &'static str,
    property: Option<&'a str>,
    more: Value,
}

/// Base64 of the HMAC-SHA256 over method, address, body and milliseconds, with some escapes of the address undone.
pub fn signature_v3(secret: &str, method: &str, uri: &str, body: &[u8], timestamp: &str) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    for part in [method.as_bytes(), unescaped(uri).as_bytes(), body, timestamp.as_bytes()] {
        mac.update(part);
    }
    base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes())
}

/// Hexadecimal SHA-256 over secret and body, which is sent as well.
pub fn signature_v1(secret: &str, body: &[u8]) -> String {
    hex::encode(Sha256::new().chain_update(secret).chain_update(body).finalize())
}

fn unescaped(uri: &str) -> String {
    const ESCAPES: [(&str, &str); 12] = [
        ("%3A", ":"),
        ("%2F", "/"),
        ("%3F", "?"),
        ("%40", "@"),
        ("%21", "!"),
        ("%24", "$"),
        ("%27", "'"),
        ("%28", "("),
        ("%29", ")"),
        ("%2A", "*"),
        ("%2C", ","),
        ("%3B", ";"),
    ];
    ESCAPES
        .iter()
        .fold(uri.to_owned(), |uri, (escape, plain)| uri.replace(escape, plain).replace(&escape.to_lowercase(), plain))
}

impl Delivery {
    /// How many events it carries.
    pub fn size(&self) -> usize {
        self.events.len()
    }
}

impl Hooks {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            target: String::new(),
            subscriptions: Vec::new(),
            outgoing: VecDeque::new(),
            carrier: Carrier::new(seed),
        }
    }

    pub(super) fn subscribe(&mut self, event: &str, object_type: &str, property: Option<&str>) -> u64 {
        let id = 1_000 + self.subscriptions.len() as u64;
        self.subscriptions.push(Subscription {
            id,
            event: event.to_owned(),
            object_type: object_type.to_owned(),
            property: property.map(str::to_owned),
        });
        id
    }

    /// Nobody hears of anything until `resume`.
    pub(super) fn pause(&mut self) -> Paused {
        Paused(std::mem::take(&mut self.subscriptions))
    }

    pub(super) fn resume(&mut self, paused: Paused) {
        self.subscriptions = paused.0;
    }

    pub(super) fn set_habits(&mut self, habits: Habits) {
        self.carrier.set_habits(habits);
    }

    pub(super) fn counts(&self) -> WebhookCounts {
        self.carrier.counts
    }

    pub(super) fn waiting(&self) -> usize {
        self.outgoing.len()
    }

    /// Everything that is due, in posts signed for now.
    pub(super) fn take(&mut self, secret: &str, now: Timestamp) -> Vec<Delivery> {
        let (mut due, later): (Vec<Event>, Vec<Event>) = self.outgoing.drain(..).partition(|event| event.due <= now);
        self.outgoing.extend(later);
        due.sort_by_key(|event| event.due);
        self.carrier.order(&mut due);
        let timestamp = now.as_millisecond().to_string();
        let of = |events: &[Event]| {
            let bodies = events.iter().map(|event| {
                let mut body = event.body.clone();
                body.insert("attemptNumber".to_owned(), json!(event.attempt));
                Value::Object(body)
            });
            let body = Bytes::from(Value::from(bodies.collect::<Vec<_>>()).to_string());
            let headers = vec![
                ("x-hubspot-signature-v3", signature_v3(secret, "POST", &self.target, &body, &timestamp)),
                ("x-hubspot-request-timestamp", timestamp.clone()),
                ("x-hubspot-signature", signature_v1(secret, &body)),
                ("x-hubspot-signature-version", "v1".to_owned()),
            ];
            Delivery { body, headers, events: events.to_vec() }
        };
        due.chunks(LARGEST).map(of).collect()
    }

    /// Notes an answer. What failed comes again, up to ten times over a day; a refusal that says the caller is wrong
    /// is final.
    pub(super) fn answered(
        &mut self,
        delivery: &Delivery,
        status: Option<u16>,
        wait: Option<Duration>,
        now: Timestamp,
    ) {
        self.carrier.counts.sent += 1;
        match status {
            Some(200..300) => self.carrier.counts.accepted += 1,
            Some(400 | 401 | 403 | 404 | 405) => {}
            _ => {
                for event in delivery.events.iter().filter(|event| event.attempt < MOST_ATTEMPTS) {
                    let pause = wait.unwrap_or_else(|| Duration::from_mins(1) * 2_u32.pow(event.attempt));
                    let due = later(now, pause.min(Duration::from_hours(6)));
                    self.outgoing.push_back(Event { due, attempt: event.attempt + 1, ..event.clone() });
                }
            }
        }
    }
}

impl State {
    /// Creation, and every value that changed.
    pub(super) fn tell_of_write(
        &mut self,
        kind: Kind,
        id: u64,
        before: Option<&Values>,
        after: &Values,
        origin: Origin,
        now: Timestamp,
    ) {
        if self.hooks.subscriptions.is_empty() {
            return;
        }
        let old = |place: usize| before.and_then(|values| values.get(place));
        let places: Vec<usize> =
            after.iter().chain(before.into_iter().flat_map(Values::iter)).map(|(at, _)| at).collect();
        let mut changes: Vec<(String, Value)> = Vec::new();
        for place in places.into_iter().filter(|place| old(*place) != after.get(*place)) {
            let name = &self.object(kind).properties.at(place).name;
            if !changes.iter().any(|(known, _)| known == name) {
                changes.push((name.clone(), json!(after.get(place).unwrap_or_default())));
            }
        }
        // All events of one write have one event id: it identifies no event.
        let event_id = self.rng.u32(1..);
        if before.is_none() {
            let news = News { what: "creation", property: None, more: json!({ "changeFlag": "NEW" }) };
            self.tell(kind, id, &news, event_id, origin, now);
        }
        for (name, value) in &changes {
            let more = json!({ "propertyName": name, "propertyValue": value });
            let news = News { what: "propertyChange", property: Some(name), more };
            self.tell(kind, id, &news, event_id, origin, now);
        }
    }

    pub(super) fn tell_of_end(&mut self, kind: Kind, id: u64, origin: Origin, now: Timestamp) {
        let event_id = self.rng.u32(1..);
        let news = News { what: "deletion", property: None, more: json!({ "changeFlag": "DELETED" }) };
        self.tell(kind, id, &news, event_id, origin, now);
    }

    pub(super) fn tell_of_return(&mut self, kind: Kind, id: u64, origin: Origin, now: Timestamp) {
        let event_id = self.rng.u32(1..);
        self.tell(kind, id, &News { what: "restore", property: None, more: json!({}) }, event_id, origin, now);
    }

    pub(super) fn tell_of_merge(&mut self, kind: Kind, winner: u64, loser: u64, origin: Origin, now: Timestamp) {
        let event_id = self.rng.u32(1..);
        let more = json!({ "primaryObjectId": winner, "mergedObjectIds": [loser], "newObjectId": winner });
        self.tell(kind, winner, &News { what: "merge", property: None, more }, event_id, origin, now);
    }

    fn tell(&mut self, kind: Kind, id: u64, news: &News<'_>, event_id: u32, origin: Origin, now: Timestamp) {
        let object = &self.objects[kind.0];
        let generic = format!("object.{}", news.what);
        let named = object.is_contacts().then(|| format!("contact.{}", news.what));
        let wants = |one: &&Subscription| {
            let event = one.event == generic || Some(&one.event) == named.as_ref();
            event && one.object_type == object.id && one.property.as_deref() == news.property
        };
        let wanted: Vec<Subscription> = self.hooks.subscriptions.iter().filter(wants).cloned().collect();
        for one in wanted {
            let mut body = Map::from_iter([
                ("eventId".to_owned(), json!(event_id)),
                ("subscriptionId".to_owned(), json!(one.id)),
                ("portalId".to_owned(), json!(self.settings.portal_id)),
                ("appId".to_owned(), json!(self.settings.app_id)),
                ("occurredAt".to_owned(), json!(now.as_millisecond())),
                ("subscriptionType".to_owned(), json!(one.event)),
                ("objectId".to_owned(), json!(id)),
                ("changeSource".to_owned(), json!(origin.source())),
                ("sourceId".to_owned(), json!(origin.source_id())),
            ]);
            if one.event.starts_with("object.") {
                body.insert("objectTypeId".to_owned(), json!(one.object_type));
            }
            body.extend(news.more.as_object().cloned().unwrap_or_default());
            let times = match self.hooks.carrier.fate() {
                Fate::Lost => 0,
                Fate::Once => 1,
                Fate::Twice => 2,
            };
            for _ in 0..times {
                let due = later(now, self.hooks.carrier.wait(self.settings.webhook_delay));
                self.hooks.outgoing.push_back(Event { due, attempt: 0, body: body.clone() });
            }
        }
    }
}
