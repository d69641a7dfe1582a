//! `lintel lift FLOW RECORD` and `lintel lift FLOW --mass-change`: a person has the engine go on where it stopped of itself.

use super::super::Common;
use super::{By, decisions, known, outcome};
use crate::session::Session;
use anyhow::bail;
use clap::Args;
use lintel_cloud::store::Lift as Again;
use lintel_domain::{ids::FlowId, records::RecordKey};

#[derive(Debug, Args)]
pub(crate) struct Lift {
    flow: String,
    /// As `lintel flows FLOW` shows it, `tenants/7`: it is tried again, though nothing changed.
    #[arg(required_unless_present = "mass_change")]
    record: Option<String>,
    /// Make it again, if somebody removed it at the target.
    #[arg(long, conflicts_with = "mass_change")]
    make_again: bool,
    /// Let go of the records that were missing at the source all at once.
    #[arg(long, conflicts_with = "record")]
    mass_change: bool,
    #[command(flatten)]
    by: By,
}

impl Lift {
    pub(crate) async fn run(&self, common: &Common) -> anyhow::Result<()> {
        let session = common.configured().await?;
        let flow = known(&session, &self.flow)?;
        match &self.record {
            Some(record) => self.record(&session, &flow, &RecordKey::from_text(record)).await,
            None => mass_change(&session, &flow, &self.by.who()).await,
        }
    }

    async fn record(&self, session: &Session, flow: &FlowId, key: &RecordKey) -> anyhow::Result<()> {
        let lift = if self.make_again { Again::MakeAgain } else { Again::TryAgain };
        session.publish().await?;
        decisions(session)?.lift(&session.settings, flow, key, lift, &self.by.who()).await?;
        session.work_off().await?;
        println!("{}", outcome(session, flow, key).await?);
        Ok(())
    }
}

async fn mass_change(session: &Session, flow: &FlowId, who: &str) -> anyhow::Result<()> {
    let decisions = decisions(session)?;
    let Some((plan, _)) = decisions.missing(&session.settings, flow).await? else {
        bail!("no mass change of {flow} waits");
    };
    decisions.approve(&session.settings, flow, &plan, who).await?;
    println!(
        "approved: of the {} records that run {} found missing, the next full run lets go of those that are missing still \
         (`lintel sync {flow} --full`)",
        plan.missing, plan.run
    );
    Ok(())
}
