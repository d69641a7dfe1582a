//! What of an answer are a stream's records.

use crate::{manifest::Stream, webhooks::Pointer};
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

/// Where a page of a list begins and ends. What is listed may hold several of the stream's records, or none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// How much is listed.
    pub listed: usize,
    /// Items that stand in the first that is listed.
    pub in_first: usize,
    /// What tells the first and the last that is listed from others.
    pub ends: (String, String),
}

/// The records of a list, in its order. `key` is where the id of what is listed stands, if that is known.
pub(super) fn of(stream: &Stream, key: Option<&Pointer>, list: Vec<Value>) -> (Vec<Item>, Bounds) {
    let item = |content: Value| Item { key: stream.key.text(&content).unwrap_or_default(), content };
    let mut bounds = Bounds { listed: list.len(), ..Bounds::default() };
    let mut items = Vec::with_capacity(list.len());
    for (place, mut around) in list.into_iter().enumerate() {
        let id = key.and_then(|key| key.text(&around));
        let held: Vec<Item> = match &stream.within {
            None => vec![item(around)],
            Some(within) => match within.find_mut(&mut around) {
                Some(Value::Array(held)) => std::mem::take(held).into_iter().map(item).collect(),
                _ => Vec::new(),
            },
        };
        let keys = || held.iter().map(|item| item.key.as_str()).collect::<Vec<_>>().join(",");
        if place == 0 {
            bounds.in_first = held.len();
            bounds.ends.0 = id.clone().unwrap_or_else(keys);
        }
        if place + 1 == bounds.listed {
            bounds.ends.1 = id.unwrap_or_else(keys);
        }
        items.extend(held);
    }
    (items, bounds)
}
