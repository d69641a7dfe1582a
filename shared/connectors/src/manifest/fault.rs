//! What is wrong in a manifest, and where.

use std::fmt;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// One thing wrong in a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestFault {
    pub file: String,
    /// From 1.
    pub line: usize,
    /// Characters, from 1.
    pub column: usize,
    /// Dotted: `webhook.scheme.signed.message`. Empty when the text is not TOML at that place.
    pub key: String,
    pub message: String,
}

impl fmt::Display for ManifestFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, key, message } = self;
        if key.is_empty() {
            write!(f, "{file}:{line}:{column}: {message}")
        } else {
            write!(f, "{file}:{line}:{column}: `{key}`: {message}")
        }
    }
}

impl std::error::Error for ManifestFault {}

/// The text that is being read, to place faults in.
#[derive(Clone, Copy)]
pub(crate) struct Source<'t> {
    pub(crate) file: &'t str,
    pub(crate) text: &'t str,
}

impl Source<'_> {
    pub(crate) fn fault(&self, offset: usize, key: &str, message: &str) -> ManifestFault {
        let before = self.text.get(..offset).unwrap_or(self.text);
        ManifestFault {
            file: self.file.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1,
            key: key.to_owned(),
            message: message.to_owned(),
        }
    }

    /// A fault of what stands at a place and is not of its kind.
    pub(crate) fn unreadable(&self, offset: usize, message: &str) -> ManifestFault {
        let key = DeTable::parse(self.text).ok().and_then(|root| key_at(root.get_ref(), offset));
        self.fault(offset, &key.unwrap_or_default(), message)
    }

    /// A fault of the value at a dotted key, or of the innermost table around it that is there.
    pub(crate) fn fault_at(&self, key: &str, message: &str) -> ManifestFault {
        let offset = DeTable::parse(self.text).map_or(0, |root| offset(root.get_ref(), key));
        self.fault(offset, key, message)
    }
}

fn offset(root: &DeTable<'_>, key: &str) -> usize {
    let (mut table, mut at) = (Some(root), 0);
    for part in key.split('.') {
        let Some(found): Option<&Spanned<DeValue<'_>>> = table.and_then(|table| table.get(part)) else { break };
        at = found.span().start;
        table = found.get_ref().as_table();
    }
    at
}

/// The dotted key of what stands at a place, as far in as there are tables and lists. A table's own place is its header's, so what it
/// holds is asked first.
fn key_at(table: &DeTable<'_>, offset: usize) -> Option<String> {
    table.iter().find_map(|(name, value)| {
        let within = within(value, offset).map(|rest| format!("{}{rest}", name.get_ref()));
        let is_here = name.span().contains(&offset) || value.span().contains(&offset);
        within.or_else(|| is_here.then(|| name.get_ref().to_string()))
    })
}

/// How the key goes on from a value to what stands at a place in it.
fn within(value: &Spanned<DeValue<'_>>, offset: usize) -> Option<String> {
    match value.get_ref() {
        DeValue::Table(table) => key_at(table, offset).map(|rest| format!(".{rest}")),
        DeValue::Array(list) => list.iter().enumerate().find_map(|(index, one)| {
            let is_here = one.span().contains(&offset).then(String::new);
            within(one, offset).or(is_here).map(|rest| format!("[{index}]{rest}"))
        }),
        _ => None,
    }
}
