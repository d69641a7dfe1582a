//! From the property as an input leaves it to the versions that have to be written.

use super::{ChangeKind, LiveJob, Outcome, PlanError, PropertyPlan, StayChange, draft::Draft};
use crate::{
    attention::{Attention, AttentionCode},
    flags::{Place, findings},
    settings::WithdrawPolicy,
    snapshot::EntryKind,
    stay::{JobWish, NoJob, Stay, VersionStatus},
};
use jiff::Timestamp;

/// Decisions that a person should hear of once, when they first appear on a stay.
const TOLD: [(&str, AttentionCode); 9] = [
    ("same-day.flag-disagrees", AttentionCode::FlagDisagrees),
    ("same-day.neighbour-disagrees", AttentionCode::FlagDisagrees),
    ("same-day.same-guest", AttentionCode::SameGuestChain),
    ("job.hold", AttentionCode::Hold),
    ("job.review-long", AttentionCode::NeedsReview),
    ("job.review-feed", AttentionCode::NeedsReview),
    ("job.unexplained", AttentionCode::NeedsReview),
    ("overlap.shared-night", AttentionCode::Overlap),
    ("service-time.clock-change", AttentionCode::ServiceTimeShifted),
];

pub(super) fn settle(place: Place<'_>, mut draft: Draft<'_>, now: Timestamp) -> Result<PropertyPlan, PlanError> {
    draft.withdraw_plans(now);
    draft.count_misses();
    judge(place, &mut draft)?;

    let before = draft.before;
    let mut plan = PropertyPlan::nothing(Outcome::Unchanged);
    plan.attention = std::mem::take(&mut draft.attention);
    let mut why = std::mem::take(&mut draft.why);
    for (key, mut stay) in std::mem::take(&mut draft.stays) {
        let old = before.stays.get(&key);
        if let Some(why) = why.remove(&key) {
            stay.recognised = why;
        }
        if old == Some(&stay) {
            continue;
        }
        let mut change = version(old, stay, &draft, now);
        change.live_job = live_job(place, old, &change, &draft);
        tell(old, &change, &mut plan.attention);
        plan.changes.push(change);
    }
    plan.sources = draft.sources.into_iter().filter(|(id, facts)| before.sources.get(id) != Some(facts)).collect();
    plan.plans =
        draft.plans.into_iter().filter(|(id, plan)| before.plans.get(id) != Some(plan)).map(|(_, plan)| plan).collect();
    plan.rejected = draft.rejected;
    plan.skipped = draft.skipped;
    plan.attention.sort();
    plan.attention.dedup();
    if !plan.is_empty() {
        plan.outcome = Outcome::Applied;
    }
    Ok(plan)
}

/// Makes all findings afresh; a stay that ends now keeps its last ones, save that it wants no job.
fn judge(place: Place<'_>, draft: &mut Draft<'_>) -> Result<(), PlanError> {
    let active: Vec<&Stay> = draft.stays.values().filter(|stay| stay.status.is_active()).collect();
    let found = findings(place, &active)?;
    for (stay, findings) in draft.stays.values_mut().filter(|stay| stay.status.is_active()).zip(found) {
        stay.findings = findings;
    }
    let ended = draft.stays.values_mut().filter(|stay| !stay.status.is_active());
    for stay in ended.filter(|stay| draft.before.stays.get(&stay.key).is_some_and(|old| old.status.is_active())) {
        stay.findings.job = JobWish::NotWanted { reason: NoJob::Removed };
        stay.findings.decisions.retain(|rule| !rule.starts_with("job."));
    }
    Ok(())
}

fn version(old: Option<&Stay>, mut stay: Stay, draft: &Draft<'_>, now: Timestamp) -> StayChange {
    let kind = match old {
        None => ChangeKind::Created,
        Some(old) => match (old.status.is_active(), stay.status.is_active()) {
            (true, false) => ChangeKind::Removed,
            (false, true) => ChangeKind::Reactivated,
            (true, true) if old.office != stay.office => ChangeKind::Edited,
            (true, true) if !draft.rolling.contains(&stay.key) && tracked_differs(old, &stay) => ChangeKind::Modified,
            _ => ChangeKind::Evidence,
        },
    };
    let retired = match (kind, old) {
        (ChangeKind::Created | ChangeKind::Edited | ChangeKind::Evidence, _) | (_, None) => None,
        (_, Some(old)) => {
            stay.version = old.version.saturating_add(1);
            if kind != ChangeKind::Removed {
                stay.status = VersionStatus::Modified;
            }
            Some(Stay { status: VersionStatus::Old, ..old.clone() })
        }
    };
    if kind != ChangeKind::Evidence {
        stay.changed_at = now;
    }
    StayChange { stay, retired, kind, live_job: None }
}

/// Whether the difference makes history: everything that a person or a job sees. A block has neither line nor job.
fn tracked_differs(old: &Stay, new: &Stay) -> bool {
    let (a, b) = (&old.findings, &new.findings);
    let always = old.span != new.span
        || old.kind != new.kind
        || a.overlapping != b.overlapping
        || a.service != b.service
        || a.job != b.job;
    let for_guests = (a.same_day, a.owner_arriving, a.long_term, a.next_guest, a.service_at, &a.line)
        != (b.same_day, b.owner_arriving, b.long_term, b.next_guest, b.service_at, &b.line);
    always || new.kind != EntryKind::Block && for_guests
}

fn live_job(place: Place<'_>, old: Option<&Stay>, change: &StayChange, draft: &Draft<'_>) -> Option<LiveJob> {
    let wish = &change.stay.findings.job;
    if *wish == JobWish::Wanted || old.is_some_and(|old| old.findings.job == *wish) {
        return None;
    }
    let job = draft.before.jobs.get(&change.stay.key)?.live()?.clone();
    let withdraw = match change.kind {
        ChangeKind::Removed => place.settings.absence.withdraw,
        _ => WithdrawPolicy::Ask,
    };
    Some(LiveJob { job, withdraw })
}

fn tell(old: Option<&Stay>, change: &StayChange, attention: &mut Vec<Attention>) {
    let stay = &change.stay;
    let mut push = |code: AttentionCode, text: String| {
        attention.push(Attention { code, stay: Some(stay.key.clone()), source: Some(stay.source.clone()), text });
    };
    if change.live_job.is_some() {
        if change.kind == ChangeKind::Removed {
            push(AttentionCode::RemovedWithLiveJob, "the stay is gone, its job is still there".to_owned());
        } else {
            push(AttentionCode::UnwantedWithLiveJob, "the stay wants no job any more, but has a live one".to_owned());
        }
    }
    if !stay.status.is_active() {
        return;
    }
    let known = |rule: &str| old.is_some_and(|old| old.findings.decisions.rules().any(|earlier| earlier == rule));
    for (rule, code) in TOLD.iter().filter(|(rule, _)| !known(rule)) {
        for decision in stay.findings.decisions.of(rule) {
            push(*code, decision.result.to_string());
        }
    }
}
