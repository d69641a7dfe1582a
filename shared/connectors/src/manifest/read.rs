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
    let source = Source { file, text };
    let parsed = toml::Deserializer::parse(text).map_err(|error| vec![unreadable(source, "", &error)])?;
    serde_path_to_error::deserialize(parsed).map_err(|error| {
        let key = error.path().to_string();
        vec![unreadable(source, if key == "." { "" } else { &key }, error.inner())]
    })
}

fn unreadable(source: Source<'_>, key: &str, error: &toml::de::Error) -> ManifestFault {
    source.fault(error.span().map_or(0, |span| span.start), key, error.message())
}
