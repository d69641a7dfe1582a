//! A driver from what the manifest says of the vendor and the organization of its account.

use super::{BudgetKey, Credentials, Driver, Permits, Reader, TokenKeeper, TokenKey, Told, grant::Grant};
use crate::{
    manifest::{Auth, Manifest},
    roles::{OpenError, Parts},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderValue, header::AUTHORIZATION};
use lintel_domain::{ids::ConnectionId, private::Private, settings::Connection};
use std::{collections::BTreeMap, num::NonZeroU32};

/// What a connection is opened from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Account<'a> {
    pub(crate) id: &'a ConnectionId,
    pub(crate) connection: &'a Connection,
    pub(crate) secret: &'a Private,
}

impl Account<'_> {
    /// The setting as a number above nothing, or what stands for it.
    pub(crate) fn positive(&self, setting: &'static str, otherwise: NonZeroU32) -> Result<NonZeroU32, OpenError> {
        let Some(text) = self.connection.settings.get(setting) else { return Ok(otherwise) };
        let number = text.trim().parse().map_err(|_| self.fault(setting, "is not a whole number"))?;
        NonZeroU32::new(number).ok_or_else(|| self.fault(setting, "is zero"))
    }

    /// The connection's settings over the manifest's.
    pub(crate) fn settings(&self, manifest: &Manifest) -> BTreeMap<String, String> {
        let mut settings = manifest.settings.clone();
        settings.extend(self.connection.settings.clone());
        settings
    }

    pub(crate) fn fault(&self, setting: &'static str, reason: &str) -> OpenError {
        OpenError::Setting { connection: self.id.clone(), setting, reason: reason.to_owned() }
    }
}

impl Driver {
    /// `part` is what the vendor counts calls by within the account.
    pub(crate) fn open(
        manifest: &Manifest,
        account: Account<'_>,
        part: &str,
        reader: impl Reader + 'static,
        parts: Parts,
    ) -> Result<Self, OpenError> {
        let api = manifest.api()?;
        let chosen = account.connection.settings.get("auth").map(String::as_str);
        let unknown = || account.fault("auth", "is no way in that the vendor's manifest describes");
        let (auth, budget) = api.access(chosen).ok_or_else(unknown)?;
        let base_url = account.connection.base_url.clone().unwrap_or_else(|| api.production.to_string());
        let grant = Grant::of(auth, &api.retry, account, &base_url, &account.settings(manifest))?;
        let credentials = match grant {
            Some(grant) => {
                let key = TokenKey { org: parts.org.clone(), connection: account.id.clone() };
                Credentials::Renewed(Box::new(TokenKeeper::new(grant, parts.tokens, key)))
            }
            None => Credentials::Fixed(fixed(auth, account)?),
        };
        Ok(Self {
            vendor: manifest.vendor.clone(),
            base_url,
            headers: HeaderMap::new(),
            credentials,
            key: BudgetKey { org: parts.org, connection: account.id.clone(), part: part.to_owned() },
            limit: budget.limit(),
            told: api.told.clone().map(Told::new),
            http: parts.http,
            budget: parts.budget,
            breaker: parts.breaker,
            calls: parts.calls,
            clock: parts.clock,
            entropy: parts.entropy,
            reader: Box::new(reader),
            permits: Permits::default(),
        })
    }
}

/// Headers that prove who calls and never change.
fn fixed(auth: &Auth, account: Account<'_>) -> Result<HeaderMap, OpenError> {
    let secret = account.secret.expose();
    let pairs = match auth {
        Auth::Header { name, prefix } => vec![(name.name().clone(), format!("{prefix}{secret}"))],
        Auth::Basic => vec![(AUTHORIZATION, format!("Basic {}", STANDARD.encode(secret)))],
        Auth::Bearer => vec![(AUTHORIZATION, format!("Bearer {secret}"))],
        Auth::KeyPair { id, secret: second } => {
            let (first, rest) = secret.split_once(':').ok_or_else(|| account.fault("secret", "must be `id:secret`"))?;
            vec![(id.name().clone(), first.to_owned()), (second.name().clone(), rest.to_owned())]
        }
        // A token is renewed, see `Grant`.
        Auth::ClientCredentials { .. } | Auth::AuthorizationCode { .. } => Vec::new(),
    };
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        let mut value = HeaderValue::from_str(&value)
            .map_err(|_| account.fault("secret", "holds characters no header can carry"))?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Ok(headers)
}
