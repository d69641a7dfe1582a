//! The workers' queues, by what a flow carries.

use lintel_cloud::{Environment, StartError, queues::QueueUrl};
use lintel_domain::records::Entity;

#[derive(Clone, Debug)]
pub struct WorkerQueues {
    pub properties: QueueUrl,
    pub units: QueueUrl,
    pub people: QueueUrl,
    pub leases: QueueUrl,
}

impl WorkerQueues {
    pub fn of(environment: &Environment) -> Result<Self, StartError> {
        Ok(Self {
            properties: environment.queue("LINTEL_QUEUE_SYNC_PROPERTIES")?,
            units: environment.queue("LINTEL_QUEUE_SYNC_UNITS")?,
            people: environment.queue("LINTEL_QUEUE_SYNC_PEOPLE")?,
            leases: environment.queue("LINTEL_QUEUE_SYNC_LEASES")?,
        })
    }

    pub fn for_entity(&self, entity: Entity) -> &QueueUrl {
        match entity {
            Entity::Property | Entity::Building | Entity::Association => &self.properties,
            Entity::Unit | Entity::Listing => &self.units,
            Entity::Person => &self.people,
            Entity::Lease => &self.leases,
        }
    }
}
