//! What a run found.

use lintel_domain::{
    ids::{JobId, OrgId},
    reconcile::Violation,
};
use serde::{Deserialize, Serialize};

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
