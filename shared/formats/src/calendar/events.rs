//! One VEVENT: what of it matters to stays.

use super::{
    Limits, Skip, SkipReason,
    outline::{Block, named},
    report,
    rule::Rule,
    zones::{Resolver, instant},
};
use calcard::{
    Entry, Parser,
    common::PartialDateTime,
    icalendar::{
        ICalendarComponent, ICalendarDuration, ICalendarEntry, ICalendarParameterName, ICalendarParameterValue,
        ICalendarPeriod, ICalendarProperty, ICalendarStatus, ICalendarValue, ICalendarValueType, Uri,
    },
};
use jiff::{
    SignedDuration, ToSpan,
    civil::{Date, DateTime, Time},
    tz::Offset,
};
use lintel_domain::private::Private;
use std::ops::Range;

/// A date or time as written, with what it says about its zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    Date(Date),
    Utc(DateTime),
    /// With a TZID; `zone` is its place in `CalendarRead::zones`.
    Zoned {
        at: DateTime,
        zone: usize,
    },
    /// With an offset behind the digits: not of RFC 5545, but seen.
    Offset {
        at: DateTime,
        offset: Offset,
    },
    /// With no zone at all: the property's.
    Floating(DateTime),
}

impl Moment {
    /// Date and time as written; midnight for a date.
    pub fn civil(self) -> DateTime {
        match self {
            Self::Date(date) => date.to_datetime(Time::midnight()),
            Self::Utc(at) | Self::Zoned { at, .. } | Self::Offset { at, .. } | Self::Floating(at) => at,
        }
    }

    /// The same kind of moment at another date and time.
    #[must_use]
    pub fn moved_to(self, at: DateTime) -> Self {
        match self {
            Self::Date(_) => Self::Date(at.date()),
            Self::Utc(_) => Self::Utc(at),
            Self::Zoned { zone, .. } => Self::Zoned { at, zone },
            Self::Offset { offset, .. } => Self::Offset { at, offset },
            Self::Floating(_) => Self::Floating(at),
        }
    }

    pub(super) fn same_frame(self, other: Self) -> bool {
        match (self, other) {
            (Self::Date(_), Self::Date(_)) | (Self::Utc(_), Self::Utc(_)) | (Self::Floating(_), Self::Floating(_)) => {
                true
            }
            (Self::Zoned { zone: one, .. }, Self::Zoned { zone: two, .. }) => one == two,
            (Self::Offset { offset: one, .. }, Self::Offset { offset: two, .. }) => one == two,
            _ => false,
        }
    }
}

/// Where an event's end comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndFrom {
    Dtend,
    Duration,
    /// Neither was given: one day for a date, no time at all for a date-time (RFC 5545 section 3.6.1).
    Start,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventStatus {
    Tentative,
    Confirmed,
    Cancelled,
}

/// Which occurrence an event stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecurrenceId {
    pub at: Moment,
    pub reach: Reach,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    This,
    ThisAndFuture,
}

/// An RDATE value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedDate {
    pub start: Moment,
    /// Given where the value is a period.
    pub end: Option<Moment>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub uid: Option<String>,
    pub start: Moment,
    /// Exclusive: for stays the check-out day.
    pub end: Moment,
    pub end_from: EndFrom,
    pub summary: Option<Private>,
    pub description: Option<Private>,
    pub url: Option<Private>,
    pub status: Option<EventStatus>,
    pub sequence: i64,
    pub recurrence_id: Option<RecurrenceId>,
    pub rules: Vec<Rule>,
    pub added: Vec<ListedDate>,
    pub excluded: Vec<Moment>,
    /// First line, counted from 1 after unfolding.
    pub line: usize,
    pub(super) raw: Range<usize>,
}

impl Event {
    /// Whether the event stands for more than itself.
    pub fn repeats(&self) -> bool {
        !self.rules.is_empty() || !self.added.is_empty()
    }
}

/// A property that is there and whose value means nothing.
struct Unusable;

