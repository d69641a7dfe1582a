//! The account's records, and who belongs to what.

use super::{
    calendar::{LeaseStatus, Residence, lease_status, residence},
    kept::Kept,
    records::{
        Association, AssociationOwner, AssociationTenant, AssociationUnit, Lease, Owner, OwnershipAccount, Property,
        Tenant, Unit,
    },
    table::{Row, Table},
};
use jiff::{Timestamp, civil::Date};
use std::collections::HashMap;

/// Everything an account holds.
#[derive(Debug, Default)]
pub struct Store {
    pub(super) tenants: Table<Tenant>,
    pub(super) leases: Table<Lease>,
    pub(super) properties: Table<Property>,
    pub(super) units: Table<Unit>,
    pub(super) owners: Table<Owner>,
    pub(super) associations: Table<Association>,
    pub(super) association_units: Table<AssociationUnit>,
    pub(super) association_owners: Table<AssociationOwner>,
    pub(super) association_tenants: Table<AssociationTenant>,
    pub(super) ownership_accounts: Table<OwnershipAccount>,
    /// In order.
    links: HashMap<(Link, u32), Vec<u32>>,
}

/// How one record belongs to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Link {
    LeaseOfTenant,
    LeaseOfUnit,
    UnitOfProperty,
    OwnerOfProperty,
    UnitOfAssociation,
    AccountOfUnit,
    AccountOfOwner,
}

impl Store {
    pub(super) fn get<T: Kept>(&self, id: u32) -> Option<&T> {
        T::table(self).get(id)
    }

    /// The ids of what belongs to a record, in order.
    pub(super) fn linked(&self, link: Link, id: u32) -> &[u32] {
        self.links.get(&(link, id)).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn leases_of_tenant(&self, tenant: u32) -> impl Iterator<Item = &Row<Lease>> {
        self.linked(Link::LeaseOfTenant, tenant).iter().filter_map(|id| self.leases.row(*id))
    }

    pub(super) fn is_owned(&self, property: u32, wanted: impl Fn(u32) -> bool) -> bool {
        self.linked(Link::OwnerOfProperty, property).iter().any(|owner| wanted(*owner))
    }

    pub(super) fn number_of_units(&self, property: u32) -> usize {
        self.linked(Link::UnitOfProperty, property).len()
    }

    /// Computed when asked for, and no change of the unit.
    pub(super) fn occupied(&self, unit: u32, today: Date) -> bool {
        self.linked(Link::LeaseOfUnit, unit).iter().filter_map(|id| self.leases.get(*id)).any(|lease| {
            lease_status(lease, today) == LeaseStatus::Active
                && lease.tenants.iter().any(|one| residence(lease, one, today) == Residence::Current)
        })
    }

    /// Takes a record in, under a new id unless it brings one.
    pub(super) fn insert<T: Kept>(&mut self, record: T, at: Timestamp) -> u32 {
        let links = record.belongs_to();
        let id = T::table_mut(self).insert(record, at);
        self.link(&links, id);
        id
    }

    /// Changes a record, whether anything differs or not; its id stays. `at` moves its last update.
    pub(super) fn change<T: Kept>(
        &mut self,
        id: u32,
        at: Option<Timestamp>,
        change: impl FnOnce(&mut T),
    ) -> Option<()> {
        let row = T::table_mut(self).row_mut(id)?;
        let before = row.record.belongs_to();
        change(&mut row.record);
        row.record.set_id(id);
        row.updated = at.unwrap_or(row.updated);
        let after = row.record.belongs_to();
        if before != after {
            self.unlink(&before, id);
            self.link(&after, id);
        }
        Some(())
    }

    pub(super) fn remove<T: Kept>(&mut self, id: u32) -> Option<T> {
        let record = T::table_mut(self).remove(id)?;
        self.unlink(&record.belongs_to(), id);
        Some(record)
    }

    fn link(&mut self, links: &[(Link, u32)], id: u32) {
        for link in links {
            let known = self.links.entry(*link).or_default();
            if let Err(place) = known.binary_search(&id) {
                known.insert(place, id);
            }
        }
    }

    fn unlink(&mut self, links: &[(Link, u32)], id: u32) {
        for link in links {
            if let Some(known) = self.links.get_mut(link) {
                known.retain(|one| *one != id);
            }
        }
    }
}
