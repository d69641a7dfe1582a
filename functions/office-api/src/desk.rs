//! Who may ask, and who answers.

use crate::{
    answers,
    asked::{Approving, Asked, Lifting, Opening, Settling},
};
use lintel_cloud::{
    Environment, StartError,
    http::{HttpAnswer, HttpCall},
    secrets::{SecretError, Secrets},
    settings::{SettingsError, SettingsStore},
    store::Purpose,
};
use lintel_domain::{ids::OrgId, settings::Organization};
use lintel_sync::{DecisionError, Decisions};
use std::sync::Arc;

/// The secret that holds an organization's tokens, one a line. Its name is no matter of configuration, so that the function's role may
/// read it and no vendor's key.
const TOKENS: &str = "office-api";

#[derive(Debug)]
pub(crate) struct Desk {
    settings: SettingsStore,
    secrets: Secrets,
    decisions: Decisions,
}

/// Why a call is not answered. Says nothing about who is a customer, and no value of any record.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("no valid bearer token for this organization")]
    NotAuthorized,
    #[error("there is no such address")]
    Unknown,
    #[error("the body has to be {wanted}: {reason}")]
    Unreadable { wanted: &'static str, reason: String },
    #[error(transparent)]
    Decision(#[from] DecisionError),
    #[error("try again later")]
    Later,
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
        let decisions = &self.decisions;
        Ok(match asked {
            Asked::Flows => answers::flows(&decisions.flows(settings).await?),
            Asked::Conflicts(flow) => answers::conflicts(&flow, &decisions.conflicts(settings, &flow).await?),
            Asked::Settle { flow, record, word } => {
                let key = decisions.key(settings, &flow, &record)?;
                let Settling { field, take, by } = word?;
                decisions.settle(settings, &flow, &key, (&field, take), &by.who()).await?;
                answers::settled(&flow, &key, &field, take)
            }
            Asked::Problems(flow) => answers::problems(&flow, &decisions.problems(settings, &flow).await?),
            Asked::Lift { flow, record, word } => {
                let key = decisions.key(settings, &flow, &record)?;
                let Lifting { lift, by } = word?;
                decisions.lift(settings, &flow, &key, lift, &by.who()).await?;
                answers::lifted(&flow, &key, lift)
            }
            Asked::Missing(flow) => answers::missing(&flow, decisions.missing(settings, &flow).await?.as_ref()),
            Asked::Approve { flow, word } => {
                let Approving { run, by } = word?;
                let found = decisions.missing(settings, &flow).await?;
                let plan = found.map(|(plan, _)| plan).filter(|plan| plan.run == run);
                let plan = plan.ok_or_else(|| DecisionError::NoMassChange(flow.clone()))?;
                decisions.approve(settings, &flow, &plan, &by.who()).await?;
                answers::approved(&flow, &plan)
            }
            Asked::Values { flow, record, word } => {
                let key = decisions.key(settings, &flow, &record)?;
                let Opening { field, why, by } = word?;
                let purpose = Purpose::new(by.who(), why.as_str());
                let values = decisions.protected_values(settings, &flow, (&key, &field), &purpose).await?;
                answers::values(&flow, &key, &field, &values)
            }
            Asked::Audit { flow, record } => {
                let key = record.map(|record| decisions.key(settings, &flow, &record)).transpose()?;
                let entries = decisions.audit(settings, &flow, key.as_ref()).await?;
                answers::audit(&flow, key.as_ref(), &entries)
            }
            Asked::Unknown => return Err(Refusal::Unknown),
        })
    }
}
