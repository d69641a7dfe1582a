//! What people do in the vendor's own screens, and what a test looks at.

mod edits;
mod moves;
mod removals;

use super::{
    Buildium, State,
    records::{Association, Lease, Owner, Property, Tenant, Unit},
    table::Record,
};
use jiff::Timestamp;

/// A person can not do that here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PeopleError {
    #[error("there is no {kind} {id}")]
    NoRecord { kind: &'static str, id: u32 },
    #[error("tenant {tenant} is not on lease {lease}")]
    NotOnLease { lease: u32, tenant: u32 },
    #[error("tenant {tenant} has no move-out from lease {lease}")]
    NoMoveOut { lease: u32, tenant: u32 },
    #[error("webhooks can not be sent to {0}")]
    Address(String),
}

type Done = Result<(), PeopleError>;

impl Buildium {
    pub fn tenant(&self, id: u32) -> Option<Tenant> {
        self.lock().store.tenants.get(id).cloned()
    }

    pub fn lease(&self, id: u32) -> Option<Lease> {
        self.lock().store.leases.get(id).cloned()
    }

    pub fn property(&self, id: u32) -> Option<Property> {
        self.lock().store.properties.get(id).cloned()
    }

    pub fn unit(&self, id: u32) -> Option<Unit> {
        self.lock().store.units.get(id).cloned()
    }

    pub fn owner(&self, id: u32) -> Option<Owner> {
        self.lock().store.owners.get(id).cloned()
    }

    pub fn association(&self, id: u32) -> Option<Association> {
        self.lock().store.associations.get(id).cloned()
    }

    /// In order.
    pub fn tenant_ids(&self) -> Vec<u32> {
        self.lock().store.tenants.ids()
    }

    /// In order.
    pub fn lease_ids(&self) -> Vec<u32> {
        self.lock().store.leases.ids()
    }

    /// In order.
    pub fn property_ids(&self) -> Vec<u32> {
        self.lock().store.properties.ids()
    }

    /// In order.
    pub fn unit_ids(&self) -> Vec<u32> {
        self.lock().store.units.ids()
    }

    /// In order.
    pub fn owner_ids(&self) -> Vec<u32> {
        self.lock().store.owners.ids()
    }

    /// In order.
    pub fn association_ids(&self) -> Vec<u32> {
        self.lock().store.associations.ids()
    }

    /// The leases a tenant was ever on.
    pub fn leases_of(&self, tenant: u32) -> Vec<u32> {
        self.lock().store.leases_of_tenant(tenant).map(|lease| lease.id).collect()
    }

    /// Somebody deletes a key. Calls with it are refused from now on.
    pub fn delete_key(&self, client_id: &str) {
        self.lock().keys.retain(|key| key.client_id != client_id);
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

impl State {
    fn tell(&mut self, event: &str, ids: &[(&str, u32)], now: Timestamp) {
        self.hooks.tell(event, ids, now);
    }
}

fn missing<T: Record>(id: u32) -> PeopleError {
    PeopleError::NoRecord { kind: T::KIND, id }
}
