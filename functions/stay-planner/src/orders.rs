//! What a property's stays ask of their jobs, compared with what was ordered before.

use jiff::Timestamp;
use lintel_cloud::store::JobRow;
use lintel_domain::{
    ids::StayKey,
    job_file::JobOrder,
    planner::Input,
    schedule,
    settings::{Organization, Property, WithdrawPolicy},
    stay::{JobWish, NoJob, Stay, VersionStatus},
};
use std::collections::BTreeMap;

/// The orders that have to be written, each with the moment its job is due.
///
/// Nothing is ordered where nobody holds jobs. A stay that never had an order gets none for wanting nothing. An order is
/// repeated only to give a job in trouble another chance when an operator asks for the property to be worked out anew.
pub(crate) fn changed_orders(
    settings: &Organization,
    property: &Property,
    stays: &BTreeMap<StayKey, Stay>,
    jobs: &BTreeMap<StayKey, JobRow>,
    input: &Input,
    now: Timestamp,
) -> BTreeMap<StayKey, (JobOrder, Timestamp)> {
    let mut changed = BTreeMap::new();
    if settings.jobs.connection.is_none() {
        return changed;
    }
    for stay in stays.values() {
        let order = order(settings, property, stay);
        let row = jobs.get(&stay.key);
        let standing = row.and_then(|row| row.order.as_ref());
        let never_wanted = standing.is_none() && !matches!(order, JobOrder::Keep { .. });
        let in_trouble = row.is_some_and(|row| row.file.trouble.is_some()) && matches!(input, Input::Recompute);
        if !never_wanted && (standing != Some(&order) || in_trouble) {
            let due = due(settings, &order, now);
            changed.insert(stay.key.clone(), (order, due));
        }
    }
    changed
}

fn order(settings: &Organization, property: &Property, stay: &Stay) -> JobOrder {
    if stay.status == VersionStatus::Removed {
        return match settings.absence.withdraw {
            WithdrawPolicy::Automatic => JobOrder::Withdraw,
            WithdrawPolicy::Ask => JobOrder::Leave { reason: NoJob::Removed },
        };
    }
    match &stay.findings.job {
        JobWish::NotWanted { reason } => JobOrder::Leave { reason: reason.clone() },
        JobWish::Wanted => match schedule::desire(stay, property, &settings.rules) {
            Ok(desire) => JobOrder::Keep { desire },
            Err(_) => JobOrder::Leave { reason: NoJob::NeedsReview },
        },
    }
}

fn due(settings: &Organization, order: &JobOrder, now: Timestamp) -> Timestamp {
    match order {
        JobOrder::Keep { desire } => schedule::due(desire, settings.jobs.ahead_days).max(now),
        JobOrder::Leave { .. } | JobOrder::Withdraw => now,
    }
}
