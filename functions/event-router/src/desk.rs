//! What reacting works with.

use crate::react::Failure;
use lintel_cloud::{
    Environment, StartError,
    connections::Connections,
    metrics::Metrics,
    office::Office,
    queues::{QueueUrl, Queues},
    settings::SettingsStore,
    store::{AttentionRow, Table},
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

type Compiled = (BTreeMap<String, Reaction>, Arc<Reactions>);

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

    /// What an organization's events are asked about. Its own reactions that cannot be used are left out, and an operator is told.
    pub(crate) async fn reactions(&self, settings: &Organization) -> Result<Arc<Reactions>, Failure> {
        if let Some(known) = self.known(settings) {
            return Ok(known);
        }
        let (reactions, faults) =
            Reactions::compile(&settings.reactions).map_err(|error| Failure::Permanent(error.to_string()))?;
        let table = self.table.org(&settings.id);
        for fault in &faults {
            table.notice(&self.left_out(fault)).await?;
        }
        let reactions = Arc::new(reactions);
        let compiled = (settings.reactions.clone(), Arc::clone(&reactions));
        self.compiled.lock().unwrap_or_else(PoisonError::into_inner).insert(settings.id.clone(), compiled);
        Ok(reactions)
    }

    fn known(&self, settings: &Organization) -> Option<Arc<Reactions>> {
        let compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        let (own, reactions) = compiled.get(&settings.id)?;
        (*own == settings.reactions).then(|| Arc::clone(reactions))
    }

    fn left_out(&self, fault: &ReactionError) -> AttentionRow {
        let subject = match fault {
            ReactionError::Condition { reaction, .. } => reaction.clone(),
            ReactionError::Standing(_) => "standing reactions".to_owned(),
        };
        AttentionRow {
            code: "reaction-unusable".to_owned(),
            subject,
            text: format!("{fault}; it is left out"),
            at: self.clock.now(),
        }
    }
}
