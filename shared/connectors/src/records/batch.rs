//! What goes out in a batch, and what an answer says of each part of it.

use super::call::{Calls, Compiled, WriteKind};
use lintel_formats::expression::EvaluationError;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, fmt};

/// One record on its way to the vendor, in the vendor's own fields.
#[derive(Clone, PartialEq)]
pub struct Outgoing {
    /// Our key of the record: what its outcome is told by.
    pub key: String,
    /// The vendor's id, where it is known.
    pub id: Option<String>,
    pub values: Map<String, Value>,
}

/// Shows which fields, never what is in them.
impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields: Vec<&String> = self.values.keys().collect();
        f.debug_struct("Outgoing").field("key", &self.key).field("id", &self.id).field("fields", &fields).finish()
    }
}

/// What became of one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// `id` may be another than was sent: a record that was merged into another leads there.
    Written { id: String, created: bool },
    /// The vendor refuses the record itself. `in_the_way` is the record that holds what only one may hold.
    Refused { code: String, reason: String, in_the_way: Option<String> },
    /// The vendor left it out without a word: its id is stale.
    LeftOut,
}

/// One entry of `done`.
#[derive(Debug, Deserialize)]
pub(super) struct Done {
    #[serde(default, deserialize_with = "words")]
    pub(super) key: Option<String>,
    #[serde(deserialize_with = "word")]
    pub(super) id: String,
    #[serde(default)]
    pub(super) created: Option<bool>,
    #[serde(default)]
    pub(super) record: Value,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Failed {
    #[serde(deserialize_with = "words")]
    key: Option<String>,
    code: String,
    reason: String,
}

pub(super) fn body(
    call: &Compiled,
    items: &[Outgoing],
    fields: &[String],
    identity: &str,
) -> Result<Value, EvaluationError> {
    let items: Vec<Value> =
        items.iter().map(|item| json!({ "key": item.key, "id": item.id, "values": item.values })).collect();
    call.body.evaluate(&json!({ "items": items, "fields": fields, "identity": identity }))
}

/// The outcome of every item, in the items' order. `Err` names what in the answer is not as the manifest says.
pub(super) fn outcomes(
    calls: &Calls,
    kind: WriteKind,
    items: &[Outgoing],
    answer: &Value,
) -> Result<Vec<Outcome>, &'static str> {
    let mut told = BTreeMap::new();
    for done in done(calls.of(kind), answer)? {
        // An answer without keys tells its records by their ids.
        let by_id = || items.iter().find(|item| item.id.as_ref() == Some(&done.id)).map(|item| item.key.clone());
        if let Some(key) = done.key.clone().or_else(by_id) {
            told.insert(key, Outcome::Written { id: done.id, created: done.created.unwrap_or_default() });
        }
    }
    for failed in failed(calls, answer)? {
        let Failed { key, code, reason } = failed;
        if let Some(key) = key {
            told.insert(key, Outcome::Refused { code, reason, in_the_way: None });
        }
    }
    Ok(items.iter().map(|item| told.remove(&item.key).unwrap_or(Outcome::LeftOut)).collect())
}

/// What the refusal of a batch of one says of it.
pub(super) fn refused(calls: &Calls, answer: &Value) -> Outcome {
    let said = failed(calls, &json!({ "errors": [answer] })).ok().and_then(|failed| failed.into_iter().next());
    let Failed { code, reason, .. } = said.unwrap_or_default();
    let in_the_way = calls.in_the_way.as_ref().and_then(|expression| expression.evaluate(answer).ok());
    let in_the_way = match in_the_way {
        Some(Value::String(id)) if !id.is_empty() => Some(id),
        Some(Value::Number(id)) => Some(id.to_string()),
        _ => None,
    };
    Outcome::Refused { code, reason, in_the_way }
}

fn failed(calls: &Calls, answer: &Value) -> Result<Vec<Failed>, &'static str> {
    let failed = calls.failed.evaluate(answer).map_err(|_| "its errors")?;
    serde_json::from_value(failed).map_err(|_| "its errors")
}

pub(super) fn done(call: &Compiled, answer: &Value) -> Result<Vec<Done>, &'static str> {
    let done = call.done.evaluate(answer).map_err(|_| "its results")?;
    serde_json::from_value(done).map_err(|_| "its results")
}

/// Ids are written as text or as numbers.
fn word<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    words(deserializer)?.ok_or_else(|| serde::de::Error::custom("an id is missing"))
}

fn words<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text)),
        Value::Number(number) => Ok(Some(number.to_string())),
        _ => Err(serde::de::Error::custom("an id is neither text nor a number")),
    }
}
