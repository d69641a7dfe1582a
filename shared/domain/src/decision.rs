//! Why a rule said what it said.

use crate::ids::{RuleId, SnapshotId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One answer of one rule: `lintel why STAY` prints these. Inputs and results never hold a guest's data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    pub rule: RuleId,
    /// What was concluded, in words an operator understands: `same day: yes`.
    pub result: String,
    /// What the rule looked at, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub inputs: BTreeMap<String, String>,
    /// The reads that showed it, or the keys of other stays it rests on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<SnapshotId>,
}
