//! What a person says about one record of a flow.

use super::{Intent, Link, LinkState, Policy};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// One of a flow's two sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    Source,
    Target,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "word", rename_all = "kebab-case")]
pub enum Word {
    /// Of a field that both sides changed, this side's value is right.
    Take { field: String, side: Side },
    /// It is tried once more, though nothing changed.
    TryAgain,
    /// The same, and if somebody removed it at the target it is made again.
    MakeAgain,
}

impl Side {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Target => "target",
        }
    }
}

impl Word {
    /// The one field it is about.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::Take { field, .. } => Some(field),
            Self::TryAgain | Self::MakeAgain => None,
        }
    }
}

impl From<Side> for Policy {
    fn from(side: Side) -> Self {
        match side {
            Side::Source => Self::Source,
            Side::Target => Self::Target,
        }
    }
}

impl Link {
    /// The link as the word wants it: the next look at the record carries it out.
    pub fn heed(&mut self, word: &Word) {
        match word {
            Word::Take { field, side } => drop(self.settled.insert(field.clone(), (*side).into())),
            Word::TryAgain => self.seen.clear(),
            Word::MakeAgain => {
                self.seen.clear();
                if self.state == LinkState::TargetGone {
                    self.target = None;
                    (self.base, self.kept) = (super::Base::default(), BTreeSet::new());
                    (self.conflicts, self.settled) = (BTreeMap::new(), BTreeMap::new());
                    // Somebody may have restored it: it is looked for by our key before it is made.
                    self.intent = Some(Intent::default());
                }
            }
        }
    }
}