#[derive(Default)]
struct Found {
    uid: Option<String>,
    start: Option<Result<Moment, Unusable>>,
    end: Option<Result<Moment, Unusable>>,
    duration: Option<Result<ICalendarDuration, Unusable>>,
    summary: Option<String>,
    description: Option<String>,
    url: Option<String>,
    status: Option<EventStatus>,
    sequence: i64,
    recurrence_id: Option<(Result<Moment, Unusable>, Reach)>,
    has_rule: bool,
    added: Vec<ListedDate>,
    excluded: Vec<Moment>,
}

/// Reads one block. What cannot be used is reported and nothing is returned.
pub(super) fn event(
    text: &str,
    block: Block,
    zones: &mut Resolver<'_>,
    skipped: &mut Vec<Skip>,
    limits: &Limits,
) -> Option<Event> {
    let line = block.line;
    let slice = text.get(block.range.clone())?;
    let mut skip = |what: &str, reason| report(skipped, what, line, reason);
    let parsed = grammar(slice, limits);
    let Some(component) = parsed else {
        skip("VEVENT", SkipReason::Grammar);
        return None;
    };
    let found = gather(component, zones, &mut skip, limits);
    let start = match found.start {
        Some(Ok(start)) => start,
        Some(Err(Unusable)) => {
            skip("VEVENT", SkipReason::BadStart);
            return None;
        }
        None => {
            skip("VEVENT", SkipReason::NoStart);
            return None;
        }
    };
    let ended = match (found.end, found.duration) {
        (Some(Ok(end)), _) => Some((end, EndFrom::Dtend)),
        (None, Some(Ok(duration))) => lasting(start, &duration, zones).map(|end| (end, EndFrom::Duration)),
        (None, None) => without_end(start).map(|end| (end, EndFrom::Start)),
        _ => None,
    };
    let Some((end, end_from)) = ended else {
        skip("VEVENT", SkipReason::BadEnd);
        return None;
    };
    let days = start.civil().duration_until(end.civil()).as_hours().div_euclid(24);
    if days > limits.event_days {
        skip("VEVENT", SkipReason::TooLong { days });
        return None;
    }
    let recurrence_id = match found.recurrence_id {
        None => None,
        Some((Ok(at), reach)) => Some(RecurrenceId { at, reach }),
        Some((Err(Unusable), _)) => {
            skip("VEVENT", SkipReason::BadRecurrenceId);
            return None;
        }
    };
    Some(Event {
        uid: found.uid.filter(|uid| !uid.is_empty()),
        start,
        end,
        end_from,
        summary: found.summary.map(Private::new),
        description: found.description.map(Private::new),
        url: found.url.map(Private::new),
        status: found.status,
        sequence: found.sequence,
        recurrence_id,
        rules: if found.has_rule { rules(slice, &mut skip) } else { Vec::new() },
        added: found.added,
        excluded: found.excluded,
        line,
        raw: block.range,
    })
}

fn grammar(slice: &str, limits: &Limits) -> Option<ICalendarComponent> {
    // A line past the cap is left out; the outline has reported it.
    let shortened: String;
    let slice = if slice.len() > limits.line_bytes && slice.lines().any(|line| line.len() >= limits.line_bytes) {
        shortened = slice.split_inclusive('\n').filter(|line| line.len() <= limits.line_bytes).collect();
        &shortened
    } else {
        slice
    };
    match Parser::new(slice).entry() {
        Entry::ICalendar(calendar) => calendar.components.into_iter().next(),
        _ => None,
    }
}

