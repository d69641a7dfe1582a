//! The steps themselves: one call at the vendor each, and what it taught us.

use crate::worker::Task;
use jiff::SignedDuration;
use lintel_cloud::batch::RecordError;
use lintel_connectors::{
    Error, JOB_MISSING,
    roles::{Found, JobSearch, NewJob, Reading, ScheduleChange},
};
use lintel_domain::{
    job::JobDesire,
    job_file::{Intent, JobOrder, Standing, Step, Trouble, Written, next_line},
    schedule,
};

pub(crate) enum Failure {
    /// The vendor or the way to it.
    Vendor(Error),
    /// Something the organization has to configure or decide.
    Trouble(Trouble),
    /// Our own row could not be written: whoever holds it now goes on.
    Lost(RecordError),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Vendor(error)
    }
}

pub(crate) async fn carry_out(task: &mut Task<'_>, step: Step, order: &JobOrder) -> Result<(), Failure> {
    match attempt(task, step, order).await {
        // Deleted since it was last read: reading it again says so, and that settles it.
        Err(Failure::Vendor(error)) if error.code() == JOB_MISSING && task.row.file.seen.is_some() => {
            task.row.file.standing = Standing::Unverified;
            task.row.file.checked_at = None;
            Ok(())
        }
        other => other,
    }
}

async fn attempt(task: &mut Task<'_>, step: Step, order: &JobOrder) -> Result<(), Failure> {
    match (step, order) {
        (Step::Create, JobOrder::Keep { desire }) => create(task, desire).await,
        (Step::Search { marker }, order) => search(task, &marker, order).await,
        (Step::Verify, _) => verify(task).await,
        (Step::Reschedule, JobOrder::Keep { desire }) => reschedule(task, desire).await,
        (Step::Rename, JobOrder::Keep { desire }) => rename(task, desire).await,
        (Step::Withdraw, _) => withdraw(task).await,
        (Step::Create | Step::Reschedule | Step::Rename | Step::Wait { .. } | Step::Settle { .. }, _) => Ok(()),
    }
}

/// Writes the intent, then makes the job. From the intent on, a run that dies leaves a trace that is searched for first.
async fn create(task: &mut Task<'_>, desire: &JobDesire) -> Result<(), Failure> {
    let new = new_job(task, desire).await?;
    let now = task.desk.clock.now();
    let wrote = Written { starts: desire.starts, line: desire.line.clone() };
    task.row.file.intent = Some(Intent { marker: new.marker.clone(), at: now, wrote: wrote.clone() });
    task.table.note_job(&task.row, &task.claim).await.map_err(|error| Failure::Lost(error.into()))?;
    match task.service.create(&new, task.deadline).await {
        Ok(seen) => {
            let file = &mut task.row.file;
            file.seen = Some(seen);
            file.wrote = Some(wrote);
            file.created_at = Some(task.desk.clock.now());
            file.standing = Standing::Unverified;
            Ok(())
        }
        Err(error) if error.may_have_been_done() => Err(error.into()),
        Err(error) => {
            // Refused before anything was made: the next attempt needs no search.
            task.row.file.intent = None;
            Err(error.into())
        }
    }
}

async fn new_job(task: &Task<'_>, desire: &JobDesire) -> Result<NewJob, Failure> {
    let missing = |code: &str, what: &str| Failure::Trouble(Trouble::new(code, format!("the property has no {what}")));
    let property = task.property;
    let customer = property.customer.clone().ok_or_else(|| missing("no-customer", "customer id"))?;
    let address = property.service_address.clone().ok_or_else(|| missing("no-address", "service address id"))?;
    let template = schedule::template(&desire.service, property, &task.settings.jobs)
        .ok_or_else(|| missing("no-template", &format!("template job for {}", desire.service.as_str())))?;
    let items = task.desk.template(task.table.id(), template, task.service, task.deadline).await;
    let items = items.map_err(|error| match error.code() {
        JOB_MISSING => {
            Failure::Trouble(Trouble::new("template-missing", format!("the template job {template} is gone")))
        }
        _ => error.into(),
    })?;
    Ok(NewJob {
        customer,
        address,
        starts: desire.starts,
        minutes: desire.minutes,
        arrival_window_minutes: task.settings.jobs.arrival_window_minutes,
        line: desire.line.clone(),
        template: items,
        marker: task.row.stay.to_string(),
        assignees: Vec::new(),
    })
}

