//! Opened connections: settings, secret and shared state put together, kept while they are the same.

use crate::{
    environment::HostParts,
    secrets::{SecretError, Secrets},
    shared_state::SharedState,
    store::{StoreError, Table},
    tokens::SharedTokens,
    vault::{SystemRandom, Vault},
};
use lintel_connectors::{
    manifest::{Manifest, Vendors},
    records::RecordClient,
    roles::{self, Directory, FieldService, HistoryTable, OpenError, Parts, RecordSetup},
    transport::{AddressPolicy, HttpClient, ReqwestClient},
};
use lintel_domain::{
    ids::{ConnectionId, OrgId},
    private::Private,
    settings::{Connection, Organization, OwnVendor},
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

#[derive(Debug, thiserror::Error)]
pub enum ConnectionError {
    #[error("connection {0} is not configured")]
    Unknown(ConnectionId),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("connection {connection}: the secret {name} is another vendor's, too")]
    ForeignSecret { connection: ConnectionId, name: String },
}

#[derive(Debug)]
pub struct Connections {
    table: Table,
    shared: Arc<SharedState>,
    tokens: Arc<SharedTokens>,
    secrets: Secrets,
    vault: Vault,
    parts: HostParts,
    /// Asks the addresses that an organization names.
    guarded: Arc<dyn HttpClient>,
    field_services: Opened<dyn FieldService>,
    history_tables: Opened<dyn HistoryTable>,
    records: Opened<RecordClient>,
}

/// What was opened, with what it was opened from: other settings or another secret open it anew.
#[derive(Debug)]
struct Opened<T: ?Sized>(Mutex<BTreeMap<(OrgId, ConnectionId), Kept<T>>>);

type Kept<T> = (Connection, Option<OwnVendor>, Private, Arc<T>);

impl Connections {
    /// `addresses` are those that vendors may be at where an organization says so.
    pub fn new(table: Table, secrets: Secrets, parts: HostParts, addresses: AddressPolicy) -> Self {
        let guarded = parts.named.clone().unwrap_or_else(|| Arc::new(ReqwestClient::guarded(addresses)));
        Self {
            shared: Arc::new(SharedState::new(table.clone())),
            tokens: Arc::new(SharedTokens::new(table.clone(), secrets.clone())),
            vault: Vault::new(secrets.clone(), table.clone(), Arc::clone(&parts.clock), Arc::new(SystemRandom)),
            table,
            secrets,
            parts,
            guarded,
            field_services: Opened(Mutex::default()),
            history_tables: Opened(Mutex::default()),
            records: Opened(Mutex::default()),
        }
    }

    /// What protects fields on their way between connections.
    pub fn vault(&self) -> &Vault {
        &self.vault
    }

    pub async fn field_service(
        &self,
        settings: &Organization,
        id: &ConnectionId,
    ) -> Result<Arc<dyn FieldService>, ConnectionError> {
        let (connection, secret) = self.account(settings, id).await?;
        let parts = self.parts_for(settings, id, connection)?;
        self.field_services.get(settings, id, connection, secret, |connection, secret| {
            roles::field_service(id, connection, secret, parts)
        })
    }

    pub async fn history_table(
        &self,
        settings: &Organization,
        id: &ConnectionId,
    ) -> Result<Arc<dyn HistoryTable>, ConnectionError> {
        let (connection, secret) = self.account(settings, id).await?;
        let parts = self.parts_for(settings, id, connection)?;
        self.history_tables.get(settings, id, connection, secret, |connection, secret| {
            roles::history_table(id, connection, secret, parts)
        })
    }

    /// The records of a connection, by its vendor's manifest.
    pub async fn records(
        &self,
        settings: &Organization,
        id: &ConnectionId,
    ) -> Result<Arc<RecordClient>, ConnectionError> {
        let (connection, secret) = self.account(settings, id).await?;
        let parts = self.parts_for(settings, id, connection)?;
        // What set-up found stands for `{name}` in paths, unless the configuration says otherwise.
        let ids = self.table.org(&settings.id).target_ids(id).await?.unwrap_or_default();
        let mut connection = connection.clone();
        for (collection, found) in ids.collections {
            connection.settings.entry(collection).or_insert(found);
        }
        self.records.get(settings, id, &connection, secret, |connection, secret| {
            roles::records(Vendors::of(settings), id, connection, secret, parts).map(Arc::new)
        })
    }

