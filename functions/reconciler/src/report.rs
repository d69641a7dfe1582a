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
    /// Jobs the field-service system listed.
    pub listed: usize,
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
    /// Why the run did not come to an end, if it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

impl OrgReport {
    pub(crate) fn failed(org: OrgId, failure: String) -> Self {
        Self {
            org,
            listed: 0,
            caught_up: 0,
            looked_for: 0,
            adopted: 0,
            edits: 0,
            manual: Vec::new(),
            violations: Vec::new(),
            failure: Some(failure),
        }
    }

    /// Whether there was anything to do.
    pub fn is_quiet(&self) -> bool {
        self.failure.is_none()
            && self.violations.is_empty()
            && (self.caught_up, self.looked_for, self.adopted, self.edits) == (0, 0, 0, 0)
    }
}

impl fmt::Display for OrgReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(failure) = &self.failure {
            writeln!(f, "{}: not reconciled whole: {failure}", self.org)?;
        }
        writeln!(f, "{}: {} jobs listed", self.org, self.listed)?;
        writeln!(f, "  {} had changed, {} are looked for", self.caught_up, self.looked_for)?;
        writeln!(f, "  {} made by hand were given to their stays, {} are nobody's", self.adopted, self.manual.len())?;
        writeln!(f, "  {} stays were edited in the office's table and nobody had told", self.edits)?;
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
            Violation::ForgottenJob { property, stay, job } => {
                writeln!(f, "    {stay} at {property} is gone, its job {job} is not, and nobody was told")
            }
        })
    }
}
