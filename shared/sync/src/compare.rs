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
    pub(crate) quarantine: Vec<(Pulled, Option<Link>)>,
    pub(crate) reject: Vec<(Pulled, Option<Link>)>,
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
        let waits = link.as_ref().is_some_and(|link| match link.state {
            LinkState::Linked => false,
            // Mended by a change of the rules alone, it has the content it had.
            LinkState::Quarantined => true,
            LinkState::Refused | LinkState::SourceGone | LinkState::TargetGone => !known,
        });
        if waits && record.severity == Severity::Warn {
            sorted.troubled.insert(key);
        }
        match (record.severity, link) {
            (_, Some(link)) if link.state == LinkState::TargetGone => sorted.left_alone += 1,
            (Severity::Reject | Severity::Quarantine, _) if known => sorted.set_aside += 1,
            (Severity::Reject, link) => sorted.reject.push((record, link)),
            (Severity::Quarantine, link) => sorted.quarantine.push((record, link)),
            (Severity::Warn, None) => sorted.new.push(record),
            (Severity::Warn, Some(link)) => match (link.state, link.target.clone()) {
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
