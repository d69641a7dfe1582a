//! Protected fields on their way. Their values stay beside the record for as long as it is worked at; wherever it is compared, merged
//! or written down, a keyed hash stands for them.

use lintel_cloud::vault::{Fingerprints, Protected};
use lintel_connectors::mapping::Mapping;
use lintel_domain::{
    records::{Currency, Fields},
    sync::Changes,
};
use serde_json::Value;
use std::{collections::BTreeMap, sync::Arc};

/// The protected fields that a flow sends because it says so.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sent {
    pub(crate) names: Vec<&'static str>,
    /// Where there are such fields.
    pub(crate) fingerprints: Option<Fingerprints>,
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

    fn hash(&self, name: &str, text: &Protected) -> Option<Value> {
        Some(Value::String(self.fingerprints.as_ref()?.of(name, text)))
    }
}
