//! What ingesting works with.

use lintel_cloud::{
    Environment, StartError,
    inputs::Inputs,
    objects::Objects,
    queues::{QueueUrl, Queues},
    secrets::Secrets,
    settings::SettingsStore,
    store::Table,
};
use lintel_connectors::surroundings::Clock;
use std::sync::Arc;

#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) table: Table,
    pub(crate) settings: SettingsStore,
    pub(crate) inputs: Inputs,
    pub(crate) objects: Objects,
    pub(crate) secrets: Secrets,
    pub(crate) queues: Queues,
    pub(crate) mail: QueueUrl,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Desk {
    pub(crate) fn open(environment: &Environment) -> Result<Self, StartError> {
        let table = environment.table()?;
        Ok(Self {
            settings: SettingsStore::new(table.clone(), environment.objects()),
            inputs: environment.inputs()?,
            objects: environment.objects(),
            secrets: environment.secrets()?,
            queues: environment.queues(),
            mail: environment.queue("LINTEL_QUEUE_MAIL")?,
            clock: environment.clock(),
            table,
        })
    }
}
