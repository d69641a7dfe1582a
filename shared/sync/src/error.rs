//! What can stop a page or a run, and when trying again helps.

use lintel_cloud::{
    batch::RecordError, connections::ConnectionError, queues::QueueError, reports::ReportStoreError, store::StoreError,
    vault::VaultError,
};
use lintel_connectors::{Error, Retry, manifest::FindError, mapping::MappingError};
use lintel_domain::ids::{FlowId, RunId};

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

impl From<SyncError> for RecordError {
    fn from(error: SyncError) -> Self {
        Self::retry(error.to_string())
    }
}
