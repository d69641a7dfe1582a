//! `lintel settle FLOW RECORD FIELD --with source|target`: a person decides a conflict, and it is carried out at once.

use super::super::Common;
use super::{By, decisions, known, outcome};
use clap::{Args, ValueEnum};
use lintel_domain::{records::RecordKey, sync};

#[derive(Debug, Args)]
pub(crate) struct Settle {
    flow: String,
    /// As `lintel flows FLOW` shows it: `tenants/7`.
    record: String,
    field: String,
    /// Whose value is right.
    #[arg(long, value_enum)]
    with: Side,
    #[command(flatten)]
    by: By,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Side {
    Source,
    Target,
}

impl Settle {
    pub(crate) async fn run(&self, common: &Common) -> anyhow::Result<()> {
        let session = common.configured().await?;
        let flow = known(&session, &self.flow)?;
        let key = RecordKey::from_text(&self.record);
        let side = match self.with {
            Side::Source => sync::Side::Source,
            Side::Target => sync::Side::Target,
        };
        session.publish().await?;
        decisions(&session)?.settle(&session.settings, &flow, &key, (&self.field, side), &self.by.who()).await?;
        session.work_off().await?;
        println!("{}", outcome(&session, &flow, &key).await?);
        Ok(())
    }
}
