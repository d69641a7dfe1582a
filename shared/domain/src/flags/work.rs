//! What follows for the work: its kind, its time, and whether there should be a job at all.

use super::{
    reason::{Reason, Reasons},
    scene::{Role, Seen},
};
use crate::{
    line::Arrival,
    planner::PlanError,
    settings::UnexplainedPolicy,
    snapshot::EntryKind,
    stay::{JobWish, NoJob, ServiceType},
};
use jiff::{
    Timestamp,
    civil::{DateTime, Time},
};

/// The service time on the wall and the moment it is.
#[derive(Clone, Copy)]
pub(super) struct ServiceAt {
    pub(super) datetime: DateTime,
    instant: Timestamp,
}

pub(super) fn service_type(seen: Seen<'_, '_>, reasons: &mut Reasons) -> ServiceType {
    let (rule, service) = match (&seen.stay.office.service_type, seen.role) {
        (Some(set), _) => ("service.office", set.clone()),
        (None, Role::Owner) => ("service.owner", ServiceType::OwnerArrival),
        (None, Role::Block) => ("service.block", ServiceType::NeedsReview),
        (None, Role::Guest) if review(seen).is_some() => ("service.review", ServiceType::NeedsReview),
        (None, Role::Guest) => ("service.guest", ServiceType::Turnover),
    };
    reasons.add(|| Reason::Service { rule, service: service.clone() });
    service
}

pub(super) fn service_time(
    seen: Seen<'_, '_>,
    arrival: Arrival,
    reasons: &mut Reasons,
) -> Result<ServiceAt, PlanError> {
    let (stay, place) = (seen.stay, seen.scene.place);
    let rules = &place.settings.rules;
    let check_out = stay.span.check_out();
    let on_check_out = |time: Time| check_out.to_datetime(time);
    let (rule, wanted) = match (stay.office.service_time, arrival) {
        (Some(set), _) => ("service-time.office", set),
        (None, Arrival::Owner) => ("service-time.owner-arriving", on_check_out(rules.owner_arriving_service_time)),
        (None, Arrival::SameDay) => ("service-time.same-day", on_check_out(rules.same_day_service_time)),
        (None, Arrival::Later) => ("service-time.default", on_check_out(rules.service_time)),
    };
    let ambiguous = place.zone.to_ambiguous_timestamp(wanted);
    let clock_change = ambiguous.is_ambiguous();
    let instant = ambiguous
        .compatible()
        .map_err(|error| PlanError::ServiceTime { stay: stay.key.clone(), reason: error.to_string() })?;
    let at = if clock_change { place.zone.to_datetime(instant) } else { wanted };
    let zone = &seen.scene.zone;
    reasons.add(|| Reason::ServiceTime { rule, at, check_out, zone: zone.clone() });
    if clock_change {
        reasons.add(|| Reason::ClockChange { wanted, at, zone: zone.clone() });
    }
    Ok(ServiceAt { datetime: at, instant })
}

/// Whether a job is wanted. A service type the office set means that a person has looked.
pub(super) fn job_wish(seen: Seen<'_, '_>, at: ServiceAt, reasons: &mut Reasons) -> JobWish {
    let stay = seen.stay;
    let looked = stay.office.service_type.as_ref().filter(|service| **service != ServiceType::NeedsReview);
    let without_job = &seen.scene.place.settings.jobs.without_job;
    let without = |service: &ServiceType| *service == ServiceType::NoService || without_job.contains(service);
    let held = stay.signals.hold || seen.doubles().any(|double| double.signals.hold);
    let (rule, without) = if looked.is_some_and(without) {
        ("job.no-service", Some(NoJob::NoService))
    } else if let Some(double) = seen.served_by() {
        ("job.duplicate", Some(NoJob::DuplicateOf { stay: double.clone() }))
    } else if seen.role != Role::Guest && looked.is_none_or(|service| *service == ServiceType::OwnerArrival) {
        ("job.block", Some(NoJob::Block))
    } else if held && looked.is_none() {
        ("job.hold", Some(NoJob::Hold))
    } else if let Some(why) = review(seen).filter(|_| looked.is_none()) {
        (why, Some(NoJob::NeedsReview))
    } else if stay.office.service_type == Some(ServiceType::NeedsReview) {
        ("job.review-office", Some(NoJob::NeedsReview))
    } else if at.instant <= stay.first_seen {
        ("job.past", Some(NoJob::Past))
    } else {
        ("job.wanted", None)
    };
    reasons.add(|| Reason::Job { rule, without: without.clone() });
    if stay.kind == EntryKind::UnknownBusy && looked.is_none() && without.is_none() {
        reasons.add(|| Reason::JobUnexplained);
    }
    without.map_or(JobWish::Wanted, |reason| JobWish::NotWanted { reason })
}

/// The rule by which a person has to look before there is work.
fn review(seen: Seen<'_, '_>) -> Option<&'static str> {
    let stay = seen.stay;
    if stay.kind != EntryKind::UnknownBusy {
        return None;
    }
    if stay.confirmation.is_none() && stay.span.nights() > seen.scene.place.settings.rules.review_nights {
        return Some("job.review-long");
    }
    (seen.scene.unexplained(stay) == UnexplainedPolicy::Review).then_some("job.review-feed")
}
