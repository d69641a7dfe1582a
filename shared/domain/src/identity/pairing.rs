//! Which entry of a read is which known stay. A stay keeps its key; the matching does the work.

use crate::{
    identity::{is_strong, kind_class, strong_uid},
    ids::StayKey,
    snapshot::{EntryKind, Observation},
    source::Keying,
    span::Span,
    stay::Stay,
};
use jiff::{Unit, civil::Date};
use std::collections::{BTreeMap, BTreeSet};

/// What a read allows to be concluded while pairing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// What is not listed is gone, so that a vanished stay and a new one may be one stay that moved.
    Whole,
    /// What is not listed may stand beyond the cut.
    Partial,
}

/// How an entry was recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    Code,
    UidAndDates,
    Dates,
    Uid,
    /// Same start or same end, and at least half of the nights shared.
    Moved,
    /// A block that rolls with the days.
    RollingBlock,
}

impl Match {
    /// For the decision.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Code => "confirmation code",
            Self::UidAndDates => "uid and dates",
            Self::Dates => "dates under another uid",
            Self::Uid => "uid",
            Self::Moved => "moved by a new uid",
            Self::RollingBlock => "rolling block",
        }
    }
}

/// Index of the entry -> the stay it is.
pub type Pairs = BTreeMap<usize, (StayKey, Match)>;

/// Pairs the entries of one read with the known stays of the same source and property.
///
/// Active stays are tried before removed ones. Equal dates are tried before an equal uid with other dates, since a source that
/// hands its uids out anew would otherwise shift every stay by one.
pub fn pair(entries: &[&Observation], known: &[&Stay], keying: Keying, reading: Reading, today: Date) -> Pairs {
    let mut work = Work { entries, pairs: BTreeMap::new(), used: BTreeSet::new() };
    let active: Vec<&Stay> = known.iter().copied().filter(|stay| stay.status.is_active()).collect();
    let gone: Vec<&Stay> = known.iter().copied().filter(|stay| !stay.status.is_active()).collect();

    for stays in [&active, &gone] {
        work.round(stays, Match::Code, |entry, stay| same_code(entry, stay).then(|| nearness(entry.span, stay.span)));
        work.round(stays, Match::UidAndDates, |entry, stay| {
            (same_uid(entry, stay) && entry.span == stay.span && compatible(entry, stay)).then_some(0)
        });
        work.round(stays, Match::Dates, |entry, stay| {
            let stands = stay.status.is_active() || !labels_conflict(entry, stay);
            (stands && entry.span == stay.span && compatible(entry, stay))
                .then(|| i64::from(labels_conflict(entry, stay)))
        });
        if keying == Keying::Uid {
            work.round(stays, Match::Uid, |entry, stay| {
                let ended = stay.span.check_out() < today && !touches(entry.span, stay.span);
                (same_uid(entry, stay) && !codes_conflict(entry, stay) && !ended)
                    .then(|| nearness(entry.span, stay.span))
            });
        }
    }
    if reading == Reading::Whole {
        let upcoming: Vec<&Stay> = active.iter().copied().filter(|stay| stay.span.check_out() >= today).collect();
        work.round(&upcoming, Match::Moved, |entry, stay| {
            (compatible(entry, stay) && !labels_conflict(entry, stay) && moved(entry.span, stay.span))
                .then(|| nearness(entry.span, stay.span))
        });
        work.round(&upcoming, Match::RollingBlock, |entry, stay| {
            let blocks = entry.kind == EntryKind::Block && stay.kind == EntryKind::Block;
            (blocks && compatible(entry, stay) && entry.span.overlaps(stay.span))
                .then(|| nearness(entry.span, stay.span))
        });
    }
    work.pairs
}

struct Work<'a> {
    entries: &'a [&'a Observation],
    pairs: Pairs,
    used: BTreeSet<StayKey>,
}

impl Work<'_> {
    /// Takes the closest pairs first, and of those the ones that say the same; ties go by the entry's place and the stay's key, both
    /// independent of input order.
    fn round(&mut self, stays: &[&Stay], how: Match, distance: impl Fn(&Observation, &Stay) -> Option<i64>) {
        let mut candidates = Vec::new();
        for (index, entry) in self.entries.iter().enumerate() {
            if self.pairs.contains_key(&index) {
                continue;
            }
            for stay in stays.iter().filter(|stay| !self.used.contains(&stay.key)) {
                if let Some(far) = distance(entry, stay) {
                    candidates.push((far, !says_the_same(entry, stay), index, &stay.key));
                }
            }
        }
        candidates.sort();
        for (_, _, index, key) in candidates {
            if !self.pairs.contains_key(&index) && self.used.insert(key.clone()) {
                self.pairs.insert(index, (key.clone(), how));
            }
        }
    }
}

/// Of two entries under one uid and the same dates, each stays what it was.
fn says_the_same(entry: &Observation, stay: &Stay) -> bool {
    (entry.kind, entry.label, entry.check_out_time) == (stay.kind, stay.label, stay.check_out_time)
        && entry.uid == stay.uid
        && entry.signals == stay.signals
}

fn same_code(entry: &Observation, stay: &Stay) -> bool {
    entry.confirmation.is_some() && entry.confirmation == stay.confirmation
}

fn codes_conflict(entry: &Observation, stay: &Stay) -> bool {
    matches!((&entry.confirmation, &stay.confirmation), (Some(one), Some(other)) if one != other)
}

fn same_uid(entry: &Observation, stay: &Stay) -> bool {
    strong_uid(entry).is_some_and(|uid| stay.uid.as_ref() == Some(uid))
}

fn labels_conflict(entry: &Observation, stay: &Stay) -> bool {
    matches!((&entry.label, &stay.label), (Some(one), Some(other)) if one != other)
}

fn compatible(entry: &Observation, stay: &Stay) -> bool {
    kind_class(entry.kind) == kind_class(stay.kind) && !codes_conflict(entry, stay)
}

/// Whether the entry came under another uid than the stay had: what churn counts.
pub(crate) fn rekeyed(entry: &Observation, stay: &Stay) -> bool {
    match (&entry.uid, &stay.uid) {
        (Some(new), Some(old)) => new != old && is_strong(new) && is_strong(old),
        _ => false,
    }
}

fn touches(one: Span, other: Span) -> bool {
    one.check_in() <= other.check_out() && one.check_out() >= other.check_in()
}

fn moved(one: Span, other: Span) -> bool {
    let edge = one.check_in() == other.check_in() || one.check_out() == other.check_out();
    let shared = days(one.check_in().max(other.check_in()), one.check_out().min(other.check_out()));
    let longer = i64::from(one.nights().max(other.nights()));
    edge && shared * 2 >= longer
}

/// Days by which the two differ at both ends.
fn nearness(one: Span, other: Span) -> i64 {
    days(one.check_in(), other.check_in()).abs() + days(one.check_out(), other.check_out()).abs()
}

fn days(from: Date, to: Date) -> i64 {
    from.until((Unit::Day, to)).map_or(0, |length| i64::from(length.get_days()))
}
