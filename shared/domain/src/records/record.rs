//! One record in canonical form.

use super::{Currency, Entity, FieldFault, Problem};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, fmt};

/// What names a record for good: its vendor's stream and its id there. The same number may be a tenant and an owner.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RecordKey(String);

impl RecordKey {
    pub fn new(stream: &str, id: &str) -> Self {
        Self(format!("{stream}/{id}"))
    }

    pub fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The vendor's id.
    pub fn id(&self) -> &str {
        self.0.split_once('/').map_or(&self.0, |(_, id)| id)
    }
}

impl fmt::Display for RecordKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Canonical values by field. What is empty is not there.
#[derive(Clone, Default, PartialEq)]
pub struct Fields(BTreeMap<&'static str, Value>);

#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    pub entity: Entity,
    pub key: RecordKey,
    pub fields: Fields,
}

impl Fields {
    /// Reads values by field. A value that does not fit is left out and told.
    pub fn read(
        entity: Entity,
        values: impl IntoIterator<Item = (impl AsRef<str>, Value)>,
        currency: Currency,
    ) -> (Self, Vec<FieldFault>) {
        let (mut fields, mut faults) = (Self::default(), Vec::new());
        for (name, value) in values {
            let name = name.as_ref();
            let read = match entity.field(name) {
                Some(field) => field.kind.read(value, currency).map(|read| (field.name, read)),
                None => Err(Problem::Kind),
            };
            match read {
                Ok((name, Some(value))) => {
                    fields.0.insert(name, value);
                }
                Ok((_, None)) => {}
                Err(problem) => faults.push(FieldFault { field: name.to_owned(), problem }),
            }
        }
        (fields, faults)
    }

    /// What was stored. A field the entity does not have any more is left out.
    pub fn stored(entity: Entity, values: Map<String, Value>) -> Self {
        let known = |(name, value): (String, Value)| entity.field(&name).map(|field| (field.name, value));
        Self(values.into_iter().filter_map(known).collect())
    }

    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_str)
    }

    pub fn set(&mut self, name: &'static str, value: Option<Value>) {
        match value {
            Some(value) => self.0.insert(name, value),
            None => self.0.remove(name),
        };
    }

    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        self.0.iter().map(|(name, value)| (*name, value))
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Only these fields.
    #[must_use]
    pub fn only(&self, names: &[&'static str]) -> Self {
        Self(names.iter().filter_map(|name| Some((*name, self.0.get(name)?.clone()))).collect())
    }

    pub fn to_json(&self) -> Map<String, Value> {
        self.0.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
    }

    /// The same content has the same hash, on every machine and in every version.
    pub fn hash(&self) -> String {
        let mut digest = Sha256::new();
        for (name, value) in &self.0 {
            digest.update(name);
            digest.update([0]);
            digest.update(value.to_string());
            digest.update([0]);
        }
        let digest = digest.finalize();
        hex::encode(digest.get(..16).unwrap_or(&digest))
    }
}

/// Shows which fields there are, never what is in them.
impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Written on purpose: a stored shape, never a log.
impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_record_keeps_what_fits_and_tells_the_rest() {
        let values =
            [("first_name", json!("Ann")), ("email", json!("nobody")), ("nickname", json!("A")), ("city", json!(""))];
        let (fields, faults) = Fields::read(Entity::Person, values, Currency::USD);
        assert_eq!(fields.to_json(), json!({ "first_name": "Ann" }).as_object().cloned().unwrap_or_default());
        let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert_eq!(told, ["email: is no e-mail address", "nickname: is of another kind of value"]);
        assert_eq!(format!("{fields:?}"), r#"{"first_name"}"#);
    }

    #[test]
    fn the_hash_follows_the_content_alone() {
        let read = |values: [(&'static str, Value); 2]| Fields::read(Entity::Person, values, Currency::USD).0;
        let one = read([("first_name", json!("Ann")), ("city", json!("Salem"))]);
        let other = read([("city", json!("Salem ")), ("first_name", json!("Ann"))]);
        assert_eq!(one.hash(), other.hash());
        assert_ne!(one.hash(), read([("first_name", json!("Ann")), ("state", json!("Salem"))]).hash());
        assert_eq!(Fields::stored(Entity::Person, one.to_json()), one);
    }
}
