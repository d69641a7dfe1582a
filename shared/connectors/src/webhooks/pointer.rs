//! Where a value stands in a JSON document.

use serde::Deserialize;
use serde_json::Value;

/// A JSON pointer (RFC 6901); empty for the whole document.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Pointer(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be empty or begin with `/`")]
pub struct PointerError;

impl TryFrom<String> for Pointer {
    type Error = PointerError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.is_empty() || text.starts_with('/') { Ok(Self(text)) } else { Err(PointerError) }
    }
}

/// The longest text taken for a name or an id, in bytes.
const LONGEST: usize = 512;

impl Pointer {
    /// What stands there; null counts as nothing.
    pub(crate) fn find<'v>(&self, document: &'v Value) -> Option<&'v Value> {
        document.pointer(&self.0).filter(|value| !value.is_null())
    }

    pub(crate) fn find_mut<'v>(&self, document: &'v mut Value) -> Option<&'v mut Value> {
        document.pointer_mut(&self.0)
    }

    pub(crate) fn text(&self, document: &Value) -> Option<String> {
        self.find(document).and_then(text)
    }
}

/// A name or an id, however it is written. Vendors send numeric ids as numbers and as text.
pub(super) fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    if (1..=LONGEST).contains(&text.len()) { Some(text) } else { None }
}
