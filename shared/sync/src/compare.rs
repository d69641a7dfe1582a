//! Sorts a page's records: what did not change, what is new, what has to be merged. Pure.

use crate::pull::Pulled;
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
    pub(crate) quarantine: Vec<Pulled>,
    pub(crate) reject: Vec<Pulled>,
    /// Not usable, and known as such.
    pub(crate) set_aside: u64,
    pub(crate) new: Vec<Pulled>,
    /// With the target's id.
    pub(crate) changed: Vec<(Pulled, Link, String)>,
    /// Of those to be written, the ones that did not go through before.
    pub(crate) troubled: BTreeSet<RecordKey>,
    /// Somebody removed them at the target: left alone.
    pub(crate) left_alone: u64,
}

pub(crate) fn sort(records: Vec<Pulled>, links: &mut BTreeMap<RecordKey, Link>, kind: RunKind) -> Sorted {
    let mut sorted = Sorted::default();
    // A record that comes twice on a page counts once, as it came last.
    let records: BTreeMap<RecordKey, Pulled> = records.into_iter().map(|one| (one.key.clone(), one)).collect();
    for (key, record) in records {
        let link = links.remove(&key);
        let known = link.as_ref().is_some_and(|link| link.seen == record.seen() && link.settled.is_empty());
        if link.as_ref().is_some_and(|link| link.state != LinkState::Linked)
            && record.severity == Severity::Warn
            && !known
        {
            sorted.troubled.insert(key);
        }
        match (record.severity, link) {
            (Severity::Reject | Severity::Quarantine, _) if known => sorted.set_aside += 1,
            (Severity::Reject, _) => sorted.reject.push(record),
            (Severity::Quarantine, _) => sorted.quarantine.push(record),
            (Severity::Warn, None) => sorted.new.push(record),
            (Severity::Warn, Some(link)) => match (link.state, link.target.clone()) {
                (LinkState::TargetGone, _) => sorted.left_alone += 1,
                (LinkState::Linked | LinkState::Refused, _) if known && kind != RunKind::Compare => {
                    sorted.unchanged += 1;
                }
                (_, Some(target)) => sorted.changed.push((record, link, target)),
                (_, None) => sorted.new.push(record),
            },
        }
    }
    sorted
}
