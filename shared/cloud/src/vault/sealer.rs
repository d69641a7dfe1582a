//! One organization's keys at hand for a piece of work: values are hashed and sealed without asking for them again.

use super::{
    Context, Sealed, SecureRandom, Vault, VaultError,
    ring::Ring,
    sealed::{KeyId, LONGEST},
};
use lintel_domain::{ids::OrgId, protected::Protected};
use std::{fmt, sync::Arc};

/// Hashes and seals one organization's values. It opens none. For work that ends within minutes: it keeps to the keys it was made with.
#[derive(Clone)]
pub struct Sealer {
    org: OrgId,
    ring: Arc<Ring>,
    random: Arc<dyn SecureRandom>,
}

impl Vault {
    /// An organization's keys to hash and seal with; they are made if this is the first use.
    pub async fn sealer(&self, org: &OrgId) -> Result<Sealer, VaultError> {
        Ok(Sealer { org: org.clone(), ring: self.ring_to_seal(org).await?, random: Arc::clone(&self.random) })
    }
}

impl Sealer {
    /// What stands for a value of a field wherever it is compared or written down.
    pub fn fingerprint(&self, field: &str, plain: &Protected) -> String {
        self.ring.fingerprints().of(field, plain)
    }

    /// Encrypts a value for one field of one record, under the organization's current key.
    pub fn seal(&self, context: &Context, plain: &Protected) -> Result<Sealed, VaultError> {
        if plain.expose().len() > LONGEST {
            return Err(VaultError::TooLong { record: context.record.clone(), field: context.field.clone() });
        }
        self.ring.seal(&*self.random, &self.org, context, plain)
    }

    /// The key it seals under.
    pub fn key(&self) -> &KeyId {
        self.ring.current().0
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealer").field("org", &self.org).finish_non_exhaustive()
    }
}
