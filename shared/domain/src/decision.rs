//! Why a rule said what it said.
//!
//! Decisions are made by the hundred thousand and read one at a time. What rules conclude about a stay is therefore kept as
//! [`Reason`]s, which are values, and becomes [`Decision`]s, which are words, only where it is stored or shown.

use crate::{
    flags::Reason,
    ids::{RuleId, SnapshotId},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{borrow::Cow, collections::BTreeMap};

/// One answer of one rule: `lintel why STAY` prints these. Inputs and results never hold a guest's data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    pub rule: RuleId,
    /// What was concluded, in words an operator understands: `same day: yes`.
    pub result: Cow<'static, str>,
    /// What the rule looked at, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub inputs: BTreeMap<Cow<'static, str>, String>,
    /// The reads that showed it, or the keys of other stays it rests on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<SnapshotId>,
}

impl Decision {
    pub fn new(rule: impl Into<RuleId>, result: impl Into<Cow<'static, str>>) -> Self {
        Self { rule: rule.into(), result: result.into(), inputs: BTreeMap::new(), evidence: Vec::new() }
    }

    /// Adds what the rule looked at.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "called with what was just made, and with what is borrowed")]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.inputs.insert(Cow::Borrowed(name), value.to_string());
        self
    }
}

/// All decisions about one stay, in the order of the rules.
#[derive(Clone, Debug, Default)]
pub struct Decisions {
    made: Vec<Reason>,
    /// Those that were read back from where they were stored, or came from elsewhere than the flags. They follow `made`.
    told: Vec<Decision>,
}

impl Decisions {
    /// The decisions in words.
    pub fn iter(&self) -> impl Iterator<Item = Cow<'_, Decision>> {
        self.made.iter().map(|reason| Cow::Owned(reason.decision())).chain(self.told.iter().map(Cow::Borrowed))
    }

    /// The decisions of one rule, in words.
    pub fn of(&self, rule: &str) -> impl Iterator<Item = Cow<'_, Decision>> {
        let made = self.made.iter().filter(move |reason| reason.rule() == rule);
        let told = self.told.iter().filter(move |decision| decision.rule.as_str() == rule);
        made.map(|reason| Cow::Owned(reason.decision())).chain(told.map(Cow::Borrowed))
    }

    /// The rules that answered.
    pub fn rules(&self) -> impl Iterator<Item = &str> {
        self.made.iter().map(Reason::rule).chain(self.told.iter().map(|decision| decision.rule.as_str()))
    }

    pub fn is_empty(&self) -> bool {
        self.made.is_empty() && self.told.is_empty()
    }

    /// Keeps the decisions of the rules for which `keep` holds.
    pub fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        self.made.retain(|reason| keep(reason.rule()));
        self.told.retain(|decision| keep(decision.rule.as_str()));
    }
}

impl From<Vec<Reason>> for Decisions {
    fn from(made: Vec<Reason>) -> Self {
        Self { made, told: Vec::new() }
    }
}

impl Extend<Decision> for Decisions {
    fn extend<T: IntoIterator<Item = Decision>>(&mut self, decisions: T) {
        self.told.extend(decisions);
    }
}

/// Decisions are the same when they read the same: what was stored comes back as words.
impl PartialEq for Decisions {
    fn eq(&self, other: &Self) -> bool {
        (self.made == other.made && self.told == other.told) || self.iter().eq(other.iter())
    }
}

impl Eq for Decisions {}

impl Serialize for Decisions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Decisions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(|told| Self { made: Vec::new(), told })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn what_was_stored_is_the_same_decision() {
        let made = |date| {
            Decisions::from(vec![
                Reason::NextGuest { rule: "next-guest.supplier", date: Some(date), stay: None },
                Reason::LongTerm { answer: false, nights: 3, threshold: 14 },
            ])
        };
        let text = serde_json::to_string(&made(date(2030, 3, 6))).expect("JSON");
        assert_eq!(
            text,
            r#"[{"rule":"next-guest.supplier","result":"next guest: 2030-03-06"},{"rule":"long-term.nights","result":"long term: no","inputs":{"nights":"3","threshold":"14"}}]"#
        );
        let read: Decisions = serde_json::from_str(&text).expect("decisions");
        assert_eq!(read, made(date(2030, 3, 6)));
        assert_ne!(read, made(date(2030, 3, 7)));
    }
}
