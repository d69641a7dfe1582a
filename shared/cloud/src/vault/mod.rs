//! Protection of named fields, tax ids first of all: what is stored is encrypted, what is opened is written down.
//!
//! Values are sealed with AES-256-GCM under a data key of their organization. The keys lie in one secret an organization,
//! `lintel-vault/<stage>/<org>`, made on first use. A sealed value is bound to organization, record and field: moved
//! elsewhere it does not open. Whoever opens one says who and why, which becomes an audit row before the value is handed out.
//!
//! A key is changed in three steps: [`Vault::rotate`]; from the moment that names, [`Vault::reseal`] for every value kept; then
//! [`Vault::retire`] for the earlier key.

mod cipher;
mod context;
mod error;
mod fingerprints;
mod random;
mod ring;
mod rings;
mod sealed;
mod sealer;

pub use context::Context;
pub use error::VaultError;
pub use lintel_domain::protected::Protected;
pub use random::{NoRandomness, SecureRandom, SystemRandom};
pub use rings::{KeyStand, Rotation};
pub use sealed::{KeyId, LONGEST, Sealed, SealedError};
pub use sealer::Sealer;

use crate::{
    secrets::Secrets,
    store::{AUDIT_KEPT, Act, AuditEntry, Purpose, Table},
};
use jiff::{SignedDuration, Timestamp};
use lintel_connectors::surroundings::Clock;
use lintel_domain::ids::{AuditId, OrgId};
use ring::{Ring, Standing};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

/// Seals and opens protected values. Clones share the keys they have read.
#[derive(Clone, Debug)]
pub struct Vault {
    secrets: Secrets,
    table: Table,
    clock: Arc<dyn Clock>,
    random: Arc<dyn SecureRandom>,
    audit_kept: SignedDuration,
    rings: Arc<Mutex<BTreeMap<OrgId, KnownRing>>>,
}

#[derive(Debug)]
struct KnownRing {
    read_at: Timestamp,
    ring: Arc<Ring>,
}

impl Vault {
    pub fn new(secrets: Secrets, table: Table, clock: Arc<dyn Clock>, random: Arc<dyn SecureRandom>) -> Self {
        Self { secrets, table, clock, random, audit_kept: AUDIT_KEPT, rings: Arc::default() }
    }

    /// Keeps audit rows for another time than [`AUDIT_KEPT`].
    #[must_use]
    pub fn keeping_audit_for(mut self, kept: SignedDuration) -> Self {
        self.audit_kept = kept;
        self
    }

    /// Decrypts a value, and leaves an audit row that says who asked for it and why. A refusal leaves one too; trouble on
    /// the way to the keys does not. Without the row nothing is handed out.
    pub async fn open(
        &self,
        org: &OrgId,
        context: &Context,
        sealed: &Sealed,
        purpose: &Purpose,
    ) -> Result<Protected, VaultError> {
        let opened = self.unseal(org, context, sealed).await.map(|(_, plain)| plain);
        let (field, key) = (context.field.clone(), sealed.key.to_string());
        let act = match &opened {
            Ok(_) => Act::Opened { field, key },
            Err(error) if error.is_permanent() => Act::Refused { field, key, reason: error.to_string() },
            Err(_) => return opened,
        };
        self.audit(org, &context.record, purpose, act).await?;
        opened
    }

    /// The same value under the current key; `None` if that is the one it is under. Either way it was proven to open. The
    /// plain text does not leave the vault, so there is no audit row.
    pub async fn reseal(&self, org: &OrgId, context: &Context, sealed: &Sealed) -> Result<Option<Sealed>, VaultError> {
        let (ring, plain) = self.unseal(org, context, sealed).await?;
        if ring.current().0 == &sealed.key {
            return Ok(None);
        }
        ring.seal(&*self.random, org, context, &plain).map(Some)
    }

    async fn unseal(
        &self,
        org: &OrgId,
        context: &Context,
        sealed: &Sealed,
    ) -> Result<(Arc<Ring>, Protected), VaultError> {
        let (record, field, key) = (context.record.clone(), context.field.clone(), sealed.key.clone());
        let Some(ring) = self.ring_to_open(org, &key).await? else {
            return Err(VaultError::UnknownKey { record, field, key });
        };
        let plain = match ring.standing(&key) {
            Standing::Held(data_key) => data_key.open(sealed.nonce, &context.associated_data(org), &sealed.content),
            Standing::Retired(at) => return Err(VaultError::Retired { record, field, key, at }),
            Standing::Unknown => return Err(VaultError::UnknownKey { record, field, key }),
        };
        let plain = plain.ok_or(VaultError::Damaged { record, field })?;
        Ok((ring, plain))
    }

    async fn audit(&self, org: &OrgId, record: &str, purpose: &Purpose, act: Act) -> Result<(), VaultError> {
        let entry = AuditEntry {
            id: AuditId::new(hex::encode(random::bytes::<8>(&*self.random)?)),
            at: self.clock.now(),
            record: record.to_owned(),
            purpose: purpose.clone(),
            act,
        };
        self.table.org(org).append_audit(&entry, self.audit_kept).await?;
        Ok(())
    }
}
