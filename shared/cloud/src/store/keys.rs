//! The key of every row.

use super::OrgTable;
use lintel_domain::ids::{InputId, JobId, PropertyId, RemovalPlanId, StayKey};

/// A row's primary key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) pk: String,
    pub(super) sk: String,
}

/// First sort key of a property's partition that is current; history sorts before it.
pub(super) const CURRENT_FROM: &str = "JOB#";

pub(super) const HISTORY: &str = "HISTORY#";
pub(super) const JOB: &str = "JOB#";
pub(super) const MIRROR: &str = "MIRROR#";
pub(super) const PLAN: &str = "PLAN#";
pub(super) const STATE: &str = "STATE";
pub(super) const STAY: &str = "STAY#";

impl OrgTable {
    pub(super) fn partition(&self, rest: &str) -> String {
        format!("ORG#{}#{rest}", self.org)
    }

    pub(super) fn property_key(&self, property: &PropertyId, sk: String) -> Key {
        Key { pk: self.property_partition(property), sk }
    }

    pub(super) fn property_partition(&self, property: &PropertyId) -> String {
        self.partition(&format!("PROPERTY#{property}"))
    }

    pub(super) fn job_key(&self, property: &PropertyId, stay: &StayKey) -> Key {
        self.property_key(property, format!("{JOB}{stay}"))
    }

    pub(super) fn mirror_key(&self, property: &PropertyId, stay: &StayKey) -> Key {
        self.property_key(property, format!("{MIRROR}{stay}"))
    }

    pub(super) fn stay_key(&self, property: &PropertyId, stay: &StayKey) -> Key {
        self.property_key(property, format!("{STAY}{stay}"))
    }

    /// Versions are padded, so that they sort by number.
    pub(super) fn history_key(&self, property: &PropertyId, stay: &StayKey, version: u32) -> Key {
        self.property_key(property, format!("{HISTORY}{stay}#{version:08}"))
    }

    pub(super) fn input_key(&self, id: &InputId) -> Key {
        Key { pk: self.partition(&format!("INPUT#{id}")), sk: "INPUT".to_owned() }
    }

    pub(super) fn lookup_stay(&self, stay: &StayKey) -> String {
        self.partition(&format!("STAY#{stay}"))
    }

    pub(super) fn lookup_job(&self, job: &JobId) -> String {
        self.partition(&format!("JOB#{job}"))
    }

    pub(super) fn lookup_plan(&self, plan: &RemovalPlanId) -> String {
        self.partition(&format!("PLAN#{plan}"))
    }
}
