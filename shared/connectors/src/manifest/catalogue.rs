//! Every vendor there is a manifest of.

use super::{Manifest, ManifestFault, parse};
use crate::mapping::Mappings;

/// Why a vendor's manifest cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FindError {
    #[error("there is no vendor {0}")]
    Unknown(String),
    #[error("the manifest of {vendor}: {}", .faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Faulty { vendor: String, faults: Vec<ManifestFault> },
    #[error("the manifest of {vendor} has no {part}")]
    Lacks { vendor: String, part: String },
}

struct Entry {
    vendor: &'static str,
    file: &'static str,
    text: &'static str,
    mapping: Option<&'static str>,
}

/// A vendor with a folder of its own.
macro_rules! connector {
    ($vendor:literal) => {
        entry!($vendor, concat!($vendor, "/connector.toml"), None)
    };
}

/// A vendor whose records are mapped.
macro_rules! mapped {
    ($vendor:literal) => {
        entry!(
            $vendor,
            concat!($vendor, "/connector.toml"),
            Some(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/", $vendor, "/mapping.toml")))
        )
    };
}

/// A vendor of which only the webhook is known.
macro_rules! recipe {
    ($vendor:literal) => {
        entry!($vendor, concat!("webhooks/recipes/", $vendor, ".toml"), None)
    };
}

macro_rules! entry {
    ($vendor:literal, $file:expr, $mapping:expr) => {
        Entry {
            vendor: $vendor,
            file: $file,
            text: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/", $file)),
            mapping: $mapping,
        }
    };
}

const ENTRIES: &[Entry] = &[
    connector!("airtable"),
    mapped!("buildium"),
    connector!("cloudmailin"),
    connector!("housecallpro"),
    mapped!("hubspot"),
    recipe!("followupboss"),
    recipe!("github"),
    recipe!("gohighlevel"),
    recipe!("google-ads-lead"),
    recipe!("hookdeck"),
    recipe!("hubspot-v1"),
    recipe!("hubspot-v2"),
    recipe!("lofty"),
    recipe!("mailchimp"),
    recipe!("mandrill"),
    recipe!("meta"),
    recipe!("postmark"),
    recipe!("reso"),
    recipe!("secret-path"),
    recipe!("sendgrid"),
    recipe!("shopify"),
    recipe!("spark"),
    recipe!("standard-webhooks"),
    recipe!("standard-webhooks-ed25519"),
    recipe!("stripe"),
    recipe!("svix"),
    recipe!("twilio"),
    recipe!("twilio-json"),
];

/// The names of all vendors, with and without an API.
pub fn vendors() -> impl Iterator<Item = &'static str> {
    ENTRIES.iter().map(|entry| entry.vendor)
}

/// The manifest of a vendor. Reads its text anew at every call: find once, keep what was found.
///
/// That what is shipped agrees with itself is held by a test, so no function looks again when it starts.
pub fn find(vendor: &str) -> Result<Manifest, FindError> {
    let entry =
        ENTRIES.iter().find(|entry| entry.vendor == vendor).ok_or_else(|| FindError::Unknown(vendor.to_owned()))?;
    parse(entry.file, entry.text).map_err(|faults| FindError::Faulty { vendor: vendor.to_owned(), faults })
}

/// How a vendor's records are mapped; none where they are not.
pub fn mappings(manifest: &Manifest) -> Result<Mappings, FindError> {
    let entry = ENTRIES.iter().find(|entry| entry.vendor == manifest.vendor);
    let Some(text) = entry.and_then(|entry| entry.mapping) else { return Ok(Mappings::default()) };
    parse(&mapping_file(&manifest.vendor), text)
        .map_err(|faults| FindError::Faulty { vendor: manifest.vendor.clone(), faults })
}

fn mapping_file(vendor: &str) -> String {
    format!("{vendor}/mapping.toml")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::read;

    #[test]
    fn everything_that_is_shipped_agrees_with_itself() {
        for entry in ENTRIES {
            let manifest = read(entry.file, entry.text).expect("a sound manifest");
            assert_eq!(find(entry.vendor), Ok(manifest.clone()));
            if let Some(text) = entry.mapping {
                let read = Mappings::read(&mapping_file(entry.vendor), text, &manifest).expect("sound mappings");
                assert_eq!(mappings(&manifest), Ok(read));
            }
        }
    }
}