    /// Opened for each use: a person at the command line asks, not a function.
    pub async fn directory(
        &self,
        settings: &Organization,
        id: &ConnectionId,
    ) -> Result<Arc<dyn Directory>, ConnectionError> {
        let (connection, secret) = self.account(settings, id).await?;
        Ok(roles::directory(id, connection, &secret, self.parts_for(settings, id, connection)?)?)
    }

    /// The records of a connection by a manifest of one's own, opened for each use.
    pub async fn records_with(
        &self,
        settings: &Organization,
        id: &ConnectionId,
        manifest: Manifest,
    ) -> Result<RecordClient, ConnectionError> {
        let (connection, secret) = self.account(settings, id).await?;
        let parts = self.parts_for(settings, id, connection)?;
        Ok(RecordClient::open(manifest, id, connection, &secret, parts)?)
    }

    /// Opened for each use: a set-up is a person's doing.
    pub async fn record_setup(
        &self,
        settings: &Organization,
        id: &ConnectionId,
    ) -> Result<Arc<dyn RecordSetup>, ConnectionError> {
        let (connection, secret) = self.account(settings, id).await?;
        Ok(roles::record_setup(id, connection, &secret, self.parts_for(settings, id, connection)?)?)
    }

    async fn account<'a>(
        &self,
        settings: &'a Organization,
        id: &ConnectionId,
    ) -> Result<(&'a Connection, Private), ConnectionError> {
        let connection = settings.connections.get(id).ok_or_else(|| ConnectionError::Unknown(id.clone()))?;
        Ok((connection, self.secrets.get(&settings.id, &connection.secret).await?))
    }

    /// What a connection is opened with. Where an organization says who is asked, by an address of its own or a vendor that it describes
    /// itself, nothing inwards is reached; and its own vendor is told no other vendor's secret.
    fn parts_for(
        &self,
        settings: &Organization,
        id: &ConnectionId,
        connection: &Connection,
    ) -> Result<Parts, ConnectionError> {
        let parts = self.parts(&settings.id);
        let is_own = Vendors::of(settings).own(&connection.vendor).is_some();
        if is_own && let Some(name) = settings.foreign_secret(id) {
            return Err(ConnectionError::ForeignSecret { connection: id.clone(), name: name.to_owned() });
        }
        let is_named = is_own || connection.base_url.is_some();
        Ok(if is_named { Parts { http: Arc::clone(&self.guarded), ..parts } } else { parts })
    }

    fn parts(&self, org: &OrgId) -> Parts {
        Parts {
            org: org.clone(),
            http: Arc::clone(&self.parts.http),
            budget: Arc::clone(&self.shared) as _,
            breaker: Arc::clone(&self.shared) as _,
            tokens: Arc::clone(&self.tokens) as _,
            calls: Arc::clone(&self.parts.calls),
            clock: Arc::clone(&self.parts.clock),
            entropy: Arc::clone(&self.parts.entropy),
        }
    }
}

impl<T: ?Sized> Opened<T> {
    fn get(
        &self,
        settings: &Organization,
        id: &ConnectionId,
        connection: &Connection,
        secret: Private,
        open: impl FnOnce(&Connection, &Private) -> Result<Arc<T>, OpenError>,
    ) -> Result<Arc<T>, ConnectionError> {
        let mut opened = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = Vendors::of(settings).own(&connection.vendor);
        let key = (settings.id.clone(), id.clone());
        if let Some((standing, described, used, service)) = opened.get(&key)
            && standing == connection
            && described.as_ref() == own
            && *used == secret
        {
            return Ok(Arc::clone(service));
        }
        let service = open(connection, &secret)?;
        opened.insert(key, (connection.clone(), own.cloned(), secret, Arc::clone(&service)));
        Ok(service)
    }
}
