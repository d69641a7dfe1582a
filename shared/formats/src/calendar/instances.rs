//! Occurrences of events: rules, listed and excluded dates, and overrides put together.
//!
//! An override replaces the occurrence it names. One that names no occurrence stands for itself, and one whose
//! occurrence is excluded is gone with it: what python's recurring-ical-events does. The event's own start is its first
//! occurrence even where its rule would not produce it, unless the rule ended before it.

use super::{
    CalendarRead, Event, Limits, ListedDate, Moment, Reach, Rule, Until,
    occur::{Ended, occurrences},
};
use jiff::{
    SignedDuration, Timestamp, ToSpan,
    civil::{Date, DateTime, Time},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::ControlFlow,
};

/// Civil days at the event, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub from: Date,
    pub to: Date,
}

/// One occurrence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instance {
    /// Place of its event in `CalendarRead::events`; the override's where there is one.
    pub event: usize,
    pub start: Moment,
    pub end: Moment,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expansion {
    /// Series by series, each in order of time.
    pub instances: Vec<Instance>,
    /// Set when a cap ended the expansion: there may be more.
    pub stopped: Option<String>,
}

/// Expands every event. Without a window, rules that end are followed to their end and the others for
/// `Limits::horizon_years` from their start.
pub fn expand(read: &CalendarRead, window: Option<Window>, limits: &Limits) -> Expansion {
    let mut work = Work { read, window, limits, steps: limits.steps, out: Expansion::default() };
    // Only events that repeat or override need their series; all others stand for themselves.
    let mut series: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, event) in read.events.iter().enumerate() {
        if event.recurrence_id.is_some()
            && let Some(uid) = event.uid.as_deref()
        {
            series.entry(uid).or_default().push(at);
        }
    }
    for (at, event) in read.events.iter().enumerate() {
        if event.recurrence_id.is_some() && event.uid.is_some() {
            continue;
        }
        if !work.room() {
            return work.out;
        }
        let overrides = event.uid.as_deref().and_then(|uid| series.get(uid)).map_or(&[][..], Vec::as_slice);
        if event.repeats() || !event.excluded.is_empty() || !overrides.is_empty() {
            let overrides = work.latest(overrides);
            work.series(at, event, &overrides);
            // A second event under the uid does not get them again.
            if let Some(uid) = event.uid.as_deref() {
                series.remove(uid);
            }
        } else {
            work.push(Instance { event: at, start: event.start, end: event.end });
        }
    }
    let left: Vec<Vec<usize>> = series.into_values().collect();
    for overrides in left {
        for at in work.latest(&overrides) {
            work.itself(at);
        }
    }
    work.out
}

struct Work<'a> {
    read: &'a CalendarRead,
    window: Option<Window>,
    limits: &'a Limits,
    steps: u64,
    out: Expansion,
}

/// Dates in the forms by which they may be named.
#[derive(Default)]
struct Named {
    dates: BTreeSet<Date>,
    instants: BTreeSet<Timestamp>,
    locals: BTreeSet<DateTime>,
}

impl Named {
    fn of<'m>(read: &CalendarRead, moments: impl Iterator<Item = &'m Moment>) -> Self {
        let mut named = Self::default();
        for moment in moments {
            if let Moment::Date(date) = moment {
                named.dates.insert(*date);
            } else if let Some(at) = read.instant(moment, None) {
                named.instants.insert(at);
                named.locals.insert(moment.civil());
            } else {
                named.locals.insert(moment.civil());
            }
        }
        named
    }

    fn holds(&self, read: &CalendarRead, moment: &Moment) -> bool {
        let civil = moment.civil();
        if self.dates.contains(&civil.date()) {
            return true;
        }
        match read.instant(moment, None) {
            Some(at) => self.instants.contains(&at),
            // A date or a floating time has no instant: compared as written.
            None if matches!(moment, Moment::Date(_)) => {
                let day = civil.date();
                self.locals.range(day.to_datetime(Time::midnight())..=day.to_datetime(Time::MAX)).next().is_some()
            }
            None => self.locals.contains(&civil),
        }
    }
}

