//! What is to be brought to the target, and what became of it.

use super::way::Noted;
use crate::pull::Pulled;
use lintel_cloud::store::{FieldChange, WriteKind as Wrote};
use lintel_domain::{
    records::Fields,
    sync::{Changes, Link, LinkState},
};
use std::collections::BTreeMap;

/// What is to be brought to the target.
#[derive(Debug, Default)]
pub(crate) struct Work {
    /// With the link, where one tells why it is not there yet.
    pub(crate) new: Vec<(Pulled, Option<Link>)>,
    /// Somebody was about to make them.
    pub(crate) begun: Vec<(Pulled, Link)>,
    /// With the target's id.
    pub(crate) changed: Vec<(Pulled, Link, String)>,
    /// Never in step, and known to be the target's record of this id.
    pub(crate) met: Vec<(Pulled, String)>,
    /// Fields that are written beside, to all that are changed.
    pub(crate) also: Changes,
}

/// What became of one record at the target.
#[derive(Debug)]
pub(crate) struct Pushed {
    /// As it stood in the table before.
    pub(crate) was: Option<Link>,
    pub(crate) link: Link,
    pub(crate) wrote: Option<Wrote>,
    /// What was written, with what was there before.
    pub(crate) before: Fields,
    pub(crate) changes: Changes,
    /// Of relations, what the target was told.
    pub(crate) related: Vec<FieldChange>,
    /// What the source took from the target.
    pub(crate) taken_back: Changes,
    pub(crate) problem: Option<(&'static str, String)>,
    pub(crate) noted: Noted,
}

impl Work {
    /// In parts of so many records of a kind.
    pub(super) fn parts(self, size: usize) -> Vec<Self> {
        let part = || Self { also: self.also.clone(), ..Self::default() };
        let changed = chunks(self.changed, size).into_iter().map(|changed| Self { changed, ..part() });
        let begun = chunks(self.begun, size).into_iter().map(|begun| Self { begun, ..part() });
        let met = chunks(self.met, size).into_iter().map(|met| Self { met, ..part() });
        let new = chunks(self.new, size).into_iter().map(|new| Self { new, ..part() });
        changed.chain(begun).chain(met).chain(new).collect()
    }
}

impl Pushed {
    /// Nothing was written about it, as its link stands.
    pub(crate) fn untold(was: Option<Link>, link: Link) -> Self {
        Self {
            was,
            link,
            wrote: None,
            before: Fields::default(),
            changes: Changes::new(),
            related: Vec::new(),
            taken_back: Changes::new(),
            problem: None,
            noted: Noted::No,
        }
    }

    /// Of a record that the source does not have any more.
    pub(crate) fn over(self) -> Self {
        let link = Link { state: LinkState::SourceGone, seen: String::new(), withheld: BTreeMap::new(), ..self.link };
        Self { link, problem: None, ..self }
    }

    /// Two writes of one record, told as one.
    pub(super) fn and(self, second: Self) -> Self {
        let (mut changes, mut taken_back) = (self.changes, self.taken_back);
        changes.extend(second.changes);
        taken_back.extend(second.taken_back);
        let wrote = self.wrote.or(second.wrote);
        Self { was: self.was, wrote, before: self.before, changes, taken_back, noted: Noted::Yes, ..second }
    }
}

pub(super) fn chunks<T>(items: Vec<T>, size: usize) -> Vec<Vec<T>> {
    let mut chunks = Vec::new();
    let mut items = items.into_iter().peekable();
    while items.peek().is_some() {
        chunks.push(items.by_ref().take(size.max(1)).collect());
    }
    chunks
}
