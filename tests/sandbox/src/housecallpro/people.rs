//! What people do in the vendor's own screens, and what stands in the account before anybody calls.

use super::{
    Customer, Employee, HousecallPro, Life, Phase, State, TemplateJob,
    hooks::Staff,
    jobs,
    records::{Job, LineItem},
    routes::Call,
};
use crate::{clock::later, ids::hex32};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::{collections::BTreeMap, collections::BTreeSet, time::Duration};

/// A person can not do that here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PeopleError {
    #[error("making a job at {0}, which is no address of the customer")]
    NoPlace(String),
    #[error("finding the job {0}")]
    NoJob(String),
    #[error("moving the job {0}, which has no appointment")]
    NotScheduled(String),
}

/// A job as a test looks at it.
#[derive(Clone, Debug, PartialEq)]
pub struct JobView {
    pub id: String,
    pub customer: String,
    pub address: String,
    pub notes: Vec<String>,
    pub work_status: &'static str,
    pub starts: Option<Timestamp>,
    pub ends: Option<Timestamp>,
    /// The first line item's name.
    pub line: Option<String>,
    pub line_items: Vec<LineItem>,
    pub employees: Vec<String>,
    /// Neither deleted nor archived nor cancelled.
    pub live: bool,
}

impl HousecallPro {
    /// Puts a customer there, with addresses.
    pub fn put_customer(&self, mut customer: Customer) {
        customer.created_at = self.clock.now();
        customer.updated_at = self.clock.now();
        self.lock().customers.insert(customer.id.clone(), customer);
    }

    pub fn put_employee(&self, employee: Employee) {
        self.lock().employees.insert(employee.id.clone(), employee);
    }

    /// Somebody leaves and vanishes from the list.
    pub fn employee_leaves(&self, id: &str) {
        self.lock().employees.remove(id);
    }

    pub fn put_job_type(&self, id: &str, name: &str) {
        self.lock().job_types.insert(id.to_owned(), name.to_owned());
    }

    pub fn put_tag(&self, id: &str, name: &str) {
        self.lock().tags.insert(id.to_owned(), name.to_owned());
    }

    /// Puts a job there whose line items are meant to be copied. It has no schedule.
    pub fn put_template(&self, template: TemplateJob) {
        let now = self.clock.now();
        let mut state = self.lock();
        let invoice = state.invoices.last().copied().unwrap_or(1_000) + 1;
        state.invoices.insert(invoice);
        let job = Job {
            id: template.id,
            sequence: state.next_sequence(),
            invoice,
            customer: template.customer,
            address: template.address,
            notes: Vec::new(),
            phase: Phase::Open,
            life: Life::Live,
            on_my_way_at: None,
            started_at: None,
            completed_at: None,
            arrival_window: 0,
            appointments: Vec::new(),
            employees: BTreeSet::new(),
            tags: BTreeMap::new(),
            lead_source: None,
            kind_of_work: None,
            line_items: template.line_items,
            created_at: now,
            updated_at: now,
        };
        state.jobs.insert(job.id.clone(), job);
    }

    /// Somebody makes a job by hand; answers its id.
    pub fn make_job(&self, customer: &str, address: &str, starts: Timestamp) -> Result<String, PeopleError> {
        let body = json!({
            "customer_id": customer, "address_id": address,
            "schedule": { "scheduled_start": starts.to_string() },
            "line_items": [{ "name": "Turnover, as discussed" }],
        });
        let call = Call { query: &[], body: &body, now: self.clock.now() };
        let made = jobs::create(&mut self.lock(), &call).map_err(|_| PeopleError::NoPlace(address.to_owned()))?;
        let made: Value = serde_json::from_slice(&made.body).unwrap_or_default();
        Ok(made["id"].as_str().unwrap_or_default().to_owned())
    }

    /// Somebody moves the job's first appointment, keeping its length.
    pub fn move_job(&self, id: &str, to: Timestamp) -> Result<(), PeopleError> {
        let now = self.clock.now();
        let mut state = self.lock();
        let moved = state.people(id, now, |job| match job.appointments.first_mut() {
            None => false,
            Some(one) => {
                let length = one.end.duration_since(one.start);
                one.start = to;
                one.end = to.checked_add(length).unwrap_or(to);
                true
            }
        })?;
        if !moved {
            return Err(PeopleError::NotScheduled(id.to_owned()));
        }
        state.tell_of_job("job.scheduled", id, now);
        state.tell_of_appointments("job.appointment.rescheduled", id, now);
        Ok(())
    }

