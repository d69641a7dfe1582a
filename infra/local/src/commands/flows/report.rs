//! `lintel report RUN`: how good a flow's records are, and whether both ends agree. Names keys, fields and counts, never values.

use super::super::Common;
use super::{engine, patience};
use crate::session::Session;
use anyhow::{Context, bail};
use clap::Args;
use lintel_domain::{ids::RunId, quality::Walk};
use lintel_formats::quality_report;
use lintel_sync::Reports;
use std::{fs, path::PathBuf, sync::Arc};

#[derive(Debug, Args)]
pub(crate) struct Report {
    /// A run, or a flow: its last run.
    run: String,
    /// As JSON.
    #[arg(long)]
    json: bool,
    /// Write a page for a browser, too.
    #[arg(long)]
    html: Option<PathBuf>,
    /// Look at so many records only.
    #[arg(long)]
    sample: Option<u64>,
    /// Compare both ends now, even if a report is kept.
    #[arg(long)]
    anew: bool,
}

impl Report {
    pub(crate) async fn run(&self, common: &Common) -> anyhow::Result<()> {
        let session = common.configured().await?;
        let run = self.find(&session).await?;
        let reports = Reports::new(Arc::new(engine(&session)?), session.objects.clone());
        let walk = self.sample.map_or(Walk::Everything, |count| Walk::Sample { count, seed: 1 });
        let kept = if self.anew { None } else { reports.of_run(&session.settings.id, &run).await? };
        // One that looked at less, or at more, than is asked for is another report.
        let report = match kept.filter(|report| report.walk == walk) {
            Some(report) => report,
            None => reports.make(&session.settings, &run, walk, patience()).await?,
        };
        if let Some(path) = &self.html {
            fs::write(path, quality_report::html(&report)).with_context(|| format!("write {}", path.display()))?;
        }
        if self.json {
            println!("{}", serde_json::to_string_pretty(&report)?);
        } else {
            print!("{}", quality_report::summary(&report));
        }
        Ok(())
    }

    async fn find(&self, session: &Session) -> anyhow::Result<RunId> {
        let table = session.org();
        for flow in session.settings.flows.keys() {
            let runs = table.runs(flow).await?;
            let wanted = if flow.as_str() == self.run {
                runs.last()
            } else {
                runs.iter().find(|run| run.id.as_str() == self.run)
            };
            if let Some(run) = wanted {
                return Ok(run.id.clone());
            }
        }
        bail!("there is no run {}, and no flow of that name that ran; `lintel flows FLOW` lists runs", self.run)
    }
}
