//! What a vendor makes of the status we answer with.

use http::StatusCode;
use serde::Deserialize;

/// How a vendor takes answers.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Answers {
    /// What the vendor wants to hear when a delivery is accepted or known already.
    #[serde(deserialize_with = "success")]
    pub success: StatusCode,
    pub habits: Vec<Habit>,
}

impl Default for Answers {
    fn default() -> Self {
        Self { success: StatusCode::OK, habits: Vec::new() }
    }
}

/// What a vendor does upon certain answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Habit {
    /// A 4xx loses what was delivered for good.
    #[serde(rename = "never-4xx")]
    Never4xx,
    /// A 4xx is not tried again. Where a delivery is not believed because our secret is wrong, it would be lost.
    #[serde(rename = "4xx-not-retried")]
    ClientErrorsNotRetried,
    /// 406 and 410 delete the subscription.
    #[serde(rename = "406-and-410-delete")]
    NotAcceptableAndGoneDelete,
    /// Failing for long switches the subscription off. What we have kept is no failure, whether we could read it or not.
    #[serde(rename = "failures-disable")]
    FailuresDisable,
}

impl Answers {
    /// The status for what is proven, cannot be read, and is kept for a person.
    pub fn kept_unread(&self) -> StatusCode {
        let taken = |habit: &Habit| matches!(habit, Habit::Never4xx | Habit::FailuresDisable);
        if self.habits.iter().any(taken) { self.success } else { StatusCode::BAD_REQUEST }
    }

    /// The status to send where `wanted` is what we would say: nothing the vendor would take for more than was meant.
    pub fn status(&self, wanted: StatusCode) -> StatusCode {
        let has = |habit| self.habits.contains(&habit);
        match wanted {
            status if status.is_success() => self.success,
            status if status.is_client_error() && has(Habit::Never4xx) => StatusCode::SERVICE_UNAVAILABLE,
            StatusCode::UNAUTHORIZED if has(Habit::ClientErrorsNotRetried) => StatusCode::SERVICE_UNAVAILABLE,
            StatusCode::NOT_ACCEPTABLE | StatusCode::GONE if has(Habit::NotAcceptableAndGoneDelete) => {
                StatusCode::BAD_REQUEST
            }
            status => status,
        }
    }
}

fn success<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<StatusCode, D::Error> {
    let number = u16::deserialize(deserializer)?;
    StatusCode::from_u16(number)
        .ok()
        .filter(StatusCode::is_success)
        .ok_or_else(|| serde::de::Error::custom("must be from 200 to 299"))
}