    /// Somebody plans a second visit.
    pub fn add_appointment(&self, id: &str, at: Timestamp) -> Result<(), PeopleError> {
        let now = self.clock.now();
        let mut state = self.lock();
        let new = hex32(&mut state.rng, "appt_");
        state.people(id, now, |job| {
            let employees = job.employees.clone();
            job.appointments.push(super::Appointment {
                id: new,
                start: at,
                end: later(at, Duration::from_hours(1)),
                arrival_window: 0,
                employees,
                visible_at: now,
            });
        })?;
        state.tell_of_appointments("job.appointment.scheduled", id, now);
        Ok(())
    }

    /// The crew is on its way; the status stays "scheduled".
    pub fn on_my_way(&self, id: &str) -> Result<(), PeopleError> {
        self.step(id, "job.on_my_way", |job, now| job.on_my_way_at = Some(now))
    }

    pub fn start_job(&self, id: &str) -> Result<(), PeopleError> {
        self.step(id, "job.started", |job, now| {
            job.phase = Phase::InProgress;
            job.started_at = Some(now);
        })
    }

    pub fn complete_job(&self, id: &str) -> Result<(), PeopleError> {
        self.step(id, "job.completed", |job, now| {
            job.phase = Phase::CompleteUnrated;
            job.completed_at = Some(now);
        })
    }

    /// The customer rates the finished work.
    pub fn rate_job(&self, id: &str) -> Result<(), PeopleError> {
        self.step(id, "job.updated", |job, _| job.phase = Phase::CompleteRated)
    }

    /// The company cancels.
    pub fn cancel_job(&self, id: &str) -> Result<(), PeopleError> {
        self.step(id, "job.canceled", |job, _| job.phase = Phase::ProCanceled)
    }

    /// The customer cancels.
    pub fn customer_cancels(&self, id: &str) -> Result<(), PeopleError> {
        self.step(id, "job.canceled", |job, _| job.phase = Phase::UserCanceled)
    }

    pub fn delete_job(&self, id: &str) -> Result<(), PeopleError> {
        self.step(id, "job.deleted", |job, _| job.life = Life::Deleted)
    }

    pub fn archive_job(&self, id: &str) -> Result<(), PeopleError> {
        self.step(id, "job.updated", |job, _| job.life = Life::Archived)
    }

    /// Somebody writes over the first line item's name.
    pub fn rewrite_line(&self, id: &str, line: &str) -> Result<(), PeopleError> {
        self.step(id, "job.updated", |job, _| {
            if let Some(item) = job.line_items.first_mut() {
                line.clone_into(&mut item.name);
            }
        })
    }

    /// Somebody writes a note to the job.
    pub fn note_job(&self, id: &str, text: &str) -> Result<(), PeopleError> {
        self.step(id, "job.updated", |job, _| {
            let number = job.notes.len();
            job.notes.push((format!("note_by_hand_{number}"), text.to_owned()));
        })
    }

    /// Somebody gives the job to other people.
    pub fn reassign(&self, id: &str, employees: &[&str]) -> Result<(), PeopleError> {
        let staff = Staff(employees.iter().map(|id| (*id).to_owned()).collect());
        let assigned = self.lock().assign(id, &staff, self.clock.now());
        assigned.map_err(|_| PeopleError::NoJob(id.to_owned()))
    }

    /// Every job, by id.
    pub fn jobs(&self) -> Vec<JobView> {
        self.lock().jobs.values().map(view).collect()
    }

    pub fn job(&self, id: &str) -> Option<JobView> {
        self.lock().jobs.get(id).map(view)
    }

    fn step(&self, id: &str, event: &str, how: impl FnOnce(&mut Job, Timestamp)) -> Result<(), PeopleError> {
        let now = self.clock.now();
        let mut state = self.lock();
        state.people(id, now, |job| how(job, now))?;
        state.tell_of_job(event, id, now);
        Ok(())
    }
}

impl State {
    fn people<T>(&mut self, id: &str, now: Timestamp, how: impl FnOnce(&mut Job) -> T) -> Result<T, PeopleError> {
        self.change(id, now, how).map_err(|_| PeopleError::NoJob(id.to_owned()))
    }
}

fn view(job: &Job) -> JobView {
    JobView {
        id: job.id.clone(),
        customer: job.customer.clone(),
        address: job.address.clone(),
        notes: job.notes.iter().map(|(_, note)| note.clone()).collect(),
        work_status: job.work_status(),
        starts: job.start(),
        ends: job.end(),
        line: job.line_items.first().map(|item| item.name.clone()),
        line_items: job.line_items.clone(),
        employees: job.employees.iter().cloned().collect(),
        live: job.is_live(),
    }
}
