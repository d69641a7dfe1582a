//! What a field-service system tells of a job by itself, and how it is taken into the job's file.
//!
//! News come in any order and more than once. Each carries the record's own time of change; what is older than what is
//! known says nothing.

use crate::{
    ids::{AppointmentId, EmployeeId, JobId},
    job::{JobProgress, JobSeen, WorkTimes},
    job_file::{JobFile, Standing},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum JobNews {
    /// The whole job as it stood.
    Job {
        seen: JobSeen,
    },
    /// One of its appointments as it stood.
    Appointment {
        job: JobId,
        appointment: AppointmentId,
        starts: Option<Timestamp>,
        crew: Vec<EmployeeId>,
    },
    /// An appointment was taken away, and with it the job's schedule.
    Discarded {
        job: JobId,
        appointment: AppointmentId,
    },
    Deleted {
        job: JobId,
    },
}

impl JobNews {
    pub fn job(&self) -> &JobId {
        match self {
            Self::Job { seen } => &seen.job,
            Self::Appointment { job, .. } | Self::Discarded { job, .. } | Self::Deleted { job } => job,
        }
    }
}

/// The file with the news in it; `None` when they are about another job, or older than what is known, or say nothing new.
pub fn take(file: &JobFile, news: &JobNews, at: Timestamp) -> Option<JobFile> {
    let seen = file.seen.as_ref().filter(|seen| seen.job == *news.job())?;
    if file.standing == Standing::Gone || seen.updated_at.is_some_and(|known| known > at) {
        return None;
    }
    if *news == (JobNews::Deleted { job: seen.job.clone() }) {
        return Some(JobFile { standing: Standing::Gone, ..file.clone() });
    }
    let told = JobSeen { updated_at: Some(at), ..told(seen, news)? };
    let told = if seen.updated_at == Some(at) { the_further(told, seen, news) } else { told };
    (told != *seen).then(|| JobFile { seen: Some(told), ..file.clone() })
}

/// Of two words from the same second, which may have overtaken each other, the one further on: crews set out, begin and
/// finish faster than the vendor's clock ticks, and do not go back.
fn the_further(told: JobSeen, known: &JobSeen, news: &JobNews) -> JobSeen {
    match news {
        JobNews::Job { .. } => JobSeen {
            progress: if told.progress.is_before(&known.progress) { known.progress.clone() } else { told.progress },
            work: told.work.or(&known.work),
            ..told
        },
        JobNews::Appointment { .. } | JobNews::Discarded { .. } | JobNews::Deleted { .. } => told,
    }
}

/// The job as the news have it. What they leave out stays known.
fn told(seen: &JobSeen, news: &JobNews) -> Option<JobSeen> {
    let known = seen.clone();
    match news {
        JobNews::Job { seen: told } => Some(JobSeen {
            appointment: told.appointment.clone().or(known.appointment).filter(|_| told.starts.is_some()),
            line: told.line.clone().or(known.line),
            ..told.clone()
        }),
        JobNews::Appointment { appointment, starts, crew, .. } if is_ours(seen, appointment) => Some(JobSeen {
            appointment: Some(appointment.clone()),
            starts: *starts,
            assignees: crew.clone(),
            progress: if known.progress == JobProgress::Unscheduled { JobProgress::Scheduled } else { known.progress },
            ..seen.clone()
        }),
        JobNews::Discarded { appointment, .. } if is_ours(seen, appointment) => Some(JobSeen {
            appointment: None,
            starts: None,
            assignees: Vec::new(),
            progress: JobProgress::Unscheduled,
            work: WorkTimes::default(),
            ..known
        }),
        // A second visit is the crew's own business.
        JobNews::Appointment { .. } | JobNews::Discarded { .. } | JobNews::Deleted { .. } => None,
    }
}

fn is_ours(seen: &JobSeen, appointment: &AppointmentId) -> bool {
    seen.appointment.as_ref().is_none_or(|known| known == appointment)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_900_000_000 + minute * 60).expect("a moment")
    }

    fn seen() -> JobSeen {
        JobSeen {
            job: "job_1".into(),
            appointment: Some("appt_1".into()),
            starts: Some(at(600)),
            progress: JobProgress::Scheduled,
            line: Some("Turnover".to_owned()),
            assignees: vec!["pro_1".into()],
            work: WorkTimes::default(),
            updated_at: Some(at(0)),
        }
    }

    fn file() -> JobFile {
        JobFile { seen: Some(seen()), standing: Standing::Verified, ..JobFile::default() }
    }

    fn moved(to: i64) -> JobNews {
        JobNews::Job { seen: JobSeen { starts: Some(at(to)), line: None, appointment: None, ..seen() } }
    }

    #[test]
    fn the_newest_word_stands_in_whatever_order_it_comes() {
        let (first, second) = ((moved(700), at(1)), (moved(800), at(2)));
        for order in [[&first, &second], [&second, &first]] {
            let end = order.iter().fold(file(), |file, (news, at)| take(&file, news, *at).unwrap_or(file));
            let seen = end.seen.expect("a job");
            assert_eq!((seen.starts, seen.line.as_deref()), (Some(at(800)), Some("Turnover")));
        }
    }

    #[test]
    fn a_crew_that_begins_within_the_second_it_set_out_has_begun() {
        let work = |on_my_way: bool, started: bool| WorkTimes {
            on_my_way: on_my_way.then(|| at(1)),
            started: started.then(|| at(1)),
            completed: None,
        };
        let told = |progress, work| JobNews::Job { seen: JobSeen { progress, work, ..seen() } };
        let set_out = told(JobProgress::Scheduled, work(true, false));
        let begun = told(JobProgress::InProgress, work(true, true));
        for order in [[&set_out, &begun], [&begun, &set_out]] {
            let end = order.iter().fold(file(), |file, news| take(&file, news, at(1)).unwrap_or(file));
            let seen = end.seen.expect("a job");
            assert_eq!((seen.progress, seen.work), (JobProgress::InProgress, work(true, true)));
        }
    }

    #[test]
    fn the_same_word_twice_says_nothing() {
        let once = take(&file(), &moved(700), at(1)).expect("news");
        assert_eq!(take(&once, &moved(700), at(1)), None);
    }

    #[test]
    fn a_swap_told_three_times_is_one_change() {
        let told = |crew: &[&str]| JobNews::Appointment {
            job: "job_1".into(),
            appointment: "appt_1".into(),
            starts: Some(at(600)),
            crew: crew.iter().map(|id| (*id).into()).collect(),
        };
        let once = take(&file(), &told(&["pro_2"]), at(1)).expect("news");
        assert_eq!(take(&once, &told(&["pro_2"]), at(1)), None);
        assert_eq!(once.seen.expect("a job").assignees, ["pro_2".into()]);
    }

    #[test]
    fn a_discarded_appointment_takes_the_schedule_with_it() {
        let news = JobNews::Discarded { job: "job_1".into(), appointment: "appt_1".into() };
        let seen = take(&file(), &news, at(1)).and_then(|file| file.seen).expect("news");
        assert_eq!((seen.starts, seen.appointment, seen.progress), (None, None, JobProgress::Unscheduled));
        let second = JobNews::Discarded { job: "job_1".into(), appointment: "appt_2".into() };
        assert_eq!(take(&file(), &second, at(1)), None, "another visit is not ours");
    }

    #[test]
    fn deleted_is_final() {
        let gone = take(&file(), &JobNews::Deleted { job: "job_1".into() }, at(1)).expect("news");
        assert_eq!(gone.standing, Standing::Gone);
        assert_eq!(take(&gone, &moved(700), at(2)), None);
        assert_eq!(take(&file(), &JobNews::Deleted { job: "job_2".into() }, at(1)), None, "another job");
    }
}
