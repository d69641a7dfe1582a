//! Moods of a vendor, as a seeded script: which calls fail, and how.

use crate::answer::{Answer, Arrival};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// One way to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    Slow {
        milliseconds: u64,
    },
    /// Refused for being too many, with the wait said in this form.
    TooMany {
        form: WaitForm,
    },
    /// A gateway's page instead of an answer.
    BadGateway,
    ServerError,
    /// The connection goes before the request is carried out.
    CutBefore,
    /// The request is carried out and the answer never comes.
    CutAfter,
    /// Half of the answer comes.
    Truncated,
}

/// How a 429 says when to come back (housecallpro.md section 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitForm {
    ResetDate,
    ResetEpoch,
    ResetSeconds,
    RetrySeconds,
    RetryDate,
    Unsaid,
}

impl WaitForm {
    pub const ALL: [Self; 6] =
        [Self::ResetDate, Self::ResetEpoch, Self::ResetSeconds, Self::RetrySeconds, Self::RetryDate, Self::Unsaid];
}

/// How likely each call is to meet which fault. Seeded, so that a run repeats itself.
#[derive(Debug)]
pub struct Script {
    rng: Mutex<fastrand::Rng>,
    mood: Mutex<Mood>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Mood {
    /// Share of calls that meet a fault, percent.
    pub percent: u8,
    pub faults: Vec<Fault>,
}

impl Mood {
    /// Everything that can go wrong, in this share of calls.
    pub fn everything(percent: u8) -> Self {
        let mut faults = vec![
            Fault::Slow { milliseconds: 1_500 },
            Fault::BadGateway,
            Fault::ServerError,
            Fault::CutBefore,
            Fault::CutAfter,
            Fault::Truncated,
        ];
        faults.extend(WaitForm::ALL.map(|form| Fault::TooMany { form }));
        Self { percent, faults }
    }
}

impl Script {
    pub fn quiet(seed: u64) -> Self {
        Self { rng: Mutex::new(fastrand::Rng::with_seed(seed)), mood: Mutex::default() }
    }

    pub fn set(&self, mood: Mood) {
        *self.mood.lock().unwrap_or_else(PoisonError::into_inner) = mood;
    }

    /// The fault this call meets, if any.
    pub fn next(&self) -> Option<Fault> {
        let mood = self.mood.lock().unwrap_or_else(PoisonError::into_inner);
        let mut rng = self.rng.lock().unwrap_or_else(PoisonError::into_inner);
        (rng.u8(0..100) < mood.percent).then(|| rng.choice(&mood.faults).copied()).flatten()
    }

    /// Answers a call under its fault. `carry_out` is not called when the fault keeps the request from being done.
    pub fn under(&self, now: Timestamp, carry_out: impl FnOnce() -> Answer) -> Answer {
        match self.next() {
            None => carry_out(),
            Some(Fault::Slow { milliseconds }) => Answer { delay: Duration::from_millis(milliseconds), ..carry_out() },
            Some(Fault::TooMany { form }) => too_many(form, now, SignedDuration::from_secs(7)),
            Some(Fault::BadGateway) => Answer::html(502, "bad gateway"),
            Some(Fault::ServerError) => Answer::of(500, "text/plain", "something went wrong"),
            Some(Fault::CutBefore) => Answer { arrival: Arrival::Cut, ..Answer::of(200, "text/plain", "") },
            Some(Fault::CutAfter) => Answer { arrival: Arrival::Cut, ..carry_out() },
            Some(Fault::Truncated) => {
                let answer = carry_out();
                Answer { arrival: Arrival::Truncated(answer.body.len() / 2), ..answer }
            }
        }
    }
}

/// A refusal for being too many.
pub fn too_many(form: WaitForm, now: Timestamp, wait: SignedDuration) -> Answer {
    let until = now + wait;
    let answer = Answer::of(429, "text/plain", "too many requests");
    let date = || until.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    // Whole seconds, rounded up: a client that waits as told must not come too early.
    let seconds = (wait.as_secs() + 1).to_string();
    match form {
        WaitForm::ResetDate => {
            answer.with_header("ratelimit-reset", &(until + SignedDuration::from_secs(1)).to_string())
        }
        WaitForm::ResetEpoch => answer.with_header("ratelimit-reset", &(until.as_second() + 1).to_string()),
        WaitForm::ResetSeconds => answer.with_header("ratelimit-reset", &seconds),
        WaitForm::RetrySeconds => answer.with_header("retry-after", &seconds),
        WaitForm::RetryDate => answer.with_header("retry-after", &date()),
        WaitForm::Unsaid => answer,
    }
}
