//! `lintel invoke FUNCTION EVENT.json`: one invocation, as Lambda would make it.

use super::Common;
use anyhow::{Context, bail};
use clap::Args;
use jiff::{SignedDuration, Timestamp};
use lintel_cloud::Invocation;
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
        let Some(function) = session.host.function(&self.function) else {
            let known: Vec<&str> = session.host.function_names().collect();
            bail!("there is no function {}; there are {}", self.function, known.join(", "));
        };
        let text = fs::read_to_string(&self.event).with_context(|| format!("read {}", self.event.display()))?;
        let event = serde_json::from_str(&text).with_context(|| format!("read {}", self.event.display()))?;
        let now = Timestamp::now();
        let deadline = now + SignedDuration::from_mins(5);
        let invocation = Invocation { request_id: format!("invoke-{}", now.as_millisecond()), deadline };
        let answer = function.invoke(event, invocation).await?;
        println!("{}", serde_json::to_string_pretty(&answer)?);
        Ok(())
    }
}
