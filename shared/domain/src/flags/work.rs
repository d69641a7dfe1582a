//! What follows for the work: its kind, its time, and whether there should be a job at all.

use super::{
    Place,
    scene::{Role, Scene},
};
use crate::{
    decision::{Decision, Inputs, Phrase},
    line::Arrival,
    planner::PlanError,
    settings::UnexplainedPolicy,
    snapshot::EntryKind,
    stay::{JobWish, NoJob, ServiceType, Stay},
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

pub(super) fn service_type(
    stay: &Stay,
    role: Role,
    scene: &Scene<'_>,
    place: Place<'_>,
    decisions: &mut Vec<Decision>,
) -> ServiceType {
    let (because, service) = match (&stay.office.service_type, role) {
        (Some(set), _) => ("service.office", set.clone()),
        (None, Role::Owner) => ("service.owner", ServiceType::OwnerArrival),
        (None, Role::Block) => ("service.block", ServiceType::NeedsReview),
        (None, Role::Guest) if review(place, scene, stay).is_some() => ("service.review", ServiceType::NeedsReview),
        (None, Role::Guest) => ("service.guest", ServiceType::Turnover),
    };
    decisions.push(Decision::new(because, Phrase::with("service: ", service.as_str().to_owned()), Inputs::none()));
    service
}

pub(super) fn service_time(
    place: Place<'_>,
    stay: &Stay,
    arrival: Arrival,
    decisions: &mut Vec<Decision>,
) -> Result<ServiceAt, PlanError> {
    let rules = &place.settings.rules;
    let on_check_out = |time: Time| stay.span.check_out().to_datetime(time);
    let (rule, wanted) = match (stay.office.service_time, arrival) {
        (Some(set), _) => ("service-time.office", set),
        (None, Arrival::Owner) => ("service-time.owner-arriving", on_check_out(rules.owner_arriving_service_time)),
        (None, Arrival::SameDay) => ("service-time.same-day", on_check_out(rules.same_day_service_time)),
        (None, Arrival::Later) => ("service-time.default", on_check_out(rules.service_time)),
    };
    let ambiguous = place.zone.to_ambiguous_zoned(wanted);
    let twofold = ambiguous.is_ambiguous();
    let zoned = ambiguous
        .compatible()
        .map_err(|error| PlanError::ServiceTime { stay: stay.key.clone(), reason: error.to_string() })?;
    let words = Inputs::none().with("zone", place.property.zone.clone()).with("check_out", stay.span.check_out());
    decisions.push(Decision::new(rule, Phrase::with("service at: ", zoned.datetime()), words));
    if twofold {
        let words = Inputs::none().with("wanted", wanted).with("zone", place.property.zone.clone());
        let result = if zoned.datetime() == wanted {
            format!("the clock shows {wanted} twice: the first is taken")
        } else {
            format!("the clock skips {wanted}: {} is taken", zoned.datetime())
        };
        decisions.push(Decision::new("service-time.clock-change", result, words));
    }
    Ok(ServiceAt { datetime: zoned.datetime(), instant: zoned.timestamp() })
}

/// Whether a job is wanted. A service type the office set means that a person has looked.
pub(super) fn job_wish(
    place: Place<'_>,
    scene: &Scene<'_>,
    stay: &Stay,
    at: ServiceAt,
    decisions: &mut Vec<Decision>,
) -> JobWish {
    let looked = stay.office.service_type.as_ref().filter(|service| **service != ServiceType::NeedsReview);
    let without =
        |service: &ServiceType| *service == ServiceType::NoService || place.settings.jobs.without_job.contains(service);
    let held = stay.signals.hold || scene.doubles(stay).any(|double| double.signals.hold);
    let (rule, reason) = if looked.is_some_and(without) {
        ("job.no-service", Some(NoJob::NoService))
    } else if let Some(double) = scene.serves(stay) {
        ("job.duplicate", Some(NoJob::DuplicateOf { stay: double.clone() }))
    } else if scene.role(stay) != Role::Guest && looked.is_none_or(|service| *service == ServiceType::OwnerArrival) {
        ("job.block", Some(NoJob::Block))
    } else if held && looked.is_none() {
        ("job.hold", Some(NoJob::Hold))
    } else if let Some(why) = review(place, scene, stay).filter(|_| looked.is_none()) {
        (why, Some(NoJob::NeedsReview))
    } else if stay.office.service_type == Some(ServiceType::NeedsReview) {
        ("job.review-office", Some(NoJob::NeedsReview))
    } else if at.instant <= stay.first_seen {
        ("job.past", Some(NoJob::Past))
    } else {
        ("job.wanted", None)
    };
    let result = said(reason.as_ref());
    let mut words = Inputs::none();
    if let Some(NoJob::DuplicateOf { stay }) = &reason {
        words = words.with("stay", stay);
    }
    decisions.push(Decision::new(rule, result, words));
    if stay.kind == EntryKind::UnknownBusy && looked.is_none() && reason.is_none() {
        decisions.push(Decision::new("job.unexplained", "job: yes, and a look", Inputs::none()));
    }
    reason.map_or(JobWish::Wanted, |reason| JobWish::NotWanted { reason })
}

/// The answer in words an operator understands.
fn said(reason: Option<&NoJob>) -> &'static str {
    match reason {
        None => "job: yes",
        Some(NoJob::Block) => "job: no, nobody departs from a block",
        Some(NoJob::NeedsReview) => "job: no, until a person has looked",
        Some(NoJob::Hold) => "job: no, the supplier's text forbids work until a person has looked",
        Some(NoJob::DuplicateOf { .. }) => "job: no, another source lists the same stay",
        Some(NoJob::Past) => "job: no, its time had passed when it was first seen",
        Some(NoJob::Removed) => "job: no, the stay is gone",
        Some(NoJob::NoService) => "job: no, by the office's choice",
    }
}

/// The rule by which a person has to look before there is work.
fn review(place: Place<'_>, scene: &Scene<'_>, stay: &Stay) -> Option<&'static str> {
    if stay.kind != EntryKind::UnknownBusy {
        return None;
    }
    if stay.confirmation.is_none() && stay.span.nights() > place.settings.rules.review_nights {
        return Some("job.review-long");
    }
    (scene.unexplained(stay) == UnexplainedPolicy::Review).then_some("job.review-feed")
}
