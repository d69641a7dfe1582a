//! Housecall Pro (housecallpro.md): jobs, schedules, line items, limits, and people working in its screen.

mod jobs;
mod routes;
mod state;

pub use state::{Job, LineItem};

use crate::{
    answer::{Answer, Ask, Counters},
    faults::{Script, WaitForm, too_many},
    front::Simulator,
};
use jiff::{SignedDuration, Timestamp};
use state::State;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The account's key in the sandbox.
pub const KEY: &str = "sandbox-crews-key";

/// The account's limit: calls an hour, counted over a sliding hour.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub calls_per_hour: usize,
    /// How long a new job's appointment stays invisible.
    pub appointment_after: SignedDuration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { calls_per_hour: 1_000, appointment_after: SignedDuration::from_millis(700) }
    }
}

#[derive(Debug)]
pub struct FieldService {
    state: Mutex<State>,
    limits: Limits,
    pub script: Script,
}

/// What was asked of the account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    pub calls: Counters,
    /// Calls that came above the limit.
    pub over_limit: u64,
}

impl FieldService {
    pub fn new(seed: u64, limits: Limits) -> Self {
        Self { state: Mutex::new(State::new(seed)), limits, script: Script::quiet(seed) }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn usage(&self) -> Usage {
        self.lock().usage.clone()
    }

    /// Every job, deleted ones included.
    pub fn jobs(&self) -> Vec<Job> {
        self.lock().jobs.values().cloned().collect()
    }

    /// Markers that stand in the notes of more than one living job.
    pub fn duplicates(&self) -> Vec<String> {
        let state = self.lock();
        let mut markers: Vec<&str> = state.jobs.values().filter(|job| !job.deleted).flat_map(Job::markers).collect();
        markers.sort_unstable();
        let mut twice: Vec<String> =
            markers.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0].to_owned()).collect();
        twice.dedup();
        twice
    }

    /// Adds a customer with one address.
    pub fn add_customer(&self, customer: &str, address: &str, name: &str) {
        self.lock().customers.insert(customer.to_owned(), (address.to_owned(), name.to_owned()));
    }

    /// Adds a job whose line items others copy.
    pub fn add_template(&self, id: &str, items: &[(&str, i64)]) {
        self.lock().add_template(id, items);
    }

    /// A person moves a job in the vendor's screen.
    pub fn person_moves(&self, job: &str, starts: Timestamp) {
        if let Some(job) = self.lock().jobs.get_mut(job) {
            job.starts = Some(starts);
            job.ends = Some(starts + SignedDuration::from_hours(1));
        }
    }

    /// A person rewrites the first line item.
    pub fn person_writes(&self, job: &str, line: &str) {
        if let Some(item) = self.lock().jobs.get_mut(job).and_then(|job| job.items.first_mut()) {
            line.clone_into(&mut item.name);
        }
    }

    /// A person sets a status, in the words the live system uses.
    pub fn person_sets_status(&self, job: &str, status: &str) {
        if let Some(job) = self.lock().jobs.get_mut(job) {
            status.clone_into(&mut job.status);
        }
    }

    pub fn person_deletes(&self, job: &str) {
        if let Some(job) = self.lock().jobs.get_mut(job) {
            job.deleted = true;
        }
    }
}

impl Simulator for FieldService {
    fn handle(&self, ask: &Ask) -> Answer {
        self.script.under(ask.now, || self.answer(ask))
    }
}

impl FieldService {
    fn answer(&self, ask: &Ask) -> Answer {
        let mut state = self.lock();
        let route = routes::template(ask);
        *state.usage.calls.entry(format!("{} {route}", ask.method)).or_default() += 1;
        let authorization = ask.authorization();
        if authorization != format!("Token {KEY}") && authorization != format!("Bearer {KEY}") {
            return Answer::json(401, &serde_json::json!({ "message": "unauthorized" }));
        }
        if let Some(until) = state.over_limit(ask.now, self.limits.calls_per_hour) {
            let form = WaitForm::ALL[usize::try_from(state.usage.over_limit).unwrap_or(0) % WaitForm::ALL.len()];
            return too_many(form, ask.now, until.duration_since(ask.now));
        }
        routes::answer(&mut state, ask, self.limits)
    }
}
