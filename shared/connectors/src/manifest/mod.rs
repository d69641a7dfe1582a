//! Connector manifests: what can be said of a vendor without code, read from `connector.toml`.

mod api;
mod auth;
mod catalogue;
mod check;
mod fault;
mod own;
mod read;
mod relation;
mod stream;

pub use api::{Alternative, Api, BaseUrl, BaseUrlError, Budget, BudgetScope, RetryHints, ToldLimits};
pub use auth::{Auth, ClientProof, TokenUrl, TokenUrlError};
pub use catalogue::{FindError, find, mappings, vendors};
pub use fault::ManifestFault;
pub(crate) use fault::Source;
pub use own::{Known, LONGEST_TEXT, Vendors, read_own};
pub(crate) use read::parse;
pub use read::read;
pub use relation::{Relation, RelationCall};
pub use stream::{BatchCall, Changed, Detail, FieldsParameter, Paging, Stream, Through, TimeForm, Verb, Write};

use crate::webhooks::Webhook;
use serde::Deserialize;
use std::collections::BTreeMap;

/// One vendor. A vendor whose connector is not built yet, or that only sends, has a webhook and no API.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Lower-case letters, digits and `-`; the name connections and sources use.
    pub vendor: String,
    /// What people call it.
    pub title: String,
    #[serde(default)]
    pub api: Option<Api>,
    /// What stands for `{name}` in paths where a connection has no setting of that name.
    #[serde(default)]
    pub settings: BTreeMap<String, String>,
    #[serde(default)]
    pub streams: BTreeMap<String, Stream>,
    #[serde(default)]
    pub relations: BTreeMap<String, Relation>,
    #[serde(default)]
    pub webhook: Option<Webhook>,
}

impl Manifest {
    pub fn api(&self) -> Result<&Api, FindError> {
        self.api.as_ref().ok_or_else(|| self.lacks("API"))
    }

    pub fn stream(&self, name: &str) -> Result<&Stream, FindError> {
        self.streams.get(name).ok_or_else(|| self.lacks(name))
    }

    pub fn webhook(&self) -> Result<&Webhook, FindError> {
        self.webhook.as_ref().ok_or_else(|| self.lacks("webhook"))
    }

    fn lacks(&self, part: &str) -> FindError {
        FindError::Lacks { vendor: self.vendor.clone(), part: part.to_owned() }
    }
}
