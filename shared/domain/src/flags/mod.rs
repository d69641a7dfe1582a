//! Everything that follows from a property's active stays: one place, no second opinion.
//!
//! [`findings`] is a pure function of the active stays and the settings. It knows no clock: what depends on when a stay was
//! first seen is read from the stay.

mod arrival;
mod scene;
mod work;

use crate::{
    decision::{Decision, Inputs},
    ids::StayKey,
    line::{Arrival, Departure, LineLimits, LineParts, service_line},
    planner::PlanError,
    settings::{Organization, Property},
    snapshot::EntryKind,
    stay::{Findings, Stay},
};
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

pub use scene::Role;

/// Where and under which settings the stays are judged.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    pub settings: &'a Organization,
    pub property: &'a Property,
    pub zone: &'a TimeZone,
}

/// Decisions most stays come to.
const DECISIONS: usize = 8;

/// The findings of every stay given; the stays are all active ones of one property, in any order.
pub fn findings(place: Place<'_>, stays: &[&Stay]) -> Result<BTreeMap<StayKey, Findings>, PlanError> {
    let scene = scene::Scene::new(place.settings, stays);
    stays.iter().map(|stay| Ok((stay.key.clone(), one(place, &scene, stay)?))).collect()
}

fn one(place: Place<'_>, scene: &scene::Scene<'_>, stay: &Stay) -> Result<Findings, PlanError> {
    let rules = &place.settings.rules;
    let role = scene.role(stay);
    let mut decisions = Vec::with_capacity(DECISIONS);
    decisions.push(kind_decision(stay));

    let overlapping = scene.overlaps(stay);
    if let Some(other) = overlapping.first() {
        let others = Inputs::none().with("stays", join(&overlapping)).with("first", *other);
        decisions.push(Decision::new("overlap.shared-night", "overlapping: yes", others));
    }
    let arrival = arrival::arrival(place, scene, stay);
    decisions.extend(arrival.decisions);
    let long_term = role == Role::Guest && stay.span.nights() >= rules.long_term_nights;
    let nights = Inputs::none().with("nights", stay.span.nights()).with("threshold", rules.long_term_nights);
    let answer = if long_term { "long term: yes" } else { "long term: no" };
    decisions.push(Decision::new("long-term.nights", answer, nights));

    let service = work::service_type(stay, role, scene, place, &mut decisions);
    let at = work::service_time(place, stay, arrival.who, &mut decisions)?;
    let job = work::job_wish(place, scene, stay, at, &mut decisions);

    let parts = LineParts {
        instructions: stay.office.instructions.as_deref(),
        service: &service,
        arrival: arrival.who,
        departure: if long_term { Departure::LongTermGuest } else { Departure::Guest },
        next_guest: arrival.next,
    };
    let line = service_line(&parts, LineLimits { line: rules.line_limit, instructions: rules.instructions_limit });
    Ok(Findings {
        overlapping: !overlapping.is_empty(),
        same_day: arrival.who == Arrival::SameDay,
        owner_arriving: arrival.who == Arrival::Owner,
        long_term,
        next_guest: arrival.next,
        service,
        service_at: at.datetime,
        line,
        job,
        decisions,
    })
}

fn kind_decision(stay: &Stay) -> Decision {
    let kind = match stay.kind {
        EntryKind::Reservation => "kind: a reservation",
        EntryKind::Block => "kind: a block",
        EntryKind::OwnerBlock => "kind: an owner's stay",
        EntryKind::UnknownBusy => "kind: busy time without an explanation",
    };
    Decision::new(stay.kind_rule.clone(), kind, Inputs::none().with("source", &stay.source))
}

fn join(keys: &[&StayKey]) -> String {
    keys.iter().map(|key| key.as_str()).collect::<Vec<_>>().join(", ")
}
