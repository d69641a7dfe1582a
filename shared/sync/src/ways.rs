//! How a flow's fields are mapped, in few bytes: so that a link tells which of its fields were mapped otherwise when it was made.

use lintel_connectors::mapping::Mapping;
use sha2::{Digest, Sha256};

/// Hexadecimal digits kept of a field's hash: of a thousand changed mappings one in ten thousand goes unnoticed.
const DIGITS: usize = 6;

/// What a target's mapping says of the fields of a flow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ways {
    /// A hash of each, in the order of their names.
    text: String,
    fields: Vec<(&'static str, String)>,
    /// Of all together.
    hash: String,
}

impl Ways {
    pub(crate) fn of(writing: &Mapping, names: &[&'static str]) -> Self {
        let mut names = names.to_vec();
        names.sort_unstable();
        let fields: Vec<_> = names.into_iter().map(|name| (name, digits(&writing.way(name)))).collect();
        let text: String = fields.iter().map(|(_, hash)| hash.as_str()).collect();
        Self { hash: digits(&text), fields, text }
    }

    /// As a link keeps it.
    pub(crate) fn text(&self) -> String {
        self.text.clone()
    }

    /// Stands for all of it where a record is known by its content.
    pub(crate) fn hash(&self) -> &str {
        &self.hash
    }

    /// The fields that were mapped otherwise, or not at all, when a link was made.
    pub(crate) fn unmet(&self, link: &str) -> Vec<&'static str> {
        if link.is_empty() || link == self.text {
            return Vec::new();
        }
        let known: Vec<&[u8]> = link.as_bytes().chunks(DIGITS).collect();
        let is_new = |(_, hash): &&(&'static str, String)| !known.contains(&hash.as_bytes());
        self.fields.iter().filter(is_new).map(|(name, _)| *name).collect()
    }
}

fn digits(text: &str) -> String {
    let mut digits = hex::encode(Sha256::digest(text));
    digits.truncate(DIGITS);
    digits
}