fn gather(
    component: ICalendarComponent,
    zones: &mut Resolver<'_>,
    skip: &mut dyn FnMut(&str, SkipReason),
    limits: &Limits,
) -> Found {
    let mut found = Found::default();
    for entry in component.entries {
        match &entry.name {
            ICalendarProperty::Dtstart if found.start.is_none() => {
                found.start = Some(single(&entry, zones, skip).ok_or(Unusable));
            }
            ICalendarProperty::Dtend if found.end.is_none() => {
                found.end = Some(single(&entry, zones, skip).ok_or(Unusable));
            }
            ICalendarProperty::Duration if found.duration.is_none() => {
                found.duration = Some(match entry.values.first() {
                    Some(ICalendarValue::Duration(duration)) if !duration.neg => Ok(duration.clone()),
                    _ => Err(Unusable),
                });
            }
            ICalendarProperty::RecurrenceId if found.recurrence_id.is_none() => {
                let future = entry.params.iter().any(|parameter| parameter.name == ICalendarParameterName::Range);
                let reach = if future { Reach::ThisAndFuture } else { Reach::This };
                found.recurrence_id = Some((single(&entry, zones, skip).ok_or(Unusable), reach));
            }
            ICalendarProperty::Rrule => found.has_rule = true,
            ICalendarProperty::Exrule => skip("EXRULE", SkipReason::ExceptionRule),
            ICalendarProperty::Exdate | ICalendarProperty::Rdate => {
                if found.added.len() + found.excluded.len() + entry.values.len() > limits.listed_dates {
                    skip(entry.name.as_str(), SkipReason::TooMany { cap: limits.listed_dates });
                    continue;
                }
                for value in &entry.values {
                    match listed(value, &entry, zones, skip) {
                        Some(date) if entry.name == ICalendarProperty::Rdate => found.added.push(date),
                        Some(date) => found.excluded.push(date.start),
                        None => skip(entry.name.as_str(), SkipReason::BadListedDate),
                    }
                }
            }
            ICalendarProperty::Uid => keep(&mut found.uid, entry),
            ICalendarProperty::Summary => keep(&mut found.summary, entry),
            ICalendarProperty::Description => keep(&mut found.description, entry),
            ICalendarProperty::Url => keep(&mut found.url, entry),
            ICalendarProperty::Status if found.status.is_none() => found.status = status(&entry),
            ICalendarProperty::Sequence => {
                if let Some(ICalendarValue::Integer(number)) = entry.values.first() {
                    found.sequence = *number;
                }
            }
            _ => {}
        }
    }
    found
}

/// Takes the first value of a text property, and only of the first such property.
fn keep(place: &mut Option<String>, entry: ICalendarEntry) {
    if place.is_some() {
        return;
    }
    *place = match entry.values.into_iter().next() {
        Some(ICalendarValue::Text(text) | ICalendarValue::Uri(Uri::Location(text))) => Some(text),
        _ => Some(String::new()),
    };
}

fn status(entry: &ICalendarEntry) -> Option<EventStatus> {
    match entry.values.first()? {
        ICalendarValue::Status(ICalendarStatus::Cancelled) => Some(EventStatus::Cancelled),
        ICalendarValue::Status(ICalendarStatus::Tentative) => Some(EventStatus::Tentative),
        ICalendarValue::Status(ICalendarStatus::Confirmed) => Some(EventStatus::Confirmed),
        // One letter l fewer is common.
        ICalendarValue::Text(text) if text.trim().to_ascii_uppercase().starts_with("CANCEL") => {
            Some(EventStatus::Cancelled)
        }
        _ => None,
    }
}

fn single(entry: &ICalendarEntry, zones: &mut Resolver<'_>, skip: &mut dyn FnMut(&str, SkipReason)) -> Option<Moment> {
    match entry.values.first()? {
        ICalendarValue::PartialDateTime(value) => moment(value, entry, zones, skip),
        _ => None,
    }
}

fn listed(
    value: &ICalendarValue,
    entry: &ICalendarEntry,
    zones: &mut Resolver<'_>,
    skip: &mut dyn FnMut(&str, SkipReason),
) -> Option<ListedDate> {
    match value {
        ICalendarValue::PartialDateTime(value) => {
            Some(ListedDate { start: moment(value, entry, zones, skip)?, end: None })
        }
        ICalendarValue::Period(ICalendarPeriod::Range { start, end }) => {
            Some(ListedDate { start: moment(start, entry, zones, skip)?, end: Some(moment(end, entry, zones, skip)?) })
        }
        ICalendarValue::Period(ICalendarPeriod::Duration { start, duration }) => {
            let start = moment(start, entry, zones, skip)?;
            Some(ListedDate { start, end: Some(lasting(start, duration, zones)?) })
        }
        _ => None,
    }
}

