//! Text that must not reach a log: guests' data, credentials, feed addresses with tokens in them.

use serde::{Deserialize, Deserializer, Serializer};
use std::fmt;

/// Text that cannot be printed, logged or serialised by accident.
///
/// `Debug` shows a placeholder and there is no `Display` or `Serialize`. A stored shape that really must hold it says so
/// with `#[serde(with = "lintel_domain::private::stored")]`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Private(String);

impl Private {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself. Every call is a place to ask where it goes next.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Private {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<private>")
    }
}

impl<'de> Deserialize<'de> for Private {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

/// Serialises a [`Private`] on purpose, for a shape that is stored and never logged.
pub mod stored {
    use super::{Deserialize, Deserializer, Private, Serializer};

    pub fn serialize<S: Serializer>(value: &Private, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(value.expose())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Private, D::Error> {
        Private::deserialize(deserializer)
    }
}
