//! What people do in the vendor's own screens, and what a test looks at.

mod edits;
mod moves;
mod removals;

use super::{
    Buildium, State,
    hooks::Change,
    kept::{Kept, Record},
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
    /// What is kept of a record: `vendor.get::<Tenant>(id)`.
    pub fn get<T: Record>(&self, id: u32) -> Option<T> {
        self.lock().store.get::<T>(id).cloned()
    }

    /// Of all records of a kind, in order.
    pub fn ids<T: Record>(&self) -> Vec<u32> {
        T::table(&self.lock().store).ids()
    }

    /// The leases a tenant was ever on, in order.
    pub fn leases_of(&self, tenant: u32) -> Vec<u32> {
        self.lock().store.leases_of_tenant(tenant).map(|row| row.record.id).collect()
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
    /// Tells of a record, where its kind has events.
    pub(super) fn tell_of<T: Kept>(&mut self, change: Change, id: u32, now: Timestamp) {
        if let Some((family, name)) = T::EVENTS {
            self.hooks.tell(family, change, &[(name, id)], now);
        }
    }

    /// Removes a record and what can not be without it.
    pub(super) fn remove<T: Kept>(&mut self, id: u32, now: Timestamp) -> Option<()> {
        let record = self.store.remove::<T>(id)?;
        record.gone(self, now);
        self.tell_of::<T>(Change::Deleted, id, now);
        Some(())
    }
}

fn missing<T: Kept>(id: u32) -> PeopleError {
    PeopleError::NoRecord { kind: T::KIND, id }
}
