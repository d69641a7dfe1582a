//! What is done next about a job, from what was ordered and what is known of it.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use jiff::{SignedDuration, Timestamp};
use lintel_domain::{
    ids::JobId,
    job::{JobDesire, JobProgress, JobSeen, ScheduleState, WorkTimes},
    job_file::{Intent, JobFile, JobOrder, Patience, Standing, Step, Written, next_step},
    line::SEPARATOR,
    stay::{NoJob, ServiceType},
};

const LINE: &str = "Turnover STR";
const PATIENCE: Patience = Patience {
    after_doubt: SignedDuration::from_secs(90),
    before_reading: SignedDuration::from_secs(2),
    for_appointment: SignedDuration::from_secs(60),
};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn ten() -> Timestamp {
    at("2030-03-01T17:00:00Z")
}

fn two() -> Timestamp {
    at("2030-03-01T21:00:00Z")
}

fn now() -> Timestamp {
    at("2030-02-20T12:00:00Z")
}

fn keep(starts: Timestamp) -> JobOrder {
    let starts_at = starts.to_zoned(jiff::tz::TimeZone::get("America/Phoenix").unwrap()).datetime();
    let zone = "America/Phoenix".to_owned();
    let (line, service) = (LINE.to_owned(), ServiceType::Turnover);
    JobOrder::Keep { desire: JobDesire { starts_at, starts, zone, minutes: 180, line, service } }
}

fn wrote(starts: Timestamp) -> Written {
    Written { starts, line: LINE.to_owned() }
}

/// A job that we made for ten o'clock, read back as it is now.
fn made(starts: Option<Timestamp>, progress: JobProgress) -> JobFile {
    let seen = JobSeen {
        job: JobId::new("job_1"),
        appointment: None,
        starts,
        progress,
        line: Some(LINE.to_owned()),
        assignees: Vec::new(),
        work: WorkTimes::default(),
        updated_at: None,
    };
    JobFile { seen: Some(seen), wrote: Some(wrote(ten())), standing: Standing::Verified, ..JobFile::default() }
}

fn step(order: &JobOrder, file: &JobFile) -> Step {
    next_step(order, file, 250, PATIENCE, now())
}

fn settled(order: &JobOrder, file: &JobFile) -> (ScheduleState, Option<String>) {
    match step(order, file) {
        Step::Settle { state, details } => (state, details),
        other => unreachable!("{other:?}"),
    }
}

#[test]
fn a_job_that_is_as_ordered_is_left_alone() {
    let file = made(Some(ten()), JobProgress::Scheduled);
    assert_eq!(settled(&keep(ten()), &file), (ScheduleState::Synced, None));
}

#[test]
fn a_turnover_that_moved_takes_its_job_along() {
    assert_eq!(step(&keep(two()), &made(Some(ten()), JobProgress::Scheduled)), Step::Reschedule);
}

#[test]
fn a_job_that_a_person_moved_stays_there() {
    let (state, details) = settled(&keep(ten()), &made(Some(two()), JobProgress::Scheduled));
    assert_eq!(state, ScheduleState::WrongTime);
    assert_eq!(details.as_deref(), Some("moved by a person, whose word stands"));
}

#[test]
fn work_that_has_begun_is_not_moved() {
    for progress in [JobProgress::InProgress, JobProgress::Completed, JobProgress::Unknown("paused".to_owned())] {
        assert_eq!(settled(&keep(two()), &made(Some(ten()), progress)).0, ScheduleState::WrongTime);
    }
}

#[test]
fn a_schedule_is_taken_back_once_and_from_nobody_at_work() {
    assert_eq!(step(&JobOrder::Withdraw, &made(Some(ten()), JobProgress::Scheduled)), Step::Withdraw);
    for file in [made(None, JobProgress::Unscheduled), made(Some(ten()), JobProgress::InProgress)] {
        assert_eq!(settled(&JobOrder::Withdraw, &file).0, ScheduleState::NotCreated);
    }
}

#[test]
fn a_job_that_nobody_wants_is_left_to_a_person() {
    let order = JobOrder::Leave { reason: NoJob::Removed };
    let (_, details) = settled(&order, &made(Some(ten()), JobProgress::Scheduled));
    assert_eq!(details.as_deref(), Some("a job exists although none is wanted"));
}

#[test]
fn a_line_that_we_wrote_is_written_anew_and_a_persons_words_stay_in_front() {
    let mut file = made(Some(ten()), JobProgress::Scheduled);
    let other = |line: &str| match keep(ten()) {
        JobOrder::Keep { desire } => JobOrder::Keep { desire: JobDesire { line: line.to_owned(), ..desire } },
        order => order,
    };
    assert_eq!(step(&other("SAME DAY Turnover STR"), &file), Step::Rename);
    if let Some(seen) = &mut file.seen {
        seen.line = Some(format!("Bring the spare key{SEPARATOR}{LINE}"));
    }
    assert_eq!(settled(&keep(ten()), &file), (ScheduleState::Synced, None));
    assert_eq!(step(&other("SAME DAY Turnover STR"), &file), Step::Rename);
}

#[test]
fn a_job_is_made_when_one_is_wanted_and_after_a_doubtful_attempt_looked_for() {
    assert_eq!(step(&keep(ten()), &JobFile::default()), Step::Create);
    assert_eq!(settled(&JobOrder::Withdraw, &JobFile::default()).0, ScheduleState::NotCreated);
    let intent = |began: Timestamp| Intent { marker: "lintel:1".to_owned(), at: began, wrote: wrote(ten()) };
    let attempted = |began| JobFile { intent: Some(intent(began)), ..JobFile::default() };
    let until = now() + PATIENCE.after_doubt;
    assert_eq!(step(&keep(ten()), &attempted(now())), Step::Wait { until });
    let long_ago = now() - SignedDuration::from_mins(5);
    for order in [keep(ten()), JobOrder::Withdraw] {
        assert_eq!(step(&order, &attempted(long_ago)), Step::Search { marker: "lintel:1".to_owned() });
    }
}

#[test]
fn what_was_written_is_read_back_and_what_is_gone_is_not_made_again() {
    let unread = JobFile { standing: Standing::Unverified, checked_at: None, ..made(None, JobProgress::Unscheduled) };
    assert_eq!(step(&keep(ten()), &unread), Step::Verify);
    let gone = JobFile { standing: Standing::Gone, ..made(Some(ten()), JobProgress::Scheduled) };
    assert_eq!(settled(&keep(ten()), &gone).0, ScheduleState::NotCreated);
}