impl Work<'_> {
    fn room(&mut self) -> bool {
        if self.out.instances.len() < self.limits.occurrences {
            return true;
        }
        self.stop(format!("more than {} occurrences", self.limits.occurrences));
        false
    }

    fn stop(&mut self, why: String) {
        self.out.stopped.get_or_insert(why);
    }

    fn push(&mut self, instance: Instance) {
        let inside = self.window.is_none_or(|window| {
            instance.start.civil().date() <= window.to && instance.end.civil().date() >= window.from
        });
        if inside && self.room() {
            self.out.instances.push(instance);
        }
    }

    fn itself(&mut self, at: usize) {
        if let Some(event) = self.read.events.get(at) {
            self.push(Instance { event: at, start: event.start, end: event.end });
        }
    }

    /// Of overrides of the same occurrence the one with the highest sequence, the later one among equals.
    fn latest(&self, overrides: &[usize]) -> Vec<usize> {
        let mut best: BTreeMap<(Option<Timestamp>, DateTime), (i64, usize)> = BTreeMap::new();
        for at in overrides {
            let Some(event) = self.read.events.get(*at) else { continue };
            let Some(id) = event.recurrence_id else { continue };
            let instant = self.read.instant(&id.at, None);
            let key = (instant, if instant.is_some() { DateTime::ZERO } else { id.at.civil() });
            let kept = best.entry(key).or_insert((event.sequence, *at));
            if event.sequence >= kept.0 {
                *kept = (event.sequence, *at);
            }
        }
        best.into_values().map(|(_, at)| at).collect()
    }

    fn series(&mut self, at: usize, event: &Event, overrides: &[usize]) {
        let starts = self.starts(event);
        let excluded = Named::of(self.read, event.excluded.iter());
        let mut waiting: Vec<(usize, Named, Moment, Reach)> = overrides
            .iter()
            .filter_map(|at| {
                let id = self.read.events.get(*at)?.recurrence_id?;
                Some((*at, Named::of(self.read, std::iter::once(&id.at)), id.at, id.reach))
            })
            .collect();
        let by_instant = Lookup::of(self.read, &waiting);
        let mut used = BTreeSet::new();
        let mut current = (at, SignedDuration::ZERO);
        for (civil, listed_end) in starts {
            let start = event.start.moved_to(civil);
            if excluded.holds(self.read, &start) {
                continue;
            }
            let hit = by_instant.find(self.read, &start, &waiting).filter(|place| !used.contains(place));
            if let Some(place) = hit
                && let Some((replacing, _, _, reach)) = waiting.get(place)
            {
                used.insert(place);
                if *reach == Reach::ThisAndFuture
                    && let Some(changed) = self.read.events.get(*replacing)
                {
                    current = (*replacing, civil.duration_until(changed.start.civil()));
                }
                let replacing = *replacing;
                self.itself(replacing);
                continue;
            }
            let (source, shift) = current;
            let Some(source_event) = self.read.events.get(source) else { continue };
            let Ok(civil) = civil.checked_add(shift) else { continue };
            let start = source_event.start.moved_to(civil);
            let end = listed_end.or_else(|| ending(source_event, start));
            if let Some(end) = end {
                self.push(Instance { event: source, start, end });
            }
        }
        waiting.retain(|(_, _, id, _)| !excluded.holds(self.read, id));
        let unused: Vec<usize> = waiting
            .iter()
            .filter(|(replacing, ..)| {
                !by_instant.order.iter().enumerate().any(|(place, at)| used.contains(&place) && at == replacing)
            })
            .map(|(replacing, ..)| *replacing)
            .collect();
        for replacing in unused {
            self.itself(replacing);
        }
    }

    /// Every start of the series in its own frame, with the end where a listed period gives one.
    fn starts(&mut self, event: &Event) -> BTreeMap<DateTime, Option<Moment>> {
        let start = event.start.civil();
        let mut starts: BTreeMap<DateTime, Option<Moment>> = BTreeMap::new();
        let ended_before = event
            .rules
            .iter()
            .filter_map(|rule| rule.until.map(|until| self.last(event, until)))
            .max()
            .is_some_and(|last| last < start);
        if !ended_before {
            starts.insert(start, None);
        }
        for ListedDate { start: added, end } in &event.added {
            starts.insert(self.in_frame(event, *added), *end);
        }
        for rule in &event.rules {
            self.follow(event, rule, &mut starts);
        }
        starts
    }

    fn follow(&mut self, event: &Event, rule: &Rule, starts: &mut BTreeMap<DateTime, Option<Moment>>) {
        let start = event.start.civil();
        let mut last = rule.until.map_or(DateTime::MAX, |until| self.last(event, until));
        let mut from = start;
        match self.window {
            Some(window) => {
                // A shifted series may bring in what lies this far outside.
                let margin = self.limits.event_days.days();
                last = last.min(window.to.to_datetime(Time::MAX));
                from = window.from.to_datetime(Time::midnight()).checked_sub(margin).unwrap_or(DateTime::MIN);
            }
            None if rule.until.is_none() && rule.count.is_none() => {
                let horizon = start.checked_add(i64::from(self.limits.horizon_years).years());
                last = last.min(horizon.unwrap_or(DateTime::MAX));
            }
            None => {}
        }
        let room = self.limits.occurrences.saturating_sub(self.out.instances.len());
        let mut full = false;
        let ended = occurrences(rule, start, from, last, &mut self.steps, &mut |at| {
            if starts.len() >= room {
                full = true;
                return ControlFlow::Break(());
            }
            starts.entry(at).or_insert(None);
            ControlFlow::Continue(())
        });
        if full {
            self.stop(format!("more than {} occurrences", self.limits.occurrences));
        }
        if ended == Ended::OutOfSteps {
            self.stop(format!("a rule was not followed to its end within {} steps", self.limits.steps));
        }
    }

    /// The last civil time a bound allows, in the frame of the event.
    fn last(&self, event: &Event, until: Until) -> DateTime {
        match until {
            Until::Date(date) => date.to_datetime(Time::MAX),
            Until::Local(at) if matches!(event.start, Moment::Date(_)) => at.date().to_datetime(Time::MAX),
            Until::Local(at) => at,
            Until::Utc(at) => self.in_frame(event, Moment::Utc(at)),
        }
    }

    /// A moment as date and time in the frame of the event's start.
    fn in_frame(&self, event: &Event, moment: Moment) -> DateTime {
        let civil = moment.civil();
        if matches!(event.start, Moment::Date(_)) {
            return civil.date().to_datetime(Time::midnight());
        }
        if matches!(moment, Moment::Date(_)) || moment.same_frame(event.start) {
            return civil;
        }
        let Some(instant) = self.read.instant(&moment, None) else { return civil };
        match event.start {
            Moment::Utc(_) => jiff::tz::Offset::UTC.to_datetime(instant),
            Moment::Offset { offset, .. } => offset.to_datetime(instant),
            Moment::Zoned { zone, .. } => {
                self.read.zones.get(zone).and_then(|zone| zone.civil(instant)).unwrap_or(civil)
            }
            Moment::Date(_) | Moment::Floating(_) => civil,
        }
    }
}

