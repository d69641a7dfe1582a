//! The civil times a rule produces, period by period, with every candidate paid for out of a budget.
//!
//! Own code and not a crate: the `rrule` crate and calcard's copy of it bound results but not the work between results,
//! refuse rules that occur in practice (UNTIL without a zone, UNTIL before the start) and cannot begin near a window.
//! Where RFC 5545 leaves a meaning open this follows python-dateutil, the implementation most producers test against;
//! days of mixed plain and numbered BYDAY are united, as the RFC says.

use super::rule::{ByDay, Frequency, Rule};
use jiff::{
    SignedDuration, ToSpan,
    civil::{Date, DateTime, Time, Weekday},
};
use std::ops::ControlFlow;

/// How an expansion came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// By COUNT, by `last`, by the end of the calendar, or because the caller had enough.
    Whole,
    OutOfSteps,
}

/// Calls `emit` with each occurrence from `start` to `last` in order. Occurrences before `from` may be left out where
/// the rule has no COUNT.
pub(super) fn occurrences(
    rule: &Rule,
    start: DateTime,
    from: DateTime,
    last: DateTime,
    steps: &mut u64,
    emit: &mut dyn FnMut(DateTime) -> ControlFlow<()>,
) -> Ended {
    let mut walk = Walk { rule: with_defaults(rule, start.date()), start, last, left: rule.count, steps, emit };
    let from = if rule.count.is_some() { start } else { from.max(start) };
    match walk.run(from) {
        ControlFlow::Break(ended) => ended,
        ControlFlow::Continue(()) => Ended::Whole,
    }
}

/// What the rule does not say comes from the start (RFC 5545 section 3.3.10).
fn with_defaults(rule: &Rule, start: Date) -> Rule {
    let mut rule = rule.clone();
    let says_days =
        !(rule.weeks.is_empty() && rule.year_days.is_empty() && rule.month_days.is_empty() && rule.days.is_empty());
    if !says_days {
        match rule.frequency {
            Frequency::Yearly => {
                if rule.months.is_empty() {
                    rule.months.push(start.month());
                }
                rule.month_days.push(start.day());
            }
            Frequency::Monthly => rule.month_days.push(start.day()),
            Frequency::Weekly => rule.days.push(ByDay { place: None, weekday: start.weekday() }),
            _ => {}
        }
    }
    rule
}

type Flow = ControlFlow<Ended>;

struct Walk<'a> {
    rule: Rule,
    start: DateTime,
    last: DateTime,
    left: Option<u64>,
    steps: &'a mut u64,
    emit: &'a mut dyn FnMut(DateTime) -> ControlFlow<()>,
}

