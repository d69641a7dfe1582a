//! OAuth tokens as all workers of a connection share them. One of them at a time asks for new ones.

use super::StateError;
use async_trait::async_trait;
use jiff::Timestamp;
use lintel_domain::{
    ids::{ConnectionId, OrgId},
    private::Private,
};
use std::fmt;

/// Whose tokens.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TokenKey {
    pub org: OrgId,
    pub connection: ConnectionId,
}

/// What a token endpoint gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// A digest of what they were asked for with: where, which client, whose consent. Tokens of another grant are never used.
    pub grant: String,
    /// Sent with every call.
    pub access: Private,
    /// For the next ones; a vendor may give another with each answer, and then takes only that one.
    pub refresh: Option<Private>,
    /// New ones are asked for from this moment on; `None` when the vendor names no end.
    pub renew_at: Option<Timestamp>,
    /// The access token is refused from this moment on.
    pub expires_at: Option<Timestamp>,
}

impl Tokens {
    pub(super) fn are_fresh(&self, now: Timestamp) -> bool {
        self.renew_at.is_none_or(|at| now < at)
    }

    pub(super) fn work(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|at| now < at)
    }
}

/// One worker's right to ask for new tokens alone. It ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Drawn by the worker.
    pub holder: u64,
    pub until: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    Taken,
    /// By another worker, until then at the latest.
    Held {
        until: Timestamp,
    },
}

/// Where tokens are kept. They are secrets, and kept as such.
#[async_trait]
pub trait TokenStore: fmt::Debug + Send + Sync {
    /// What was last saved; `None` before that.
    async fn load(&self, key: &TokenKey) -> Result<Option<Tokens>, StateError>;

    /// Takes the lease unless another worker holds one that has not ended.
    async fn claim(&self, key: &TokenKey, lease: Lease, now: Timestamp) -> Result<Claim, StateError>;

    /// Saves tokens in place of earlier ones and gives the lease back. An error when the lease was lost to another worker.
    async fn save(&self, key: &TokenKey, lease: Lease, tokens: &Tokens) -> Result<(), StateError>;

    /// Gives the lease back with nothing saved. Nothing happens when it was lost.
    async fn release(&self, key: &TokenKey, lease: Lease) -> Result<(), StateError>;
}
