//! When absence becomes removal (csv-reports.md section 7, ical-feeds.md section 6).

use crate::ids::{PropertyId, RemovalPlanId, SnapshotId, SourceId, StayKey};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Removals that wait for an operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemovalPlan {
    pub id: RemovalPlanId,
    pub property: PropertyId,
    pub source: SourceId,
    pub status: RemovalPlanStatus,
    /// The stays, each with the reads in which it was missing.
    pub stays: BTreeMap<StayKey, Vec<SnapshotId>>,
    pub reason: RemovalReason,
    pub opened_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled_at: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RemovalPlanStatus {
    Open,
    Approved,
    Dismissed,
    /// Its stays came back, began or went another way.
    Withdrawn,
}

/// Why an operator is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum RemovalReason {
    /// Too many of a source's upcoming stays vanished at once.
    MassChange { missing: u32, upcoming: u32 },
}
