//! One organization: list, compare, write down, report.

use crate::{desk::Desk, office, report::OrgReport};
use jiff::{SignedDuration, Timestamp};
use lintel_cloud::{
    connections::ConnectionError,
    messages::{JobsMessage, MirrorMessage},
    office::OfficeError,
    queues::QueueError,
    settings::SettingsError,
    store::{MirrorMark, OrgTable, PropertyRows, StoreError},
};
use lintel_connectors::{roles::FieldService, transport::Deadline};
use lintel_domain::{
    attention::AttentionCode,
    ids::{ConnectionId, OrgId, PropertyId, StayKey},
    job_file::{JobFile, JobOrder, Patience, Standing, Step, Written, next_step},
    job_news::{self, JobNews},
    reconcile::{self, Kept, Listing, Pairing, Reconciliation},
    settings::Organization,
};
use std::{collections::BTreeSet, time::Duration};

/// What is listed, around today (csv-reports.md section 5.6).
const BEFORE: SignedDuration = SignedDuration::from_hours(24 * 30);
const AFTER: SignedDuration = SignedDuration::from_hours(24 * 90);
/// Time that writing down needs after the list is read.
const TO_WRITE: SignedDuration = SignedDuration::from_secs(60);

#[derive(Debug, thiserror::Error)]
pub(crate) enum RunError {
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Queue(#[from] QueueError),
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    #[error(transparent)]
    Office(#[from] OfficeError),
    #[error(transparent)]
    Vendor(#[from] lintel_connectors::Error),
}

/// `None` where there are neither jobs nor an office's table. Trouble at one of them is not the other's.
pub(crate) async fn reconcile(desk: &Desk, org: &OrgId, deadline: Timestamp) -> Result<Option<OrgReport>, RunError> {
    let settings = desk.settings.load(org).await?;
    if settings.jobs.connection.is_none() && settings.jobs.mirror.is_none() {
        return Ok(None);
    }
    let table = desk.table.org(org);
    let mut report = match &settings.jobs.connection {
        Some(connection) => match compare(desk, &table, &settings, connection, deadline).await {
            Ok(report) => report,
            Err(error) => OrgReport::failed(org.clone(), error.to_string()),
        },
        None => OrgReport::empty(org.clone()),
    };
    match office::catch_up(desk, &table, &settings, Deadline::at(deadline - TO_WRITE)).await {
        Ok(edits) => report.edits = edits,
        Err(error) => report.office_failure = Some(error.to_string()),
    }
    for failure in report.failure.iter().chain(&report.office_failure) {
        tracing::error!(%org, failure, "an organization was not reconciled whole");
    }
    desk.metrics.count("reconciler", org, "invariants_violated_count", report.violations.len());
    desk.metrics.count("reconciler", org, "jobs_adopted_count", report.adopted);
    Ok(Some(report))
}

/// Sets stays and jobs against each other. A list that was not read whole ends it: nothing follows from half of it.
async fn compare(
    desk: &Desk,
    table: &OrgTable,
    settings: &Organization,
    connection: &ConnectionId,
    deadline: Timestamp,
) -> Result<OrgReport, RunError> {
    let service = desk.connections.field_service(settings, connection).await?;
    let now = desk.clock.now();
    let (from, to) = (now - BEFORE, now + AFTER);
    let jobs = service.list(from, to, Deadline::at(deadline - TO_WRITE)).await?;
    // Read after the list: what changed in between is newer than it, and stands.
    let mut properties = Vec::new();
    for id in settings.properties.keys() {
        properties.push(table.property(id).await?);
    }
    let queued = queued(table).await?;
    let listing = Listing { jobs: &jobs, from, to };
    let found = reconcile::reconcile(settings, &kept(settings, &properties), listing, &queued, now);
    Work { desk, table, settings, service: service.as_ref(), deadline, now }.write_down(found, jobs.len()).await
}

fn kept<'a>(settings: &'a Organization, properties: &'a [PropertyRows]) -> Vec<Kept<'a>> {
    let one = |rows: &'a PropertyRows| {
        let (id, property) = settings.properties.get_key_value(&rows.property)?;
        let jobs = rows.jobs.iter().map(|(stay, row)| (stay, (row.order.as_ref(), &row.file))).collect();
        Some(Kept { id, property, stays: &rows.state.stays, jobs })
    };
    properties.iter().filter_map(one).collect()
}

/// Stays whose live job an operator was told of.
async fn queued(table: &OrgTable) -> Result<BTreeSet<StayKey>, StoreError> {
    let codes = [AttentionCode::RemovedWithLiveJob.as_str(), AttentionCode::UnwantedWithLiveJob.as_str()];
    let entries = table.attention().await?.into_iter().filter(|entry| codes.contains(&entry.code.as_str()));
    Ok(entries.map(|entry| StayKey::new(entry.subject)).collect())
}

/// What a run writes with.
struct Work<'a> {
    desk: &'a Desk,
    table: &'a OrgTable,
    settings: &'a Organization,
    service: &'a dyn FieldService,
    deadline: Timestamp,
    now: Timestamp,
}

impl Work<'_> {
    async fn write_down(&self, found: Reconciliation, listed: usize) -> Result<OrgReport, RunError> {
        let (mut caught_up, mut looked_for, mut adopted) = (0, 0, 0);
        for pairing in &found.told {
            let at = pairing.seen.updated_at.unwrap_or(self.now);
            let news = JobNews::Job { seen: pairing.seen.clone() };
            let take = |file: &JobFile| job_news::take(file, &news, at);
            caught_up += usize::from(self.change(&pairing.property, &pairing.stay, take).await?);
        }
        for (property, stay) in &found.unseen {
            let look_again = |file: &JobFile| {
                (file.standing == Standing::Verified).then(|| JobFile {
                    standing: Standing::Unverified,
                    checked_at: None,
                    created_at: None,
                    ..file.clone()
                })
            };
            looked_for += usize::from(self.change(property, stay, look_again).await?);
        }
        for pairing in &found.adopted {
            adopted += usize::from(self.adopt(pairing).await?);
        }
        Ok(OrgReport {
            listed: Some(listed),
            caught_up,
            looked_for,
            adopted,
            manual: found.manual,
            violations: found.violations,
            ..OrgReport::empty(self.table.id().clone())
        })
    }

