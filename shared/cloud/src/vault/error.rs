//! Why the vault does not do what it was asked to. No message holds a protected value.

use super::{KeyId, LONGEST, NoRandomness};
use crate::{secrets::SecretError, store::StoreError};
use jiff::Timestamp;
use lintel_domain::ids::OrgId;

#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error("open {field} of {record}: it was changed since it was sealed, or was sealed for another place")]
    Damaged { record: String, field: String },
    #[error("open {field} of {record}: its key {key} was retired at {at}")]
    Retired { record: String, field: String, key: KeyId, at: Timestamp },
    #[error("open {field} of {record}: its key {key} is not among the organization's data keys")]
    UnknownKey { record: String, field: String, key: KeyId },
    #[error("seal {field} of {record}: it is longer than {LONGEST} bytes")]
    TooLong { record: String, field: String },
    #[error("retire data key {key} of {org}: there is no such key")]
    NoSuchKey { org: OrgId, key: KeyId },
    #[error("retire data key {key} of {org}: it is the current one, rotate first")]
    Current { org: OrgId, key: KeyId },
    /// Trying again after that moment helps.
    #[error("retire data key {key} of {org}: until {until} a process may still seal under it")]
    StillSealing { org: OrgId, key: KeyId, until: Timestamp },
    /// Trying again helps.
    #[error("change the data keys of {org}: others kept changing them")]
    Contended { org: OrgId },
    #[error("read the data keys of {org}: {reason}")]
    Unreadable { org: OrgId, reason: String },
    #[error("encrypt: AWS-LC refused")]
    Cipher,
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// What cannot be written down is not done: a value that was to be opened stays closed.
    #[error("audit: {0}")]
    Audit(#[from] StoreError),
}

impl VaultError {
    /// Whether trying again cannot help until a person has done something.
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::Damaged { .. }
            | Self::Retired { .. }
            | Self::UnknownKey { .. }
            | Self::TooLong { .. }
            | Self::NoSuchKey { .. }
            | Self::Current { .. }
            | Self::Unreadable { .. }
            | Self::Cipher
            | Self::Secret(SecretError::Missing(_) | SecretError::NotText(_)) => true,
            Self::Audit(error) => error.is_permanent(),
            Self::StillSealing { .. } | Self::Contended { .. } | Self::Randomness(_) | Self::Secret(_) => false,
        }
    }
}
