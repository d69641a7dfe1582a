//! `lintel invoke FUNCTION EVENT.json`: one invocation, as Lambda would make it.

use super::Common;
use anyhow::Context;
use clap::Args;
use std::{fs, path::PathBuf};

#[derive(Debug, Args)]
pub(crate) struct Invoke {
    /// The function's name: `feed-poller`.
    function: String,
    /// The event, as in `events/`.
    event: PathBuf,
}

impl Invoke {
    pub(crate) async fn run(&self, common: &Common) -> anyhow::Result<()> {
        let session = common.configured().await?;
        session.publish().await?;
        let text = fs::read_to_string(&self.event).with_context(|| format!("read {}", self.event.display()))?;
        let event = serde_json::from_str(&text).with_context(|| format!("read {}", self.event.display()))?;
        let answer = session.invoke(&self.function, event).await?;
        println!("{}", serde_json::to_string_pretty(&answer)?);
        Ok(())
    }
}
