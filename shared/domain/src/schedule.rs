//! When a job should be, when it is, and which template it is made from (csv-reports.md section 5.6).

use crate::{
    ids::JobId,
    job::{JobDesire, ScheduleState},
    settings::{JobRules, Property, Rules},
    stay::{ServiceType, Stay},
};
use jiff::{SignedDuration, Timestamp, ToSpan, civil::DateTime, tz::TimeZone};

/// A time that cannot be had at a property.
#[derive(Debug, thiserror::Error)]
pub enum ScheduleError {
    #[error("reading the zone {zone}")]
    Zone { zone: String, source: jiff::Error },
    #[error("placing {at} in the zone {zone}")]
    Place { at: DateTime, zone: String, source: jiff::Error },
}

/// The zone a property lies in.
pub fn zone(property: &Property) -> Result<TimeZone, ScheduleError> {
    zone_named(&property.zone)
}

fn zone_named(name: &str) -> Result<TimeZone, ScheduleError> {
    TimeZone::get(name).map_err(|source| ScheduleError::Zone { zone: name.to_owned(), source })
}

/// The moment a wall clock in the zone shows `at`: a skipped time moves forward, of a repeated one the first is taken.
pub fn instant(at: DateTime, zone: &str) -> Result<Timestamp, ScheduleError> {
    let place = zone_named(zone)?;
    let zoned = at.to_zoned(place);
    zoned.map(|zoned| zoned.timestamp()).map_err(|source| ScheduleError::Place { at, zone: zone.to_owned(), source })
}

/// How what was seen compares with what is wanted: the local date first, the local minute second.
///
/// `zone` is the IANA name of the property's zone. Zones are checked where configuration is read and where a stay is planned;
/// one that has become unknown since compares in UTC, which still tells equal moments from different ones.
pub fn compare(desired: Timestamp, seen: Option<Timestamp>, zone: &str) -> ScheduleState {
    let Some(seen) = seen else { return ScheduleState::NotCreated };
    let zone = zone_named(zone).unwrap_or(TimeZone::UTC);
    let (desired, seen) = (desired.to_zoned(zone.clone()), seen.to_zoned(zone));
    if desired.date() != seen.date() {
        ScheduleState::WrongDate
    } else if (desired.hour(), desired.minute()) != (seen.hour(), seen.minute()) {
        ScheduleState::WrongTime
    } else {
        ScheduleState::Synced
    }
}

/// What the stay's job should look like. Whether it should exist at all is `stay.findings.job`.
pub fn desire(stay: &Stay, property: &Property, rules: &Rules) -> Result<JobDesire, ScheduleError> {
    let starts_at = stay.findings.service_at;
    let starts = instant(starts_at, &property.zone)?;
    Ok(JobDesire {
        starts_at,
        starts,
        zone: property.zone.clone(),
        minutes: rules.service_minutes,
        line: stay.findings.line.clone(),
        service: stay.findings.service.clone(),
    })
}

/// From when on a job is created: the beginning of the day that lies `ahead_days` before its service. A day that cannot be
/// placed counts as the same span of hours.
pub fn due(desire: &JobDesire, ahead_days: u32) -> Timestamp {
    let day = desire.starts_at.date().saturating_sub(i64::from(ahead_days).days());
    instant(day.at(0, 0, 0, 0), &desire.zone).unwrap_or_else(|_| {
        desire.starts.saturating_sub(SignedDuration::from_hours(i64::from(ahead_days) * 24)).unwrap_or(Timestamp::MIN)
    })
}

/// The job whose line items are copied: the property's own for this kind of work, else the organization's.
pub fn template<'a>(service: &ServiceType, property: &'a Property, jobs: &'a JobRules) -> Option<&'a JobId> {
    [&property.templates, &jobs.templates].into_iter().find_map(|templates| {
        templates.iter().find(|(name, _)| name.trim().eq_ignore_ascii_case(service.as_str())).map(|(_, job)| job)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_local_date_is_compared_before_the_local_minute() {
        let zone = "America/Phoenix";
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        // 22:00 and 01:00 of one UTC day are two local days.
        assert_eq!(
            compare(at("2030-03-05T05:00:00Z"), Some(at("2030-03-05T08:00:00Z")), zone),
            ScheduleState::WrongDate
        );
        // 23:30 UTC and 01:00 UTC of two UTC days are one local day.
        assert_eq!(
            compare(at("2030-03-05T23:30:00Z"), Some(at("2030-03-06T01:00:00Z")), zone),
            ScheduleState::WrongTime
        );
        assert_eq!(compare(at("2030-03-05T17:00:00Z"), Some(at("2030-03-05T17:00:42Z")), zone), ScheduleState::Synced);
        assert_eq!(compare(at("2030-03-05T17:00:00Z"), None, zone), ScheduleState::NotCreated);
    }
}
