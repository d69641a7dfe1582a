//! From text to a manifest that agrees with itself.

use super::{Manifest, ManifestFault, check, fault::Source};
use serde::de::DeserializeOwned;

/// Reads a manifest. `file` is what faults call it.
///
/// # Errors
/// The first value that cannot be read, or everything that does not agree.
pub fn read(file: &str, text: &str) -> Result<Manifest, Vec<ManifestFault>> {
    let manifest = parse(file, text)?;
    let faults = check::check(&manifest, Source { file, text });
    if faults.is_empty() { Ok(manifest) } else { Err(faults) }
}

/// A connector's data of any kind.
pub(crate) fn parse<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, Vec<ManifestFault>> {
    toml::from_str(text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        vec![Source { file, text }.unreadable(offset, error.message())]
    })
}
