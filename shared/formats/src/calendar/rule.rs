//! A recurrence rule as written (RFC 5545 section 3.3.10).
//!
//! Read here and not by the grammar crate, whose numbers are narrower than the format's: there an interval of 65537
//! becomes 1 and a count of 4294967296 becomes none.

use jiff::civil::{Date, DateTime, Weekday};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Frequency {
    Secondly,
    Minutely,
    Hourly,
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

/// The bound of a rule, which is itself still an occurrence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// The whole day counts, whatever the time of day of the occurrences.
    Date(Date),
    Utc(DateTime),
    Local(DateTime),
}

/// A weekday, with its place in the month or year: 2 the second, -1 the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByDay {
    pub place: Option<i16>,
    pub weekday: Weekday,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    pub frequency: Frequency,
    pub interval: u32,
    pub count: Option<u64>,
    pub until: Option<Until>,
    pub seconds: Vec<i8>,
    pub minutes: Vec<i8>,
    pub hours: Vec<i8>,
    pub days: Vec<ByDay>,
    pub month_days: Vec<i8>,
    pub year_days: Vec<i16>,
    pub weeks: Vec<i8>,
    pub months: Vec<i8>,
    pub places: Vec<i16>,
    pub week_start: Weekday,
}

/// Why a recurrence rule cannot be used.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum RuleError {
    #[error("the rule names no frequency")]
    NoFrequency,
    #[error("the rule's part {part} has no usable value")]
    Value { part: String },
    #[error("the rule counts in another calendar than the Gregorian one")]
    OtherCalendar,
    #[error("the rule has an unknown part {part}")]
    UnknownPart { part: String },
}

impl Rule {
    /// Reads the value of an RRULE line.
    pub fn parse(text: &str) -> Result<Self, RuleError> {
        let mut frequency = None;
        let mut rule = Self {
            frequency: Frequency::Daily,
            interval: 1,
            count: None,
            until: None,
            seconds: Vec::new(),
            minutes: Vec::new(),
            hours: Vec::new(),
            days: Vec::new(),
            month_days: Vec::new(),
            year_days: Vec::new(),
            weeks: Vec::new(),
            months: Vec::new(),
            places: Vec::new(),
            week_start: Weekday::Monday,
        };
        for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').ok_or_else(|| RuleError::UnknownPart { part: short(part) })?;
            let name = name.trim().to_ascii_uppercase();
            let value = value.trim();
            let bad = || RuleError::Value { part: short(part) };
            match name.as_str() {
                "FREQ" => frequency = Some(frequency_of(value).ok_or_else(bad)?),
                "INTERVAL" => rule.interval = value.parse().ok().filter(|steps| *steps > 0).ok_or_else(bad)?,
                "COUNT" => rule.count = Some(value.parse().map_err(|_| bad())?),
                "UNTIL" => rule.until = Some(until_of(value).ok_or_else(bad)?),
                "BYSECOND" => rule.seconds = numbers(value, 0, 60).ok_or_else(bad)?,
                "BYMINUTE" => rule.minutes = numbers(value, 0, 59).ok_or_else(bad)?,
                "BYHOUR" => rule.hours = numbers(value, 0, 23).ok_or_else(bad)?,
                "BYDAY" => rule.days = value.split(',').map(by_day).collect::<Option<_>>().ok_or_else(bad)?,
                "BYMONTHDAY" => rule.month_days = signed(value, 31).ok_or_else(bad)?,
                "BYYEARDAY" => rule.year_days = signed(value, 366).ok_or_else(bad)?,
                "BYWEEKNO" => rule.weeks = signed(value, 53).ok_or_else(bad)?,
                "BYMONTH" => rule.months = numbers(value, 1, 12).ok_or_else(bad)?,
                "BYSETPOS" => rule.places = signed(value, 366).ok_or_else(bad)?,
                "WKST" => rule.week_start = weekday(value).ok_or_else(bad)?,
                "RSCALE" if value.eq_ignore_ascii_case("GREGORIAN") => {}
                "RSCALE" => return Err(RuleError::OtherCalendar),
                "SKIP" if value.eq_ignore_ascii_case("OMIT") => {}
                other if other.starts_with("X-") => {}
                other => return Err(RuleError::UnknownPart { part: short(other) }),
            }
        }
        rule.frequency = frequency.ok_or(RuleError::NoFrequency)?;
        // A minute of sixty-one seconds is not in the civil calendar used here.
        for second in &mut rule.seconds {
            *second = (*second).min(59);
        }
        for list in [&mut rule.seconds, &mut rule.minutes, &mut rule.hours, &mut rule.months] {
            list.sort_unstable();
            list.dedup();
        }
        Ok(rule)
    }
}

