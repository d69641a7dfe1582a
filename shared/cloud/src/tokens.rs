//! OAuth tokens for all workers of a connection.
//!
//! The tokens are one secret, `lintel/<stage>/<org>/<connection>.tokens`, made by the worker that first gets some. The row of the
//! table (`TOKENS#<connection>`) counts their revisions and holds the lease of the worker that asks for the next. A
//! function that opens connections with OAuth needs `secretsmanager:CreateSecret` and `PutSecretValue` for
//! `lintel/<stage>/*.tokens-*`.

use crate::{
    secrets::{SecretError, Secrets},
    store::{StoreError, Table},
};
use async_trait::async_trait;
use jiff::Timestamp;
use lintel_connectors::transport::{Claim, Lease, StateError, TokenKey, TokenStore, Tokens};
use lintel_domain::private::{self, Private};
use serde::{Deserialize, Serialize};

/// Tokens in Secrets Manager, leases in the table.
#[derive(Debug)]
pub struct SharedTokens {
    table: Table,
    secrets: Secrets,
}

/// What the secret holds.
#[derive(Serialize, Deserialize)]
struct Stored {
    revision: u64,
    grant: String,
    access: Token,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refresh: Option<Token>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    renew_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
}

#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct Token(#[serde(with = "private::stored")] Private);

impl SharedTokens {
    pub fn new(table: Table, secrets: Secrets) -> Self {
        Self { table, secrets }
    }

    /// Its end keeps the name from looking like one with the six random characters AWS adds.
    fn secret(key: &TokenKey) -> String {
        format!("{}.tokens", key.connection)
    }
}

#[async_trait]
impl TokenStore for SharedTokens {
    async fn load(&self, key: &TokenKey) -> Result<Option<Tokens>, StateError> {
        let row = self.table.org(&key.org).token_row(&key.connection).await.map_err(failed)?;
        if row.revision == 0 {
            return Ok(None);
        }
        let secret = match self.secrets.read(&key.org, &Self::secret(key)).await {
            Ok(secret) => secret,
            // Taken away by a person, or by the end of a host that keeps secrets in memory only.
            Err(SecretError::Missing(_)) => return Ok(None),
            Err(error) => return Err(StateError(error.to_string())),
        };
        // Not the reader's own words: they may repeat what was read.
        let stored: Stored = serde_json::from_str(secret.expose())
            .map_err(|_| StateError(format!("the secret {} does not read as tokens", Self::secret(key))))?;
        // Secrets Manager may answer with an earlier value for a moment.
        if stored.revision < row.revision {
            return Err(StateError("the newest tokens cannot be read yet".to_owned()));
        }
        Ok(Some(Tokens {
            grant: stored.grant,
            access: stored.access.0,
            refresh: stored.refresh.map(|token| token.0),
            renew_at: stored.renew_at,
            expires_at: stored.expires_at,
        }))
    }

    async fn claim(&self, key: &TokenKey, lease: Lease, now: Timestamp) -> Result<Claim, StateError> {
        let org = self.table.org(&key.org);
        if org.lease_tokens(&key.connection, lease.holder, lease.until, now).await.map_err(failed)? {
            return Ok(Claim::Taken);
        }
        let row = org.token_row(&key.connection).await.map_err(failed)?;
        Ok(Claim::Held { until: row.leased_until.unwrap_or(now) })
    }

    /// First the lease, so that a worker that lost it overwrites nothing; then the secret; the row last, so that what it counts
    /// can be read.
    async fn save(&self, key: &TokenKey, lease: Lease, tokens: &Tokens) -> Result<(), StateError> {
        let org = self.table.org(&key.org);
        let lost = || StateError("the lease on the tokens was lost".to_owned());
        let row = org.extend_token_lease(&key.connection, lease.holder, lease.until).await.map_err(failed)?;
        let revision = row.ok_or_else(lost)?.revision + 1;
        let stored = Stored {
            revision,
            grant: tokens.grant.clone(),
            access: Token(tokens.access.clone()),
            refresh: tokens.refresh.clone().map(Token),
            renew_at: tokens.renew_at,
            expires_at: tokens.expires_at,
        };
        let text = serde_json::to_string(&stored).map_err(|error| StateError(error.to_string()))?;
        let put = self.secrets.put(&key.org, &Self::secret(key), &Private::new(text)).await;
        put.map_err(|error| StateError(error.to_string()))?;
        let noted =
            org.note_tokens(&key.connection, lease.holder, revision, tokens.expires_at).await.map_err(failed)?;
        if noted { Ok(()) } else { Err(lost()) }
    }

    async fn release(&self, key: &TokenKey, lease: Lease) -> Result<(), StateError> {
        self.table.org(&key.org).release_tokens(&key.connection, lease.holder).await.map_err(failed)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn failed(error: StoreError) -> StateError {
    StateError(error.to_string())
}
