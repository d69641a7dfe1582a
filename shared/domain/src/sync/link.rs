//! The pair of ids of one thing in two systems, and what both had when they last agreed.

use super::{Policy, Side};
use crate::records::{Entity, FieldKind, Fields, RecordKey};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What each side had when they were last brought into step. In a one-way flow the two may differ where a person changed the
/// target and was left alone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Base {
    pub source: Fields,
    pub target: Fields,
}

/// A field both sides changed, which waits for a person. Of a protected field the two values are hashes.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldConflict {
    pub source: Option<Value>,
    pub target: Option<Value>,
    pub since: Timestamp,
    /// Of a protected field, what each side has, encrypted: for who decides and asks to see it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sealed: BTreeMap<Side, String>,
}

impl std::fmt::Debug for FieldConflict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FieldConflict").field("since", &self.since).finish_non_exhaustive()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkState {
    /// Both sides have it.
    Linked,
    /// It is being made at the target. Whether it is there is looked up by our key before it is made again.
    Begun,
    /// The source's record could not be used; it is in quarantine.
    Quarantined,
    /// The target refused it.
    Refused,
    /// The source does not have it any more.
    SourceGone,
    /// Somebody removed it at the target, or merged it into another record's. It is not made again.
    TargetGone,
}

/// Why one side goes without a value that the other has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Withheld {
    /// Another record of the flow has it. Looked at again as soon as that one lets go of it.
    Claimed,
    /// Another of the target's records has it.
    Taken,
    /// The target does not take it.
    Unfit,
    /// The source does not take it back.
    AtSource,
}

/// A write that was begun, and may have been carried out or not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Intent {
    /// The fields that are written.
    pub fields: BTreeSet<String>,
    /// What both sides have of them once it was carried out.
    pub base: Base,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    pub key: RecordKey,
    pub state: LinkState,
    /// The target's id.
    pub target: Option<String>,
    /// Of the source's canonical content as last dealt with, problems included.
    pub seen: String,
    pub base: Base,
    /// How each field was mapped when the base was made, as `lintel_sync` writes it. Empty where nothing is known of it.
    pub ways: String,
    pub conflicts: BTreeMap<String, FieldConflict>,
    /// How a person settled conflicts; used up by the next merge.
    pub settled: BTreeMap<String, Policy>,
    /// Fields in which the target has a word of its own that the flow let stand.
    pub kept: BTreeSet<String>,
    /// Fields one side goes without.
    pub withheld: BTreeMap<String, Withheld>,
    /// Keys of records it refers to and that were not at the target yet.
    pub waits_for: BTreeSet<String>,
    /// Written down before the target is told, and used up by what came of it.
    pub intent: Option<Intent>,
}

/// What is stored of a link's content.
#[derive(Serialize, Deserialize)]
struct Stored {
    source: Map<String, Value>,
    /// Only where it differs from the source's.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    target: Map<String, Value>,
    /// Fields the target has nothing for, though the source has.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    without: Vec<String>,
}

impl Intent {
    /// The fields that the target has as they were to be.
    pub fn carried_out(
        &self,
        mapped: &[(&'static str, FieldKind)],
        target: &Fields,
    ) -> impl Iterator<Item = &'static str> {
        let names = mapped.iter().map(|(name, _)| *name).filter(|name| self.fields.contains(*name));
        names.filter(|name| target.get(name) == self.base.target.get(name))
    }
}

impl Link {
    pub fn new(key: RecordKey, state: LinkState, seen: String) -> Self {
        Self {
            key,
            state,
            target: None,
            seen,
            base: Base::default(),
            ways: String::new(),
            conflicts: BTreeMap::new(),
            settled: BTreeMap::new(),
            kept: BTreeSet::new(),
            withheld: BTreeMap::new(),
            waits_for: BTreeSet::new(),
            intent: None,
        }
    }

    /// What both sides had, given what the target has now: of a write that was begun, as much as was carried out. `None` when the
    /// two were never in step, as far as anybody knows.
    pub fn base_beside(&self, mapped: &[(&'static str, FieldKind)], target: &Fields) -> Option<Base> {
        let known = self.target.is_some().then(|| self.base.clone());
        let Some(intent) = self.intent.as_ref().filter(|intent| !intent.fields.is_empty()) else { return known };
        let mut base = known.unwrap_or_default();
        for name in intent.carried_out(mapped, target) {
            base.source.set(name, intent.base.source.get(name).cloned());
            base.target.set(name, intent.base.target.get(name).cloned());
        }
        Some(base)
    }
}

impl Base {
    /// As one JSON text: the target's side only where it differs.
    pub fn to_text(&self) -> serde_json::Result<String> {
        let source = self.source.to_json();
        let differs = |(name, value): &(&'static str, &Value)| self.source.get(name) != Some(*value);
        let target = self.target.iter().filter(differs).map(|(name, value)| (name.to_owned(), value.clone())).collect();
        let without = self.source.iter().map(|(name, _)| name).filter(|name| self.target.get(name).is_none());
        let without = without.map(str::to_owned).collect();
        serde_json::to_string(&Stored { source, target, without })
    }

    pub fn from_text(entity: Entity, text: &str) -> serde_json::Result<Self> {
        let Stored { source, target, without } = serde_json::from_str(text)?;
        let mut both = source.clone();
        both.retain(|name, _| !without.contains(name));
        both.extend(target);
        Ok(Self { source: Fields::stored(entity, source), target: Fields::stored(entity, both) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::Currency;
    use serde_json::json;

    #[test]
    fn a_base_comes_back_as_it_was_stored() {
        let read = |values: Value| {
            let values = values.as_object().cloned().expect("an object");
            Fields::read(Entity::Person, values, Currency::USD).0
        };
        for (source, target) in [
            (json!({ "first_name": "Ann", "city": "Salem" }), json!({ "first_name": "Ann", "city": "Salem" })),
            (json!({ "first_name": "Ann", "city": "Salem" }), json!({ "first_name": "Anna", "state": "OR" })),
            (json!({}), json!({ "city": "Salem" })),
        ] {
            let base = Base { source: read(source), target: read(target) };
            let text = base.to_text().expect("text");
            assert_eq!(Base::from_text(Entity::Person, &text).expect("a base"), base);
        }
    }
}
