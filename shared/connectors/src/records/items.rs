//! What of an answer are a stream's records.

use crate::manifest::Stream;
use serde_json::Value;
use std::fmt;

/// One record as the vendor sent it.
#[derive(Clone, PartialEq)]
pub struct Item {
    /// Empty where the vendor told none.
    pub key: String,
    pub content: Value,
}

impl Item {
    /// Without an id it is listed all the same: what was read of a list is told by its places.
    pub fn has_id(&self) -> bool {
        !self.key.is_empty()
    }
}

impl fmt::Debug for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Item").field("key", &self.key).finish_non_exhaustive()
    }
}

/// The records of a list, in its order.
pub(super) fn of(stream: &Stream, list: Vec<Value>) -> Vec<Item> {
    let item = |content: Value| Item { key: stream.key.text(&content).unwrap_or_default(), content };
    let Some(within) = &stream.within else { return list.into_iter().map(item).collect() };
    let held = list.into_iter().filter_map(|mut around| match within.find_mut(&mut around)? {
        Value::Array(held) => Some(std::mem::take(held)),
        _ => None,
    });
    held.flatten().map(item).collect()
}