    /// Gives a job made by hand to its stay. A time that is not the ordered one is the word of who made it.
    async fn adopt(&self, pairing: &Pairing) -> Result<bool, RunError> {
        let Some(row) = self.table.job(&pairing.property, &pairing.stay).await? else { return Ok(false) };
        let Some(JobOrder::Keep { desire }) = &row.order else { return Ok(false) };
        let wrote = Written { starts: desire.starts, line: String::new() };
        let adopt = |file: &JobFile| {
            (file.seen.is_none() && file.intent.is_none()).then(|| JobFile {
                seen: Some(pairing.seen.clone()),
                wrote: Some(wrote.clone()),
                standing: Standing::Unverified,
                ..file.clone()
            })
        };
        // Marked first: a run that dies in between finds it by its mark.
        self.service.mark(&pairing.seen.job, pairing.stay.as_str(), Deadline::at(self.deadline)).await?;
        self.change(&pairing.property, &pairing.stay, adopt).await
    }

    /// Changes a job's file unless somebody is at it; the next run comes by again.
    async fn change(
        &self,
        property: &PropertyId,
        stay: &StayKey,
        how: impl Fn(&JobFile) -> Option<JobFile>,
    ) -> Result<bool, RunError> {
        let Some(before) = self.table.job(property, stay).await? else { return Ok(false) };
        let Some(mut after) = how(&before.file) else { return Ok(false) };
        let mut again = None;
        if let Some(order) = &before.order {
            match next_step(order, &after, self.settings.rules.line_limit, Patience::default(), self.now) {
                Step::Settle { state, details } => {
                    (after.schedule, after.details, after.trouble) = (Some(state), details, None);
                }
                _ => again = Some(self.now),
            }
        }
        let mirror = if after.looks_like(&before.file) { MirrorMark::Leave } else { MirrorMark::Mark };
        if !self.table.tell_job(&before, &after, again, mirror, self.now).await? {
            return Ok(false);
        }
        self.announce(property, stay, again, mirror).await?;
        Ok(true)
    }

    async fn announce(
        &self,
        property: &PropertyId,
        stay: &StayKey,
        again: Option<Timestamp>,
        mirror: MirrorMark,
    ) -> Result<(), RunError> {
        let org = || self.table.id().clone();
        if mirror == MirrorMark::Mark {
            let message = MirrorMessage::V1 { org: org(), property: property.clone(), stay: stay.clone() };
            self.desk.queues.send(&self.desk.mirror, &org(), &message, Duration::ZERO).await?;
        }
        if again.is_some() {
            let message = JobsMessage::V1 { org: org(), property: property.clone(), stay: stay.clone() };
            self.desk.queues.send(&self.desk.jobs, &org(), &message, Duration::ZERO).await?;
        }
        Ok(())
    }
}
