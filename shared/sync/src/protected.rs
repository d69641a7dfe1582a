//! Protected fields on their way. Their values stay beside the record for as long as it is worked at; wherever it is compared, merged
//! or written down, a keyed hash stands for them. What a person may have to see is kept sealed.

use lintel_cloud::vault::{Context, Protected, Sealed, Sealer};
use lintel_connectors::mapping::Mapping;
use lintel_domain::{
    records::{Currency, Fields},
    sync::{Changes, FieldConflict, Side},
};
use serde_json::Value;
use std::{collections::BTreeMap, sync::Arc};

/// What one side's value of a record's field is sealed for: it opens as nothing else.
pub(crate) fn place(record: &str, field: &str, side: Side) -> Context {
    Context::new(record, format!("{field}@{}", side.as_str()))
}

/// The protected fields that a flow sends because it says so.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sent {
    pub(crate) names: Vec<&'static str>,
    /// Where there are such fields.
    pub(crate) sealer: Option<Sealer>,
}

/// What one side has in protected fields.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plain(BTreeMap<&'static str, Arc<Protected>>);

impl Sent {
    /// Takes the values of protected fields out of a record that was just read, and leaves their hashes.
    pub(crate) fn hide(&self, fields: &mut Fields) -> Plain {
        let mut plain = Plain::default();
        for name in self.names.iter().copied() {
            let Some(value) = fields.get(name).cloned() else { continue };
            let text = Arc::new(Protected::new(value.as_str().map_or_else(|| value.to_string(), str::to_owned)));
            fields.set(name, self.hash(name, &text));
            plain.0.insert(name, text);
        }
        plain
    }

    /// Changes as they are sent. A hash without its value is never sent: its field is left out.
    pub(crate) fn shown(&self, changes: &Changes, plain: &Plain) -> Changes {
        let shown = |(name, value): (&&'static str, &Option<Value>)| match value {
            Some(_) if self.names.contains(name) => {
                let text = plain.0.get(name)?;
                let is_it = self.hash(name, text) == *value;
                is_it.then(|| (*name, Some(Value::String(text.expose().to_owned()))))
            }
            value => Some((*name, value.clone())),
        };
        changes.iter().filter_map(shown).collect()
    }

    /// What a side will have of a value that is written to it.
    pub(crate) fn as_written(
        &self,
        mapping: &Mapping,
        name: &'static str,
        value: &Value,
        plain: &Plain,
        currency: Currency,
    ) -> Option<Value> {
        if !self.names.contains(&name) {
            return mapping.as_written(name, value, currency);
        }
        let change = Changes::from([(name, Some(value.clone()))]);
        let written = mapping.as_written(name, &self.shown(&change, plain).remove(name)??, currency)?;
        self.hash(name, &Protected::new(written.as_str()?))
    }

    /// Seals both values of each protected field in conflict, for the person who decides. What is sealed under the current key stays.
    pub(crate) fn seal_conflicts(
        &self,
        record: &str,
        conflicts: &mut BTreeMap<String, FieldConflict>,
        source: &Plain,
        target: &Plain,
    ) {
        for name in self.names.iter().copied() {
            let Some(conflict) = conflicts.get_mut(name) else { continue };
            for (side, plain) in [(Side::Source, source), (Side::Target, target)] {
                if conflict.sealed.get(&side).is_some_and(|text| self.is_current(text)) {
                    continue;
                }
                if let Some(sealed) = plain.0.get(name).and_then(|text| self.sealed(record, name, side, text)) {
                    conflict.sealed.insert(side, sealed);
                }
            }
        }
    }

    /// What a record that is set aside has in protected fields, sealed.
    pub(crate) fn seal(&self, record: &str, plain: &Plain) -> BTreeMap<&'static str, String> {
        let one = |(name, text): (&&'static str, &Arc<Protected>)| {
            Some((*name, self.sealed(record, name, Side::Source, text)?))
        };
        plain.0.iter().filter_map(one).collect()
    }

    /// A value that cannot be sealed is not kept; the hash tells it from others all the same.
    fn sealed(&self, record: &str, name: &str, side: Side, text: &Protected) -> Option<String> {
        match self.sealer.as_ref()?.seal(&place(record, name, side), text) {
            Ok(sealed) => Some(sealed.to_string()),
            Err(error) => {
                tracing::warn!(%error, "a protected value is not kept");
                None
            }
        }
    }

    fn is_current(&self, sealed: &str) -> bool {
        let key = sealed.parse::<Sealed>().ok().map(|sealed| sealed.key().clone());
        key.as_ref() == self.sealer.as_ref().map(Sealer::key)
    }

    fn hash(&self, name: &str, text: &Protected) -> Option<Value> {
        Some(Value::String(self.sealer.as_ref()?.fingerprint(name, text)))
    }
}