impl Walk<'_> {
    fn run(&mut self, from: DateTime) -> Flow {
        if self.left == Some(0) {
            return ControlFlow::Continue(());
        }
        match self.rule.frequency {
            Frequency::Yearly | Frequency::Monthly => self.by_months(from),
            Frequency::Weekly | Frequency::Daily => self.by_days(from),
            Frequency::Hourly => self.by_seconds(from, 3_600),
            Frequency::Minutely => self.by_seconds(from, 60),
            Frequency::Secondly => self.by_seconds(from, 1),
        }
    }

    fn pay(&mut self) -> Flow {
        match self.steps.checked_sub(1) {
            Some(left) => {
                *self.steps = left;
                ControlFlow::Continue(())
            }
            None => ControlFlow::Break(Ended::OutOfSteps),
        }
    }

    fn by_months(&mut self, from: DateTime) -> Flow {
        let unit = if self.rule.frequency == Frequency::Yearly { 12 } else { 1 };
        let number = |date: Date| i64::from(date.year()) * 12 + i64::from(date.month()) - 1;
        let stride = i64::from(self.rule.interval).saturating_mul(unit);
        let first = number(self.start.date()).div_euclid(unit) * unit;
        let skip = (number(from.date()) - first).div_euclid(stride).max(0);
        let mut month = first.saturating_add(skip.saturating_mul(stride));
        loop {
            let Some(begin) = month_begin(month) else { return ControlFlow::Continue(()) };
            if begin > self.last.date() {
                return ControlFlow::Continue(());
            }
            self.pay()?;
            self.period(|walk, times| {
                for month in month..month + unit {
                    let Some(begin) = month_begin(month) else { continue };
                    if walk.rule.months.is_empty() || walk.rule.months.contains(&begin.month()) {
                        walk.days(begin, i64::from(begin.days_in_month()), times)?;
                    }
                }
                ControlFlow::Continue(())
            })?;
            month = month.saturating_add(stride);
        }
    }

    fn by_days(&mut self, from: DateTime) -> Flow {
        let weekly = self.rule.frequency == Frequency::Weekly;
        let length = if weekly { 7 } else { 1 };
        let stride = i64::from(self.rule.interval) * length;
        let mut begin = self.start.date();
        if weekly {
            let back = i64::from(begin.weekday().since(self.rule.week_start));
            let Ok(monday) = begin.checked_sub(back.days()) else { return ControlFlow::Continue(()) };
            begin = monday;
        }
        let ahead = i64::from(days_between(begin, from.date())).div_euclid(stride).max(0) * stride;
        loop_dates(begin, ahead, stride, |begin| {
            if begin > self.last.date() {
                return ControlFlow::Break(Ended::Whole);
            }
            self.pay()?;
            self.period(|walk, times| walk.days(begin, length, times))
        })
    }

    /// Sub-daily frequencies. A day, hour or minute the rule excludes is passed over in one step.
    fn by_seconds(&mut self, from: DateTime, unit: i64) -> Flow {
        let begin = match unit {
            3_600 => self.start.date().at(self.start.hour(), 0, 0, 0),
            60 => self.start.date().at(self.start.hour(), self.start.minute(), 0, 0),
            _ => self.start,
        };
        let stride = i64::from(self.rule.interval) * unit;
        let mut offset = begin.duration_until(from).as_secs().div_euclid(stride).max(0) * stride;
        loop {
            let Ok(at) = begin.checked_add(SignedDuration::from_secs(offset)) else {
                return ControlFlow::Continue(());
            };
            if at > self.last {
                return ControlFlow::Continue(());
            }
            self.pay()?;
            let past_midnight = i64::from(at.hour()) * 3_600 + i64::from(at.minute()) * 60 + i64::from(at.second());
            let away = if !self.day_fits(at.date()) {
                86_400 - past_midnight
            } else if !listed(&self.rule.hours, at.hour()) {
                3_600 - past_midnight % 3_600
            } else if unit < 3_600 && !listed(&self.rule.minutes, at.minute()) {
                60 - past_midnight % 60
            } else if unit < 60 && !listed(&self.rule.seconds, at.second()) {
                1
            } else {
                let minutes = if unit == 3_600 { self.minutes() } else { vec![at.minute()] };
                let seconds = if unit == 1 { vec![at.second()] } else { self.seconds() };
                let hour = [at.hour()];
                self.period(|walk, times| walk.times(at.date(), &hour, &minutes, &seconds, times))?;
                1
            };
            let strides = (away + stride - 1).div_euclid(stride).max(1);
            offset = offset.saturating_add(strides.saturating_mul(stride));
        }
    }

    /// One period: straight through, or gathered first when BYSETPOS picks from it.
    fn period(&mut self, fill: impl Fn(&mut Self, &mut Option<Vec<DateTime>>) -> Flow) -> Flow {
        if self.rule.places.is_empty() {
            return fill(self, &mut None);
        }
        let mut gathered = Some(Vec::new());
        fill(self, &mut gathered)?;
        let times = gathered.unwrap_or_default();
        let mut picked: Vec<DateTime> = self
            .rule
            .places
            .iter()
            .filter_map(|place| {
                let distance = usize::from(place.unsigned_abs());
                let at = if *place > 0 { distance.checked_sub(1) } else { times.len().checked_sub(distance) };
                at.and_then(|at| times.get(at).copied())
            })
            .collect();
        picked.sort_unstable();
        picked.dedup();
        for at in picked {
            self.produce(at)?;
        }
        ControlFlow::Continue(())
    }

    fn days(&mut self, begin: Date, length: i64, times: &mut Option<Vec<DateTime>>) -> Flow {
        let (hours, minutes, seconds) = (self.hours(), self.minutes(), self.seconds());
        let mut date = begin;
        for _ in 0..length {
            self.pay()?;
            if self.day_fits(date) {
                self.times(date, &hours, &minutes, &seconds, times)?;
            }
            let Ok(next) = date.tomorrow() else { break };
            date = next;
        }
        ControlFlow::Continue(())
    }

    fn times(
        &mut self,
        date: Date,
        hours: &[i8],
        minutes: &[i8],
        seconds: &[i8],
        times: &mut Option<Vec<DateTime>>,
    ) -> Flow {
        for hour in hours {
            for minute in minutes {
                for second in seconds {
                    let Ok(time) = Time::new(*hour, *minute, *second, 0) else { continue };
                    self.pay()?;
                    match times {
                        Some(times) => times.push(date.to_datetime(time)),
                        None => self.produce(date.to_datetime(time))?,
                    }
                }
            }
        }
        ControlFlow::Continue(())
    }

    fn produce(&mut self, at: DateTime) -> Flow {
        if at < self.start {
            return ControlFlow::Continue(());
        }
        if at > self.last || (self.emit)(at).is_break() {
            return ControlFlow::Break(Ended::Whole);
        }
        if let Some(left) = &mut self.left {
            *left = left.saturating_sub(1);
            if *left == 0 {
                return ControlFlow::Break(Ended::Whole);
            }
        }
        ControlFlow::Continue(())
    }

    fn hours(&self) -> Vec<i8> {
        or(&self.rule.hours, self.start.hour())
    }

    fn minutes(&self) -> Vec<i8> {
        or(&self.rule.minutes, self.start.minute())
    }

    fn seconds(&self) -> Vec<i8> {
        or(&self.rule.seconds, self.start.second())
    }

    fn day_fits(&self, date: Date) -> bool {
        let rule = &self.rule;
        listed(&rule.months, date.month())
            && (rule.weeks.is_empty() || week_fits(&rule.weeks, date, rule.week_start))
            && (rule.year_days.is_empty() || {
                let day = date.day_of_year();
                rule.year_days.contains(&day) || rule.year_days.contains(&(day - date.days_in_year() - 1))
            })
            && (rule.month_days.is_empty() || {
                let day = date.day();
                rule.month_days.contains(&day) || rule.month_days.contains(&(day - date.days_in_month() - 1))
            })
            && (rule.days.is_empty() || rule.days.iter().any(|by| self.weekday_fits(*by, date)))
    }

    fn weekday_fits(&self, by: ByDay, date: Date) -> bool {
        if date.weekday() != by.weekday {
            return false;
        }
        let Some(place) = by.place else { return true };
        let (day, length) = match self.rule.frequency {
            Frequency::Yearly if self.rule.months.is_empty() => (date.day_of_year(), date.days_in_year()),
            Frequency::Yearly | Frequency::Monthly => (i16::from(date.day()), i16::from(date.days_in_month())),
            // Numbers mean nothing in shorter periods and are passed over.
            _ => return true,
        };
        place == (day - 1) / 7 + 1 || place == -((length - day) / 7 + 1)
    }
}

