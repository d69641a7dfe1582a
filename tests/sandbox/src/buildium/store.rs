//! The account's records, and who belongs to what.

use super::{
    calendar::{LeaseStatus, Residence, lease_status, residence},
    records::{Association, Lease, Owner, Property, Tenant, Unit},
    table::Table,
};
use jiff::{Timestamp, civil::Date};
use std::collections::HashMap;

#[derive(Debug, Default)]
pub(super) struct Store {
    pub(super) tenants: Table<Tenant>,
    pub(super) leases: Table<Lease>,
    pub(super) properties: Table<Property>,
    pub(super) units: Table<Unit>,
    pub(super) owners: Table<Owner>,
    pub(super) associations: Table<Association>,
    leases_of_tenant: Index,
    leases_of_unit: Index,
    units_of_property: Index,
    owners_of_property: Index,
}

/// Ids by the id of what they belong to, in the order of their coming.
#[derive(Debug, Default)]
struct Index(HashMap<u32, Vec<u32>>);

impl Index {
    fn of(&self, id: u32) -> &[u32] {
        self.0.get(&id).map(Vec::as_slice).unwrap_or_default()
    }

    fn add(&mut self, id: u32, belongs: u32) {
        let known = self.0.entry(id).or_default();
        if !known.contains(&belongs) {
            known.push(belongs);
        }
    }

    fn drop_from(&mut self, id: u32, belongs: u32) {
        if let Some(known) = self.0.get_mut(&id) {
            known.retain(|one| *one != belongs);
        }
    }
}

impl Store {
    pub(super) fn leases_of_tenant(&self, tenant: u32) -> impl Iterator<Item = &Lease> {
        self.leases_of_tenant.of(tenant).iter().filter_map(|id| self.leases.get(*id))
    }

    pub(super) fn leases_of_unit(&self, unit: u32) -> impl Iterator<Item = &Lease> {
        self.leases_of_unit.of(unit).iter().filter_map(|id| self.leases.get(*id))
    }

    pub(super) fn units_of(&self, property: u32) -> &[u32] {
        self.units_of_property.of(property)
    }

    pub(super) fn owners_of(&self, property: u32) -> &[u32] {
        self.owners_of_property.of(property)
    }

    /// Computed when asked for, and no change of the unit.
    pub(super) fn occupied(&self, unit: u32, today: Date) -> bool {
        self.leases_of_unit(unit).any(|lease| {
            lease_status(lease, today) == LeaseStatus::Active
                && lease.tenants.iter().any(|one| residence(lease, one, today) == Residence::Current)
        })
    }

    pub(super) fn insert_lease(&mut self, lease: Lease, at: Timestamp) -> u32 {
        let id = self.leases.insert(lease, at);
        self.index_lease(id);
        id
    }

    pub(super) fn insert_unit(&mut self, unit: Unit, at: Timestamp) -> u32 {
        let property = unit.property_id;
        let id = self.units.insert(unit, at);
        self.units_of_property.add(property, id);
        id
    }

    pub(super) fn insert_owner(&mut self, owner: Owner, at: Timestamp) -> u32 {
        let properties = owner.property_ids.clone();
        let id = self.owners.insert(owner, at);
        for property in properties {
            self.owners_of_property.add(property, id);
        }
        id
    }

    pub(super) fn index_lease(&mut self, id: u32) {
        let Some(lease) = self.leases.get(id) else { return };
        self.leases_of_unit.add(lease.unit_id, id);
        for tenant in &lease.tenants {
            self.leases_of_tenant.add(tenant.id, id);
        }
    }

    pub(super) fn unindex_lease(&mut self, lease: &Lease) {
        self.leases_of_unit.drop_from(lease.unit_id, lease.id);
        for tenant in &lease.tenants {
            self.leases_of_tenant.drop_from(tenant.id, lease.id);
        }
    }

    pub(super) fn reindex_unit(&mut self, before: u32, after: u32, id: u32) {
        self.units_of_property.drop_from(before, id);
        self.units_of_property.add(after, id);
    }

    pub(super) fn unindex_unit(&mut self, property: u32, id: u32) {
        self.units_of_property.drop_from(property, id);
    }

    pub(super) fn reindex_owner(&mut self, before: &[u32], after: &[u32], id: u32) {
        for property in before {
            self.owners_of_property.drop_from(*property, id);
        }
        for property in after {
            self.owners_of_property.add(*property, id);
        }
    }
}
