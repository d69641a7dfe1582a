//! `lintel why STAY`: every decision about a stay, with its inputs and evidence.

use super::Common;
use crate::counted::counted;
use anyhow::Context;
use clap::Args;
use lintel_cloud::store::StayRecord;
use lintel_domain::{
    decision::Decision,
    ids::{SnapshotId, StayKey},
    stay::Stay,
};
use std::borrow::Cow;

#[derive(Debug, Args)]
pub(crate) struct Why {
    /// The stay's key, as the day plan shows it.
    stay: String,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

impl Why {
    pub(crate) async fn run(&self, common: &Common) -> anyhow::Result<()> {
        let session = common.configured().await?;
        let key = StayKey::new(&self.stay);
        let record = session.org().stay(&key).await?.with_context(|| format!("there is no stay {key}"))?;
        if self.json {
            println!("{}", serde_json::to_string_pretty(&record.stay)?);
        } else {
            explain(&record);
        }
        Ok(())
    }
}

fn explain(record: &StayRecord) {
    let stay = &record.stay;
    println!("{}", headline(stay));
    println!("  source {} · first seen {} · changed {}", stay.source, stay.first_seen, stay.changed_at);
    println!("  line: {}", stay.findings.line);
    for decision in stay.recognised.iter().map(Cow::Borrowed).chain(stay.findings.decisions.iter()) {
        println!("{}", told(&decision));
    }
    match record.job.as_ref() {
        None => println!("  job: none was ordered"),
        Some(job) => {
            let seen = job.file.seen.as_ref().map_or_else(|| "not made".to_owned(), |seen| seen.job.to_string());
            println!("  job: {seen}");
            for text in [job.file.details.as_ref(), job.file.trouble.as_ref().map(|trouble| &trouble.text)]
                .into_iter()
                .flatten()
            {
                println!("    {text}");
            }
        }
    }
    for earlier in &record.history {
        println!("  before: {}", headline(earlier));
    }
}

fn headline(stay: &Stay) -> String {
    let (from, to) = (stay.span.check_in(), stay.span.check_out());
    format!(
        "{} · {:?} version {} · {from} to {to} ({})",
        stay.key,
        stay.status,
        stay.version,
        counted(stay.span.nights(), "night", "nights")
    )
}

fn told(decision: &Decision) -> String {
    let mut lines = vec![format!("  {}: {}", decision.rule, decision.result)];
    if !decision.inputs.is_empty() {
        let inputs: Vec<String> = decision.inputs.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        lines.push(format!("      looked at: {}", inputs.join(", ")));
    }
    if !decision.evidence.is_empty() {
        let evidence: Vec<&str> = decision.evidence.iter().map(SnapshotId::as_str).collect();
        lines.push(format!("      evidence: {}", evidence.join(", ")));
    }
    lines.join("\n")
}
