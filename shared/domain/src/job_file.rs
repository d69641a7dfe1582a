//! What is ordered of a job, what was done about it, and the next step from one to the other.

use crate::{
    job::{JobDesire, JobProgress, JobSeen, ScheduleState},
    line::{SEPARATOR, merge_line},
    schedule,
    stay::NoJob,
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// What the planner wants of a stay's job. Written by the planner only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum JobOrder {
    /// Exactly one job, looking like this.
    Keep { desire: JobDesire },
    /// No job is to be made. One that exists is left to a person.
    Leave { reason: NoJob },
    /// The stay is gone and its job's schedule is to be taken back.
    Withdraw,
}

/// What the worker knows and did. Written by the worker only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct JobFile {
    /// Set before a job is created: from here on a job may exist that we do not know of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intent: Option<Intent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<JobSeen>,
    /// What we last wrote; where the vendor shows something else, a person did that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wrote: Option<Written>,
    pub standing: Standing,
    /// The last comparison of order and job, as the office sees it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<ScheduleState>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checked_at: Option<Timestamp>,
    /// What stands between the order and the job, in words for the office.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<Trouble>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// The text a job we created can be found by.
    pub marker: String,
    /// When the last attempt to create began.
    pub at: Timestamp,
    /// What it asked for: a job found later may have been changed by a person since.
    pub wrote: Written,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    pub starts: Timestamp,
    pub line: String,
}

/// How sure we are of what the vendor holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Nothing was made yet, or it is not known whether it was.
    #[default]
    Open,
    /// Made or changed, and not read back yet.
    Unverified,
    /// Read back.
    Verified,
    /// Deleted or archived at the vendor. A person did that; it is not made again.
    Gone,
}

/// Something a person should mend.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// Stable, for filters: `no-template`.
    pub code: String,
    pub text: String,
}

impl Trouble {
    pub fn new(code: &str, text: impl Into<String>) -> Self {
        Self { code: code.to_owned(), text: text.into() }
    }
}

/// The one thing to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Make the job; an intent is written first.
    Create,
    /// An attempt may have succeeded: look for its marker before making another.
    Search { marker: String },
    /// Read the job back.
    Verify,
    /// Move it to the ordered time.
    Reschedule,
    /// Write the ordered line, after a look at what stands there.
    Rename,
    /// Take its schedule back.
    Withdraw,
    /// Nothing before this moment.
    Wait { until: Timestamp },
    /// Order and job agree, or a person's hand keeps them apart.
    Settle { state: ScheduleState, details: Option<String> },
}

/// How long steps leave the vendor alone.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// After a doubtful create, before its marker is searched for: longer than a request can be under way.
    pub after_doubt: SignedDuration,
    /// After a write, before it is read back: appointments appear late.
    pub before_reading: SignedDuration,
    /// How long an appointment may stay away before the job is taken as it is.
    pub for_appointment: SignedDuration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            after_doubt: SignedDuration::from_secs(90),
            before_reading: SignedDuration::from_secs(2),
            for_appointment: SignedDuration::from_secs(60),
        }
    }
}

impl JobFile {
    /// Whether the office would see the same.
    pub fn looks_like(&self, other: &Self) -> bool {
        let shown = |file: &Self| {
            let seen = file.seen.clone().map(|seen| JobSeen { updated_at: None, ..seen });
            (
                seen,
                file.standing == Standing::Gone,
                file.schedule,
                file.details.clone(),
                file.trouble.clone(),
                file.created_at,
            )
        };
        shown(self) == shown(other)
    }
}

/// Decides the next step. Pure; every step's outcome changes the file and the question is asked again.
pub fn next_step(order: &JobOrder, file: &JobFile, line_limit: usize, patience: Patience, now: Timestamp) -> Step {
    let Some(seen) = &file.seen else { return without_job(order, file, patience, now) };
    if file.standing == Standing::Gone {
        return settle(ScheduleState::NotCreated, Some("the job was deleted or archived at the vendor"));
    }
    if file.standing != Standing::Verified {
        return reading(file, patience, now);
    }
    match order {
        JobOrder::Keep { desire } => keep(desire, file, seen, line_limit),
        JobOrder::Leave { .. } => settle(ScheduleState::Synced, Some("a job exists although none is wanted")),
        JobOrder::Withdraw => withdraw(seen),
    }
}

fn without_job(order: &JobOrder, file: &JobFile, patience: Patience, now: Timestamp) -> Step {
    if let Some(intent) = &file.intent {
        let ready = intent.at + patience.after_doubt;
        return if now < ready { Step::Wait { until: ready } } else { Step::Search { marker: intent.marker.clone() } };
    }
    match order {
        JobOrder::Keep { .. } => Step::Create,
        JobOrder::Leave { .. } | JobOrder::Withdraw => settle(ScheduleState::NotCreated, None),
    }
}

fn reading(file: &JobFile, patience: Patience, now: Timestamp) -> Step {
    let written = file.checked_at.or(file.created_at);
    match written.map(|at| at + patience.before_reading) {
        Some(ready) if now < ready => Step::Wait { until: ready },
        _ => Step::Verify,
    }
}

fn keep(desire: &JobDesire, file: &JobFile, seen: &JobSeen, line_limit: usize) -> Step {
    if !matches!(seen.progress, JobProgress::Unscheduled | JobProgress::Scheduled) {
        return settle(compare(desire, seen), Some("work has begun or ended; the job is left as it is"));
    }
    let ours = file.wrote.as_ref();
    if same_minute(seen.starts, desire.starts) {
        return rename_or_settle(desire, file, seen, line_limit, None);
    }
    let moved_by_person = ours.is_some_and(|ours| !same_minute(seen.starts, ours.starts));
    if moved_by_person {
        return rename_or_settle(desire, file, seen, line_limit, Some("moved by a person, whose word stands"));
    }
    Step::Reschedule
}

fn rename_or_settle(
    desire: &JobDesire,
    file: &JobFile,
    seen: &JobSeen,
    line_limit: usize,
    details: Option<&str>,
) -> Step {
    let generated_before = file.wrote.as_ref().map(|ours| ours.line.as_str());
    let line = next_line(seen.line.as_deref(), generated_before, &desire.line, line_limit);
    if seen.line.as_deref() == Some(line.as_str()) { settle(compare(desire, seen), details) } else { Step::Rename }
}

fn withdraw(seen: &JobSeen) -> Step {
    match seen.progress {
        JobProgress::Scheduled if seen.starts.is_some() => Step::Withdraw,
        _ => settle(ScheduleState::NotCreated, None),
    }
}

fn same_minute(seen: Option<Timestamp>, wanted: Timestamp) -> bool {
    seen.is_some_and(|seen| seen.as_second().div_euclid(60) == wanted.as_second().div_euclid(60))
}

/// Our own earlier line is replaced whole; a person's words stay in front of ours.
pub fn next_line(existing: Option<&str>, ours_before: Option<&str>, generated: &str, limit: usize) -> String {
    match existing {
        Some(existing) if Some(existing) != ours_before && !existing.contains(SEPARATOR) => {
            merge_line(Some(&format!("{existing}{SEPARATOR}")), generated, limit)
        }
        Some(existing) if Some(existing) != ours_before => merge_line(Some(existing), generated, limit),
        _ => merge_line(None, generated, limit),
    }
}

fn compare(desire: &JobDesire, seen: &JobSeen) -> ScheduleState {
    schedule::compare(desire.starts, seen.starts, &desire.zone)
}

fn settle(state: ScheduleState, details: Option<&str>) -> Step {
    Step::Settle { state, details: details.map(str::to_owned) }
}
