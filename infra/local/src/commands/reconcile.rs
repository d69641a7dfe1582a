//! `lintel reconcile`: sets both sides against each other, and says what must hold and does not.

use super::Common;
use clap::Args;
use lintel_reconciler::{OrgReport, Report};
use serde_json::json;

#[derive(Debug, Args)]
pub(crate) struct Reconcile {
    /// As JSON.
    #[arg(long)]
    json: bool,
}

impl Reconcile {
    pub(crate) async fn run(&self, common: &Common) -> anyhow::Result<()> {
        let session = common.configured().await?;
        session.publish().await?;
        let answer = session.invoke("reconciler", json!({})).await?;
        session.work_off().await?;
        if self.json {
            println!("{}", serde_json::to_string_pretty(&answer)?);
        }
        let report: Report = serde_json::from_value(answer)?;
        if !self.json && report.organizations.is_empty() {
            println!("nothing to reconcile: no connection for jobs");
        } else if !self.json {
            report.organizations.iter().for_each(|one| print!("{one}"));
        }
        if !report.organizations.iter().all(OrgReport::holds) {
            anyhow::bail!("not everything holds");
        }
        Ok(())
    }
}