fn or(list: &[i8], default: i8) -> Vec<i8> {
    if list.is_empty() { vec![default] } else { list.to_vec() }
}

fn listed(list: &[i8], value: i8) -> bool {
    list.is_empty() || list.contains(&value)
}

fn month_begin(number: i64) -> Option<Date> {
    let year = i16::try_from(number.div_euclid(12)).ok()?;
    let month = i8::try_from(number.rem_euclid(12) + 1).ok()?;
    Date::new(year, month, 1).ok()
}

fn days_between(from: Date, to: Date) -> i32 {
    from.until(to).map_or(0, |span| span.get_days())
}

fn loop_dates(begin: Date, ahead: i64, stride: i64, mut visit: impl FnMut(Date) -> Flow) -> Flow {
    let mut offset = ahead;
    loop {
        let Some(date) = jiff::Span::new().try_days(offset).ok().and_then(|span| begin.checked_add(span).ok()) else {
            return ControlFlow::Continue(());
        };
        visit(date)?;
        offset = offset.saturating_add(stride);
    }
}

/// Whether the date's week is listed, counted from the year's first or last week. Week 1 is the first with four days
/// of the year.
fn week_fits(weeks: &[i8], date: Date, week_start: Weekday) -> bool {
    let Some((year, week)) = week_of(date, week_start) else { return false };
    let total = Date::new(year, 12, 28).ok().and_then(|late| week_of(late, week_start)).map_or(52, |(_, week)| week);
    weeks.contains(&week) || weeks.contains(&(week - total - 1))
}

fn week_of(date: Date, week_start: Weekday) -> Option<(i16, i8)> {
    let into = i64::from(date.weekday().since(week_start));
    let middle = date.checked_add((3 - into).days()).ok()?;
    let week = (middle.day_of_year() - 1) / 7 + 1;
    Some((middle.year(), i8::try_from(week).ok()?))
}
