//! EventBridge Scheduler's `rate(..)` and `cron(..)` expressions, in UTC.
//!
//! Source: Amazon EventBridge Scheduler user guide, "Schedule types". `L`, `W` and `#` are refused rather than guessed.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// When a schedule fires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// Again and again after this long.
    Rate(Duration),
    /// At every minute that all fields allow.
    Cron(Cron),
}

/// The fields of a `cron(..)` expression, each as the set of values it allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cron {
    minutes: BTreeSet<i16>,
    hours: BTreeSet<i16>,
    days: BTreeSet<i16>,
    months: BTreeSet<i16>,
    weekdays: BTreeSet<i16>,
    years: BTreeSet<i16>,
}

/// Why an expression could not be understood.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum ScheduleError {
    /// Neither form.
    #[error("reading the schedule `{0}`: it is neither rate(..) nor cron(..)")]
    Form(String),
    /// One part of it.
    #[error("reading the schedule part `{0}`")]
    Part(String),
}

impl Schedule {
    /// Reads an expression such as `rate(15 minutes)` or `cron(0 8 ? * MON-FRI *)`.
    ///
    /// # Errors
    /// When it has another form, or a part out of range.
    pub fn parse(text: &str) -> Result<Self, ScheduleError> {
        let inside = |name: &str| text.trim().strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')');
        if let Some(rate) = inside("rate") {
            return rate_of(rate).map(Self::Rate);
        }
        let fields = inside("cron").ok_or_else(|| ScheduleError::Form(text.to_owned()))?;
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let [minutes, hours, days, months, weekdays, years] = fields.as_slice() else {
            return Err(ScheduleError::Form(text.to_owned()));
        };
        Ok(Self::Cron(Cron {
            minutes: allowed(minutes, 0, 59, &[])?,
            hours: allowed(hours, 0, 23, &[])?,
            days: allowed(days, 1, 31, &[])?,
            months: allowed(
                months,
                1,
                12,
                &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
            )?,
            weekdays: allowed(weekdays, 1, 7, &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"])?,
            years: allowed(years, 1970, 2199, &[])?,
        }))
    }

    /// The first moment after `now` at which it fires; none when its years are over.
    pub fn next_after(&self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Rate(every) => now.checked_add(*every).ok(),
            Self::Cron(cron) => cron.next_after(now),
        }
    }
}

impl Cron {
    fn next_after(&self, now: Timestamp) -> Option<Timestamp> {
        let today = TimeZone::UTC.to_datetime(now).date();
        let mut day = today;
        loop {
            if day.year() > *self.years.last()? {
                return None;
            }
            if self.allows(day)
                && let Some(found) = self.moments(day).find(|moment| *moment > now)
            {
                return Some(found);
            }
            day = day.tomorrow().ok()?;
        }
    }

    fn allows(&self, day: Date) -> bool {
        self.years.contains(&day.year())
            && self.months.contains(&i16::from(day.month()))
            && self.days.contains(&i16::from(day.day()))
            && self.weekdays.contains(&i16::from(day.weekday().to_sunday_one_offset()))
    }

    fn moments(&self, day: Date) -> impl Iterator<Item = Timestamp> {
        self.hours.iter().flat_map(move |hour| {
            self.minutes.iter().filter_map(move |minute| {
                let (hour, minute) = (i8::try_from(*hour).ok()?, i8::try_from(*minute).ok()?);
                Some(day.at(hour, minute, 0, 0).to_zoned(TimeZone::UTC).ok()?.timestamp())
            })
        })
    }
}

fn rate_of(text: &str) -> Result<Duration, ScheduleError> {
    let wrong = || ScheduleError::Part(text.to_owned());
    let (count, unit) = text.trim().split_once(' ').ok_or_else(wrong)?;
    let count: u64 = count.parse().map_err(|_| wrong())?;
    let unit = match unit.trim() {
        "minute" | "minutes" => 60,
        "hour" | "hours" => 3_600,
        "day" | "days" => 86_400,
        _ => return Err(wrong()),
    };
    let seconds = count.checked_mul(unit).filter(|seconds| *seconds > 0).ok_or_else(wrong)?;
    Ok(Duration::from_secs(seconds))
}

fn allowed(field: &str, least: i16, most: i16, names: &[&str]) -> Result<BTreeSet<i16>, ScheduleError> {
    let wrong = || ScheduleError::Part(field.to_owned());
    let one = |text: &str| -> Result<i16, ScheduleError> {
        let position = names.iter().position(|name| name.eq_ignore_ascii_case(text));
        let value = match position.and_then(|at| i16::try_from(at).ok()) {
            Some(at) => at + 1,
            None => text.parse().map_err(|_| wrong())?,
        };
        if (least..=most).contains(&value) { Ok(value) } else { Err(wrong()) }
    };
    let mut values = BTreeSet::new();
    for part in field.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse::<usize>().ok().filter(|step| *step > 0).ok_or_else(wrong)?),
            None => (part, 1),
        };
        let (from, to) = match range.split_once('-') {
            _ if range == "*" || range == "?" => (least, most),
            Some((from, to)) => (one(from)?, one(to)?),
            None if part.contains('/') => (one(range)?, most),
            None => (one(range)?, one(range)?),
        };
        if from > to {
            return Err(wrong());
        }
        values.extend((from..=to).step_by(step));
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(expression: &str, now: &str) -> Option<String> {
        let next = Schedule::parse(expression).unwrap().next_after(now.parse().unwrap());
        next.map(|at| at.to_string())
    }

    #[test]
    fn the_next_moment_is_strictly_later() {
        assert_eq!(next("rate(15 minutes)", "2026-07-01T10:00:00Z").unwrap(), "2026-07-01T10:15:00Z");
        assert_eq!(next("rate(1 day)", "2026-07-01T10:00:00Z").unwrap(), "2026-07-02T10:00:00Z");
        assert_eq!(next("cron(0/15 * * * ? *)", "2026-07-01T10:00:00Z").unwrap(), "2026-07-01T10:15:00Z");
        assert_eq!(next("cron(0/15 * * * ? *)", "2026-07-01T10:14:59Z").unwrap(), "2026-07-01T10:15:00Z");
        assert_eq!(next("cron(0 8 ? * MON-FRI *)", "2026-07-03T08:00:00Z").unwrap(), "2026-07-06T08:00:00Z");
        assert_eq!(next("cron(30 23 31 * ? *)", "2026-08-31T23:30:00Z").unwrap(), "2026-10-31T23:30:00Z");
        assert_eq!(next("cron(0 0 29 2 ? *)", "2026-03-01T00:00:00Z").unwrap(), "2028-02-29T00:00:00Z");
        assert_eq!(next("cron(0 0 1 1 ? 2020)", "2026-03-01T00:00:00Z"), None);
    }

    #[test]
    fn what_it_does_not_know_is_refused() {
        for expression in [
            "rate(0 minutes)",
            "rate(5 fortnights)",
            "cron(0 8 * *)",
            "cron(60 * * * ? *)",
            "cron(0 8 L * ? *)",
            "cron(0 8 ? * 2#1 *)",
            "cron(0 8-6 * * ? *)",
            "cron(0/0 * * * ? *)",
            "every day",
        ] {
            assert!(Schedule::parse(expression).is_err(), "{expression}");
        }
    }
}
