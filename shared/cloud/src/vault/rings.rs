//! Reading, making and changing an organization's data keys. One secret an organization; each process keeps what it read.

use super::{
    KeyId, KnownRing, Vault, VaultError,
    ring::{Retiring, Ring, Standing, StoredRing},
};
use crate::{
    secrets::{Outcome, Version},
    store::{Act, AuditEntry, Purpose},
};
use jiff::{SignedDuration, Timestamp};
use lintel_domain::ids::OrgId;
use std::sync::{Arc, PoisonError};

/// How long keys are used before they are read again.
const KEPT: SignedDuration = SignedDuration::from_mins(5);
/// The longest that a function runs with the keys it took when it began.
const LONGEST_RUN: SignedDuration = SignedDuration::from_mins(15);
/// Attempts to change keys that others change at the same time.
const TRIES: usize = 5;
/// What an audit calls the keys themselves.
const RECORD: &str = "vault:data-keys";

/// A new key that took effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotation {
    pub key: KeyId,
    /// From then on no process seals under an earlier key: the time to begin resealing, so that one pass finds all.
    pub settled_at: Timestamp,
}

/// A key that is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyStand {
    pub key: KeyId,
    pub made_at: Timestamp,
    /// `None` for the current one.
    pub superseded_at: Option<Timestamp>,
}

impl Vault {
    /// The keys an organization has; none before the first value was hashed or sealed.
    pub async fn keys(&self, org: &OrgId) -> Result<Vec<KeyStand>, VaultError> {
        Ok(self.stored(org).await?.map(|(_, ring)| ring.stands()).unwrap_or_default())
    }

    /// Who changed the keys of an organization, oldest first.
    pub async fn key_audit(&self, org: &OrgId) -> Result<Vec<AuditEntry>, VaultError> {
        Ok(self.table.org(org).audit_of(RECORD).await?)
    }

    /// Makes a new key the current one. Earlier ones still open what they sealed.
    pub async fn rotate(&self, org: &OrgId, purpose: &Purpose) -> Result<Rotation, VaultError> {
        let (key, now) = self.rotated(org).await?;
        self.audit(org, RECORD, purpose, Act::KeyRotated { key: key.to_string() }).await?;
        Ok(Rotation { key, settled_at: now + KEPT + LONGEST_RUN })
    }

    /// Gives a key up: whatever is still sealed under it opens no more, wherever it is kept. Reseal everything first. The
    /// current key is refused, and so is one under which some process may still be sealing. A key that was given up
    /// before stays so.
    ///
    /// Secrets Manager keeps the version before, with the key in it, until the next change, and versions without a label
    /// until it clears them away.
    pub async fn retire(&self, org: &OrgId, key: &KeyId, purpose: &Purpose) -> Result<(), VaultError> {
        for _ in 0..TRIES {
            let no_such_key = || VaultError::NoSuchKey { org: org.clone(), key: key.clone() };
            let (version, mut ring) = self.stored(org).await?.ok_or_else(no_such_key)?;
            let now = self.clock.now();
            match ring.retire(key, now - KEPT - LONGEST_RUN, now) {
                Retiring::Retired => {}
                Retiring::RetiredBefore => return Ok(()),
                Retiring::NoSuchKey => return Err(no_such_key()),
                Retiring::Current => return Err(VaultError::Current { org: org.clone(), key: key.clone() }),
                Retiring::TooSoon(superseded_at) => {
                    let until = superseded_at + KEPT + LONGEST_RUN;
                    return Err(VaultError::StillSealing { org: org.clone(), key: key.clone(), until });
                }
            }
            if self.replace(org, &version, &ring).await? == Outcome::InForce {
                return self.audit(org, RECORD, purpose, Act::KeyRetired { key: key.to_string() }).await;
            }
        }
        Err(VaultError::Contended { org: org.clone() })
    }

    async fn rotated(&self, org: &OrgId) -> Result<(KeyId, Timestamp), VaultError> {
        for _ in 0..TRIES {
            let now = self.clock.now();
            let (ring, outcome) = match self.stored(org).await? {
                Some((version, mut ring)) => {
                    ring.rotate(&*self.random, now)?;
                    let outcome = self.replace(org, &version, &ring).await?;
                    (ring, outcome)
                }
                None => {
                    let ring = StoredRing::new(&*self.random, now)?;
                    let outcome = self.make(org, &ring).await?;
                    (ring, outcome)
                }
            };
            if outcome == Outcome::InForce {
                return Ok((ring.current().clone(), now));
            }
        }
        Err(VaultError::Contended { org: org.clone() })
    }

