//! Secrets that Lintel itself makes and changes: made once, and changed only from the version that was read, so that of two
//! writers at once neither undoes the other.
//!
//! Secrets Manager has no conditional write. A change is therefore stored as a version that is not current, and the
//! label of the current version is then moved, which is refused when the label is not where it was read.

use super::{SecretError, Secrets, reason};
use aws_sdk_secretsmanager::operation::{create_secret::CreateSecretError, get_secret_value::GetSecretValueError};
use zeroize::Zeroizing;

/// The label of the version in force.
const CURRENT: &str = "AWSCURRENT";
/// Marks a version until it is in force. Another writer may take the mark; the version is found by its id all the same, and
/// Secrets Manager clears none away within a day.
const NEXT: &str = "LINTEL_NEXT";

/// A secret's value in force, and which version it is.
pub(crate) struct Version {
    pub(crate) id: String,
    pub(crate) text: Zeroizing<String>,
}

/// What making or changing a secret came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    InForce,
    /// Somebody else was first: read again.
    Overtaken,
}

impl Secrets {
    /// The version in force, not from memory; `None` without such a secret.
    pub(crate) async fn current(&self, name: &str) -> Result<Option<Version>, SecretError> {
        let answer = match self.client.get_secret_value().secret_id(name).version_stage(CURRENT).send().await {
            Ok(answer) => answer,
            Err(error) => {
                return match error.as_service_error() {
                    Some(GetSecretValueError::ResourceNotFoundException(_)) => Ok(None),
                    _ => Err(SecretError::Unavailable { name: name.to_owned(), reason: reason(&error) }),
                };
            }
        };
        let unreadable = || SecretError::NotText(name.to_owned());
        let text = answer.secret_string.map(Zeroizing::new).ok_or_else(unreadable)?;
        Ok(Some(Version { id: answer.version_id.ok_or_else(unreadable)?, text }))
    }

    /// Makes a secret that is not there.
    pub(crate) async fn make(&self, name: &str, text: &Zeroizing<String>) -> Result<Outcome, SecretError> {
        match self.client.create_secret().name(name).secret_string(text.as_str()).send().await {
            Ok(_) => Ok(Outcome::InForce),
            Err(error) => match error.as_service_error() {
                Some(CreateSecretError::ResourceExistsException(_)) => Ok(Outcome::Overtaken),
                _ => Err(SecretError::NotStored { name: name.to_owned(), reason: reason(&error) }),
            },
        }
    }

    /// Puts a value in force in place of the version that was read.
    pub(crate) async fn replace(
        &self,
        name: &str,
        standing: &Version,
        text: &Zeroizing<String>,
    ) -> Result<Outcome, SecretError> {
        let not_stored = |reason| SecretError::NotStored { name: name.to_owned(), reason };
        let put = self.client.put_secret_value().secret_id(name).secret_string(text.as_str()).version_stages(NEXT);
        let put = put.send().await.map_err(|error| not_stored(reason(&error)))?;
        let next = put.version_id.ok_or_else(|| not_stored("the new version has no id".to_owned()))?;
        let moved = self
            .client
            .update_secret_version_stage()
            .secret_id(name)
            .version_stage(CURRENT)
            .move_to_version_id(&next)
            .remove_from_version_id(&standing.id)
            .send()
            .await;
        let Err(error) = moved else { return Ok(Outcome::InForce) };
        // The answer to a move that took effect may have been lost, so what stands is asked rather than the error.
        match self.current(name).await?.map(|version| version.id) {
            Some(current) if current == next => Ok(Outcome::InForce),
            Some(current) if current == standing.id => Err(not_stored(reason(&error))),
            _ => Ok(Outcome::Overtaken),
        }
    }
}
