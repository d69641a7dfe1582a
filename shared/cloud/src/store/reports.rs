//! Quality reports by the run they are kept with. A small one lies in its row, a large one in the object store.

use super::{
    OrgTable, StoreError,
    item::{Item, Row, get_number, get_text, json, number, require_json, seconds, text},
    keys::Key,
};
use jiff::{SignedDuration, Timestamp};
use lintel_domain::ids::{FlowId, RunId};
use serde::{Deserialize, Serialize};

/// As long as its run.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 90);

/// A report as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportSummary {
    pub run: RunId,
    pub flow: FlowId,
    /// When its reading began.
    pub at: Timestamp,
    /// Of a hundred; `None` when there was nothing to judge.
    pub score: Option<u8>,
}

/// Where a report's JSON lies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "v", rename_all = "snake_case")]
pub enum ReportContent {
    #[serde(rename = "1-inline")]
    Inline { report: String },
    #[serde(rename = "1-stored")]
    Stored { object: String },
}

impl OrgTable {
    /// Keeps a report; an earlier one of the same run is replaced.
    pub async fn save_report(&self, summary: &ReportSummary, content: &ReportContent) -> Result<(), StoreError> {
        let doing = "keep a quality report";
        let mut row = Row::new(self.report_key(&summary.run))
            .with("flow", text(summary.flow.as_str()))
            .with("at", text(summary.at.to_string()))
            .with("content", json(doing, content)?)
            .with("expires_at", seconds(summary.at + KEPT));
        if let Some(score) = summary.score {
            row = row.with("score", number(score));
        }
        self.put(doing, row).await
    }

    pub async fn report(&self, run: &RunId) -> Result<Option<ReportContent>, StoreError> {
        let doing = "read a quality report";
        let item = self.get(doing, self.report_key(run)).await?;
        item.map(|item| require_json(doing, &item, "content")).transpose()
    }

    /// All reports, by run, the oldest first.
    pub async fn reports(&self) -> Result<Vec<ReportSummary>, StoreError> {
        let doing = "list quality reports";
        let parts = ["SK", "flow", "at", "score"];
        self.query_parts(doing, self.partition("REPORTS"), REPORT, &parts, |item| summary(doing, item)).await
    }

    fn report_key(&self, run: &RunId) -> Key {
        Key { pk: self.partition("REPORTS"), sk: format!("{REPORT}{run}") }
    }
}

const REPORT: &str = "REPORT#";

fn summary(doing: &str, item: &Item) -> Result<ReportSummary, StoreError> {
    let missing = |name: &str| StoreError::Unreadable { doing: doing.to_owned(), reason: format!("without {name}") };
    let run = get_text(item, "SK").and_then(|sort| sort.strip_prefix(REPORT)).ok_or_else(|| missing("SK"))?;
    let at = get_text(item, "at").and_then(|at| at.parse().ok()).ok_or_else(|| missing("at"))?;
    Ok(ReportSummary {
        run: RunId::new(run),
        flow: FlowId::new(get_text(item, "flow").unwrap_or_default()),
        at,
        score: get_number(item, "score"),
    })
}
