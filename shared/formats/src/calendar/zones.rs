//! Time zones: what a TZID means.

use super::{Limits, SkipReason, events::Moment, occur::occurrences, outline::named, rule::Rule};
use calcard::{
    Entry, Parser,
    common::timezone::Tz,
    icalendar::{ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarProperty, ICalendarValue},
};
use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, DateTime, Time},
    tz::{Offset, TimeZone},
};
use std::{
    ops::{ControlFlow, Range},
    str::FromStr,
};

/// A TZID and what it stands for.
#[derive(Clone, Debug, PartialEq)]
pub struct Zone {
    pub tzid: String,
    pub kind: ZoneKind,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ZoneKind {
    /// An IANA zone: named by the TZID itself (case-blind, quoted, behind a prefix such as `/example.org/`) or by its
    /// Windows name (CLDR windowsZones).
    Named(TimeZone),
    /// The body's own VTIMEZONE.
    Offsets(Offsets),
    /// Nothing is known: the property's zone is taken, with a warning.
    Unknown,
}

/// The changes of offset a VTIMEZONE describes.
#[derive(Clone, Debug, PartialEq)]
pub struct Offsets {
    before: Offset,
    /// Instant, the first civil time that has the new offset beyond doubt, the new offset.
    changes: Vec<(Timestamp, DateTime, Offset)>,
}

/// Changes of one observance that are worked out.
const CHANGES_CAP: usize = 400;
/// A zone's rules are followed to the end of this year.
const LAST_YEAR: i16 = 2150;

impl Zone {
    /// The instant of a civil time: in a gap with the offset before it, in a fold the first (RFC 5545 section 3.3.5).
    pub fn instant(&self, at: DateTime) -> Option<Timestamp> {
        match &self.kind {
            ZoneKind::Named(zone) => zone.to_timestamp(at).ok(),
            ZoneKind::Offsets(offsets) => {
                let past = offsets.changes.partition_point(|(_, from, _)| *from <= at);
                offsets.offset_after(past).to_timestamp(at).ok()
            }
            ZoneKind::Unknown => None,
        }
    }

    /// The civil time of an instant.
    pub fn civil(&self, at: Timestamp) -> Option<DateTime> {
        match &self.kind {
            ZoneKind::Named(zone) => Some(zone.to_datetime(at)),
            ZoneKind::Offsets(offsets) => {
                let past = offsets.changes.partition_point(|(from, _, _)| *from <= at);
                Some(offsets.offset_after(past).to_datetime(at))
            }
            ZoneKind::Unknown => None,
        }
    }
}

impl Offsets {
    fn offset_after(&self, changes: usize) -> Offset {
        changes.checked_sub(1).and_then(|last| self.changes.get(last)).map_or(self.before, |(_, _, offset)| *offset)
    }
}

pub(super) fn instant(zones: &[Zone], moment: &Moment, floating: Option<&TimeZone>) -> Option<Timestamp> {
    let local = |at: DateTime| floating.and_then(|zone| zone.to_timestamp(at).ok());
    match moment {
        Moment::Date(_) => None,
        Moment::Utc(at) => Offset::UTC.to_timestamp(*at).ok(),
        Moment::Offset { at, offset } => offset.to_timestamp(*at).ok(),
        Moment::Floating(at) => local(*at),
        Moment::Zoned { at, zone } => match zones.get(*zone) {
            Some(zone) if zone.kind != ZoneKind::Unknown => zone.instant(*at),
            _ => local(*at),
        },
    }
}

/// Resolves each TZID once.
pub(super) struct Resolver<'a> {
    text: &'a str,
    blocks: &'a [Range<usize>],
    limits: &'a Limits,
    own: Option<Vec<(String, ICalendar, &'a str)>>,
    zones: Vec<Zone>,
}

/// TZIDs of one body that are told apart.
const ZONES_CAP: usize = 200;

impl<'a> Resolver<'a> {
    pub(super) fn new(text: &'a str, blocks: &'a [Range<usize>], limits: &'a Limits) -> Self {
        Self { text, blocks, limits, own: None, zones: Vec::new() }
    }