/// Eight digits are a date whether or not the property says so; more digits are a date only where it does.
fn moment(
    value: &PartialDateTime,
    entry: &ICalendarEntry,
    zones: &mut Resolver<'_>,
    skip: &mut dyn FnMut(&str, SkipReason),
) -> Option<Moment> {
    let year = i16::try_from(value.year?).ok()?;
    let date = Date::new(year, i8::try_from(value.month?).ok()?, i8::try_from(value.day?).ok()?).ok()?;
    let says_date = || {
        entry.params.iter().any(|parameter| {
            parameter.name == ICalendarParameterName::Value
                && matches!(parameter.value, ICalendarParameterValue::Value(ICalendarValueType::Date))
        })
    };
    let Some(hour) = value.hour else { return Some(Moment::Date(date)) };
    if says_date() {
        return Some(Moment::Date(date));
    }
    let part = |part: Option<u8>| i8::try_from(part.unwrap_or_default()).ok();
    let time = Time::new(part(Some(hour))?, part(value.minute)?, part(value.second)?.min(59), 0).ok()?;
    let at = date.to_datetime(time);
    if let Some(hours) = value.tz_hour {
        let seconds = i32::from(hours) * 3_600 + i32::from(value.tz_minute.unwrap_or_default()) * 60;
        if seconds == 0 {
            return Some(Moment::Utc(at));
        }
        let offset = Offset::from_seconds(if value.tz_minus { -seconds } else { seconds }).ok()?;
        return Some(Moment::Offset { at, offset });
    }
    let tzid = entry.params.iter().find_map(|parameter| match (&parameter.name, &parameter.value) {
        (ICalendarParameterName::Tzid, ICalendarParameterValue::Text(tzid)) => Some(tzid.as_str()),
        _ => None,
    });
    match tzid.map(str::trim) {
        None | Some("") => Some(Moment::Floating(at)),
        Some(tzid) => Some(Moment::Zoned { at, zone: zones.resolve(tzid, skip) }),
    }
}

fn without_end(start: Moment) -> Option<Moment> {
    match start {
        Moment::Date(date) => date.tomorrow().ok().map(Moment::Date),
        other => Some(other),
    }
}

/// Days and weeks are civil, hours and less exact (RFC 5545 section 3.3.6).
fn lasting(start: Moment, duration: &ICalendarDuration, zones: &Resolver<'_>) -> Option<Moment> {
    let days = i64::from(duration.weeks).checked_mul(7)?.checked_add(i64::from(duration.days))?;
    let at = start.civil().checked_add(jiff::Span::new().try_days(days).ok()?).ok()?;
    let seconds = i64::from(duration.hours) * 3_600 + i64::from(duration.minutes) * 60 + i64::from(duration.seconds);
    let exact = SignedDuration::from_secs(seconds);
    if let Moment::Date(date) = start {
        // A date with a duration in hours: whole days of it count.
        return date.checked_add((days + seconds / 86_400).days()).ok().map(Moment::Date);
    }
    let moved = start.moved_to(at);
    if seconds == 0 {
        return Some(moved);
    }
    if let Moment::Zoned { zone, .. } = moved
        && let Some(end) = instant(zones.known(), &moved, None)
            .and_then(|begin| begin.checked_add(exact).ok())
            .and_then(|end| zones.known().get(zone)?.civil(end))
    {
        return Some(moved.moved_to(end));
    }
    at.checked_add(exact).ok().map(|end| moved.moved_to(end))
}

fn rules(slice: &str, skip: &mut dyn FnMut(&str, SkipReason)) -> Vec<Rule> {
    let mut rules = Vec::new();
    for line in slice.lines().map(str::trim_start).filter(|line| named(line, "RRULE")) {
        let value = line.split_once(':').map_or("", |(_, value)| value);
        // More than a handful of rules is no calendar any person keeps.
        if rules.len() >= 8 {
            skip("RRULE", SkipReason::TooMany { cap: 8 });
            break;
        }
        match Rule::parse(value) {
            Ok(rule) => rules.push(rule),
            Err(error) => skip("RRULE", SkipReason::BadRule(error)),
        }
    }
    rules
}
