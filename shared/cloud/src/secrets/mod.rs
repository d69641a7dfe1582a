//! Secrets by name, kept in memory for a while. Values are [`Private`]; errors name the secret, never its value.

mod versions;

pub(crate) use versions::{Outcome, Version};

use aws_sdk_secretsmanager::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    operation::{get_secret_value::GetSecretValueError, put_secret_value::PutSecretValueError},
};
use jiff::{SignedDuration, Timestamp};
use lintel_connectors::surroundings::Clock;
use lintel_domain::{ids::OrgId, private::Private};
use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

/// How long a value is used before it is read again: a rotated secret is in use everywhere after this.
const KEPT: SignedDuration = SignedDuration::from_mins(5);

#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error("secret {0} does not exist")]
    Missing(String),
    #[error("secret {0} holds no text")]
    NotText(String),
    #[error("read secret {name}: {reason}")]
    Unavailable { name: String, reason: String },
    #[error("store secret {name}: {reason}")]
    NotStored { name: String, reason: String },
}

#[derive(Clone)]
pub struct Secrets {
    client: Client,
    stage: String,
    clock: Arc<dyn Clock>,
    known: Arc<Mutex<BTreeMap<String, (Timestamp, Private)>>>,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").field("stage", &self.stage).finish_non_exhaustive()
    }
}

impl Secrets {
    pub fn new(client: Client, stage: impl Into<String>, clock: Arc<dyn Clock>) -> Self {
        Self { client, stage: stage.into(), clock, known: Arc::default() }
    }

    /// The full name of an organization's secret: `lintel/<stage>/<org>/<name>`.
    pub fn full_name(&self, org: &OrgId, name: &str) -> String {
        format!("lintel/{}/{org}/{name}", self.stage)
    }

    /// The full name of an organization's data keys: `lintel-vault/<stage>/<org>`. It stands outside the names of
    /// [`Self::full_name`], so that no configuration can name it and a function may be kept from reading it.
    pub(crate) fn data_keys_name(&self, org: &OrgId) -> String {
        format!("lintel-vault/{}/{org}", self.stage)
    }

    pub async fn get(&self, org: &OrgId, name: &str) -> Result<Private, SecretError> {
        let full_name = self.full_name(org, name);
        let now = self.clock.now();
        if let Some(value) = self.known(&full_name, now) {
            return Ok(value);
        }
        let value = self.read(org, name).await?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(full_name, (now, value.clone()));
        Ok(value)
    }

    /// The secret as it is now, for what changes more often than people change secrets.
    pub async fn read(&self, org: &OrgId, name: &str) -> Result<Private, SecretError> {
        let name = self.full_name(org, name);
        let answer = self.client.get_secret_value().secret_id(&name).send().await.map_err(|error| {
            match error.as_service_error() {
                Some(GetSecretValueError::ResourceNotFoundException(_)) => SecretError::Missing(name.clone()),
                _ => SecretError::Unavailable { name: name.clone(), reason: reason(&error) },
            }
        })?;
        answer.secret_string.map(Private::new).ok_or(SecretError::NotText(name))
    }

    /// Stores a secret, in place of its earlier value.
    pub async fn put(&self, org: &OrgId, name: &str, value: &Private) -> Result<(), SecretError> {
        let name = self.full_name(org, name);
        let unavailable = |reason: &str| SecretError::Unavailable { name: name.clone(), reason: reason.to_owned() };
        let put = self.client.put_secret_value().secret_id(&name).secret_string(value.expose()).send().await;
        let missing = match put {
            Ok(_) => return Ok(()),
            Err(error) => error.as_service_error().is_some_and(PutSecretValueError::is_resource_not_found_exception),
        };
        if !missing {
            return Err(unavailable("could not be replaced"));
        }
        let made = self.client.create_secret().name(&name).secret_string(value.expose()).send().await;
        made.map(drop).map_err(|_| unavailable("could not be made"))
    }

    fn known(&self, name: &str, now: Timestamp) -> Option<Private> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(name).filter(|(read_at, _)| now < *read_at + KEPT).map(|(_, value)| value.clone())
    }
}

/// What the service said, by its code: its messages may quote the request.
fn reason<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> String {
    match error.as_service_error() {
        Some(service) => service.code().unwrap_or("refused").to_owned(),
        None => "could not be reached".to_owned(),
    }
}