    pub(super) fn known(&self) -> &[Zone] {
        &self.zones
    }

    pub(super) fn into_zones(self) -> Vec<Zone> {
        self.zones
    }

    /// The place of the zone among the zones.
    pub(super) fn resolve(&mut self, tzid: &str, skip: &mut dyn FnMut(&str, SkipReason)) -> usize {
        if let Some(at) = self.zones.iter().position(|zone| zone.tzid == tzid) {
            return at;
        }
        let kind = named_zone(tzid).map(ZoneKind::Named).or_else(|| self.own_rules(tzid)).unwrap_or(ZoneKind::Unknown);
        if kind == ZoneKind::Unknown || self.zones.len() >= ZONES_CAP {
            let tzid = tzid.chars().take(60).collect();
            skip("TZID", SkipReason::UnknownZone { tzid });
            if self.zones.len() >= ZONES_CAP {
                return usize::MAX;
            }
        }
        self.zones.push(Zone { tzid: tzid.to_owned(), kind });
        self.zones.len() - 1
    }

    fn own_rules(&mut self, tzid: &str) -> Option<ZoneKind> {
        let (text, blocks) = (self.text, self.blocks);
        let own = self.own.get_or_insert_with(|| {
            blocks.iter().take(ZONES_CAP).filter_map(|range| own_zone(text.get(range.clone())?)).collect()
        });
        let (_, calendar, slice) = own.iter().find(|(name, _, _)| name == tzid)?;
        let top = calendar.components.first()?;
        // Some producers keep the real name beside an invented id.
        for entry in &top.entries {
            if let (ICalendarProperty::Other(name), Some(ICalendarValue::Text(place))) =
                (&entry.name, entry.values.first())
                && name.eq_ignore_ascii_case("X-LIC-LOCATION")
                && let Some(zone) = named_zone(place)
            {
                return Some(ZoneKind::Named(zone));
            }
        }
        offsets(calendar, slice, self.limits).map(ZoneKind::Offsets)
    }
}

fn own_zone(slice: &str) -> Option<(String, ICalendar, &str)> {
    let Entry::ICalendar(calendar) = Parser::new(slice).entry() else { return None };
    let tzid =
        calendar.components.first()?.entries.iter().find_map(|entry| match (&entry.name, entry.values.first()) {
            (ICalendarProperty::Tzid, Some(ICalendarValue::Text(tzid))) => Some(tzid.trim().to_owned()),
            _ => None,
        })?;
    Some((tzid, calendar, slice))
}

fn named_zone(tzid: &str) -> Option<TimeZone> {
    let tzid = tzid.trim().trim_matches(['"', '\'']).trim();
    if tzid.is_empty() || tzid.len() > 120 {
        return None;
    }
    if tzid.eq_ignore_ascii_case("UTC") || tzid.eq_ignore_ascii_case("GMT") || tzid.eq_ignore_ascii_case("Z") {
        return Some(TimeZone::UTC);
    }
    if let Ok(zone) = TimeZone::get(tzid) {
        return Some(zone);
    }
    // `/example.org/20050126_1/America/Argentina/Ushuaia`: the longest ending that is a zone.
    let mut rest = tzid;
    while let Some((_, tail)) = rest.split_once('/') {
        if tail.contains('/')
            && let Ok(zone) = TimeZone::get(tail)
        {
            return Some(zone);
        }
        rest = tail;
    }
    match Tz::from_str(tzid) {
        Ok(zone @ Tz::Tz(_)) => TimeZone::get(&zone.name()?).ok(),
        _ => None,
    }
}

fn offsets(calendar: &ICalendar, slice: &str, limits: &Limits) -> Option<Offsets> {
    let observances = calendar.components.iter().skip(1).filter(|component| {
        matches!(component.component_type, ICalendarComponentType::Standard | ICalendarComponentType::Daylight)
    });
    let mut rules = observance_rules(slice).into_iter();
    let mut changes: Vec<(Timestamp, Offset, Offset)> = Vec::new();
    let mut steps = limits.steps / 4;
    for component in observances.take(64) {
        let rule = rules.next().flatten();
        let (Some(from), Some(to), Some(start)) = (
            offset_of(component, &ICalendarProperty::Tzoffsetfrom),
            offset_of(component, &ICalendarProperty::Tzoffsetto),
            onset(component),
        ) else {
            continue;
        };
        let mut onsets = vec![start];
        onsets.extend(listed_onsets(component));
        if let Some(rule) = rule {
            let last = until(&rule, from).min(Date::constant(LAST_YEAR, 12, 31).to_datetime(Time::MAX));
            occurrences(&rule, start, start, last, &mut steps, &mut |at| {
                onsets.push(at);
                if onsets.len() < CHANGES_CAP { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            });
        }
        changes.extend(onsets.into_iter().filter_map(|at| Some((from.to_timestamp(at).ok()?, from, to))));
    }
    changes.sort_by_key(|(at, _, _)| *at);
    changes.dedup_by_key(|(at, _, _)| *at);
    let before = changes.first().map(|(_, from, _)| *from)?;
    let changes = changes.into_iter().map(|(at, from, to)| (at, from.max(to).to_datetime(at), to)).collect();
    Some(Offsets { before, changes })
}

fn until(rule: &Rule, from: Offset) -> DateTime {
    match rule.until {
        None => DateTime::MAX,
        Some(super::Until::Date(date)) => date.to_datetime(Time::MAX),
        Some(super::Until::Local(at)) => at,
        Some(super::Until::Utc(at)) => {
            at.checked_add(SignedDuration::from_secs(i64::from(from.seconds()))).unwrap_or(DateTime::MAX)
        }
    }
}

/// The rule of each observance, in order of their ends, as the grammar lists them.
fn observance_rules(slice: &str) -> Vec<Option<Rule>> {
    let mut rules = Vec::new();
    let mut rule = None;
    for line in slice.lines().map(str::trim) {
        if named(line, "RRULE") {
            rule = line.split_once(':').and_then(|(_, value)| Rule::parse(value).ok());
        } else if line.eq_ignore_ascii_case("END:STANDARD") || line.eq_ignore_ascii_case("END:DAYLIGHT") {
            rules.push(rule.take());
        }
    }
    rules
}

fn offset_of(component: &ICalendarComponent, property: &ICalendarProperty) -> Option<Offset> {
    match component.property(property)?.values.first()? {
        ICalendarValue::PartialDateTime(value) => {
            let seconds = i32::from(value.tz_hour?) * 3_600 + i32::from(value.tz_minute.unwrap_or_default()) * 60;
            Offset::from_seconds(if value.tz_minus { -seconds } else { seconds }).ok()
        }
        _ => None,
    }
}

fn onset(component: &ICalendarComponent) -> Option<DateTime> {
    civil(component.property(&ICalendarProperty::Dtstart)?.values.first()?)
}

fn listed_onsets(component: &ICalendarComponent) -> impl Iterator<Item = DateTime> {
    component
        .entries
        .iter()
        .filter(|entry| entry.name == ICalendarProperty::Rdate)
        .flat_map(|entry| entry.values.iter().filter_map(civil))
        .take(CHANGES_CAP)
}

fn civil(value: &ICalendarValue) -> Option<DateTime> {
    let ICalendarValue::PartialDateTime(value) = value else { return None };
    let part = |part: Option<u8>| i8::try_from(part.unwrap_or_default()).ok();
    let date = Date::new(i16::try_from(value.year?).ok()?, part(value.month)?, part(value.day)?).ok()?;
    Some(date.to_datetime(Time::new(part(value.hour)?, part(value.minute)?, part(value.second)?, 0).ok()?))
}
