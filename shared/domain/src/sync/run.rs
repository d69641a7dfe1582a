//! One execution of a flow.

use crate::ids::{FlowId, RunId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::ops::{Add, AddAssign};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunKind {
    /// Everything, which also shows what is gone.
    Full,
    /// Everything, and what the target has of it: shows what was changed there while the source stood still.
    Compare,
    /// What changed since the cursor.
    Changes,
    /// Two ways: what the target lists that the source has not heard of.
    Back,
}

impl RunKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Compare => "compare",
            Self::Changes => "changes",
            Self::Back => "back",
        }
    }

    /// Whether records are looked at that the source says nothing new of.
    pub fn asks_the_target(self) -> bool {
        matches!(self, Self::Compare | Self::Back)
    }

    /// Whether the source is read whole.
    pub fn reads_everything(self) -> bool {
        matches!(self, Self::Full | Self::Compare)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum RunState {
    Running,
    Done,
    Cancelled,
    /// It could not go on; what was applied stays applied and the cursor stays where it was.
    Failed {
        #[serde(default)]
        code: FailureCode,
        reason: String,
    },
}

/// Why a run could not begin or go on, for filters. The runbook of failed runs has a line for each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureCode {
    /// A key was deleted, or lacks a right.
    NotAuthorized,
    /// What the account's plan allows is used up.
    PlanLimit,
    /// The vendor does not have the collection, or not for this account.
    StreamMissing,
    /// Something else has to be mended at the vendor.
    VendorSettings,
    /// We asked for something the vendor does not understand.
    NotUnderstood,
    /// The vendor fails, or has us wait.
    VendorFailing,
    /// The organization's configuration, or a mapping, does not fit.
    Configuration,
    /// A connection could not be opened: its secret, or its settings.
    Connection,
    /// The table, the bucket or a queue.
    Storage,
    /// It was not over after a day.
    TookTooLong,
    #[default]
    Other,
}

impl FailureCode {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotAuthorized => "not-authorized",
            Self::PlanLimit => "plan-limit",
            Self::StreamMissing => "stream-missing",
            Self::VendorSettings => "vendor-settings",
            Self::NotUnderstood => "not-understood",
            Self::VendorFailing => "vendor-failing",
            Self::Configuration => "configuration",
            Self::Connection => "connection",
            Self::Storage => "storage",
            Self::TookTooLong => "took-too-long",
            Self::Other => "other",
        }
    }
}

impl std::fmt::Display for FailureCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What became of records, and what it took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    pub read: u64,
    pub created: u64,
    pub updated: u64,
    pub unchanged: u64,
    pub skipped: u64,
    pub quarantined: u64,
    pub failed: u64,
    pub conflicts: u64,
    pub gone: u64,
    /// Values that were left out because they did not read as their field's kind.
    pub warnings: u64,
    /// Calls made at both vendors, refused and repeated ones among them.
    pub calls: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    pub id: RunId,
    pub flow: FlowId,
    pub kind: RunKind,
    #[serde(flatten)]
    pub state: RunState,
    pub began: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Timestamp>,
    /// Changes from here on are read; `None` reads everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    pub counts: Counts,
    /// Pages handed out and worked off.
    pub pages: u64,
    pub pages_done: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.read += other.read;
        self.created += other.created;
        self.updated += other.updated;
        self.unchanged += other.unchanged;
        self.skipped += other.skipped;
        self.quarantined += other.quarantined;
        self.failed += other.failed;
        self.conflicts += other.conflicts;
        self.gone += other.gone;
        self.warnings += other.warnings;
        self.calls += other.calls;
    }
}

impl Add for Counts {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

impl Counts {
    /// Every record that was read is accounted for.
    pub fn accounted(&self) -> u64 {
        self.created + self.updated + self.unchanged + self.skipped + self.quarantined + self.failed
    }
}
