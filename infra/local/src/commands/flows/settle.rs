//! `lintel settle FLOW RECORD FIELD --with source|target`: a person decides a conflict; the next run carries it out.

use super::super::Common;
use super::{engine, known};
use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use lintel_domain::{records::RecordKey, sync::Policy};

#[derive(Debug, Args)]
pub(crate) struct Settle {
    flow: String,
    /// As `lintel flows FLOW` shows it: `tenants/7`.
    record: String,
    field: String,
    /// Whose value is right.
    #[arg(long, value_enum)]
    with: Side,
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
        let entity = engine(&session)?.open(&session.settings, &flow).await?.entity();
        let key = RecordKey::from_text(&self.record);
        let mut links = session.org().links(&flow, entity, std::slice::from_ref(&key)).await?;
        let mut link = links.remove(&key).with_context(|| format!("no link of {key}"))?;
        if !link.conflicts.contains_key(&self.field) {
            bail!("{} of {key} is in no conflict", self.field);
        }
        let policy = match self.with {
            Side::Source => Policy::Source,
            Side::Target => Policy::Target,
        };
        link.settled.insert(self.field.clone(), policy);
        session.org().save_links(&flow, &[link]).await?;
        println!("settled; the next full run carries it out (`lintel sync {flow} --full`)");
        Ok(())
    }
}
