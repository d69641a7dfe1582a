//! What a verified delivery says: one event, or a batch of them.

use super::{
    Delivery, HeaderField, MAX_PARAMETERS, Pointer, Webhook,
    algorithm::sha256,
    body::{self, JsonFault},
    pointer,
};
use jiff::{Timestamp, civil, tz::TimeZone};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::{collections::BTreeMap, fmt, sync::Arc};

/// The most events of one delivery. The largest batch documented by a vendor is a thousand (Meta).
pub const MAX_EVENTS: usize = 5_000;

/// Where the parts of an event stand in a delivery.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventForm {
    #[serde(default)]
    pub form: Content,
    /// Lists to go down through, one within the other, to the single events. Without any, the body is one event.
    #[serde(default)]
    pub split: Vec<Pointer>,
    pub name: NameAt,
    /// Where the record's id may stand; the first that is there counts. A list of ids gives one event for each.
    #[serde(default)]
    pub record: Vec<Pointer>,
    #[serde(default)]
    pub updated_at: Option<TimeAt>,
    pub delivery: DeliveryAt,
    /// The event names the vendor documents. Without any, no name is marked unknown.
    #[serde(default)]
    pub known: Vec<String>,
    /// Events that tell of a change of a record, and the stream the record stands in. A final `*` stands for any rest.
    #[serde(default)]
    pub streams: BTreeMap<String, String>,
}

impl EventForm {
    /// The stream of the record that an event is about.
    pub fn stream_of(&self, event: &str) -> Option<&str> {
        let fits = |pattern: &str| pattern.strip_suffix('*').map_or(pattern == event, |start| event.starts_with(start));
        self.streams.iter().find(|(pattern, _)| fits(pattern)).map(|(_, stream)| stream.as_str())
    }
}

/// How a body holds its JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Content {
    #[default]
    Json,
    /// Form parameters, read as one JSON object of texts.
    Form,
    /// JSON in one form parameter.
    FormJson(String),
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NameAt {
    Header(HeaderField),
    /// The first that is there counts.
    Pointers(Vec<Pointer>),
    /// The vendor sends one kind of event only.
    Fixed(String),
}

/// When the record changed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeAt {
    /// The first that is there counts.
    pub pointers: Vec<Pointer>,
    #[serde(default)]
    pub form: TimeForm,
    /// For vendors that sign no time: a delivery whose newest event is older is a replay. Longer than the vendor goes on trying.
    #[serde(default)]
    pub max_age_hours: Option<u32>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TimeForm {
    #[default]
    Rfc3339,
    /// Unix time in seconds.
    S,
    /// Unix time in milliseconds.
    Ms,
    /// Date and time without an offset, meant in UTC.
    Utc,
}

/// What two deliveries of the same event share.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeliveryAt {
    Header(HeaderField),
    /// All of them together.
    Pointers(Vec<Pointer>),
    /// The vendor sends no id.
    BodyHash,
}

/// One event of a delivery.
#[derive(Clone, PartialEq, Eq)]
pub struct Event {
    /// Empty when the delivery does not say.
    pub name: String,
    /// Whether the vendor documents this name. An unknown one is kept and counted, never an error.
    pub known: bool,
    pub record: Option<String>,
    pub updated_at: Option<Timestamp>,
    pub delivery: DeliveryId,
    /// The event's own part of the body, shared by the events of a list of ids. Holds personal data.
    pub content: Arc<Value>,
    /// The content as JSON.
    pub text: Arc<str>,
    /// Hex SHA-256 of that: a key that comes again with another fingerprint is worth an alarm.
    pub fingerprint: Arc<str>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum DeliveryId {
    /// The vendor's own.
    Given(String),
    /// Hex SHA-256 of the event's content, where the vendor gives none.
    Fingerprint(String),
}

impl DeliveryId {
    pub fn as_str(&self) -> &str {
        match self {
            Self::Given(id) | Self::Fingerprint(id) => id,
        }
    }
}

impl Event {
    /// The same for every delivery of this event and for no other of its source: hex SHA-256 of name, record and
    /// delivery.
    pub fn key(&self) -> String {
        let parts = serde_json::to_vec(&(&self.name, &self.record, self.delivery.as_str())).unwrap_or_default();
        hex::encode(sha256(&parts))
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("name", &self.name)
            .field("known", &self.known)
            .field("record", &self.record)
            .field("updated_at", &self.updated_at)
            .field("delivery", &self.delivery)
            .finish_non_exhaustive()
    }
}

/// Why a verified delivery could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    #[error("the body is no JSON")]
    NotJson,
    #[error("the body is nested too deep")]
    TooDeep,
    #[error("the form has no parameter {0}")]
    MissingParameter(String),
    #[error("the form has too many parameters")]
    TooManyParameters,
    #[error("the delivery holds too many events")]
    TooManyEvents,
}

impl EventError {
    /// Stable, for counting.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotJson => "not-json",
            Self::TooDeep => "too-deep",
            Self::MissingParameter(_) => "missing-parameter",
            Self::TooManyParameters => "too-many-parameters",
            Self::TooManyEvents => "too-many-events",
        }
    }
}