/// Looks for a job an earlier attempt may have made; without one, the way is free for another attempt.
async fn search(task: &mut Task<'_>, marker: &str, order: &JobOrder) -> Result<(), Failure> {
    let Some(customer) = task.property.customer.clone() else {
        return Err(Failure::Trouble(Trouble::new("no-customer", "the property has no customer id")));
    };
    let around = match order {
        JobOrder::Keep { desire } => desire.starts,
        _ => task.row.file.wrote.as_ref().map_or(task.desk.clock.now(), |wrote| wrote.starts),
    };
    let span = SignedDuration::from_hours(24 * 45);
    let search = JobSearch { customer, marker: marker.to_owned(), from: around - span, to: around + span };
    let found: Vec<Found> = task.service.find(&search, task.deadline).await?;
    let file = &mut task.row.file;
    match found.into_iter().find(Found::carries_marker) {
        Some(found) => {
            file.wrote = file.intent.as_ref().map(|intent| intent.wrote.clone());
            file.seen = Some(found.seen);
            file.created_at = Some(task.desk.clock.now());
            file.standing = Standing::Unverified;
        }
        None => file.intent = None,
    }
    Ok(())
}

async fn verify(task: &mut Task<'_>) -> Result<(), Failure> {
    let Some(job) = task.row.file.seen.as_ref().map(|seen| seen.job.clone()) else { return Ok(()) };
    let reading = task.service.read(&job, task.deadline).await?;
    let now = task.desk.clock.now();
    let file = &mut task.row.file;
    file.checked_at = Some(now);
    match reading {
        Reading::Gone => file.standing = Standing::Gone,
        Reading::Present(mut seen) => {
            // The line has a call of its own; what is known of it stays known.
            seen.line = seen.line.or_else(|| file.seen.as_ref().and_then(|seen| seen.line.clone()));
            let waited_enough = file.created_at.is_none_or(|at| now >= at + task.desk.patience.for_appointment);
            if seen.appointment.is_some() || waited_enough {
                file.standing = Standing::Verified;
            }
            file.seen = Some(*seen);
        }
    }
    Ok(())
}

/// Moves the job, unless a person has moved it since it was last read: that shows in the file, and the next step goes by it.
async fn reschedule(task: &mut Task<'_>, desire: &JobDesire) -> Result<(), Failure> {
    verify(task).await?;
    let Some(seen) = task.row.file.seen.clone() else { return Ok(()) };
    let ours = task.row.file.wrote.as_ref().map(|wrote| wrote.starts);
    if task.row.file.standing == Standing::Gone || seen.starts != ours {
        return Ok(());
    }
    let change = ScheduleChange {
        starts: desire.starts,
        minutes: desire.minutes,
        arrival_window_minutes: task.settings.jobs.arrival_window_minutes,
        notify: task.settings.jobs.notify,
    };
    task.service.schedule(&seen, &change, task.deadline).await?;
    let file = &mut task.row.file;
    let line = file.wrote.as_ref().map(|wrote| wrote.line.clone()).unwrap_or_default();
    file.wrote = Some(Written { starts: desire.starts, line });
    file.standing = Standing::Unverified;
    file.checked_at = Some(task.desk.clock.now());
    Ok(())
}

/// Writes our part of the line, keeping what a person wrote meanwhile: the line is read first, as only its own call shows it.
async fn rename(task: &mut Task<'_>, desire: &JobDesire) -> Result<(), Failure> {
    let Some(job) = task.row.file.seen.as_ref().map(|seen| seen.job.clone()) else { return Ok(()) };
    let standing = task.service.first_line(&job, task.deadline).await?;
    let ours = task.row.file.wrote.as_ref().map(|wrote| wrote.line.as_str());
    let line = next_line(standing.as_deref(), ours, &desire.line, task.settings.rules.line_limit);
    if standing.as_deref() != Some(line.as_str()) {
        task.service.set_line(&job, &line, task.deadline).await?;
    }
    let file = &mut task.row.file;
    if let Some(seen) = &mut file.seen {
        seen.line = Some(line);
        let starts = file.wrote.as_ref().map(|wrote| wrote.starts).or(seen.starts).unwrap_or(desire.starts);
        file.wrote = Some(Written { starts, line: desire.line.clone() });
    }
    Ok(())
}

async fn withdraw(task: &mut Task<'_>) -> Result<(), Failure> {
    let Some(job) = task.row.file.seen.as_ref().map(|seen| seen.job.clone()) else { return Ok(()) };
    task.service.withdraw_schedule(&job, task.deadline).await?;
    let file = &mut task.row.file;
    file.standing = Standing::Unverified;
    file.checked_at = Some(task.desk.clock.now());
    Ok(())
}
