//! The work of a turnover in a field-service system, and how what is there compares with what should be.

use crate::ids::{AppointmentId, EmployeeId, JobId};
use jiff::{Timestamp, civil::DateTime};
use serde::{Deserialize, Serialize};

/// How a job's schedule compares with the service time, by local date first and local minute second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ScheduleState {
    Synced,
    #[serde(rename = "Wrong Date")]
    WrongDate,
    #[serde(rename = "Wrong Time")]
    WrongTime,
    #[serde(rename = "Not Created")]
    NotCreated,
}

/// How far a job has come, whatever the vendor calls it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "raw", rename_all = "snake_case")]
pub enum JobProgress {
    Unscheduled,
    Scheduled,
    InProgress,
    Completed,
    Cancelled,
    /// A status nobody has met yet, kept as the vendor wrote it. Never read as cancelled.
    Unknown(String),
}

impl JobProgress {
    /// Done, or never to be done.
    pub fn is_over(&self) -> bool {
        matches!(self, Self::Completed | Self::Cancelled)
    }

    /// Whether this comes before the other on a job's ordinary way. An unknown status has no place on it.
    pub fn is_before(&self, other: &Self) -> bool {
        let step = |progress: &Self| match progress {
            Self::Unscheduled => Some(0),
            Self::Scheduled => Some(1),
            Self::InProgress => Some(2),
            Self::Completed | Self::Cancelled => Some(3),
            Self::Unknown(_) => None,
        };
        step(self).zip(step(other)).is_some_and(|(this, other)| this < other)
    }
}

/// What a job should look like.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobDesire {
    /// Wall-clock start at the property.
    pub starts_at: DateTime,
    /// The same moment.
    pub starts: Timestamp,
    /// The property's IANA zone, in which schedules are compared.
    pub zone: String,
    pub minutes: u32,
    pub line: String,
    pub service: crate::stay::ServiceType,
}

/// What was last seen of a job at the vendor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobSeen {
    pub job: JobId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appointment: Option<AppointmentId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts: Option<Timestamp>,
    pub progress: JobProgress,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assignees: Vec<EmployeeId>,
    #[serde(default)]
    pub work: WorkTimes,
    /// The vendor's own time of the record's last change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
}

/// When the crew set out, began and finished.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct WorkTimes {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_my_way: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed: Option<Timestamp>,
}

impl WorkTimes {
    /// These, and what they do not say as the others have it.
    #[must_use]
    pub fn or(self, others: &Self) -> Self {
        Self {
            on_my_way: self.on_my_way.or(others.on_my_way),
            started: self.started.or(others.started),
            completed: self.completed.or(others.completed),
        }
    }
}
