//! Asks the office's table to tell of what people change.

use super::Common;
use crate::{host::AwsChoice, session::secrets_table};
use anyhow::Context;
use clap::Args;
use lintel_domain::{ids::ConnectionId, private::Private};
use std::{fs, path::Path};

#[derive(Debug, Args)]
pub(crate) struct Watch {
    /// The connection to the office's table.
    connection: String,
    /// Where Lintel can be reached from outside: `https://hub.example.com`.
    #[arg(long)]
    url: String,
}

impl Watch {
    pub(crate) async fn run(&self, common: &Common) -> anyhow::Result<()> {
        let session = common.configured().await?;
        let connection = ConnectionId::new(&self.connection);
        let secret = session.watch(&connection, &self.url).await?;
        if common.aws == AwsChoice::Local {
            let configured = session.settings.connections.get(&connection);
            let name = configured.and_then(|connection| connection.webhook_secret.as_deref()).unwrap_or_default();
            let (config, _) = common.places();
            keep_beside(&config, name, &secret)?;
        }
        println!("{connection} tells of changes from now on; the reconciler keeps it so");
        Ok(())
    }
}

/// The embedded Secrets Manager is filled from this file at every start.
fn keep_beside(config: &Path, name: &str, secret: &Private) -> anyhow::Result<()> {
    let path = config.with_extension("secrets.toml");
    let mut values = secrets_table(&path)?;
    values.insert(name.to_owned(), secret.expose().into());
    fs::write(&path, values.to_string()).with_context(|| format!("write {}", path.display()))
}
