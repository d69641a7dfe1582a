//! The active stays of a property side by side: what each counts as, which are one stay told twice, who is next.

use super::{Place, chains::Chains};
use crate::{
    ids::{FeedId, StayKey},
    settings::UnexplainedPolicy,
    snapshot::EntryKind,
    span::Span,
    stay::Stay,
};
use jiff::civil::Date;
use std::{cell::OnceCell, sync::Arc};

/// What a stay counts as for the stays beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    Guest,
    Block,
    Owner,
}

pub(super) struct Scene<'a> {
    pub(super) place: Place<'a>,
    /// The name of the property's zone, for the reasons.
    pub(super) zone: Arc<str>,
    /// By check-in, then check-out, then key.
    stays: Vec<&'a Stay>,
    /// Each with its place among them, in the order they were given in.
    given: Vec<(usize, &'a Stay)>,
    /// The check-in of each of them.
    check_ins: Vec<Date>,
    /// The latest check-out of each stay and all before it: where it lies no later than a day, nothing before lasts beyond
    /// that day.
    latest_until: Vec<Date>,
    /// Guests who seem to stay on; few properties have any, so they are looked for once somebody asks.
    chains: OnceCell<Chains<'a>>,
}

/// One stay, seen among the others.
#[derive(Clone, Copy)]
pub(super) struct Seen<'s, 'a> {
    pub(super) scene: &'s Scene<'a>,
    pub(super) stay: &'a Stay,
    pub(super) role: Role,
    /// Stays that may share a night with this one, itself among them, in order.
    beside: &'s [&'a Stay],
    /// Stays that begin on the check-out day or later, in order.
    after: &'s [&'a Stay],
}

impl<'a> Scene<'a> {
    pub(super) fn new(place: Place<'a>, stays: &[&'a Stay]) -> Self {
        let mut sorted: Vec<(Span, usize, &Stay)> =
            stays.iter().enumerate().map(|(given, stay)| (stay.span, given, *stay)).collect();
        sorted.sort_by(|(a_span, _, a), (b_span, _, b)| a_span.cmp(b_span).then_with(|| a.key.cmp(&b.key)));
        let latest = |latest: &mut Option<Date>, (span, _, _): &(Span, usize, &Stay)| {
            *latest = (*latest).max(Some(span.check_out()));
            *latest
        };
        let mut given: Vec<(usize, (usize, &Stay))> =
            sorted.iter().enumerate().map(|(place, (_, given, stay))| (*given, (place, *stay))).collect();
        given.sort_unstable_by_key(|(given, _)| *given);
        Self {
            place,
            zone: Arc::from(place.property.zone.as_str()),
            check_ins: sorted.iter().map(|(span, _, _)| span.check_in()).collect(),
            latest_until: sorted.iter().scan(None, latest).collect(),
            stays: sorted.into_iter().map(|(_, _, stay)| stay).collect(),
            given: given.into_iter().map(|(_, placed)| placed).collect(),
            chains: OnceCell::new(),
        }
    }

    /// Every stay among the others, in the order they were given in.
    pub(super) fn seen(&self) -> impl Iterator<Item = Seen<'_, 'a>> {
        self.given.iter().map(|(place, stay)| {
            let same_day = |check_in: &&Date| **check_in == stay.span.check_in();
            let earlier = self.check_ins.get(..*place).unwrap_or_default();
            let first = place - earlier.iter().rev().take_while(same_day).count();
            let (beside, after) = self.around(stay, first);
            Seen { scene: self, stay, role: self.role_beside(stay, beside), beside, after }
        })
    }

    pub(super) fn role(&self, stay: &Stay) -> Role {
        // Only of busy time without an explanation anything else has to be known.
        if stay.kind != EntryKind::UnknownBusy {
            return self.role_beside(stay, &[]);
        }
        let first = self.check_ins.partition_point(|check_in| *check_in < stay.span.check_in());
        self.role_beside(stay, self.around(stay, first).0)
    }

    /// Stays that may share a night with this one, itself among them, and those that begin on its check-out day or later.
    /// `at` is the place of the first that begins on its check-in day.
    fn around(&self, stay: &Stay, at: usize) -> (&[&'a Stay], &[&'a Stay]) {
        let lasts = |until: &&Date| **until > stay.span.check_in();
        let begins = |check_in: &&Date| **check_in < stay.span.check_out();
        // What is looked for stands nearby, save where stays overlap by the dozen.
        let before = self.latest_until.get(..at).unwrap_or_default().iter().rev().take_while(lasts).count();
        let behind = self.check_ins.get(at..).unwrap_or_default().iter().take_while(begins).count();
        let (start, end) = (at - before, at + behind);
        (self.stays.get(start..end).unwrap_or_default(), self.stays.get(end..).unwrap_or_default())
    }

    fn role_beside(&self, stay: &Stay, beside: &[&'a Stay]) -> Role {
        match stay.kind {
            EntryKind::Block => Role::Block,
            EntryKind::OwnerBlock => Role::Owner,
            // Channels copy an owner's stay into their own calendars as plain busy time.
            EntryKind::UnknownBusy if doubles(stay, beside).any(|double| double.kind == EntryKind::OwnerBlock) => {
                Role::Owner
            }
            // A missed turnover costs more than a look too many, so busy time counts as a guest unless the feed says block.
            EntryKind::UnknownBusy if self.unexplained(stay) == UnexplainedPolicy::Block => Role::Block,
            EntryKind::Reservation | EntryKind::UnknownBusy => Role::Guest,
        }
    }

    /// What the stay's feed does with busy time it does not explain.
    pub(super) fn unexplained(&self, stay: &Stay) -> UnexplainedPolicy {
        let feeds = &self.place.settings.feeds;
        feeds.get(&FeedId::new(stay.source.as_str())).map(|feed| feed.unexplained).unwrap_or_default()
    }

    fn rank<'s>(&self, stay: &'s Stay) -> (u8, usize, &'s StayKey) {
        let order = &self.place.settings.rules.source_order;
        let place = order.iter().position(|source| source == stay.source.as_str()).unwrap_or(order.len());
        (u8::from(stay.kind != EntryKind::Reservation), place, &stay.key)
    }

    fn chains(&self) -> &Chains<'a> {
        self.chains.get_or_init(|| Chains::of(self.stays.iter().copied().filter(|stay| self.role(stay) == Role::Guest)))
    }
}

