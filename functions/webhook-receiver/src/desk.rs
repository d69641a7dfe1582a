//! What receiving works with.

use crate::inbox::Inbox;
use lintel_cloud::{
    Environment, StartError,
    http::HttpCall,
    metrics::Metrics,
    queues::{QueueUrl, Queues},
    secrets::{SecretError, Secrets},
    settings::SettingsStore,
    store::Table,
};
use lintel_connectors::{
    manifest::{Known, Manifest},
    surroundings::Clock,
    webhooks::Secret,
};
use lintel_domain::{
    ids::{ConnectionId, OrgId},
    settings::{Connection, Organization},
};
use std::sync::Arc;

#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) table: Table,
    pub(crate) inbox: Inbox,
    pub(crate) settings: SettingsStore,
    pub(crate) queues: Queues,
    pub(crate) events: QueueUrl,
    pub(crate) metrics: Metrics,
    pub(crate) clock: Arc<dyn Clock>,
    secrets: Secrets,
    /// What vendors were told our address is, where it is not the host that is asked.
    public_url: Option<String>,
    manifests: Known<Manifest>,
}

/// Whose webhook a delivery is for.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) org: OrgId,
    pub(crate) id: ConnectionId,
    pub(crate) connection: Connection,
    pub(crate) manifest: Arc<Manifest>,
}

impl Desk {
    pub(crate) fn open(environment: &Environment) -> Result<Self, StartError> {
        let table = environment.table()?;
        let (queues, events) = (environment.queues(), environment.queue("LINTEL_QUEUE_EVENTS")?);
        Ok(Self {
            inbox: Inbox::new(table.clone(), queues.clone(), events.clone(), environment.clock()),
            settings: SettingsStore::new(table.clone(), environment.objects()),
            queues,
            events,
            metrics: environment.metrics(),
            clock: environment.clock(),
            secrets: environment.secrets()?,
            public_url: environment.variable("LINTEL_PUBLIC_URL").map(str::to_owned),
            manifests: Known::default(),
            table,
        })
    }

    /// The connection an address names: organization and connection, joined by a dot.
    pub(crate) async fn account(&self, address: &str) -> Option<Account> {
        let (org, id) = address.split_once('.')?;
        let (org, id) = (OrgId::new(org), ConnectionId::new(id));
        let settings = self.settings.load(&org).await.ok()?;
        let connection = settings.connections.get(&id)?.clone();
        let manifest = self.manifest(&settings, &connection.vendor)?;
        Some(Account { org, id, connection, manifest })
    }

    /// Every secret that may be in use, one a line.
    pub(crate) async fn secrets(&self, account: &Account) -> Result<Vec<Secret>, SecretError> {
        let Some(name) = &account.connection.webhook_secret else {
            return Err(SecretError::Missing(format!("webhook_secret of connection {}", account.id)));
        };
        let text = self.secrets.get(&account.org, name).await?;
        Ok(text.expose().lines().map(str::trim).filter(|line| !line.is_empty()).map(Secret::new).collect())
    }

    /// The whole address the vendor was given: some sign it.
    pub(crate) fn url(&self, call: &HttpCall) -> String {
        let base = match &self.public_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => format!("https://{}", call.header("host").unwrap_or_default()),
        };
        let joint = if call.query.is_empty() { "" } else { "?" };
        format!("{base}{}{joint}{}", call.path, call.query)
    }

    fn manifest(&self, settings: &Organization, vendor: &str) -> Option<Arc<Manifest>> {
        self.manifests.get(settings, vendor, |vendors| vendors.find(vendor)).ok()
    }
}
