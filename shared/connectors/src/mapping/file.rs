//! `mapping.toml`, as it is written.

use super::Mapping;
use crate::manifest::{Manifest, ManifestFault, Source, parse};
use lintel_domain::records::Entity;
use serde::Deserialize;
use std::collections::BTreeMap;

/// All mappings of a vendor, by the name flows use.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Mappings(BTreeMap<String, StreamMapping>);

/// One stream's records as one entity.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StreamMapping {
    pub entity: Entity,
    /// The vendor's stream, where it has another name: one stream may hold records of several kinds.
    #[serde(default)]
    pub stream: Option<String>,
    /// An expression that holds for the records that are meant.
    #[serde(default)]
    pub when: Option<String>,
    /// An expression for the record's id, where it is not the stream's key.
    #[serde(default)]
    pub key: Option<String>,
    /// An expression for the time of the record's last change.
    #[serde(default)]
    pub updated_at: Option<String>,
    /// What several expressions need, found once: `$name` in them. These do not see each other.
    #[serde(default, rename = "let")]
    pub shared: BTreeMap<String, String>,
    pub fields: BTreeMap<String, FieldMapping>,
    /// Vendor's fields a record is made with beside those that are mapped, each an expression over the canonical fields: a title
    /// put together, a word that says what the record is. What people make of them later is left alone.
    #[serde(default)]
    pub at_first: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum FieldMapping {
    /// An expression over the record.
    Read(String),
    Both {
        /// The vendor's field.
        field: String,
        /// An expression over the vendor's value.
        #[serde(default)]
        read: Option<String>,
        /// An expression over the canonical value.
        #[serde(default)]
        write: Option<String>,
    },
}

/// A mapping that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    #[error("{vendor} maps no stream {stream}")]
    Unknown { vendor: String, stream: String },
    #[error("{vendor}: {stream}: {place}: {reason}")]
    Faulty { vendor: String, stream: String, place: String, reason: String },
}

impl Mappings {
    /// Reads and checks a file against its manifest and the canonical entities. `file` is what faults call it.
    ///
    /// # Errors
    /// The first value that cannot be read, or the first fault of every stream.
    pub fn read(file: &str, text: &str, manifest: &Manifest) -> Result<Self, Vec<ManifestFault>> {
        let source = Source { file, text };
        let mappings: Self = parse(file, text)?;
        let faults: Vec<ManifestFault> = mappings
            .0
            .keys()
            .filter_map(|stream| match Mapping::compile(manifest, stream, &mappings, &BTreeMap::new()) {
                Err(MappingError::Faulty { place, reason, .. }) => {
                    Some(source.fault_at(&format!("{stream}.{place}"), &reason))
                }
                Err(error @ MappingError::Unknown { .. }) => Some(source.fault_at(stream, &error.to_string())),
                Ok(_) => None,
            })
            .collect();
        if faults.is_empty() { Ok(mappings) } else { Err(faults) }
    }

    pub fn get(&self, stream: &str) -> Option<&StreamMapping> {
        self.0.get(stream)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}
