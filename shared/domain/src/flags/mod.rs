//! Everything that follows from a property's active stays: one place, no second opinion.
//!
//! [`findings`] is a pure function of the active stays and the settings. It knows no clock: what depends on when a stay was
//! first seen is read from the stay.

mod arrival;
mod chains;
mod reason;
mod scene;
mod work;

use crate::{
    line::{Arrival, Departure, LineLimits, LineParts, service_line},
    planner::PlanError,
    settings::{Organization, Property},
    stay::{Findings, Stay},
};
use jiff::tz::TimeZone;

use reason::Reasons;
pub use reason::{Reason, Told};
pub use scene::Role;

/// Where and under which settings the stays are judged.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    pub settings: &'a Organization,
    pub property: &'a Property,
    pub zone: &'a TimeZone,
}

/// The findings of every stay given, in their order; the stays are all active ones of one property, in any order.
pub fn findings(place: Place<'_>, stays: &[&Stay]) -> Result<Vec<Findings>, PlanError> {
    let scene = scene::Scene::new(place, stays);
    let mut found = Vec::with_capacity(stays.len());
    for seen in scene.seen() {
        found.push(one(seen)?);
    }
    Ok(found)
}

fn one(seen: scene::Seen<'_, '_>) -> Result<Findings, PlanError> {
    let (stay, rules) = (seen.stay, &seen.scene.place.settings.rules);
    let mut reasons = Reasons::new();
    reasons.add(|| Reason::Kind { rule: stay.kind_rule.clone(), kind: stay.kind, source: stay.source.clone() });

    let overlaps = seen.overlaps();
    let overlapping = !overlaps.is_empty();
    if overlapping {
        reasons.add(|| Reason::SharedNight { stays: overlaps });
    }
    let arrival = arrival::arrival(seen, &mut reasons);
    let (nights, threshold) = (stay.span.nights(), rules.long_term_nights);
    let long_term = seen.role == Role::Guest && nights >= threshold;
    reasons.add(|| Reason::LongTerm { answer: long_term, nights, threshold });

    let service = work::service_type(seen, &mut reasons);
    let at = work::service_time(seen, arrival.who, &mut reasons)?;
    let job = work::job_wish(seen, at, &mut reasons);

    if stay.office.instructions.is_some() {
        reasons.add(|| Reason::OfficeLine);
    }
    let parts = LineParts {
        instructions: stay.office.instructions.as_deref(),
        service: &service,
        arrival: arrival.who,
        departure: if long_term { Departure::LongTermGuest } else { Departure::Guest },
        next_guest: arrival.next,
    };
    let line = service_line(&parts, LineLimits { line: rules.line_limit, instructions: rules.instructions_limit });
    Ok(Findings {
        overlapping,
        same_day: arrival.who == Arrival::SameDay,
        owner_arriving: arrival.who == Arrival::Owner,
        long_term,
        next_guest: arrival.next,
        service,
        service_at: at.datetime,
        line,
        job,
        decisions: reasons.into(),
    })
}
