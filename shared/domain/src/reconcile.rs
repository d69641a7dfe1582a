//! Two lists side by side: the stays with what was ordered for them, and the jobs the field-service system holds.
//!
//! Tells what was missed, which jobs made by hand belong to a stay, and whether everything that must hold does. Pure.
//! Matching after csv-reports.md section 5.6: customer, address and local date, closest time first; never two stays to one
//! job.

use crate::{
    ids::{AddressId, CustomerId, JobId, PropertyId, StayKey},
    job::{JobDesire, JobSeen},
    job_file::{JobFile, JobOrder, Standing},
    schedule,
    settings::{Organization, Property},
    stay::{JobWish, Stay, VersionStatus},
};
use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A job as a list of the field-service system shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedJob {
    pub seen: JobSeen,
    pub customer: Option<CustomerId>,
    pub address: Option<AddressId>,
    /// The stay it says it was made for.
    pub marker: Option<String>,
}

/// What is kept of one property.
#[derive(Clone, Debug)]
pub struct Kept<'a> {
    pub id: &'a PropertyId,
    pub property: &'a Property,
    pub stays: &'a BTreeMap<StayKey, Stay>,
    pub jobs: BTreeMap<&'a StayKey, (Option<&'a JobOrder>, &'a JobFile)>,
}

/// The stretch of time that was listed whole.
#[derive(Clone, Copy, Debug)]
pub struct Listing<'a> {
    pub jobs: &'a [ListedJob],
    pub from: Timestamp,
    pub to: Timestamp,
}

/// A stay, and the job that is its.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pairing {
    pub property: PropertyId,
    pub stay: StayKey,
    pub seen: JobSeen,
}

/// Something that must hold and does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Violation {
    /// An active stay ahead of us wants a job, has none, and nothing says why.
    NoJobAndNoReason { property: PropertyId, stay: StayKey },
    /// One job stands in for two stays.
    SharedJob { job: JobId, stays: Vec<StayKey> },
    /// A further job bears the mark of a stay that has one.
    SecondJob { property: PropertyId, stay: StayKey, job: JobId, further: JobId },
    /// A stay is gone, its job is not, and no operator was told.
    ForgottenJob { property: PropertyId, stay: StayKey, job: JobId },
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reconciliation {
    /// Jobs of ours that look other than was known.
    pub told: Vec<Pairing>,
    /// Jobs of ours that should have been listed and were not: each is to be looked at by itself.
    pub unseen: Vec<(PropertyId, StayKey)>,
    /// Jobs made by hand that are a stay's.
    pub adopted: Vec<Pairing>,
    /// Jobs that are no stay's.
    pub manual: Vec<JobId>,
    pub violations: Vec<Violation>,
}

