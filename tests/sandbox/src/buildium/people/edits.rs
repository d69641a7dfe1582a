//! Putting records in, and changing them. Owners have no webhooks (section 6).

use super::{Buildium, Done, missing};
use crate::buildium::{
    records::{Association, Lease, Listing, Owner, Property, Tenant, Unit},
    table::{Record, Table},
};
use jiff::Timestamp;

impl Buildium {
    /// Puts a tenant in and answers the id. An id of 0 is replaced by a new one, here and in the other `add_` methods.
    pub fn add_tenant(&self, mut tenant: Tenant) -> u32 {
        let now = self.now();
        let mut state = self.lock();
        tenant.created_date_time.get_or_insert(now);
        let id = state.store.tenants.insert(tenant, now);
        state.tell("LeaseTenant.Created", &[("TenantId", id)], now);
        id
    }

    /// A lease with everybody on it.
    pub fn add_lease(&self, mut lease: Lease) -> u32 {
        let now = self.now();
        let mut state = self.lock();
        lease.created_date_time = now;
        let id = state.store.insert_lease(lease, now);
        state.tell("Lease.Created", &[("LeaseId", id)], now);
        id
    }

    pub fn add_property(&self, property: Property) -> u32 {
        let now = self.now();
        let mut state = self.lock();
        let id = state.store.properties.insert(property, now);
        state.tell("Rental.Created", &[("PropertyId", id)], now);
        id
    }

    pub fn add_unit(&self, unit: Unit) -> u32 {
        let now = self.now();
        let mut state = self.lock();
        let id = state.store.insert_unit(unit, now);
        state.tell("RentalUnit.Created", &[("UnitId", id)], now);
        id
    }

    pub fn add_owner(&self, owner: Owner) -> u32 {
        let now = self.now();
        self.lock().store.insert_owner(owner, now)
    }

    pub fn add_association(&self, association: Association) -> u32 {
        let now = self.now();
        let mut state = self.lock();
        let id = state.store.associations.insert(association, now);
        state.tell("Association.Created", &[("PropertyId", id)], now);
        id
    }

    pub fn edit_tenant(&self, id: u32, change: impl FnOnce(&mut Tenant)) -> Done {
        let now = self.now();
        let mut state = self.lock();
        edit(&mut state.store.tenants, id, now, change)?;
        state.tell("LeaseTenant.Updated", &[("TenantId", id)], now);
        Ok(())
    }

    pub fn edit_lease(&self, id: u32, change: impl FnOnce(&mut Lease)) -> Done {
        let now = self.now();
        let mut state = self.lock();
        let before = edit(&mut state.store.leases, id, now, change)?;
        state.store.unindex_lease(&before);
        state.store.index_lease(id);
        state.tell("Lease.Updated", &[("LeaseId", id)], now);
        Ok(())
    }

    pub fn edit_property(&self, id: u32, change: impl FnOnce(&mut Property)) -> Done {
        let now = self.now();
        let mut state = self.lock();
        edit(&mut state.store.properties, id, now, change)?;
        state.tell("Rental.Updated", &[("PropertyId", id)], now);
        Ok(())
    }

    pub fn edit_unit(&self, id: u32, change: impl FnOnce(&mut Unit)) -> Done {
        let now = self.now();
        let mut state = self.lock();
        let before = edit(&mut state.store.units, id, now, change)?;
        if let Some(property) = state.store.units.get(id).map(|unit| unit.property_id) {
            state.store.reindex_unit(before.property_id, property, id);
        }
        state.tell("RentalUnit.Updated", &[("UnitId", id)], now);
        Ok(())
    }

    pub fn edit_owner(&self, id: u32, change: impl FnOnce(&mut Owner)) -> Done {
        let now = self.now();
        let mut state = self.lock();
        let before = edit(&mut state.store.owners, id, now, change)?;
        let after = state.store.owners.get(id).map(|owner| owner.property_ids.clone()).unwrap_or_default();
        state.store.reindex_owner(&before.property_ids, &after, id);
        Ok(())
    }

    pub fn edit_association(&self, id: u32, change: impl FnOnce(&mut Association)) -> Done {
        let now = self.now();
        let mut state = self.lock();
        edit(&mut state.store.associations, id, now, change)?;
        state.tell("Association.Updated", &[("PropertyId", id)], now);
        Ok(())
    }

    /// Lists a unit, or changes its listing. The unit's last update stays as it was.
    pub fn list_unit(&self, id: u32, listing: Listing) -> Done {
        let now = self.now();
        let mut state = self.lock();
        let row = state.store.units.row_mut(id).ok_or_else(|| missing::<Unit>(id))?;
        let before = row.record.listing.replace(listing);
        let event = if before.is_some() { "Listing.Updated" } else { "Listing.Created" };
        state.tell(event, &[("UnitId", id)], now);
        Ok(())
    }

    /// Takes a unit's listing down. The unit's last update stays as it was.
    pub fn delist_unit(&self, id: u32) -> Done {
        let now = self.now();
        let mut state = self.lock();
        let row = state.store.units.row_mut(id).ok_or_else(|| missing::<Unit>(id))?;
        if row.record.listing.take().is_some() {
            state.tell("Listing.Deleted", &[("UnitId", id)], now);
        }
        Ok(())
    }
}

/// Saves a record, whether anything differs or not; answers what it was. Its id stays.
fn edit<T: Record + Clone>(
    table: &mut Table<T>,
    id: u32,
    now: Timestamp,
    change: impl FnOnce(&mut T),
) -> Result<T, super::PeopleError> {
    let row = table.row_mut(id).ok_or_else(|| missing::<T>(id))?;
    let before = row.record.clone();
    change(&mut row.record);
    row.record.set_id(id);
    row.updated = now;
    Ok(before)
}
