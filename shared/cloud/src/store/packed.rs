//! Many things in one attribute. What they have in common is most of their JSON, so it is packed.

use super::{StoreError, item::Item};
use aws_sdk_dynamodb::primitives::Blob;
use lz4_flex::block::{compress_prepend_size, decompress_size_prepended};
use serde::{Serialize, de::DeserializeOwned};

pub(super) fn packed<T: Serialize + ?Sized>(doing: &str, things: &T) -> Result<Blob, StoreError> {
    let refused = |error: serde_json::Error| StoreError::Refused { doing: doing.to_owned(), reason: error.to_string() };
    let content = serde_json::to_vec(things).map_err(refused)?;
    Ok(Blob::new(compress_prepend_size(&content)))
}

pub(super) fn unpacked<T: DeserializeOwned>(doing: &str, item: &Item, name: &str) -> Result<T, StoreError> {
    let unreadable = |reason: String| StoreError::Unreadable { doing: doing.to_owned(), reason };
    let content = item.get(name).and_then(|value| value.as_b().ok());
    let content = content.ok_or_else(|| unreadable(format!("attribute {name} is missing")))?;
    let content = decompress_size_prepended(content.as_ref()).map_err(|error| unreadable(error.to_string()))?;
    serde_json::from_slice(&content).map_err(|error| unreadable(format!("attribute {name}: {error}")))
}
