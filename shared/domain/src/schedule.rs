//! When a job should be, when it is, and which template it is made from (csv-reports.md section 5.6).

use crate::{
    ids::JobId,
    job::{JobDesire, ScheduleState},
    settings::{JobRules, Property, Rules},
    stay::{ServiceType, Stay},
};
use jiff::{Timestamp, ToSpan, civil::DateTime, tz::TimeZone};

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
    TimeZone::get(&property.zone).map_err(|source| ScheduleError::Zone { zone: property.zone.clone(), source })
}

/// How what was seen compares with what is wanted: the local date first, the local minute second.
pub fn compare(desired: Timestamp, seen: Option<Timestamp>, zone: &TimeZone) -> ScheduleState {
    let Some(seen) = seen else { return ScheduleState::NotCreated };
    let (desired, seen) = (desired.to_zoned(zone.clone()), seen.to_zoned(zone.clone()));
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
    let starts = place(starts_at, property)?;
    Ok(JobDesire {
        starts_at,
        starts,
        zone: property.zone.clone(),
        minutes: rules.service_minutes,
        line: stay.findings.line.clone(),
        service: stay.findings.service.clone(),
    })
}

/// From when on the stay's job is created: the beginning of the day that lies `ahead_days` before its service.
pub fn creation_due(stay: &Stay, property: &Property, jobs: &JobRules) -> Result<Timestamp, ScheduleError> {
    let day = stay.findings.service_at.date();
    let due = day.saturating_sub(i64::from(jobs.ahead_days).days());
    place(due.at(0, 0, 0, 0), property)
}

/// The job whose line items are copied: the property's own for this kind of work, else the organization's.
pub fn template<'a>(property: &'a Property, jobs: &'a JobRules, service: &ServiceType) -> Option<&'a JobId> {
    [&property.templates, &jobs.templates].into_iter().find_map(|templates| {
        templates.iter().find(|(name, _)| name.trim().eq_ignore_ascii_case(service.as_str())).map(|(_, job)| job)
    })
}

fn place(at: DateTime, property: &Property) -> Result<Timestamp, ScheduleError> {
    at.to_zoned(zone(property)?).map(|zoned| zoned.timestamp()).map_err(|source| ScheduleError::Place {
        at,
        zone: property.zone.clone(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_local_date_is_compared_before_the_local_minute() {
        let zone = TimeZone::get("America/Phoenix").unwrap();
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        // 22:00 and 01:00 of one UTC day are two local days.
        assert_eq!(
            compare(at("2030-03-05T05:00:00Z"), Some(at("2030-03-05T08:00:00Z")), &zone),
            ScheduleState::WrongDate
        );
        // 23:30 UTC and 01:00 UTC of two UTC days are one local day.
        assert_eq!(
            compare(at("2030-03-05T23:30:00Z"), Some(at("2030-03-06T01:00:00Z")), &zone),
            ScheduleState::WrongTime
        );
        assert_eq!(compare(at("2030-03-05T17:00:00Z"), Some(at("2030-03-05T17:00:42Z")), &zone), ScheduleState::Synced);
        assert_eq!(compare(at("2030-03-05T17:00:00Z"), None, &zone), ScheduleState::NotCreated);
    }
}
