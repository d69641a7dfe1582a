//! What receiving works with.

use crate::inbox::{Books, Inbox};
use jiff::{SignedDuration, Timestamp};
use lintel_cloud::{
    Environment, StartError,
    http::HttpCall,
    metrics::Metrics,
    queues::{QueueUrl, Queues},
    secrets::{SecretError, Secrets},
    settings::{SettingsError, SettingsStore},
    store::Table,
};
use lintel_connectors::{
    manifest::{Known, Manifest},
    surroundings::Clock,
    webhooks::{self, Secret, SecretLineError},
};
use lintel_domain::{
    ids::{ConnectionId, OrgId},
    settings::{Connection, Organization},
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::OnceCell;

/// How long an account is used as it was read: settings that change are in force for every delivery after this.
const KEPT: SignedDuration = SignedDuration::from_secs(1);

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
    /// Accounts by their addresses, with when they were read.
    accounts: Mutex<BTreeMap<String, (Timestamp, Arc<Account>)>>,
}

/// Whose webhook a delivery is for.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) org: OrgId,
    pub(crate) id: ConnectionId,
    pub(crate) connection: Connection,
    pub(crate) manifest: Arc<Manifest>,
    /// Every secret that may be in use.
    secrets: OnceCell<Vec<Secret>>,
}

/// Why the deliveries of an account cannot be proven. A person mends it, and the vendor comes again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotSetUp {
    #[error("its `webhook_secret` is not set")]
    Unnamed,
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error("secret {name}, {error}")]
    Line { name: String, error: SecretLineError },
}

impl Desk {
    pub(crate) fn open(environment: &Environment) -> Result<Self, StartError> {
        let table = environment.table()?;
        let (queues, events) = (environment.queues(), environment.queue("LINTEL_QUEUE_EVENTS")?);
        Ok(Self {
            inbox: Inbox::new(Books {
                table: table.clone(),
                queues: queues.clone(),
                events: events.clone(),
                metrics: environment.metrics(),
                clock: environment.clock(),
            }),
            settings: SettingsStore::new(table.clone(), environment.objects()),
            queues,
            events,
            metrics: environment.metrics(),
            clock: environment.clock(),
            secrets: environment.secrets()?,
            public_url: environment.variable("LINTEL_PUBLIC_URL").filter(|url| !url.is_empty()).map(str::to_owned),
            manifests: Known::default(),
            accounts: Mutex::default(),
            table,
        })
    }

    /// The connection an address names: organization and connection, joined by a dot.
    ///
    /// # Errors
    /// When it could not be told whether there is one.
    pub(crate) async fn account(&self, address: &str) -> Result<Option<Arc<Account>>, SettingsError> {
        let now = self.clock.now();
        if let Some(known) = self.known(address, now) {
            return Ok(Some(known));
        }
        let account = self.read(address).await?.map(Arc::new);
        if let Some(account) = &account {
            self.accounts().insert(address.to_owned(), (now, Arc::clone(account)));
        }
        Ok(account)
    }

    fn known(&self, address: &str, now: Timestamp) -> Option<Arc<Account>> {
        let accounts = self.accounts();
        let (read, account) = accounts.get(address)?;
        (now.duration_since(*read) < KEPT).then(|| Arc::clone(account))
    }

    fn accounts(&self) -> MutexGuard<'_, BTreeMap<String, (Timestamp, Arc<Account>)>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn read(&self, address: &str) -> Result<Option<Account>, SettingsError> {
        let Some((org, id)) = address.split_once('.') else { return Ok(None) };
        let (org, id) = (OrgId::new(org), ConnectionId::new(id));
        let settings = match self.settings.load(&org).await {
            Ok(settings) => settings,
            Err(SettingsError::Missing(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let Some(connection) = settings.connections.get(&id).cloned() else { return Ok(None) };
        let manifest = self.manifest(&settings, &connection.vendor);
        Ok(manifest.map(|manifest| Account { org, id, connection, manifest, secrets: OnceCell::new() }))
    }

    /// Every secret of an account that may be in use.
    pub(crate) async fn secrets<'a>(&self, account: &'a Account) -> Result<&'a [Secret], NotSetUp> {
        account.secrets.get_or_try_init(|| self.read_secrets(account)).await.map(Vec::as_slice)
    }

    async fn read_secrets(&self, account: &Account) -> Result<Vec<Secret>, NotSetUp> {
        let Some(name) = &account.connection.webhook_secret else { return Err(NotSetUp::Unnamed) };
        let text = self.secrets.get(&account.org, name).await?;
        webhooks::secrets(text.expose()).map_err(|error| NotSetUp::Line { name: name.clone(), error })
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
