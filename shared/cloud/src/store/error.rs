//! What can go wrong between Lintel and its table, and whether trying again helps.

use aws_sdk_dynamodb::{
    error::{ProvideErrorMetadata, SdkError},
    operation::transact_write_items::TransactWriteItemsError,
};

#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else changed the row first: read again and decide again.
    #[error("{doing}: the row changed meanwhile")]
    Conflict { doing: String },
    /// The service was slow, throttled or away. Trying again helps.
    #[error("{doing}: {reason}")]
    Unavailable { doing: String, reason: String },
    /// The service refused for good.
    #[error("{doing}: {reason}")]
    Refused { doing: String, reason: String },
    /// A row holds what this version cannot read.
    #[error("{doing}: unreadable row: {reason}")]
    Unreadable { doing: String, reason: String },
}

impl StoreError {
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflict { .. })
    }

    pub fn is_permanent(&self) -> bool {
        matches!(self, Self::Refused { .. } | Self::Unreadable { .. })
    }

    /// Sorts an SDK error: failed conditions are conflicts, service and transport trouble is worth another try.
    pub(crate) fn from_sdk<E, R>(doing: &str, error: &SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata,
    {
        let doing = doing.to_owned();
        let Some(service) = error.as_service_error() else {
            return Self::Unavailable { doing, reason: describe(error) };
        };
        let reason = service.message().unwrap_or("no message").to_owned();
        match service.code() {
            Some("ConditionalCheckFailedException" | "TransactionConflictException") => Self::Conflict { doing },
            // A missing permission or table is a deployment's fault: it passes once that is mended.
            Some("ValidationException") => Self::Refused { doing, reason },
            _ => Self::Unavailable { doing, reason },
        }
    }

    /// A cancelled transaction is a conflict when a condition or another transaction stopped it.
    pub(crate) fn from_transaction<R>(doing: &str, error: &SdkError<TransactWriteItemsError, R>) -> Self {
        let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error() else {
            return Self::from_sdk(doing, error);
        };
        let doing = doing.to_owned();
        let codes: Vec<&str> = cancelled
            .cancellation_reasons()
            .iter()
            .filter_map(|reason| reason.code())
            .filter(|code| *code != "None")
            .collect();
        if codes.iter().all(|code| matches!(*code, "ConditionalCheckFailed" | "TransactionConflict")) {
            return Self::Conflict { doing };
        }
        let reason = codes.join(", ");
        if codes.contains(&"ValidationError") {
            Self::Refused { doing, reason }
        } else {
            Self::Unavailable { doing, reason }
        }
    }
}

fn describe<E, R>(error: &SdkError<E, R>) -> String {
    match error {
        SdkError::TimeoutError(_) => "timed out".to_owned(),
        SdkError::DispatchFailure(_) => "could not be reached".to_owned(),
        SdkError::ResponseError(_) => "answered unreadably".to_owned(),
        _ => "could not be asked".to_owned(),
    }
}
