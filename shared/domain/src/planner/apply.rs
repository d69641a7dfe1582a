//! From an input to a plan.

use super::{Input, Outcome, PlanError, PropertyPlan, PropertyState, changes, draft::Draft, read};
use crate::{
    absence::RemovalPlanStatus,
    flags::Place,
    ids::{PropertyId, RemovalPlanId, SourceId},
    job::JobProgress,
    schedule,
    settings::Organization,
    source::ReadOrder,
    stay::VersionStatus,
};
use jiff::Timestamp;

/// What `input` changes at `property`.
///
/// `now` is only written down (when a version changed, when a plan was opened or settled); what a read says is judged by the
/// time it was observed. Fails when the property or its zone is unknown, or the input names what does not exist.
pub fn plan(
    property: &PropertyId,
    settings: &Organization,
    state: &PropertyState,
    input: &Input,
    now: Timestamp,
) -> Result<PropertyPlan, PlanError> {
    let configured = settings.properties.get(property).ok_or_else(|| PlanError::UnknownProperty(property.clone()))?;
    let zone = schedule::zone(configured)
        .map_err(|_| PlanError::UnknownZone { property: property.clone(), zone: configured.zone.clone() })?;
    let place = Place { settings, property: configured, zone: &zone };
    let mut draft = Draft::new(state);
    match input {
        Input::Snapshot { snapshot } => {
            if snapshot.property != *property {
                return Err(PlanError::WrongProperty {
                    property: property.clone(),
                    snapshot: snapshot.property.clone(),
                });
            }
            let facts = state.sources.get(&snapshot.source);
            match facts.map_or(ReadOrder::Newer, |facts| facts.order(snapshot.observed_at, &snapshot.id)) {
                ReadOrder::Older => return Ok(PropertyPlan::nothing(Outcome::Superseded)),
                ReadOrder::Same => {}
                ReadOrder::Newer => read::apply(place, snapshot, &mut draft, now),
            }
        }
        Input::Recompute => {}
        Input::Edit { stay, edits, as_of } => {
            let stay = draft.stays.get_mut(stay).ok_or_else(|| PlanError::UnknownStay(stay.clone()))?;
            if stay.office_as_of.is_some_and(|known| known > *as_of) {
                return Ok(PropertyPlan::nothing(Outcome::Superseded));
            }
            stay.office.clone_from(edits);
            stay.office_as_of = Some(*as_of);
        }
        Input::Approve { plan } => approve(&mut draft, plan, now)?,
        Input::Dismiss { plan } => dismiss(&mut draft, plan, now)?,
        Input::RemoveSource { source } => remove_source(&mut draft, source),
    }
    changes::settle(place, draft, now)
}

fn approve(draft: &mut Draft<'_>, id: &RemovalPlanId, now: Timestamp) -> Result<(), PlanError> {
    let plan = open_plan(draft, id)?;
    plan.status = RemovalPlanStatus::Approved;
    plan.settled_at = Some(now);
    let stays = plan.stays.clone();
    for (key, reads) in stays {
        let progress = draft.before.jobs.get(&key).and_then(|job| job.progress.as_ref());
        let missing = draft.stays.get(&key).is_some_and(|stay| stay.misses.is_some());
        if missing && progress != Some(&JobProgress::InProgress) {
            draft.end(&key, VersionStatus::Removed, "absence.approved", "removed: an operator approved", &reads);
        }
    }
    Ok(())
}

fn dismiss(draft: &mut Draft<'_>, id: &RemovalPlanId, now: Timestamp) -> Result<(), PlanError> {
    let plan = open_plan(draft, id)?;
    plan.status = RemovalPlanStatus::Dismissed;
    plan.settled_at = Some(now);
    let keys: Vec<_> = plan.stays.keys().cloned().collect();
    for key in keys {
        if let Some(misses) = draft.stays.get_mut(&key).and_then(|stay| stay.misses.as_mut()) {
            misses.kept_by = Some(id.clone());
        }
    }
    Ok(())
}

fn open_plan<'d>(
    draft: &'d mut Draft<'_>,
    id: &RemovalPlanId,
) -> Result<&'d mut crate::absence::RemovalPlan, PlanError> {
    draft
        .plans
        .get_mut(id)
        .filter(|plan| plan.status == RemovalPlanStatus::Open)
        .ok_or_else(|| PlanError::UnknownPlan(id.clone()))
}

fn remove_source(draft: &mut Draft<'_>, source: &SourceId) {
    let keys: Vec<_> =
        draft.stays.values().filter(|stay| stay.source == *source).map(|stay| stay.key.clone()).collect();
    for key in keys {
        draft.end(&key, VersionStatus::Old, "absence.source-removed", "ended: the source is configured away", &[]);
    }
}
