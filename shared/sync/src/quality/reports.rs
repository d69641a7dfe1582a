//! Reports of runs: made on demand, kept, and looked up by the run's id.

use crate::{Engine, SyncError};
use lintel_cloud::{objects::Objects, reports::ReportStore, store::ReportSummary};
use lintel_connectors::transport::Deadline;
use lintel_domain::{
    ids::{OrgId, RunId},
    quality::{QualityReport, Walk},
    settings::Organization,
    sync::Run,
};
use std::sync::Arc;

/// Makes and finds the quality reports of runs.
#[derive(Clone, Debug)]
pub struct Reports {
    engine: Arc<Engine>,
    store: ReportStore,
}

impl Reports {
    pub fn new(engine: Arc<Engine>, objects: Objects) -> Self {
        let store = ReportStore::new(engine.table.clone(), objects);
        Self { engine, store }
    }

    /// Compares both ends of a run's flow as they are now and keeps the report with the run; an earlier one of the run is replaced.
    pub async fn make(
        &self,
        settings: &Organization,
        run: &RunId,
        walk: Walk,
        deadline: Deadline,
    ) -> Result<QualityReport, SyncError> {
        let run = self.run(settings, run).await?;
        let mut report = self.engine.compare(settings, &run.flow, walk, deadline).await?;
        report.run = Some(run.id);
        report.counts = Some(run.counts);
        self.store.save(&settings.id, &report).await?;
        Ok(report)
    }

    /// A run of any of the organization's flows.
    async fn run(&self, settings: &Organization, id: &RunId) -> Result<Run, SyncError> {
        let table = self.engine.table.org(&settings.id);
        for flow in settings.flows.keys() {
            if let Some(run) = table.run(flow, id).await? {
                return Ok(run);
            }
        }
        Err(SyncError::NoRun(id.clone()))
    }

    /// The report that is kept with a run; `None` when none was made, or it has expired.
    pub async fn of_run(&self, org: &OrgId, run: &RunId) -> Result<Option<QualityReport>, SyncError> {
        Ok(self.store.load(org, run).await?)
    }

    /// Every report that is kept, the oldest run first.
    pub async fn list(&self, org: &OrgId) -> Result<Vec<ReportSummary>, SyncError> {
        Ok(self.store.list(org).await?)
    }
}
