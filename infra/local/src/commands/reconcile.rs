//! `lintel reconcile`: sets both sides against each other, and says what must hold and does not.

use super::Common;
use crate::counted::counted;
use clap::Args;
use lintel_domain::{ids::StayKey, reconcile::Violation};
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
            report.organizations.iter().for_each(show);
        }
        if !report.organizations.iter().all(OrgReport::holds) {
            anyhow::bail!("not everything holds");
        }
        Ok(())
    }
}

fn show(report: &OrgReport) {
    let org = &report.org;
    match (&report.failure, report.listed) {
        (Some(failure), _) => println!("{org}: the jobs were not compared: {failure}"),
        (None, None) => println!("{org}: no connection for jobs, so none were compared"),
        (None, Some(listed)) => show_jobs(report, listed),
    }
    match &report.office_failure {
        Some(failure) => println!("  the office's table was not read: {failure}"),
        None => println!("  edits in the office's table that nobody told of: {}", report.edits),
    }
}

fn show_jobs(report: &OrgReport, listed: usize) {
    let OrgReport { org, caught_up, looked_for, adopted, manual, violations, .. } = report;
    println!("{org}: {} listed", counted(listed, "job", "jobs"));
    println!("  changed unseen: {caught_up}; not listed, and looked for: {looked_for}");
    println!("  made by hand and given to their stays: {adopted}; nobody's: {}", manual.len());
    for job in manual {
        println!("    {job}");
    }
    if violations.is_empty() {
        println!("  everything that must hold does");
        return;
    }
    println!("  what must hold and does not: {}", violations.len());
    for violation in violations {
        println!("    {}", told(violation));
    }
}

fn told(violation: &Violation) -> String {
    match violation {
        Violation::NoJobAndNoReason { property, stay } => {
            format!("{stay} at {property} has no job and no reason for having none")
        }
        Violation::SharedJob { job, stays } => {
            let stays: Vec<&str> = stays.iter().map(StayKey::as_str).collect();
            format!("job {job} stands in for {}", stays.join(" and "))
        }
        Violation::SecondJob { property, stay, job, further } => {
            format!("{stay} at {property} has job {job}, and job {further} bears its mark as well")
        }
        Violation::ForgottenJob { property, stay, job } => {
            format!("{stay} at {property} is gone, its job {job} is not, and nobody was told")
        }
    }
}
