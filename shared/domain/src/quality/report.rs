//! What there is to say about a run: all findings, and the score they make.

use super::{
    Agreement, Completeness, Consistency, Duplicate, DuplicateKind, Duplicates, Judged, Score, ScorePart, Validity,
    Walk,
};
use crate::{
    ids::{ConnectionId, FlowId, RunId},
    records::Entity,
    sync::Counts,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Groups of one kind that are told.
const MOST_GROUPS: usize = 100;

/// One end of a flow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    pub connection: ConnectionId,
    pub stream: String,
}

/// The quality of a flow's records at one time. Holds keys, names of fields, counts and masked examples: no personal data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QualityReport {
    pub flow: FlowId,
    pub from: End,
    pub into: End,
    pub entity: Entity,
    /// When reading began.
    pub at: Timestamp,
    #[serde(flatten)]
    pub walk: Walk,
    /// The run it is kept with, and what became of that run's records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<Counts>,
    pub score: Score,
    pub agreement: Agreement,
    pub completeness: Completeness,
    pub duplicates: DuplicateReport,
    pub consistency: Consistency,
    pub validity: Validity,
    /// Streams that could not be read, so that what they would show was not judged.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub not_read: BTreeSet<String>,
}

/// Duplicates, and what was told apart from them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DuplicateReport {
    pub examined: u64,
    /// Records there would be fewer without duplicates.
    pub surplus: u64,
    pub kinds: BTreeMap<DuplicateKind, OfKind>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfKind {
    pub groups: u64,
    /// The surest, at most 100.
    pub shown: Vec<Duplicate>,
}

/// A report that cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("a quality report is not as it should be: {0}")]
pub struct ReportError(#[from] serde_json::Error);

/// As it is kept and handed out.
#[derive(Serialize, Deserialize)]
#[serde(tag = "v")]
enum Versioned<T> {
    #[serde(rename = "1")]
    V1(T),
}

impl QualityReport {
    /// JSON with its version.
    pub fn to_json(&self) -> Result<String, ReportError> {
        Ok(serde_json::to_string(&Versioned::V1(self))?)
    }

    /// # Errors
    /// When it is no report, or one of a version this one does not know.
    pub fn from_json(text: &str) -> Result<Self, ReportError> {
        let Versioned::V1(report) = serde_json::from_str(text)?;
        Ok(report)
    }

    /// The score of findings; see the formula at [`Score`].
    pub fn score_of(
        agreement: &Agreement,
        completeness: &Completeness,
        duplicates: &DuplicateReport,
        consistency: &Consistency,
        validity: &Validity,
    ) -> Score {
        let judged = |part, good, all| Judged { part, good, all };
        let (agree, told) = agreement.values();
        Score::of([
            judged(ScorePart::Agreement, agree, told),
            judged(ScorePart::Coverage, agreement.compared, agreement.expected()),
            judged(ScorePart::Completeness, completeness.usable, completeness.examined),
            judged(ScorePart::Uniqueness, duplicates.examined - duplicates.surplus, duplicates.examined),
            judged(ScorePart::Consistency, consistency.sound, consistency.examined),
            judged(ScorePart::Validity, validity.sound, validity.examined),
        ])
    }
}

impl From<Duplicates> for DuplicateReport {
    fn from(Duplicates { examined, surplus, found }: Duplicates) -> Self {
        let mut kinds: BTreeMap<DuplicateKind, OfKind> = BTreeMap::new();
        for group in found {
            let of_kind = kinds.entry(group.kind).or_default();
            of_kind.groups += 1;
            if of_kind.shown.len() < MOST_GROUPS {
                of_kind.shown.push(group);
            }
        }
        Self { examined, surplus, kinds }
    }
}