impl From<JsonFault> for EventError {
    fn from(fault: JsonFault) -> Self {
        match fault {
            JsonFault::NotJson => Self::NotJson,
            JsonFault::TooDeep => Self::TooDeep,
        }
    }
}

/// The events of a delivery, in the order they stand in it. To be called after [`super::verify`] and not before.
pub fn read_event(webhook: &Webhook, delivery: &Delivery<'_>) -> Result<Vec<Event>, EventError> {
    let form = &webhook.events;
    let mut contents = vec![form.form.read(delivery.body)?];
    for list in &form.split {
        contents = contents.into_iter().flat_map(|content| items(list, content)).collect();
        if contents.len() > MAX_EVENTS {
            return Err(EventError::TooManyEvents);
        }
    }
    let mut events = Vec::with_capacity(contents.len());
    for content in contents {
        events.extend(form.events(content, delivery));
        if events.len() > MAX_EVENTS {
            return Err(EventError::TooManyEvents);
        }
    }
    Ok(events)
}

/// What is no list where one was expected stays whole: an odd event is kept, not lost.
fn items(list: &Pointer, mut content: Value) -> Vec<Value> {
    match list.find_mut(&mut content) {
        Some(Value::Array(items)) => std::mem::take(items),
        _ => vec![content],
    }
}

impl Content {
    fn read(&self, body: &[u8]) -> Result<Value, EventError> {
        match self {
            Self::Json => Ok(body::json(body)?),
            Self::Form => parameters(body).map(Value::Object),
            Self::FormJson(name) => match parameters(body)?.remove(name) {
                Some(Value::String(text)) => Ok(body::json(text.as_bytes())?),
                _ => Err(EventError::MissingParameter(name.clone())),
            },
        }
    }
}

/// A parameter that comes several times becomes a list.
fn parameters(body: &[u8]) -> Result<Map<String, Value>, EventError> {
    let mut out = Map::new();
    for (count, (name, value)) in url::form_urlencoded::parse(body).enumerate() {
        if count >= MAX_PARAMETERS {
            return Err(EventError::TooManyParameters);
        }
        let value = Value::String(value.into_owned());
        match out.get_mut(name.as_ref()) {
            None => {
                out.insert(name.into_owned(), value);
            }
            Some(Value::Array(values)) => values.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    }
    Ok(out)
}

impl EventForm {
    fn events(&self, content: Value, delivery: &Delivery<'_>) -> Vec<Event> {
        let name = self.name.read(&content, delivery);
        let text: Arc<str> = serde_json::to_string(&content).unwrap_or_default().into();
        let fingerprint: Arc<str> = hex::encode(sha256(text.as_bytes())).into();
        let event = Event {
            known: self.known.is_empty() || self.known.contains(&name),
            name,
            record: None,
            updated_at: self.updated_at.as_ref().and_then(|at| at.read(&content)),
            delivery: self.delivery.read(&content, &fingerprint, delivery),
            content: Arc::new(content),
            text,
            fingerprint,
        };
        let found = self.record.iter().find_map(|pointer| pointer.find(&event.content));
        match found {
            Some(Value::Array(ids)) if !ids.is_empty() => {
                let one = |id| Event { record: pointer::text(id), ..event.clone() };
                // One more than is allowed is enough to refuse them.
                ids.iter().take(MAX_EVENTS + 1).map(one).collect()
            }
            found => {
                let record = found.and_then(pointer::text);
                vec![Event { record, ..event }]
            }
        }
    }
}

impl NameAt {
    fn read(&self, content: &Value, delivery: &Delivery<'_>) -> String {
        match self {
            Self::Header(field) => delivery.header(field).unwrap_or_default().to_owned(),
            Self::Pointers(pointers) => pointers.iter().find_map(|one| one.text(content)).unwrap_or_default(),
            Self::Fixed(name) => name.clone(),
        }
    }
}

impl TimeAt {
    fn read(&self, content: &Value) -> Option<Timestamp> {
        let text = self.pointers.iter().find_map(|pointer| pointer.text(content))?;
        match self.form {
            TimeForm::Rfc3339 => text.parse().ok(),
            TimeForm::S => Timestamp::from_second(text.parse().ok()?).ok(),
            TimeForm::Ms => Timestamp::from_millisecond(text.parse().ok()?).ok(),
            TimeForm::Utc => Some(text.parse::<civil::DateTime>().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp()),
        }
    }
}

impl DeliveryAt {
    fn read(&self, content: &Value, fingerprint: &str, delivery: &Delivery<'_>) -> DeliveryId {
        let given = match self {
            Self::Header(field) => delivery.header(field).ok().map(str::to_owned),
            Self::Pointers(pointers) => joined(pointers, content),
            Self::BodyHash => None,
        };
        given.map_or_else(|| DeliveryId::Fingerprint(fingerprint.to_owned()), DeliveryId::Given)
    }
}

/// What stands at each of the pointers; nothing when all of them are empty.
fn joined(pointers: &[Pointer], content: &Value) -> Option<String> {
    let parts: Vec<_> = pointers.iter().map(|pointer| pointer.text(content)).collect();
    if parts.iter().all(Option::is_none) {
        return None;
    }
    Some(parts.into_iter().map(Option::unwrap_or_default).collect::<Vec<_>>().join(":"))
}
