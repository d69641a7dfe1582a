//! Quality reports: kept with the run they are about, and looked up by its id.

use crate::{
    objects::{ObjectError, Objects},
    store::{ReportContent, ReportSummary, StoreError, Table},
};
use lintel_domain::{
    ids::{FlowId, OrgId, RunId},
    quality::{QualityReport, ReportError},
};

/// Up to here a report lies in its row, which may hold 400 KB with everything. Bytes.
const INLINE: usize = 200 * 1024;
/// Lists in a report are cut; a larger one was not written by us.
const LARGEST: usize = 64 * 1024 * 1024;

#[derive(Debug, thiserror::Error)]
pub enum ReportStoreError {
    /// A report that was made outside of a run has no id to be found by.
    #[error("the quality report of flow {0} belongs to no run")]
    NoRun(FlowId),
    #[error(transparent)]
    Report(#[from] ReportError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Object(#[from] ObjectError),
}

#[derive(Clone, Debug)]
pub struct ReportStore {
    table: Table,
    objects: Objects,
}

impl ReportStore {
    pub fn new(table: Table, objects: Objects) -> Self {
        Self { table, objects }
    }

    /// Keeps a report under its run; an earlier one of the same run is replaced.
    pub async fn save(&self, org: &OrgId, report: &QualityReport) -> Result<(), ReportStoreError> {
        let run = report.run.clone().ok_or_else(|| ReportStoreError::NoRun(report.flow.clone()))?;
        let text = report.to_json()?;
        let content = if text.len() <= INLINE {
            ReportContent::Inline { report: text }
        } else {
            let object = format!("reports/{org}/{run}.json");
            self.objects.put(&object, text.into()).await?;
            ReportContent::Stored { object }
        };
        let summary = ReportSummary { run, flow: report.flow.clone(), at: report.at, score: report.score.total };
        Ok(self.table.org(org).save_report(&summary, &content).await?)
    }

    /// The report of a run; `None` when there is none.
    pub async fn load(&self, org: &OrgId, run: &RunId) -> Result<Option<QualityReport>, ReportStoreError> {
        let text = match self.table.org(org).report(run).await? {
            None => return Ok(None),
            Some(ReportContent::Inline { report }) => report,
            Some(ReportContent::Stored { object }) => {
                String::from_utf8_lossy(&self.objects.get(&object, LARGEST).await?).into_owned()
            }
        };
        Ok(Some(QualityReport::from_json(&text)?))
    }

    /// All reports of an organization, the oldest run first.
    pub async fn list(&self, org: &OrgId) -> Result<Vec<ReportSummary>, ReportStoreError> {
        Ok(self.table.org(org).reports().await?)
    }
}