    /// The keys to seal with, made if this is the first use.
    pub(super) async fn ring_to_seal(&self, org: &OrgId) -> Result<Arc<Ring>, VaultError> {
        for _ in 0..TRIES {
            if let Some(ring) = self.ring(org).await? {
                return Ok(ring);
            }
            let stored = StoredRing::new(&*self.random, self.clock.now())?;
            self.make(org, &stored).await?;
        }
        Err(VaultError::Contended { org: org.clone() })
    }

    /// The keys to open something with that was sealed under `key`: read anew if those at hand do not know it, since it
    /// may have been made meanwhile.
    pub(super) async fn ring_to_open(&self, org: &OrgId, key: &KeyId) -> Result<Option<Arc<Ring>>, VaultError> {
        match self.ring(org).await? {
            Some(ring) if !matches!(ring.standing(key), Standing::Unknown) => Ok(Some(ring)),
            Some(_) => self.read(org).await,
            None => Ok(None),
        }
    }

    async fn ring(&self, org: &OrgId) -> Result<Option<Arc<Ring>>, VaultError> {
        match self.known(org) {
            Some(ring) => Ok(Some(ring)),
            None => self.read(org).await,
        }
    }

    async fn read(&self, org: &OrgId) -> Result<Option<Arc<Ring>>, VaultError> {
        let read_at = self.clock.now();
        match self.stored(org).await? {
            Some((_, stored)) => self.keep(org, &stored, read_at).map(Some),
            None => Ok(None),
        }
    }

    async fn stored(&self, org: &OrgId) -> Result<Option<(Version, StoredRing)>, VaultError> {
        let Some(version) = self.secrets.current(&self.secrets.data_keys_name(org)).await? else { return Ok(None) };
        let ring = StoredRing::read(&version.text).map_err(|reason| unreadable(org, reason))?;
        Ok(Some((version, ring)))
    }

    async fn make(&self, org: &OrgId, ring: &StoredRing) -> Result<Outcome, VaultError> {
        let (began, text) = (self.clock.now(), ring.write().map_err(|reason| unreadable(org, reason))?);
        let outcome = self.secrets.make(&self.secrets.data_keys_name(org), &text).await?;
        self.keep_if(outcome, org, ring, began)
    }

    async fn replace(&self, org: &OrgId, standing: &Version, ring: &StoredRing) -> Result<Outcome, VaultError> {
        let (began, text) = (self.clock.now(), ring.write().map_err(|reason| unreadable(org, reason))?);
        let outcome = self.secrets.replace(&self.secrets.data_keys_name(org), standing, &text).await?;
        self.keep_if(outcome, org, ring, began)
    }

    fn keep_if(
        &self,
        outcome: Outcome,
        org: &OrgId,
        ring: &StoredRing,
        since: Timestamp,
    ) -> Result<Outcome, VaultError> {
        if outcome == Outcome::InForce {
            self.keep(org, ring, since)?;
        }
        Ok(outcome)
    }

    fn known(&self, org: &OrgId) -> Option<Arc<Ring>> {
        let now = self.clock.now();
        let rings = self.rings.lock().unwrap_or_else(PoisonError::into_inner);
        rings.get(org).filter(|known| now < known.read_at + KEPT).map(|known| Arc::clone(&known.ring))
    }

    fn keep(&self, org: &OrgId, stored: &StoredRing, read_at: Timestamp) -> Result<Arc<Ring>, VaultError> {
        let ring = Ring::of(stored).ok_or_else(|| unreadable(org, "a key is not fit to be used".to_owned()))?;
        let ring = Arc::new(ring);
        let mut rings = self.rings.lock().unwrap_or_else(PoisonError::into_inner);
        rings.insert(org.clone(), KnownRing { read_at, ring: Arc::clone(&ring) });
        Ok(ring)
    }
}

fn unreadable(org: &OrgId, reason: String) -> VaultError {
    VaultError::Unreadable { org: org.clone(), reason }
}
