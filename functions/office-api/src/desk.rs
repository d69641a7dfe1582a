//! Who may ask, what is asked, and who answers.

use crate::answers;
use lintel_cloud::{
    Environment, StartError,
    http::{HttpAnswer, HttpCall},
    secrets::{SecretError, Secrets},
    settings::{SettingsError, SettingsStore},
};
use lintel_domain::{
    ids::{FlowId, OrgId},
    settings::Organization,
    sync::Side,
};
use lintel_sync::{DecisionError, Decisions};
use serde::Deserialize;
use std::sync::Arc;

/// The secret that holds an organization's tokens, one a line. Its name is no matter of configuration, so that the function's role may
/// read it and no vendor's key.
const TOKENS: &str = "office-api";

/// Stands in paths for the slash of an id such as `7/emergency`.
pub(crate) const SLASH: &str = "~";

#[derive(Debug)]
pub(crate) struct Desk {
    settings: SettingsStore,
    secrets: Secrets,
    decisions: Decisions,
}

/// What a call wants.
#[derive(Debug)]
pub(crate) enum Asked {
    Flows,
    Conflicts(FlowId),
    Settle {
        flow: FlowId,
        record: String,
        word: Result<Word, String>,
    },
    /// No route leads here.
    Unknown,
}

/// A person's word about one field.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Word {
    field: String,
    take: Side,
}

/// Why a call is not answered. Says nothing about who is a customer, and no value of any record.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("no valid bearer token for this organization")]
    NotAuthorized,
    #[error("there is no such address")]
    Unknown,
    #[error("the body has to be {{\"field\": \"...\", \"take\": \"source\" or \"target\"}}: {0}")]
    Unreadable(String),
    #[error(transparent)]
    Decision(#[from] DecisionError),
    #[error("try again later")]
    Later,
}

impl Asked {
    pub(crate) fn of(call: &HttpCall) -> Self {
        let flow = call.path_parameter("flow").map(FlowId::new);
        match (call.method.as_str(), flow, call.path_parameter("record")) {
            ("GET", None, None) => Self::Flows,
            ("GET", Some(flow), None) => Self::Conflicts(flow),
            ("POST", Some(flow), Some(record)) => {
                let word = serde_json::from_slice(&call.body).map_err(|error| error.to_string());
                Self::Settle { flow, record: record.replace(SLASH, "/"), word }
            }
            _ => Self::Unknown,
        }
    }
}

impl Desk {
    pub(crate) fn open(environment: &Environment) -> Result<Self, StartError> {
        Ok(Self {
            settings: SettingsStore::new(environment.table()?, environment.objects()),
            secrets: environment.secrets()?,
            decisions: Decisions::of(environment)?,
        })
    }

    /// The organization in whose name the call may speak. An organization that is not there, or has no token, looks like a wrong token.
    pub(crate) async fn admit(&self, call: &HttpCall) -> Result<Arc<Organization>, Refusal> {
        let org = call.path_parameter("org").map(OrgId::new).ok_or(Refusal::Unknown)?;
        let settings = match self.settings.load(&org).await {
            Ok(settings) => settings,
            Err(SettingsError::Missing(_)) => return Err(Refusal::NotAuthorized),
            Err(error) => {
                tracing::error!(%org, %error, "the settings could not be read");
                return Err(Refusal::Later);
            }
        };
        match self.secrets.get(&org, TOKENS).await {
            Ok(tokens) if call.has_bearer_token(&tokens) => Ok(settings),
            Ok(_) | Err(SecretError::Missing(_)) => Err(Refusal::NotAuthorized),
            Err(error) => {
                tracing::error!(%org, %error, "the tokens could not be read");
                Err(Refusal::Later)
            }
        }
    }

    pub(crate) async fn answer(&self, settings: &Organization, asked: Asked) -> Result<HttpAnswer, Refusal> {
        match asked {
            Asked::Flows => Ok(answers::flows(&self.decisions.flows(settings).await?)),
            Asked::Conflicts(flow) => Ok(answers::conflicts(&flow, &self.decisions.conflicts(settings, &flow).await?)),
            Asked::Settle { flow, record, word } => {
                let key = self.decisions.key(settings, &flow, &record)?;
                let Word { field, take } = word.map_err(Refusal::Unreadable)?;
                self.decisions.settle(settings, &flow, &key, &field, take).await?;
                Ok(answers::settled(&flow, &key, &field, take))
            }
            Asked::Unknown => Err(Refusal::Unknown),
        }
    }
}
