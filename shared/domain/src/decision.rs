//! Why a rule said what it said.
//!
//! Decisions are made by the hundred thousand and read one at a time, so they hold values and are put into words only
//! where they are shown or stored.

use crate::ids::{RuleId, SnapshotId, SourceId, StayKey};
use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Deserializer, Serialize, Serializer, ser::SerializeMap};
use std::{borrow::Cow, collections::BTreeMap, fmt};

/// One answer of one rule: `lintel why STAY` prints these. Inputs and results never hold a guest's data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    pub rule: RuleId,
    /// What was concluded, in words an operator understands: `same day: yes`.
    pub result: Phrase,
    /// What the rule looked at, by name.
    #[serde(default, skip_serializing_if = "Inputs::is_empty")]
    pub inputs: Inputs,
    /// The reads that showed it, or the keys of other stays it rests on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<SnapshotId>,
}

impl Decision {
    pub fn new(rule: impl Into<RuleId>, result: impl Into<Phrase>, inputs: Inputs) -> Self {
        Self { rule: rule.into(), result: result.into(), inputs, evidence: Vec::new() }
    }
}

/// One thing a rule looked at or concluded.
#[derive(Clone, Debug)]
pub enum Word {
    Text(Cow<'static, str>),
    Count(u32),
    Date(Date),
    Time(DateTime),
}

/// Words are the same when they read the same: what was stored comes back as text.
impl PartialEq for Word {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(one), Self::Text(other)) => one == other,
            (Self::Count(one), Self::Count(other)) => one == other,
            (Self::Date(one), Self::Date(other)) => one == other,
            (Self::Time(one), Self::Time(other)) => one == other,
            _ => self.to_string() == other.to_string(),
        }
    }
}

impl Eq for Word {}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Count(count) => count.fmt(f),
            Self::Date(date) => date.fmt(f),
            Self::Time(time) => time.fmt(f),
        }
    }
}

impl From<&'static str> for Word {
    fn from(text: &'static str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Word {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

macro_rules! words {
    ($($from:ty => $variant:ident),+) => {$(
        impl From<$from> for Word {
            fn from(value: $from) -> Self {
                Self::$variant(value)
            }
        }
    )+};
}

words!(u32 => Count, Date => Date, DateTime => Time);

impl From<&StayKey> for Word {
    fn from(key: &StayKey) -> Self {
        key.as_str().to_owned().into()
    }
}

impl From<&SourceId> for Word {
    fn from(source: &SourceId) -> Self {
        source.as_str().to_owned().into()
    }
}

/// A conclusion: words, and the value they end in, if they do.
#[derive(Clone, Debug)]
pub struct Phrase {
    text: Cow<'static, str>,
    value: Option<Word>,
}

impl Phrase {
    /// `next guest: ` and a date, say.
    pub fn with(text: &'static str, value: impl Into<Word>) -> Self {
        Self { text: Cow::Borrowed(text), value: Some(value.into()) }
    }
}

impl From<&'static str> for Phrase {
    fn from(text: &'static str) -> Self {
        Self { text: Cow::Borrowed(text), value: None }
    }
}

impl From<String> for Phrase {
    fn from(text: String) -> Self {
        Self { text: Cow::Owned(text), value: None }
    }
}

impl PartialEq for Phrase {
    fn eq(&self, other: &Self) -> bool {
        let alike = self.text == other.text && self.value == other.value;
        alike || (self.value.is_some() != other.value.is_some() && self.to_string() == other.to_string())
    }
}

impl Eq for Phrase {}

impl fmt::Display for Phrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)?;
        self.value.as_ref().map_or(Ok(()), |value| value.fmt(f))
    }
}

impl Serialize for Phrase {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Phrase {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

/// What a rule looked at, by name, in order of the names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inputs(Vec<(Cow<'static, str>, Word)>);

impl Inputs {
    pub fn none() -> Self {
        Self::default()
    }

    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Word>) -> Self {
        let place = self.0.partition_point(|(known, _)| known.as_ref() < name);
        self.0.insert(place, (Cow::Borrowed(name), value.into()));
        self
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &Word)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), value))
    }
}

impl Serialize for Inputs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, &format_args!("{value}"))?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Inputs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = BTreeMap::<String, String>::deserialize(deserializer)?;
        Ok(Self(read.into_iter().map(|(name, value)| (Cow::Owned(name), Word::from(value))).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn what_was_stored_is_the_same_decision() {
        let inputs = Inputs::none().with("nights", 14_u32).with("check_out", date(2030, 3, 5)).with("flag", "yes");
        let made = Decision::new("long-term.nights", Phrase::with("next guest: ", date(2030, 3, 6)), inputs);
        let text = serde_json::to_string(&made).expect("JSON");
        assert_eq!(
            text,
            r#"{"rule":"long-term.nights","result":"next guest: 2030-03-06","inputs":{"check_out":"2030-03-05","flag":"yes","nights":"14"}}"#
        );
        let read: Decision = serde_json::from_str(&text).expect("a decision");
        assert_eq!(read, made);
        assert_ne!(
            read,
            Decision::new("long-term.nights", Phrase::with("next guest: ", date(2030, 3, 7)), Inputs::none())
        );
    }
}
