//! What a vendor says of a job goes into the job's file, and on to the office.

use crate::{desk::Desk, react::Failure};
use jiff::Timestamp;
use lintel_cloud::{
    messages::{JobsMessage, MirrorMessage},
    store::{JobRow, MirrorMark, OrgTable, Received},
};
use lintel_connectors::roles;
use lintel_domain::{
    job_file::{JobFile, Patience, Step, next_step},
    job_news,
    settings::Organization,
};
use std::time::Duration;

/// How often a file that others are at is read again, and how long in between.
const TRIES: usize = 8;
const PAUSE: Duration = Duration::from_millis(400);

pub(crate) async fn follow(
    desk: &Desk,
    table: &OrgTable,
    settings: &Organization,
    received: &Received,
) -> Result<String, Failure> {
    let content = serde_json::from_str(received.content.expose())
        .map_err(|_| Failure::Permanent("the event's content is no JSON".to_owned()))?;
    let news = roles::job_news(&received.vendor, &received.name, &content)
        .map_err(|error| Failure::Permanent(error.to_string()))?;
    let Some(news) = news else { return Ok("it is not about a job".to_owned()) };
    let at = received.updated_at.unwrap_or(received.received_at);
    for attempt in 0..TRIES {
        if attempt > 0 {
            desk.clock.sleep(PAUSE).await;
        }
        let Some((property, stay)) = table.job_by_vendor_id(news.job()).await? else {
            return Ok(format!("job {} belongs to no stay", news.job()));
        };
        let Some(before) = table.job(&property, &stay).await? else { continue };
        let Some(told) = job_news::take(&before.file, &news, at) else {
            return Ok(format!("nothing new of job {}", news.job()));
        };
        let now = desk.clock.now();
        let (after, again) = judge(settings, &before, told, now);
        let mirror = if after.looks_like(&before.file) { MirrorMark::Leave } else { MirrorMark::Mark };
        if table.tell_job(&before, &after, again, mirror, now).await? {
            announce(desk, table, &before, again, mirror).await?;
            return Ok(format!(
                "job {} of stay {stay}: {}",
                news.job(),
                after.details.as_deref().unwrap_or("followed")
            ));
        }
    }
    Err(Failure::Passing(format!("job {} is being worked at", news.job())))
}

/// What the news mean for the order: settled without asking the vendor where they tell enough, else work for the worker.
fn judge(settings: &Organization, before: &JobRow, told: JobFile, now: Timestamp) -> (JobFile, Option<Timestamp>) {
    let Some(order) = &before.order else { return (told, None) };
    match next_step(order, &told, settings.rules.line_limit, Patience::default(), now) {
        Step::Settle { state, details } => (JobFile { schedule: Some(state), details, trouble: None, ..told }, None),
        // The worker is to come anyway.
        Step::Verify | Step::Wait { .. } => (told, None),
        _ => (told, Some(now)),
    }
}

async fn announce(
    desk: &Desk,
    table: &OrgTable,
    row: &JobRow,
    again: Option<Timestamp>,
    mirror: MirrorMark,
) -> Result<(), Failure> {
    let (org, property, stay) = (table.id().clone(), row.property.clone(), row.stay.clone());
    if mirror == MirrorMark::Mark {
        let message = MirrorMessage::V1 { org: org.clone(), property: property.clone(), stay: stay.clone() };
        desk.queues.send(&desk.mirror, &org, &message, Duration::ZERO).await?;
    }
    if again.is_some() {
        let message = JobsMessage::V1 { org: org.clone(), property, stay };
        desk.queues.send(&desk.jobs, &org, &message, Duration::ZERO).await?;
    }
    Ok(())
}
