//! Sorts a page's records: what did not change, what is new, what has to be merged. Pure.

use crate::{
    pull::{Counterpart, Pulled},
    push::Work,
};
use lintel_domain::{
    records::RecordKey,
    sync::{Link, LinkState, RunKind, Severity},
};
use std::collections::{BTreeMap, BTreeSet};

/// A page's records by what has to be done about them.
#[derive(Debug, Default)]
pub(crate) struct Sorted {
    pub(crate) unchanged: u64,
    /// Refused before, and as it was then.
    pub(crate) refused: u64,
    /// Came a second time: it counts once, as it came last.
    pub(crate) repeated: u64,
    /// Not usable, and not known as such yet.
    pub(crate) quarantine: Vec<(Pulled, Option<Link>)>,
    pub(crate) reject: Vec<(Pulled, Option<Link>)>,
    /// Not usable, and known as such.
    pub(crate) set_aside: u64,
    pub(crate) work: Work,
    /// Somebody removed them at the target: left alone until they change.
    pub(crate) left_alone: u64,
}

/// `freed` are records that go without a value they may have now.
pub(crate) fn sort(
    records: Vec<Pulled>,
    links: &mut BTreeMap<RecordKey, Link>,
    freed: &BTreeSet<RecordKey>,
    kind: RunKind,
) -> Sorted {
    let came = records.len() as u64;
    let records: BTreeMap<RecordKey, Pulled> = records.into_iter().map(|one| (one.key.clone(), one)).collect();
    let mut sorted = Sorted { repeated: came - records.len() as u64, ..Sorted::default() };
    for (key, record) in records {
        let link = links.remove(&key);
        let known = link.as_ref().is_some_and(|link| link.seen == record.seen() && link.settled.is_empty());
        match (record.severity, link) {
            (Severity::Reject | Severity::Quarantine, _) if known => sorted.set_aside += 1,
            (Severity::Reject, link) => sorted.reject.push((record, link)),
            (Severity::Quarantine, link) => sorted.quarantine.push((record, link)),
            (Severity::Warn, None) => sorted.first(record, None),
            (Severity::Warn, Some(link)) => {
                let rests = known && !kind.asks_the_target() && !freed.contains(&key) && link.intent.is_none();
                match (link.state, link.target.clone()) {
                    // Somebody removed it at the target, and somebody made it there again.
                    (LinkState::TargetGone, Some(was)) if let Some(id) = made_again(&record, &was) => {
                        sorted.work.met.push((record, id));
                    }
                    (LinkState::Linked, _) if rests => sorted.unchanged += 1,
                    (LinkState::Refused, _) if rests => sorted.refused += 1,
                    (LinkState::TargetGone, _) if rests => sorted.left_alone += 1,
                    (_, Some(target)) => sorted.work.changed.push((record, link, target)),
                    (_, None) if link.intent.is_some() => sorted.work.begun.push((record, link)),
                    (_, None) => sorted.first(record, Some(link)),
                }
            }
        }
    }
    sorted
}

impl Sorted {
    /// A record that the target has nothing of, as far as its link tells: but it may have been made for one of the target's.
    fn first(&mut self, record: Pulled, link: Option<Link>) {
        match record.counterpart.as_ref().map(|counterpart| counterpart.id().to_owned()) {
            Some(id) => self.work.met.push((record, id)),
            None => self.work.new.push((record, link)),
        }
    }
}

/// The target's record that it was met as, in place of the one that is gone.
fn made_again(record: &Pulled, gone: &str) -> Option<String> {
    match &record.counterpart {
        Some(Counterpart::Met(id)) if id != gone => Some(id.clone()),
        _ => None,
    }
}
