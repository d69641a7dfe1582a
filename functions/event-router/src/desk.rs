//! What reacting works with.

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
use lintel_domain::{
    ids::OrgId,
    settings::{Organization, Reaction},
};
use lintel_formats::reactions::{ReactionError, Reactions};
use lintel_sync::{Streams, WorkerQueues};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) table: Table,
    pub(crate) settings: SettingsStore,
    pub(crate) connections: Connections,
    pub(crate) office: Office,
    pub(crate) queues: Queues,
    /// Where its own messages come from.
    pub(crate) events: QueueUrl,
    pub(crate) jobs: QueueUrl,
    pub(crate) mirror: QueueUrl,
    pub(crate) workers: WorkerQueues,
    pub(crate) metrics: Metrics,
    pub(crate) clock: Arc<dyn Clock>,
    /// Compiled once, and again when an organization's own change.
    compiled: Mutex<BTreeMap<OrgId, Compiled>>,
    pub(crate) streams: Streams,
}

type Compiled = (BTreeMap<String, Reaction>, Arc<InForce>);

/// What an organization's events are asked about.
#[derive(Debug)]
pub(crate) struct InForce {
    pub(crate) reactions: Reactions,
    /// Its own reactions that cannot be used.
    pub(crate) left_out: Vec<ReactionError>,
}

impl Desk {
    pub(crate) fn open(environment: &Environment) -> Result<Self, StartError> {
        let table = environment.table()?;
        Ok(Self {
            settings: SettingsStore::new(table.clone(), environment.objects()),
            connections: environment.connections()?,
            office: environment.office()?,
            queues: environment.queues(),
            events: environment.queue("LINTEL_QUEUE_EVENTS")?,
            jobs: environment.queue("LINTEL_QUEUE_JOBS")?,
            mirror: environment.queue("LINTEL_QUEUE_MIRROR")?,
            workers: WorkerQueues::of(environment)?,
            metrics: environment.metrics(),
            clock: environment.clock(),
            compiled: Mutex::default(),
            streams: Streams::default(),
            table,
        })
    }

    pub(crate) fn reactions(&self, settings: &Organization) -> Result<Arc<InForce>, ReactionError> {
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((own, in_force)) = compiled.get(&settings.id)
            && *own == settings.reactions
        {
            return Ok(Arc::clone(in_force));
        }
        let (reactions, left_out) = Reactions::compile(&settings.reactions)?;
        let in_force = Arc::new(InForce { reactions, left_out });
        compiled.insert(settings.id.clone(), (settings.reactions.clone(), Arc::clone(&in_force)));
        Ok(in_force)
    }
}
