//! When absence becomes removal (csv-reports.md section 7, ical-feeds.md section 6).

use crate::{
    ids::{PropertyId, RemovalPlanId, SnapshotId, SourceId, StayKey},
    job::JobProgress,
    settings::AbsenceRules,
    snapshot::Coverage,
    span::Span,
    stay::Misses,
};
use jiff::{SignedDuration, Timestamp, ToSpan, civil::Date};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
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

/// What a stay's absence from a read says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absent {
    /// The read does not reach the stay, or says nothing of what it does not list.
    SaysNothing,
    /// The stay has begun, ends too soon, or its job is being done: never removed by absence.
    Exempt,
    Miss,
}

/// What is known when an absent stay is judged.
#[derive(Clone, Copy, Debug)]
pub struct Judge<'a> {
    pub rules: &'a AbsenceRules,
    pub coverage: &'a Coverage,
    pub horizon: Option<Date>,
    /// The read's date at the property.
    pub today: Date,
}

impl Judge<'_> {
    /// Judges one active stay that the read did not list.
    pub fn absent(&self, span: Span, progress: Option<&JobProgress>) -> Absent {
        if !self.covers(span) {
            return Absent::SaysNothing;
        }
        let soon = self.today.saturating_add(i64::from(self.rules.checkout_margin_days).days());
        let begun = span.check_in() < self.today;
        if begun || span.check_out() <= soon || progress == Some(&JobProgress::InProgress) {
            return Absent::Exempt;
        }
        Absent::Miss
    }

    fn covers(&self, span: Span) -> bool {
        let slack = i64::from(self.rules.horizon_slack_days).days();
        match self.coverage {
            Coverage::Checkouts { from, to } => (*from..=*to).contains(&span.check_out()),
            Coverage::Upcoming { from } => {
                let proven = self.horizon.map(|horizon| horizon.saturating_sub(slack));
                span.check_out() > *from && proven.is_some_and(|proven| span.check_out() <= proven)
            }
            Coverage::Nothing { .. } => false,
        }
    }
}

impl Misses {
    /// The misses after one more. Once there are enough of them only time is missing, and nothing has to be written.
    #[must_use]
    pub fn after(earlier: Option<&Self>, read: &SnapshotId, at: Timestamp, rules: &AbsenceRules) -> Self {
        let Some(earlier) = earlier else {
            return Self { first_at: at, reads: vec![read.clone()], kept_by: None };
        };
        let mut misses = earlier.clone();
        let enough = usize::try_from(rules.misses).is_ok_and(|enough| misses.reads.len() >= enough);
        if misses.kept_by.is_none() && !enough && !misses.reads.contains(read) {
            misses.reads.push(read.clone());
        }
        misses
    }

    /// Whether there were enough misses over enough time.
    pub fn suffice(&self, at: Timestamp, rules: &AbsenceRules) -> bool {
        let enough = usize::try_from(rules.misses).is_ok_and(|enough| self.reads.len() >= enough);
        let hours = SignedDuration::from_hours(i64::from(rules.hours));
        self.kept_by.is_none() && enough && at.duration_since(self.first_at) >= hours
    }
}

/// Whether so many vanished at once that an operator decides.
pub fn mass_change(missing: u32, upcoming: u32, rules: &AbsenceRules) -> Option<RemovalReason> {
    let too_many = if upcoming >= rules.mass_change_floor {
        u64::from(missing) * 100 > u64::from(rules.mass_change_percent) * u64::from(upcoming)
    } else {
        missing == upcoming || u64::from(missing) * 2 > u64::from(upcoming)
    };
    (missing > 0 && too_many).then_some(RemovalReason::MassChange { missing, upcoming })
}

impl RemovalPlan {
    /// A plan's id follows from what opened it, so that planning the same read again opens the same plan.
    pub(crate) fn id_for(property: &PropertyId, source: &SourceId, read: &SnapshotId) -> RemovalPlanId {
        let mut hash = Sha256::new();
        for part in [property.as_str(), source.as_str(), read.as_str()] {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        RemovalPlanId::new(hex::encode(hash.finalize()).chars().take(16).collect::<String>())
    }
}
