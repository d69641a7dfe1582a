//! What is remembered of one source at one property between its reads.

use crate::ids::SnapshotId;
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

/// Facts about one source at one property. Stored beside the stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFacts {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_observed_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_snapshot: Option<SnapshotId>,
    #[serde(default)]
    pub churn: Churn,
    /// The furthest check-out ever seen: absence beyond it says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub horizon: Option<Date>,
    /// Active stays of this source that were missing from good reads. While above zero the source has to be read and
    /// planned even when its content did not change, or absence could never be counted.
    #[serde(default)]
    pub open_misses: u32,
    /// Reads in a row that held nothing though stays are known.
    #[serde(default)]
    pub empty_reads: u32,
}

impl SourceFacts {
    /// Whether a read is older than, or the same as, the last one applied. Reads of one instant are ordered by id, so
    /// that whichever comes first the same one stands in the end.
    pub fn order(&self, observed_at: Timestamp, snapshot: &SnapshotId) -> ReadOrder {
        match (self.last_observed_at, &self.last_snapshot) {
            (Some(at), Some(last)) => match (observed_at, snapshot).cmp(&(at, last)) {
                std::cmp::Ordering::Less => ReadOrder::Older,
                std::cmp::Ordering::Equal => ReadOrder::Same,
                std::cmp::Ordering::Greater => ReadOrder::Newer,
            },
            _ => ReadOrder::Newer,
        }
    }
}

/// How a read stands to the last one applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadOrder {
    Older,
    Same,
    Newer,
}

/// How often a source gives known entries new uids (ical-feeds.md section 4).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Churn {
    /// Reads in which known entries were present.
    pub reads: u32,
    /// Reads in which the share of re-keyed entries was above the threshold.
    pub reads_above: u32,
    /// Share of the last such read, percent.
    pub last_percent: u32,
    pub keying: Keying,
}

/// What new stays of a source are keyed by when they have no confirmation code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keying {
    #[default]
    Uid,
    /// The uids proved unstable; dates and kind take their place. Never turns back by itself.
    Dates,
}

/// Reads above the threshold after which a source counts as unstable.
const UNSTABLE_AFTER_READS: u32 = 2;

impl Churn {
    /// Counts one read in which `rekeyed` of `present` known entries came under a new uid.
    #[must_use]
    pub fn after_read(&self, rekeyed: u32, present: u32, threshold_percent: u32) -> Self {
        if present == 0 {
            return self.clone();
        }
        let last_percent = rekeyed.saturating_mul(100) / present;
        let above = u32::from(last_percent > threshold_percent);
        let reads_above = self.reads_above.saturating_add(above);
        let keying = if reads_above >= UNSTABLE_AFTER_READS { Keying::Dates } else { self.keying };
        Self { reads: self.reads.saturating_add(1), reads_above, last_percent, keying }
    }
}
