//! Deleting, which the API can not do, and inactivating. What was deleted is in no list; a webhook and a 404 tell of it
//! (section 3.1).

use super::{Buildium, Done, missing};
use crate::buildium::{
    State,
    records::{Association, Lease, Owner, Property, Tenant, Unit},
};
use jiff::Timestamp;

impl Buildium {
    pub fn delete_tenant(&self, id: u32) -> Done {
        let now = self.now();
        let mut state = self.lock();
        state.store.tenants.remove(id).ok_or_else(|| missing::<Tenant>(id))?;
        let leases: Vec<u32> = state.store.leases_of_tenant(id).map(|lease| lease.id).collect();
        for lease in leases {
            let Some(before) = state.store.leases.get(lease).cloned() else { continue };
            state.store.unindex_lease(&before);
            if let Some(row) = state.store.leases.row_mut(lease) {
                row.record.tenants.retain(|one| one.id != id);
                row.record.move_out_data.retain(|one| one.tenant_id != id);
                row.updated = now;
            }
            state.store.index_lease(lease);
        }
        state.tell("LeaseTenant.Deleted", &[("TenantId", id)], now);
        Ok(())
    }

    pub fn delete_lease(&self, id: u32) -> Done {
        let now = self.now();
        self.lock().delete_lease(id, now)
    }

    /// Its leases go with it.
    pub fn delete_unit(&self, id: u32) -> Done {
        let now = self.now();
        self.lock().delete_unit(id, now)
    }

    /// Its units and their leases go with it.
    pub fn delete_property(&self, id: u32) -> Done {
        let now = self.now();
        let mut state = self.lock();
        state.store.properties.remove(id).ok_or_else(|| missing::<Property>(id))?;
        for unit in state.store.units_of(id).to_vec() {
            state.delete_unit(unit, now)?;
        }
        for owner in state.store.owners_of(id).to_vec() {
            if let Some(row) = state.store.owners.row_mut(owner) {
                row.record.property_ids.retain(|one| *one != id);
                row.updated = now;
            }
            state.store.reindex_owner(&[id], &[], owner);
        }
        state.tell("Rental.Deleted", &[("PropertyId", id)], now);
        Ok(())
    }

    /// Nobody is told: owners have no events.
    pub fn delete_owner(&self, id: u32) -> Done {
        let mut state = self.lock();
        let owner = state.store.owners.remove(id).ok_or_else(|| missing::<Owner>(id))?;
        state.store.reindex_owner(&owner.property_ids, &[], id);
        Ok(())
    }

    pub fn delete_association(&self, id: u32) -> Done {
        let now = self.now();
        let mut state = self.lock();
        state.store.associations.remove(id).ok_or_else(|| missing::<Association>(id))?;
        state.tell("Association.Deleted", &[("PropertyId", id)], now);
        Ok(())
    }

    /// A rental goes out of use with all its units, and with owners who have no other in use. They stay in the lists.
    pub fn inactivate_property(&self, id: u32) -> Done {
        let now = self.now();
        let mut state = self.lock();
        let row = state.store.properties.row_mut(id).ok_or_else(|| missing::<Property>(id))?;
        row.record.is_active = false;
        row.updated = now;
        state.tell("Rental.Updated", &[("PropertyId", id)], now);
        for unit in state.store.units_of(id).to_vec() {
            if let Some(row) = state.store.units.row_mut(unit) {
                row.updated = now;
            }
            state.tell("RentalUnit.Updated", &[("UnitId", unit)], now);
        }
        for owner in state.store.owners_of(id).to_vec() {
            state.inactivate_idle_owner(owner, now);
        }
        Ok(())
    }
}

impl State {
    fn delete_lease(&mut self, id: u32, now: Timestamp) -> Done {
        let lease = self.store.leases.remove(id).ok_or_else(|| missing::<Lease>(id))?;
        self.store.unindex_lease(&lease);
        self.tell("Lease.Deleted", &[("LeaseId", id)], now);
        Ok(())
    }

    fn delete_unit(&mut self, id: u32, now: Timestamp) -> Done {
        let unit = self.store.units.remove(id).ok_or_else(|| missing::<Unit>(id))?;
        self.store.unindex_unit(unit.property_id, id);
        let leases: Vec<u32> = self.store.leases_of_unit(id).map(|lease| lease.id).collect();
        for lease in leases {
            self.delete_lease(lease, now)?;
        }
        self.tell("RentalUnit.Deleted", &[("UnitId", id)], now);
        Ok(())
    }

    fn inactivate_idle_owner(&mut self, id: u32, now: Timestamp) {
        let properties = self.store.owners.get(id).map(|owner| owner.property_ids.clone()).unwrap_or_default();
        let in_use = |id: &u32| self.store.properties.get(*id).is_some_and(|property| property.is_active);
        if properties.iter().any(in_use) {
            return;
        }
        if let Some(row) = self.store.owners.row_mut(id) {
            row.record.is_active = false;
            row.updated = now;
        }
    }
}