/// Compares. `queued` are the stays an operator was told of.
pub fn reconcile(
    settings: &Organization,
    kept: &[Kept<'_>],
    listing: Listing<'_>,
    queued: &BTreeSet<StayKey>,
    now: Timestamp,
) -> Reconciliation {
    let listed: BTreeMap<&JobId, &ListedJob> = listing.jobs.iter().map(|job| (&job.seen.job, job)).collect();
    let mut outcome = Reconciliation::default();
    let mut owners: BTreeMap<&JobId, Vec<&StayKey>> = BTreeMap::new();
    for one in kept {
        for (stay, (_, file)) in &one.jobs {
            let Some(seen) = &file.seen else { continue };
            owners.entry(&seen.job).or_default().push(stay);
            match listed.get(&seen.job) {
                Some(job) if differs(seen, &job.seen) => {
                    outcome.told.push(Pairing {
                        property: one.id.clone(),
                        stay: (*stay).clone(),
                        seen: job.seen.clone(),
                    });
                }
                None if should_be_listed(file, seen, listing) => {
                    outcome.unseen.push((one.id.clone(), (*stay).clone()));
                }
                _ => {}
            }
        }
    }
    let free: Vec<&ListedJob> = listing.jobs.iter().filter(|job| !owners.contains_key(&job.seen.job)).collect();
    outcome.adopted = adopt(kept, &free);
    let taken: BTreeSet<&JobId> = outcome.adopted.iter().map(|pairing| &pairing.seen.job).collect();
    outcome.violations = violations(settings, kept, &outcome.adopted, &owners, queued, now);
    for job in free.iter().filter(|job| !taken.contains(&job.seen.job)) {
        match second_job(kept, job) {
            Some(violation) => outcome.violations.push(violation),
            None => outcome.manual.push(job.seen.job.clone()),
        }
    }
    outcome
}

/// Whether a list shows anything it can show differently.
fn differs(known: &JobSeen, listed: &JobSeen) -> bool {
    known.starts != listed.starts
        || known.progress != listed.progress
        || known.assignees != listed.assignees
        || known.work != listed.work
}

fn should_be_listed(file: &JobFile, seen: &JobSeen, listing: Listing<'_>) -> bool {
    file.standing == Standing::Verified && seen.starts.is_some_and(|at| (listing.from..listing.to).contains(&at))
}

/// Stays that want a job and have none, with the jobs made by hand that fit: by the marker first, then the closest in time.
fn adopt(kept: &[Kept<'_>], free: &[&ListedJob]) -> Vec<Pairing> {
    let mut candidates = Vec::new();
    for one in kept {
        for (stay, (order, file)) in &one.jobs {
            let Some(JobOrder::Keep { desire }) = order else { continue };
            // An attempt of ours that is under way finds its own job.
            if file.seen.is_some() || file.intent.is_some() {
                continue;
            }
            candidates.extend(free.iter().filter_map(|job| {
                let marked = job.marker.as_deref() == Some(stay.as_str());
                let away = if marked { 0 } else { fits(one.property, desire, job)? };
                Some((away, *stay, one.id, *job))
            }));
        }
    }
    candidates.sort_by(|a, b| (a.0, a.1, &a.3.seen.job).cmp(&(b.0, b.1, &b.3.seen.job)));
    let (mut stays, mut jobs) = (BTreeSet::new(), BTreeSet::new());
    candidates
        .into_iter()
        .filter(|(_, stay, _, job)| {
            let both_free = !stays.contains(stay) && !jobs.contains(&job.seen.job);
            both_free && stays.insert(*stay) && jobs.insert(&job.seen.job)
        })
        .map(|(_, stay, property, job)| Pairing {
            property: property.clone(),
            stay: stay.clone(),
            seen: job.seen.clone(),
        })
        .collect()
}

/// Seconds between what is wanted and what stands there, if it is for the same customer, address and local day.
fn fits(property: &Property, desire: &JobDesire, job: &ListedJob) -> Option<i64> {
    let starts = job.seen.starts?;
    let zone = TimeZone::get(&desire.zone).ok()?;
    let same_place = property.customer.is_some()
        && property.customer == job.customer
        && property.service_address.is_some()
        && property.service_address == job.address;
    let same_day = starts.to_zoned(zone).date() == desire.starts_at.date();
    (same_place && same_day && job.marker.is_none()).then(|| starts.duration_since(desire.starts).as_secs().abs())
}

/// A job nobody owns that bears the mark of a stay which has a live one.
fn second_job(kept: &[Kept<'_>], job: &ListedJob) -> Option<Violation> {
    let marker = StayKey::new(job.marker.as_deref().filter(|_| !job.seen.progress.is_over())?);
    kept.iter().find_map(|one| {
        let (stay, (_, file)) = one.jobs.get_key_value(&marker)?;
        let live = file.seen.as_ref().filter(|seen| file.standing != Standing::Gone && !seen.progress.is_over())?;
        Some(Violation::SecondJob {
            property: one.id.clone(),
            stay: (*stay).clone(),
            job: live.job.clone(),
            further: job.seen.job.clone(),
        })
    })
}

fn violations(
    settings: &Organization,
    kept: &[Kept<'_>],
    adopted: &[Pairing],
    owners: &BTreeMap<&JobId, Vec<&StayKey>>,
    queued: &BTreeSet<StayKey>,
    now: Timestamp,
) -> Vec<Violation> {
    let mut found = Vec::new();
    for one in kept {
        for stay in one.stays.values() {
            let (order, file) = match one.jobs.get(&stay.key) {
                Some((order, file)) => (*order, Some(*file)),
                None => (None, None),
            };
            let live = file.filter(|file| file.standing != Standing::Gone).and_then(|file| file.seen.as_ref());
            if stay.status.is_active() && !is_explained(settings, one.property, stay, order, file, now) {
                let adopted = adopted.iter().any(|pairing| pairing.stay == stay.key);
                if !adopted {
                    found.push(Violation::NoJobAndNoReason { property: one.id.clone(), stay: stay.key.clone() });
                }
            }
            if let (VersionStatus::Removed, Some(seen)) = (stay.status, live)
                && seen.starts.is_some_and(|at| at > now)
                && !seen.progress.is_over()
                && !queued.contains(&stay.key)
            {
                let (property, job) = (one.id.clone(), seen.job.clone());
                found.push(Violation::ForgottenJob { property, stay: stay.key.clone(), job });
            }
        }
    }
    found.extend(owners.iter().filter(|(_, stays)| stays.len() > 1).map(|(job, stays)| Violation::SharedJob {
        job: (*job).clone(),
        stays: stays.iter().map(|stay| (*stay).clone()).collect(),
    }));
    found
}

/// Whether a stay has its job, or a reason for having none yet.
fn is_explained(
    settings: &Organization,
    property: &Property,
    stay: &Stay,
    order: Option<&JobOrder>,
    file: Option<&JobFile>,
    now: Timestamp,
) -> bool {
    if stay.findings.job != JobWish::Wanted {
        return true;
    }
    let Ok(desire) = schedule::desire(stay, property, &settings.rules) else { return true };
    if desire.starts <= now || schedule::due(&desire, settings.jobs.ahead_days) > now {
        return true;
    }
    let has_answer = |file: &JobFile| {
        file.seen.is_some() || file.intent.is_some() || file.trouble.is_some() || file.standing == Standing::Gone
    };
    order.is_some() && file.is_some_and(has_answer)
}
