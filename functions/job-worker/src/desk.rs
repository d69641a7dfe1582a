//! What the worker works with: the table, the settings, and one opened field service per organization.

use lintel_cloud::{
    Environment, StartError,
    batch::RecordError,
    connections::Connections,
    queues::{QueueUrl, Queues},
    settings::SettingsStore,
    store::Table,
};
use lintel_connectors::{
    roles::{FieldService, Template},
    surroundings::{Clock, Entropy},
};
use lintel_domain::{
    ids::{JobId, OrgId},
    job_file::Patience,
    settings::Organization,
};
use std::{collections::BTreeMap, sync::Arc};
use tokio::sync::Mutex;

#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) table: Table,
    pub(crate) settings: SettingsStore,
    pub(crate) connections: Connections,
    pub(crate) queues: Queues,
    pub(crate) jobs: QueueUrl,
    pub(crate) mirror: QueueUrl,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) patience: Patience,
    templates: Mutex<BTreeMap<(OrgId, JobId), Known>>,
}

/// A template as it was read, and when.
type Known = (jiff::Timestamp, Arc<Template>);

/// How long a template job's items are used before they are read again.
const TEMPLATE_AGE: jiff::SignedDuration = jiff::SignedDuration::from_mins(15);

impl Desk {
    pub(crate) fn open(environment: &Environment) -> Result<Self, StartError> {
        let table = environment.table()?;
        Ok(Self {
            settings: SettingsStore::new(table.clone(), environment.objects()),
            connections: environment.connections()?,
            queues: environment.queues(),
            jobs: environment.queue("LINTEL_QUEUE_JOBS")?,
            mirror: environment.queue("LINTEL_QUEUE_MIRROR")?,
            clock: environment.clock(),
            entropy: environment.entropy(),
            patience: Patience::default(),
            templates: Mutex::new(BTreeMap::new()),
            table,
        })
    }

    pub(crate) async fn field_service(&self, settings: &Organization) -> Result<Arc<dyn FieldService>, RecordError> {
        let Some(connection) = &settings.jobs.connection else {
            return Err(RecordError::discard("no connection for jobs is configured"));
        };
        self.connections.field_service(settings, connection).await.map_err(RecordError::from)
    }

    /// A template's line items, read once for many jobs. One reader at a time, so that a burst of new jobs costs one call.
    pub(crate) async fn template(
        &self,
        org: &OrgId,
        job: &JobId,
        service: &dyn FieldService,
        deadline: lintel_connectors::transport::Deadline,
    ) -> Result<Arc<Template>, lintel_connectors::Error> {
        let mut known = self.templates.lock().await;
        let now = self.clock.now();
        let key = (org.clone(), job.clone());
        if let Some((read_at, template)) = known.get(&key)
            && now < *read_at + TEMPLATE_AGE
        {
            return Ok(Arc::clone(template));
        }
        let template = Arc::new(service.template(job, deadline).await?);
        known.insert(key, (now, Arc::clone(&template)));
        Ok(template)
    }
}
