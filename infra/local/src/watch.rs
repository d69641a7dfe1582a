//! Asking the office's table to tell of what people change.

use crate::session::Session;
use anyhow::{Context, bail};
use jiff::{SignedDuration, Timestamp};
use lintel_cloud::store::WatchRow;
use lintel_connectors::transport::Deadline;
use lintel_domain::{ids::ConnectionId, private::Private};

const TIME: SignedDuration = SignedDuration::from_secs(60);

impl Session {
    /// Registers at the vendor, with the address under which Lintel is reached from outside, and puts the signing secret
    /// where the receiver finds it. An earlier registration ends once the new one stands. Answers with the secret.
    pub async fn watch(&self, connection: &ConnectionId, url: &str) -> anyhow::Result<Private> {
        let org = &self.settings.id;
        let configured = self.settings.connections.get(connection).context("there is no such connection")?;
        let Some(name) = &configured.webhook_secret else {
            bail!(
                "connection {connection} names no webhook_secret: the table's signing secret is kept under that name"
            );
        };
        self.addresses
            .check(&url.parse().with_context(|| format!("{url} is no address"))?)
            .with_context(|| format!("{url} is no address from outside: give one such as https://hub.example.com"))?;
        let url = url.trim_end_matches('/');
        let history = self.connections()?.history_table(&self.settings, connection).await?;
        let address = format!("{url}/webhooks/{org}.{connection}");
        let deadline = Deadline::at(Timestamp::now() + TIME);
        let earlier = self.org().watch(connection).await?;
        let made = history.watch(&address, deadline).await?;
        self.put_secret(name, &made.secret).await?;
        let row = WatchRow { watch: made.id, cursor: 1, expires_at: made.expires_at, read_whole_at: None };
        self.org().save_watch(connection, &row).await?;
        if let Some(earlier) = earlier {
            history.end_watch(&earlier.watch, deadline).await?;
        }
        Ok(made.secret)
    }
}