impl<'s, 'a> Seen<'s, 'a> {
    /// Active stays that share a night with this one and are not the same stay told by another source.
    pub(super) fn overlaps(self) -> Vec<StayKey> {
        others(self.stay, self.beside)
            .filter(|other| other.span.overlaps(self.stay.span) && !same_stay(self.stay, other))
            .map(|other| other.key.clone())
            .collect()
    }

    /// The first entries after the stay's check-out: all that begin on the earliest such day.
    pub(super) fn next(self) -> &'s [&'a Stay] {
        self.after.chunk_by(|one, other| one.span.check_in() == other.span.check_in()).next().unwrap_or_default()
    }

    /// Stays that begin on the check-out day.
    fn on_check_out(self) -> &'s [&'a Stay] {
        let next = self.next();
        let begins = next.first().is_some_and(|next| next.span.check_in() == self.stay.span.check_out());
        if begins { next } else { &[] }
    }

    /// Guests who check in on the check-out day.
    pub(super) fn guests_on_check_out(self) -> impl Iterator<Item = &'a StayKey> {
        self.on_check_out().iter().filter(move |other| self.scene.role(other) == Role::Guest).map(|other| &other.key)
    }

    /// The same stay as told by other sources.
    pub(super) fn doubles(self) -> impl Iterator<Item = &'a Stay> {
        doubles(self.stay, self.beside)
    }

    /// The stay whose job serves this one, too: the source that knows best, then the organization's order, then the key.
    pub(super) fn served_by(self) -> Option<&'a StayKey> {
        let guests = self.doubles().filter(|other| self.scene.role(other) == Role::Guest);
        let best = guests.min_by_key(|other| self.scene.rank(other))?;
        (self.scene.rank(best) < self.scene.rank(self.stay)).then_some(&best.key)
    }

    /// Another stay of the same source that looks like the same guest going on: it begins on the day this one ends, under the
    /// same code, or under a label that only this chain bears in a source that tells its guests apart.
    pub(super) fn goes_on(self) -> Option<&'a StayKey> {
        let stay = self.stay;
        let next = self.on_check_out().iter().find(|other| {
            let code = stay.confirmation.is_some() && stay.confirmation == other.confirmation;
            let label = stay.label.is_some() && stay.label == other.label;
            (code || label)
                && stay.source == other.source
                && self.scene.role(other) == Role::Guest
                && (code || self.scene.chains().is_one(stay))
        })?;
        Some(&next.key)
    }
}

fn doubles<'a>(stay: &Stay, beside: &[&'a Stay]) -> impl Iterator<Item = &'a Stay> {
    others(stay, beside).filter(move |other| same_stay(stay, other))
}

/// Most stays have nobody beside them but themselves, and of those no key has to be read.
fn others<'a>(stay: &Stay, beside: &[&'a Stay]) -> impl Iterator<Item = &'a Stay> {
    beside.iter().copied().filter(move |other| !std::ptr::eq(*other, stay) && other.key != stay.key)
}

/// One stay told by two sources: the same nights, or the same code over shared nights.
fn same_stay(one: &Stay, other: &Stay) -> bool {
    let code = one.confirmation.is_some() && one.confirmation == other.confirmation;
    one.source != other.source && (one.span == other.span || code && one.span.overlaps(other.span))
}
