//! `lintel.toml`: an organization's configuration, read with errors that name line, column and key.

mod check;
mod keys;
mod places;
mod shape;

pub use places::fault;

use lintel_domain::settings::Organization;
use serde::Deserialize;
use std::{collections::BTreeMap, fmt};

/// A commented configuration that reads without a fault; what `lintel init` writes.
pub const SAMPLE: &str = include_str!("lintel.sample.toml");

/// Everything in a `lintel.toml`.
#[derive(Clone, Debug, PartialEq)]
pub struct Configuration {
    /// Without the vendors it describes itself: their files stand elsewhere, and reading them is the reader's part.
    pub organization: Organization,
    /// Where they stand, by vendor.
    pub vendors: BTreeMap<String, VendorFolder>,
    pub local: Local,
}

/// A folder with a vendor's `connector.toml` and `mapping.toml`, and where the configuration names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VendorFolder {
    /// Relative to the configuration.
    pub folder: String,
    /// From 1.
    pub line: usize,
    /// Characters, from 1.
    pub column: usize,
}

impl VendorFolder {
    /// What is wrong with the folder of a vendor.
    pub fn fault(&self, vendor: &str, message: String) -> SettingsFault {
        SettingsFault { line: self.line, column: self.column, key: format!("vendors.{vendor}.manifest"), message }
    }
}

/// The local host's own section, `[local]`. Deployed functions ignore it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Local {
    /// Port of the HTTP API on the loopback interface.
    pub port: u16,
    /// Folder the host keeps its state in, relative to the file.
    pub data: String,
    /// Deployment stage: part of every secret's name.
    pub stage: String,
    /// Permits `http://` in feeds and connections, for trying out against simulated vendors.
    pub allow_http: bool,
}

impl Default for Local {
    fn default() -> Self {
        Self { port: 8088, data: ".lintel".to_owned(), stage: "dev".to_owned(), allow_http: false }
    }
}

/// One thing wrong in a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsFault {
    /// From 1.
    pub line: usize,
    /// Characters, from 1.
    pub column: usize,
    /// Dotted: `properties.birch.zone`. Empty when the text is not TOML at that place.
    pub key: String,
    pub message: String,
}

impl fmt::Display for SettingsFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, key, message } = self;
        if key.is_empty() {
            write!(f, "line {line}, column {column}: {message}")
        } else {
            write!(f, "line {line}, column {column}: `{key}`: {message}")
        }
    }
}

impl std::error::Error for SettingsFault {}

/// Reads a configuration.
///
/// # Errors
/// Everything found wrong, in the order of the file: keys nobody knows, missing ones, values of a wrong type or out of
/// range, and entries that do not agree. A file that is not TOML shows its syntax errors only.
pub fn read(text: &str) -> Result<Configuration, Vec<SettingsFault>> {
    check::read(text, None)
}

/// Reads a configuration, knowing the vendors that everybody has.
///
/// # Errors
/// As [`read`] tells them, and every connection or reaction of a vendor that neither everybody has nor the configuration
/// describes.
pub fn read_knowing(text: &str, vendors: &[&str]) -> Result<Configuration, Vec<SettingsFault>> {
    check::read(text, Some(vendors))
}
