//! Sorts a page's records: what did not change, what is new, what has to be merged. Pure.

use crate::{pull::Pulled, push::Work};
use lintel_domain::{
    records::RecordKey,
    sync::{Link, LinkState, RunKind, Severity},
};
use std::collections::{BTreeMap, BTreeSet};

/// A page's records by what has to be done about them.
#[derive(Debug, Default)]
pub(crate) struct Sorted {
    pub(crate) unchanged: u64,
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
    let mut sorted = Sorted::default();
    // A record that comes twice on a page counts once, as it came last.
    let records: BTreeMap<RecordKey, Pulled> = records.into_iter().map(|one| (one.key.clone(), one)).collect();
    for (key, record) in records {
        let link = links.remove(&key);
        let known = link.as_ref().is_some_and(|link| link.seen == record.seen() && link.settled.is_empty());
        match (record.severity, link) {
            (Severity::Reject | Severity::Quarantine, _) if known => sorted.set_aside += 1,
            (Severity::Reject, link) => sorted.reject.push((record, link)),
            (Severity::Quarantine, link) => sorted.quarantine.push((record, link)),
            (Severity::Warn, None) => match record.counterpart.clone() {
                Some(id) => sorted.work.met.push((record, id)),
                None => sorted.work.new.push((record, None)),
            },
            (Severity::Warn, Some(link)) => {
                let rests = known && !kind.asks_the_target() && !freed.contains(&key) && link.intent.is_none();
                match (link.state, link.target.clone()) {
                    (LinkState::Linked | LinkState::Refused, _) if rests => sorted.unchanged += 1,
                    (LinkState::TargetGone, _) if rests => sorted.left_alone += 1,
                    (_, Some(target)) => sorted.work.changed.push((record, link, target)),
                    (_, None) if link.intent.is_some() => sorted.work.begun.push((record, link)),
                    (_, None) => sorted.work.new.push((record, Some(link))),
                }
            }
        }
    }
    sorted
}
