//! What reconciling works with.

use lintel_cloud::{
    Environment, StartError,
    connections::Connections,
    metrics::Metrics,
    office::Office,
    queues::{QueueUrl, Queues},
    settings::SettingsStore,
    store::Table,
};
use lintel_connectors::surroundings::Clock;
use std::sync::Arc;

#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) table: Table,
    pub(crate) settings: SettingsStore,
    pub(crate) connections: Connections,
    pub(crate) office: Office,
    pub(crate) queues: Queues,
    pub(crate) jobs: QueueUrl,
    pub(crate) mirror: QueueUrl,
    pub(crate) metrics: Metrics,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Desk {
    pub(crate) fn open(environment: &Environment) -> Result<Self, StartError> {
        let table = environment.table()?;
        Ok(Self {
            settings: SettingsStore::new(table.clone(), environment.objects()),
            connections: environment.connections()?,
            office: environment.office()?,
            queues: environment.queues(),
            jobs: environment.queue("LINTEL_QUEUE_JOBS")?,
            mirror: environment.queue("LINTEL_QUEUE_MIRROR")?,
            metrics: environment.metrics(),
            clock: environment.clock(),
            table,
        })
    }
}
