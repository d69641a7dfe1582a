//! What a run found, for people and for machines.

use lintel_domain::{
    ids::{JobId, OrgId, StayKey},
    reconcile::Violation,
};
use serde::{Deserialize, Serialize};
use std::fmt;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    pub organizations: Vec<OrgReport>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrgReport {
    pub org: OrgId,
    /// Jobs the field-service system listed; `None` where nobody holds jobs.
    pub listed: Option<usize>,
    /// Jobs that looked other than was known.
    pub caught_up: usize,
    /// Jobs that were not listed and are looked at again.
    pub looked_for: usize,
    /// Jobs made by hand that were given to their stays.
    pub adopted: usize,
    /// Stays edited in the office's table that nobody told of.
    #[serde(default)]
    pub edits: usize,
    /// Jobs that are no stay's.
    pub manual: Vec<JobId>,
    pub violations: Vec<Violation>,
    /// Why the jobs were not compared whole, if they were not. Nothing is said of them then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// Why the office's table was not read, if it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub office_failure: Option<String>,
}

impl OrgReport {
    /// Nothing was found.
    pub(crate) fn empty(org: OrgId) -> Self {
        Self {
            org,
            listed: None,
            caught_up: 0,
            looked_for: 0,
            adopted: 0,
            edits: 0,
            manual: Vec::new(),
            violations: Vec::new(),
            failure: None,
            office_failure: None,
        }
    }

    pub(crate) fn failed(org: OrgId, failure: String) -> Self {
        Self { failure: Some(failure), ..Self::empty(org) }
    }

    /// Whether both sides were read whole, and everything that must hold does.
    pub fn holds(&self) -> bool {
        self.failure.is_none() && self.office_failure.is_none() && self.violations.is_empty()
    }

    /// Whether there was anything to do.
    pub fn is_quiet(&self) -> bool {
        self.holds() && (self.caught_up, self.looked_for, self.adopted, self.edits) == (0, 0, 0, 0)
    }
}

impl fmt::Display for OrgReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.failure, self.listed) {
            (Some(failure), _) => writeln!(f, "{}: the jobs were not compared: {failure}", self.org)?,
            (None, None) => writeln!(f, "{}: no connection for jobs, so none were compared", self.org)?,
            (None, Some(listed)) => self.write_jobs(listed, f)?,
        }
        match &self.office_failure {
            Some(failure) => writeln!(f, "  the office's table was not read: {failure}"),
            None => writeln!(f, "  {} stays were edited in the office's table and nobody had told", self.edits),
        }
    }
}

impl OrgReport {
    fn write_jobs(&self, listed: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {listed} jobs listed", self.org)?;
        writeln!(f, "  {} had changed, {} are looked for", self.caught_up, self.looked_for)?;
        writeln!(f, "  {} made by hand were given to their stays, {} are nobody's", self.adopted, self.manual.len())?;
        self.manual.iter().try_for_each(|job| writeln!(f, "    {job}"))?;
        if self.violations.is_empty() {
            return writeln!(f, "  everything that must hold does");
        }
        writeln!(f, "  {} things do not hold:", self.violations.len())?;
        self.violations.iter().try_for_each(|violation| match violation {
            Violation::NoJobAndNoReason { property, stay } => {
                writeln!(f, "    {stay} at {property} has no job and no reason for having none")
            }
            Violation::SharedJob { job, stays } => {
                let stays: Vec<&str> = stays.iter().map(StayKey::as_str).collect();
                writeln!(f, "    job {job} stands in for {}", stays.join(" and "))
            }
            Violation::SecondJob { property, stay, job, further } => {
                writeln!(f, "    {stay} at {property} has job {job}, and job {further} bears its mark as well")
            }
            Violation::ForgottenJob { property, stay, job } => {
                writeln!(f, "    {stay} at {property} is gone, its job {job} is not, and nobody was told")
            }
        })
    }
}
