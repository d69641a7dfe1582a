//! What absence from a report means, by the day the report is of.

use super::{Delivery, Listed};
use jiff::{civil::Date, tz::TimeZone};
use lintel_domain::{
    settings::Property,
    snapshot::{Coverage, NoCoverage},
};
use std::collections::{BTreeMap, BTreeSet};

/// Which stays a kind of report lists (csv-reports.md section 7).
pub(super) enum Window {
    /// By check-out, from `first` to `last` days after the report's day.
    Checkouts { first: i64, last: i64 },
    /// By nothing: what is cancelled is listed as cancelled. Such a report is read for the owners' stays alone, and a guest whose name is
    /// an owner's is one by the rule `known_owner`.
    ExplicitCancellations { known_owner: &'static str },
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum WindowNote {
    Stale,
    Dated(Date, Date),
}

/// What absence means, by the property's own calendar.
pub(super) struct Windows<'a> {
    delivery: Delivery<'a>,
    last_checkout: Option<Date>,
    listed_rows: usize,
    zones: BTreeMap<String, Option<Date>>,
    pub(super) notes: BTreeSet<WindowNote>,
}

impl<'a> Windows<'a> {
    pub(super) fn new(delivery: Delivery<'a>, listings: &[Listed]) -> Self {
        Self {
            delivery,
            last_checkout: listings.iter().filter_map(|listed| listed.last_check_out).max(),
            listed_rows: listings.iter().map(|listed| listed.entries.len()).sum(),
            zones: BTreeMap::new(),
            notes: BTreeSet::new(),
        }
    }

    pub(super) fn checkouts(&mut self, property: Option<&Property>, first: i64, last: i64) -> Coverage {
        if self.listed_rows == 0 {
            return Coverage::Nothing { why: NoCoverage::Empty };
        }
        let partial = Coverage::Nothing { why: NoCoverage::Partial };
        let Some(today) = property.and_then(|property| self.day_of_receipt(&property.zone)) else { return partial };
        if self.last_checkout.is_none_or(|last| last < today) {
            self.notes.insert(WindowNote::Stale);
            return partial;
        }
        let (mut earliest, mut latest) = (today, today);
        if let Some(dated) = self.delivery.dated.filter(|dated| *dated != today) {
            self.notes.insert(WindowNote::Dated(dated, today));
            earliest = earliest.min(dated);
            latest = latest.max(dated);
        }
        let days = |count: i64| jiff::Span::new().try_days(count);
        let from = days(first).and_then(|days| latest.checked_add(days));
        let to = days(last).and_then(|days| earliest.checked_add(days));
        match (from, to) {
            (Ok(from), Ok(to)) if from <= to => Coverage::Checkouts { from, to },
            _ => partial,
        }
    }

    fn day_of_receipt(&mut self, zone: &str) -> Option<Date> {
        if let Some(day) = self.zones.get(zone) {
            return *day;
        }
        let day = TimeZone::get(zone).ok().map(|zone| self.delivery.received.to_zoned(zone).date());
        self.zones.insert(zone.to_owned(), day);
        day
    }
}
