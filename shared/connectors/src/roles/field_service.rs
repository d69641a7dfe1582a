//! A system that holds jobs for crews.

use crate::{error::Error, transport::Deadline};
use async_trait::async_trait;
use jiff::Timestamp;
use lintel_domain::{
    ids::{AddressId, CustomerId, EmployeeId, JobId},
    job::JobSeen,
    reconcile::ListedJob,
    settings::NotifyPolicy,
};
use std::sync::Arc;

#[async_trait]
pub trait FieldService: std::fmt::Debug + Send + Sync {
    /// The line items of a template job.
    async fn template(&self, job: &JobId, deadline: Deadline) -> Result<Template, Error>;

    /// Makes a job. Not repeated after a doubtful outcome: search for the marker first.
    async fn create(&self, new: &NewJob, deadline: Deadline) -> Result<JobSeen, Error>;

    async fn read(&self, job: &JobId, deadline: Deadline) -> Result<Reading, Error>;

    /// Jobs of a customer scheduled in a window.
    async fn find(&self, search: &JobSearch, deadline: Deadline) -> Result<Vec<Found>, Error>;

    /// Every job scheduled in a window, whoever made it.
    async fn list(&self, from: Timestamp, to: Timestamp, deadline: Deadline) -> Result<Vec<ListedJob>, Error>;

    /// Moves a job, through its appointment where it has several. Assignments stay as they are.
    async fn schedule(&self, job: &JobSeen, change: &ScheduleChange, deadline: Deadline) -> Result<(), Error>;

    /// The first line item's name, as it stands now.
    async fn first_line(&self, job: &JobId, deadline: Deadline) -> Result<Option<String>, Error>;

    /// Rewrites the first line item's name and leaves all else as it is.
    async fn set_line(&self, job: &JobId, line: &str, deadline: Deadline) -> Result<(), Error>;

    /// Sends these people and nobody else.
    async fn dispatch(&self, job: &JobId, crew: &[EmployeeId], deadline: Deadline) -> Result<(), Error>;

    /// Writes a marker a job made by hand can be found by from then on.
    async fn mark(&self, job: &JobId, marker: &str, deadline: Deadline) -> Result<(), Error>;

    /// Puts a tag on a job; makes the tag where the account has none of that name.
    async fn tag(&self, job: &JobId, tag: &str, deadline: Deadline) -> Result<(), Error>;

    /// Takes a job's schedule back. The job itself stays.
    async fn withdraw_schedule(&self, job: &JobId, deadline: Deadline) -> Result<(), Error>;

    /// A cheap call that proves the credentials.
    async fn check(&self, deadline: Deadline) -> Result<Health, Error>;
}

/// A template job's line items, first the one crews read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Template {
    pub items: Vec<LineItem>,
}

/// Money is in minor units of the account's currency.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LineItem {
    pub name: String,
    pub description: Option<String>,
    pub unit_price: i64,
    pub unit_cost: i64,
    pub quantity: f64,
    pub kind: Option<String>,
    pub taxable: Option<bool>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct NewJob {
    pub customer: CustomerId,
    pub address: AddressId,
    pub starts: Timestamp,
    pub minutes: u32,
    pub arrival_window_minutes: u32,
    /// Becomes the first line item's name.
    pub line: String,
    pub template: Arc<Template>,
    /// Text the job can be found by again.
    pub marker: String,
    pub assignees: Vec<EmployeeId>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Reading {
    Present(Box<JobSeen>),
    /// Deleted or archived.
    Gone,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobSearch {
    pub customer: CustomerId,
    pub marker: String,
    pub from: Timestamp,
    pub to: Timestamp,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    pub seen: JobSeen,
    pub address: Option<AddressId>,
    pub marked: Marked,
}

/// Whether a job carries the marker that was searched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marked {
    Ours,
    Unmarked,
}

impl Found {
    pub fn carries_marker(&self) -> bool {
        self.marked == Marked::Ours
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleChange {
    pub starts: Timestamp,
    pub minutes: u32,
    pub arrival_window_minutes: u32,
    pub notify: NotifyPolicy,
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// The account's own name, so that a person sees it is the right one.
    pub account: String,
}
