//! What an operator does: look at what waits, decide removals.

use super::Common;
use crate::counted::counted;
use anyhow::Context;
use clap::Args;
use jiff::Timestamp;
use lintel_cloud::{inputs::NewInput, store::WorkKind};
use lintel_domain::{
    ids::{InputId, RemovalPlanId},
    planner::Input,
};

#[derive(Debug, Args)]
pub(crate) struct Queue {
    /// As JSON, with the quarantined content.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Removals {
    /// Let this plan's removals happen.
    #[arg(long, conflicts_with = "dismiss")]
    approve: Option<String>,
    /// Keep this plan's stays.
    #[arg(long)]
    dismiss: Option<String>,
}

impl Queue {
    pub(crate) async fn run(&self, common: &Common) -> anyhow::Result<()> {
        let session = common.configured().await?;
        let rows = session.org().quarantined().await?;
        let attention = session.org().attention().await?;
        if self.json {
            println!(
                "{}",
                serde_json::to_string_pretty(&serde_json::json!({ "quarantined": rows, "attention": attention }))?
            );
            return Ok(());
        }
        println!("{}", counted(rows.len(), "quarantined row", "quarantined rows"));
        for row in rows {
            println!("  {}  {}  {}  ({})", row.id, row.code, row.reason, row.origin);
        }
        println!("{} to look at", counted(attention.len(), "thing", "things"));
        for entry in attention {
            println!("  {}  {}: {}", entry.code, entry.subject, entry.text);
        }
        Ok(())
    }
}

impl Removals {
    pub(crate) async fn run(&self, common: &Common) -> anyhow::Result<()> {
        let session = common.configured().await?;
        let decided = [(&self.approve, "approved"), (&self.dismiss, "dismissed")];
        if let Some((plan, word)) = decided.into_iter().find_map(|(plan, word)| Some((plan.as_ref()?, word))) {
            let plan = RemovalPlanId::new(plan);
            let property =
                session.org().plan_property(&plan).await?.with_context(|| format!("there is no plan {plan}"))?;
            let input = if word == "approved" {
                Input::Approve { plan: plan.clone() }
            } else {
                Input::Dismiss { plan: plan.clone() }
            };
            let new = NewInput { id: InputId::new(format!("{plan}-{word}")), property, input };
            session.inputs()?.hand_over(&session.settings.id, vec![new], Timestamp::now()).await?;
            session.work_off().await?;
            println!("{plan} {word}");
            return Ok(());
        }
        let waiting = session.org().due_work(WorkKind::Plans, Timestamp::now(), 1_000).await?;
        println!("{}", counted(waiting.len(), "removal plan waits", "removal plans wait"));
        for plan in waiting {
            println!(
                "  {}  {}  since {}",
                plan.id,
                plan.property.map(|id| id.to_string()).unwrap_or_default(),
                plan.due
            );
        }
        Ok(())
    }
}
