//! Records of a flow that somebody has to look at: what was refused, and why. A row per record, resolved when the record goes through.

use super::{
    OrgTable, StoreError,
    item::{Change, Item, get_number, get_text, json, require_json, text},
    keys::Key,
};
use jiff::Timestamp;
use lintel_domain::{ids::FlowId, records::RecordKey};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Why a record did not go through. Holds no value of the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    pub record: RecordKey,
    /// Stable, for filters: `quarantined`, `rejected`, `refused`, `refused-value`, `shared-value`, `target-gone`, `merged`, `not-linked`,
    /// `mass-change`.
    pub code: String,
    pub reason: String,
    /// When it was last met.
    pub at: Timestamp,
}

/// A problem with its history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProblemRow {
    pub problem: Problem,
    /// How often it was met.
    pub times: u64,
    pub resolved: bool,
}

impl OrgTable {
    /// Notes a problem; one that is met again counts up.
    pub async fn note_problem(&self, flow: &FlowId, problem: &Problem) -> Result<(), StoreError> {
        let doing = "note a problem";
        let change =
            Change::default().set("problem", json(doing, problem)?).set("resolved", text("no")).add("times", 1);
        self.update(doing, self.problem_key(flow, &problem.record), change).await.map(drop)
    }

    /// Marks a record's problem as resolved, if there is one that is not.
    pub async fn resolve_problem(&self, flow: &FlowId, record: &RecordKey) -> Result<(), StoreError> {
        let change =
            Change::default().set("resolved", text("yes")).only_if("#resolved = :open", &[(":open", text("no"))]);
        self.update("resolve a problem", self.problem_key(flow, record), change).await.map(drop)
    }

    /// Which of these records have a problem that is not resolved.
    pub async fn troubled(&self, flow: &FlowId, records: &[RecordKey]) -> Result<BTreeSet<RecordKey>, StoreError> {
        let doing = "look for problems";
        let items = self.get_many(doing, records.iter().map(|record| self.problem_key(flow, record)).collect()).await?;
        let rows = items.iter().map(|item| row(doing, item)).collect::<Result<Vec<_>, _>>()?;
        Ok(rows.into_iter().filter(|row| !row.resolved).map(|row| row.problem.record).collect())
    }

    pub async fn problems(&self, flow: &FlowId) -> Result<Vec<ProblemRow>, StoreError> {
        let doing = "list problems";
        let items = self.query_prefix(doing, self.partition(&format!("PROBLEMS#{flow}")), "RECORD#").await?;
        items.iter().map(|item| row(doing, item)).collect()
    }

    fn problem_key(&self, flow: &FlowId, record: &RecordKey) -> Key {
        Key { pk: self.partition(&format!("PROBLEMS#{flow}")), sk: format!("RECORD#{record}") }
    }
}

fn row(doing: &str, item: &Item) -> Result<ProblemRow, StoreError> {
    Ok(ProblemRow {
        problem: require_json(doing, item, "problem")?,
        times: get_number(item, "times").unwrap_or(1),
        resolved: get_text(item, "resolved") == Some("yes"),
    })
}