/// The end of an occurrence: as long after its start as the event's own. Civil length, so that a check-out at ten stays
/// at ten over a change of clocks.
fn ending(event: &Event, start: Moment) -> Option<Moment> {
    let length = event.start.civil().duration_until(event.end.civil());
    start.civil().checked_add(length).ok().map(|at| event.end.moved_to(at))
}

/// Finds an override by what it names without trying each one.
struct Lookup {
    instants: BTreeMap<Timestamp, usize>,
    locals: BTreeMap<DateTime, usize>,
    dates: BTreeMap<Date, usize>,
    order: Vec<usize>,
}

impl Lookup {
    fn of(read: &CalendarRead, waiting: &[(usize, Named, Moment, Reach)]) -> Self {
        let mut lookup =
            Self { instants: BTreeMap::new(), locals: BTreeMap::new(), dates: BTreeMap::new(), order: Vec::new() };
        for (place, (at, _, id, _)) in waiting.iter().enumerate() {
            lookup.order.push(*at);
            if let Moment::Date(date) = id {
                lookup.dates.insert(*date, place);
            } else if let Some(instant) = read.instant(id, None) {
                lookup.instants.insert(instant, place);
            } else {
                lookup.locals.insert(id.civil(), place);
            }
        }
        lookup
    }

    fn find(&self, read: &CalendarRead, start: &Moment, waiting: &[(usize, Named, Moment, Reach)]) -> Option<usize> {
        let civil = start.civil();
        let exact = read.instant(start, None).and_then(|instant| self.instants.get(&instant));
        let place = exact.or_else(|| self.locals.get(&civil)).or_else(|| self.dates.get(&civil.date()));
        if place.is_some() || !matches!(start, Moment::Date(_)) {
            return place.copied();
        }
        // A series of dates whose override names a time on one of them.
        waiting.iter().position(|(_, named, ..)| named.locals.iter().any(|at| at.date() == civil.date()))
    }
}
