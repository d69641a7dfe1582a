//! What can stop a page or a run, and when trying again helps.

use lintel_cloud::{
    batch::RecordError, connections::ConnectionError, queues::QueueError, reports::ReportStoreError, store::StoreError,
    vault::VaultError,
};
use lintel_connectors::{Error, Retry, manifest::FindError, mapping::MappingError};
use lintel_domain::{
    ids::{FlowId, RunId},
    sync::FailureCode,
};

#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    #[error("flow {0} is not configured")]
    Unknown(FlowId),
    /// The flow's two ends do not fit: somebody has to mend the configuration.
    #[error("flow {flow}: {reason}")]
    Misfit { flow: FlowId, reason: String },
    /// Another worker is at a record of this one's.
    #[error("another worker is at it")]
    Busy,
    #[error("no configured flow has a run {0}")]
    NoRun(RunId),
    #[error(transparent)]
    Report(#[from] ReportStoreError),
    #[error(transparent)]
    Mapping(#[from] MappingError),
    #[error(transparent)]
    Manifest(#[from] FindError),
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Vendor(#[from] Error),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Queue(#[from] QueueError),
}

impl SyncError {
    /// Whether the run has to end here: no repetition would come to another result.
    pub fn ends_the_run(&self) -> bool {
        match self {
            Self::Unknown(_) | Self::Misfit { .. } | Self::Mapping(_) | Self::Manifest(_) | Self::NoRun(_) => true,
            Self::Vendor(error) => matches!(error.retry(), Retry::Never | Retry::NeedsPerson),
            Self::Connection(error) => matches!(
                error,
                ConnectionError::Unknown(_) | ConnectionError::Open(_) | ConnectionError::ForeignSecret { .. }
            ),
            Self::Vault(error) => error.is_permanent(),
            Self::Store(error) => error.is_permanent(),
            Self::Queue(_) | Self::Report(_) | Self::Busy => false,
        }
    }
}

impl SyncError {
    /// What a run that met it is filed under.
    pub fn failure(&self) -> FailureCode {
        match self {
            Self::Unknown(_) | Self::Misfit { .. } | Self::Mapping(_) | Self::Manifest(_) | Self::NoRun(_) => {
                FailureCode::Configuration
            }
            Self::Connection(_) | Self::Vault(_) => FailureCode::Connection,
            Self::Store(_) | Self::Queue(_) | Self::Report(_) | Self::Vendor(Error::State { .. }) => {
                FailureCode::Storage
            }
            Self::Vendor(Error::Settings { code, .. }) => match *code {
                "not-authorized" => FailureCode::NotAuthorized,
                "plan-limit" => FailureCode::PlanLimit,
                "stream-missing" => FailureCode::StreamMissing,
                _ => FailureCode::VendorSettings,
            },
            Self::Vendor(Error::Ours { .. }) => FailureCode::NotUnderstood,
            Self::Vendor(_) => FailureCode::VendorFailing,
            Self::Busy => FailureCode::Other,
        }
    }
}

impl From<SyncError> for RecordError {
    fn from(error: SyncError) -> Self {
        Self::retry(error.to_string())
    }
}