fn short(part: &str) -> String {
    part.chars().take(40).collect()
}

fn frequency_of(value: &str) -> Option<Frequency> {
    Some(match value.to_ascii_uppercase().as_str() {
        "SECONDLY" => Frequency::Secondly,
        "MINUTELY" => Frequency::Minutely,
        "HOURLY" => Frequency::Hourly,
        "DAILY" => Frequency::Daily,
        "WEEKLY" => Frequency::Weekly,
        "MONTHLY" => Frequency::Monthly,
        "YEARLY" => Frequency::Yearly,
        _ => return None,
    })
}

fn numbers(value: &str, least: i8, most: i8) -> Option<Vec<i8>> {
    value.split(',').map(|number| number.trim().parse().ok().filter(|number| (least..=most).contains(number))).collect()
}

/// Numbers from 1 to `most` that may count from the end.
fn signed<N>(value: &str, most: i16) -> Option<Vec<N>>
where
    N: TryFrom<i16>,
{
    value
        .split(',')
        .map(|number| {
            let number: i16 = number.trim().parse().ok()?;
            (number != 0 && (-most..=most).contains(&number)).then(|| N::try_from(number).ok())?
        })
        .collect()
}

fn by_day(value: &str) -> Option<ByDay> {
    let value = value.trim();
    let (place, name) = value.split_at_checked(value.len().checked_sub(2)?)?;
    let place = match place.trim() {
        "" => None,
        number => Some(number.parse().ok().filter(|place| *place != 0 && (-53..=53).contains(place))?),
    };
    Some(ByDay { place, weekday: weekday(name)? })
}

fn weekday(value: &str) -> Option<Weekday> {
    Some(match value.to_ascii_uppercase().as_str() {
        "MO" => Weekday::Monday,
        "TU" => Weekday::Tuesday,
        "WE" => Weekday::Wednesday,
        "TH" => Weekday::Thursday,
        "FR" => Weekday::Friday,
        "SA" => Weekday::Saturday,
        "SU" => Weekday::Sunday,
        _ => return None,
    })
}

fn until_of(value: &str) -> Option<Until> {
    let date = |text: &str| {
        let number = |range| text.get(range).filter(|part: &&str| part.bytes().all(|byte| byte.is_ascii_digit()));
        Date::new(number(0..4)?.parse().ok()?, number(4..6)?.parse().ok()?, number(6..8)?.parse().ok()?).ok()
    };
    let day = date(value)?;
    let Some(time) = value.get(8..).and_then(|rest| rest.strip_prefix(['T', 't'])) else {
        return (value.len() == 8).then_some(Until::Date(day));
    };
    let (digits, utc) = match time.strip_suffix(['Z', 'z']) {
        Some(digits) => (digits, true),
        None => (time, false),
    };
    let part = |range| digits.get(range).and_then(|part: &str| part.parse::<i8>().ok());
    let at = day
        .to_datetime(jiff::civil::Time::new(part(0..2)?, part(2..4)?, part(4..6).unwrap_or_default().min(59), 0).ok()?);
    Some(if utc { Until::Utc(at) } else { Until::Local(at) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_keep_their_size() {
        let rule = Rule::parse("FREQ=DAILY;INTERVAL=65537;COUNT=4294967296").expect("a rule");
        assert_eq!((rule.interval, rule.count), (65_537, Some(4_294_967_296)));
    }

    #[test]
    fn nonsense_is_refused_with_the_part_named() {
        for text in [
            "",
            "COUNT=3",
            "FREQ=FORTNIGHTLY",
            "FREQ=DAILY;INTERVAL=0",
            "FREQ=DAILY;BYMONTHDAY=32",
            "FREQ=DAILY;BYSETPOS=0",
            "FREQ=DAILY;BYDAY=XX",
            "FREQ=DAILY;UNTIL=2030",
            "FREQ=DAILY;WHAT=1",
            "FREQ=DAILY;BYMONTH=13",
            "FREQ=DAILY;BYDAY=é",
        ] {
            assert!(Rule::parse(text).is_err(), "{text}");
        }
    }
}
