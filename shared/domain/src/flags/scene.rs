//! The active stays of a property side by side: what each counts as, which are one stay told twice, who is next.

use crate::{
    ids::{FeedId, StayKey},
    settings::{Organization, UnexplainedPolicy},
    snapshot::EntryKind,
    stay::Stay,
};
use jiff::civil::Date;

/// What a stay counts as for the stays beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    Guest,
    Block,
    Owner,
}

pub(super) struct Scene<'a> {
    settings: &'a Organization,
    /// By check-in, then check-out, then key.
    stays: Vec<&'a Stay>,
    /// The latest check-out of each stay and all before it: where it lies no later than a day, nothing before lasts beyond
    /// that day.
    latest_until: Vec<Date>,
}

impl<'a> Scene<'a> {
    pub(super) fn new(settings: &'a Organization, stays: &[&'a Stay]) -> Self {
        let mut stays = stays.to_vec();
        stays.sort_by(|a, b| (a.span, &a.key).cmp(&(b.span, &b.key)));
        let latest = |latest: &mut Option<Date>, stay: &&Stay| {
            *latest = (*latest).max(Some(stay.span.check_out()));
            *latest
        };
        let latest_until = stays.iter().scan(None, latest).collect();
        Self { settings, stays, latest_until }
    }

    /// Stays that share a night with this one, itself among them, in order.
    fn beside(&self, stay: &Stay) -> &[&'a Stay] {
        let end = self.stays.partition_point(|other| other.span.check_in() < stay.span.check_out());
        let start = self.latest_until.partition_point(|until| *until <= stay.span.check_in());
        self.stays.get(start..end).unwrap_or_default()
    }

    /// Stays that begin on the day or later, in order.
    fn from(&self, day: Date) -> &[&'a Stay] {
        let start = self.stays.partition_point(|other| other.span.check_in() < day);
        self.stays.get(start..).unwrap_or_default()
    }

    /// Stays that begin on the day.
    fn on(&self, day: Date) -> &[&'a Stay] {
        let from = self.from(day);
        let end = from.partition_point(|other| other.span.check_in() == day);
        from.get(..end).unwrap_or_default()
    }

    pub(super) fn role(&self, stay: &Stay) -> Role {
        match stay.kind {
            EntryKind::Block => Role::Block,
            EntryKind::OwnerBlock => Role::Owner,
            // Channels copy an owner's stay into their own calendars as plain busy time.
            EntryKind::UnknownBusy if self.doubles(stay).any(|double| double.kind == EntryKind::OwnerBlock) => {
                Role::Owner
            }
            // A missed turnover costs more than a look too many, so busy time counts as a guest unless the feed says block.
            EntryKind::UnknownBusy if self.unexplained(stay) == UnexplainedPolicy::Block => Role::Block,
            EntryKind::Reservation | EntryKind::UnknownBusy => Role::Guest,
        }
    }

    /// What the stay's feed does with busy time it does not explain.
    pub(super) fn unexplained(&self, stay: &Stay) -> UnexplainedPolicy {
        self.settings.feeds.get(&FeedId::new(stay.source.as_str())).map(|feed| feed.unexplained).unwrap_or_default()
    }

    /// Active stays that share a night with this one and are not the same stay told by another source.
    pub(super) fn overlaps(&self, stay: &Stay) -> Vec<&'a StayKey> {
        self.beside(stay)
            .iter()
            .filter(|other| other.key != stay.key && other.span.overlaps(stay.span) && !same_stay(stay, other))
            .map(|other| &other.key)
            .collect()
    }

    /// The first entries after the stay's check-out: all that begin on the earliest such day.
    pub(super) fn next(&self, stay: &Stay) -> Vec<&'a Stay> {
        let mut after = self.from(stay.span.check_out()).iter().filter(|other| other.key != stay.key);
        let Some(first) = after.next() else { return Vec::new() };
        self.on(first.span.check_in()).iter().filter(|other| other.key != stay.key).copied().collect()
    }

    /// Guests who check in on the day.
    pub(super) fn guests_on(&self, stay: &Stay, day: Date) -> Vec<&'a StayKey> {
        self.on(day)
            .iter()
            .filter(|other| other.key != stay.key && self.role(other) == Role::Guest)
            .map(|other| &other.key)
            .collect()
    }

    /// The same stay as told by other sources.
    pub(super) fn doubles(&self, stay: &Stay) -> impl Iterator<Item = &'a Stay> {
        self.beside(stay).iter().copied().filter(move |other| other.key != stay.key && same_stay(stay, other))
    }

    /// The stay whose job serves this one, too: the source that knows best, then the organization's order, then the key.
    pub(super) fn serves(&self, stay: &Stay) -> Option<&'a StayKey> {
        let best =
            self.doubles(stay).filter(|other| self.role(other) == Role::Guest).min_by_key(|other| self.rank(other))?;
        (self.rank(best) < self.rank(stay)).then_some(&best.key)
    }

    fn rank<'s>(&self, stay: &'s Stay) -> (u8, usize, &'s StayKey) {
        let order = &self.settings.rules.source_order;
        let place = order.iter().position(|source| source == stay.source.as_str()).unwrap_or(order.len());
        (u8::from(stay.kind != EntryKind::Reservation), place, &stay.key)
    }

    /// Another stay of the same source that looks like the same guest going on: it begins on the day this one ends, under the
    /// same code, or under a label that only this chain bears in a source that tells its guests apart.
    pub(super) fn goes_on(&self, stay: &Stay) -> Option<&'a StayKey> {
        let follows = |one: &Stay, other: &Stay| {
            one.source == other.source && one.key != other.key && one.span.check_out() == other.span.check_in()
        };
        let next = self.on(stay.span.check_out()).iter().find(|other| {
            let code = stay.confirmation.is_some() && stay.confirmation == other.confirmation;
            follows(stay, other) && self.role(other) == Role::Guest && (code || self.chain_label(stay, other, follows))
        })?;
        Some(&next.key)
    }

    fn chain_label(&self, stay: &Stay, next: &Stay, follows: impl Fn(&Stay, &Stay) -> bool) -> bool {
        if stay.label.is_none() || stay.label != next.label {
            return false;
        }
        let guests =
            || self.stays.iter().filter(|other| other.source == stay.source && self.role(other) == Role::Guest);
        let told_apart = guests().any(|other| other.label.is_some() && other.label != stay.label);
        let mut same = guests().filter(|other| other.label == stay.label);
        told_apart
            && same.all(|one| {
                guests().any(|other| other.label == one.label && (follows(one, other) || follows(other, one)))
            })
    }
}

/// One stay told by two sources: the same nights, or the same code over shared nights.
fn same_stay(one: &Stay, other: &Stay) -> bool {
    let code = one.confirmation.is_some() && one.confirmation == other.confirmation;
    one.source != other.source && (one.span == other.span || code && one.span.overlaps(other.span))
}
