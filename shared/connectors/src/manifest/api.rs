//! How a vendor's API is called.

use super::Auth;
use crate::{
    transport::Limit,
    webhooks::{HeaderField, Pointer},
};
use serde::Deserialize;
use std::{collections::BTreeMap, fmt, num::NonZeroU32, time::Duration};

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Api {
    pub production: BaseUrl,
    /// The vendor's own trial environment.
    #[serde(default)]
    pub sandbox: Option<BaseUrl>,
    pub auth: Auth,
    /// Other ways in, by the name a connection's setting `auth` chooses them with.
    #[serde(default)]
    pub alternatives: BTreeMap<String, Alternative>,
    pub budget: Budget,
    pub retry: RetryHints,
    /// Where answers tell of the limits themselves.
    #[serde(default)]
    pub told: Option<ToldLimits>,
    /// Where an error's message stands in an answer, looked at in order.
    #[serde(default)]
    pub messages: Vec<Pointer>,
}

/// Another way to prove who calls, with what the vendor counts by where that differs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alternative {
    pub auth: Auth,
    #[serde(default)]
    pub budget: Option<Budget>,
}

impl Api {
    /// The way in of this name, or the ordinary one; `None` when there is none of the name.
    pub fn access(&self, name: Option<&str>) -> Option<(&Auth, Budget)> {
        match name {
            None => Some((&self.auth, self.budget)),
            Some(name) => self.alternatives.get(name).map(|other| (&other.auth, other.budget.unwrap_or(self.budget))),
        }
    }
}

/// An `https` URL that paths are put behind: no slash at its end, no query.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct BaseUrl(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be an https URL without query and without a slash at its end")]
pub struct BaseUrlError;

impl BaseUrl {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for BaseUrl {
    type Error = BaseUrlError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let read = url::Url::parse(&text).map_err(|_| BaseUrlError)?;
        let fits = read.scheme() == "https"
            && read.query().is_none()
            && read.fragment().is_none()
            && read.username().is_empty()
            && !text.ends_with('/');
        if fits { Ok(Self(text)) } else { Err(BaseUrlError) }
    }
}

/// How many calls may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    pub calls: NonZeroU32,
    /// In seconds.
    pub period: NonZeroU32,
    /// How many of the calls may come at once.
    pub burst: NonZeroU32,
    #[serde(default)]
    pub scope: BudgetScope,
}

/// What the vendor counts calls by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BudgetScope {
    #[default]
    Connection,
    /// A part of the account: a base, say.
    Part,
}

impl Budget {
    pub fn limit(&self) -> Limit {
        let period = Duration::from_secs(u64::from(self.period.get()));
        Limit { calls: self.calls, period, burst: self.burst }
    }
}

/// Headers in which answers tell of the limits: what they say goes before `budget`, which is what is known before the first answer.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToldLimits {
    /// Calls in a window.
    pub calls: HeaderField,
    /// The window, in milliseconds.
    pub period_ms: HeaderField,
    /// Calls that the window still has.
    pub left: HeaderField,
    /// Calls that the day still has.
    #[serde(default)]
    pub left_today: Option<HeaderField>,
}

/// How the vendor says when to come back.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetryHints {
    /// Looked at in order.
    pub headers: Vec<HeaderField>,
    /// Seconds to wait when no header says.
    pub unsaid: u32,
    /// Seconds that are waited at most, whatever a header says.
    pub longest: u32,
    /// A throttled answer that holds this text speaks of a limit that waiting minutes does not lift: the day's.
    #[serde(default)]
    pub used_up: Option<String>,
}
