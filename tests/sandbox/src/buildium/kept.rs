//! What every kind of record has in common: a table, events, what it belongs to, and what goes with it.

use super::{
    State,
    hooks::TENANTS,
    records::{
        Association, AssociationOwner, AssociationTenant, AssociationUnit, Lease, Owner, OwnershipAccount, Property,
        Tenant, Unit,
    },
    store::{Link, Store},
    table::Table,
};
use jiff::Timestamp;

/// A kind of record an account holds: [`Tenant`], [`Lease`] and the others.
pub trait Record: Kept {}

impl<T: Kept> Record for T {}

/// What the account does with records of a kind.
pub trait Kept: Clone + Sized + 'static {
    /// Its name in messages.
    const KIND: &'static str;
    /// The family of its events and the id's name in them. Rental owners have none (section 6).
    const EVENTS: Option<(&'static str, &'static str)>;

    fn id(&self) -> u32;
    fn set_id(&mut self, id: u32);
    fn table(store: &Store) -> &Table<Self>;
    fn table_mut(store: &mut Store) -> &mut Table<Self>;

    /// What it is found by.
    fn belongs_to(&self) -> Vec<(Link, u32)> {
        Vec::new()
    }

    /// Notes when it came, where the record tells that.
    fn born(&mut self, _now: Timestamp) {}

    /// Takes with it what can not be without it.
    fn gone(&self, _state: &mut State, _now: Timestamp) {}
}

/// The half of `Kept` that is the same for each.
macro_rules! kept_in {
    ($table:ident) => {
        fn id(&self) -> u32 {
            self.id
        }

        fn set_id(&mut self, id: u32) {
            self.id = id;
        }

        fn table(store: &Store) -> &Table<Self> {
            &store.$table
        }

        fn table_mut(store: &mut Store) -> &mut Table<Self> {
            &mut store.$table
        }
    };
}

impl Kept for Tenant {
    const KIND: &'static str = "tenant";
    const EVENTS: Option<(&'static str, &'static str)> = Some((TENANTS, "TenantId"));

    kept_in!(tenants);

    fn born(&mut self, now: Timestamp) {
        self.created_date_time.get_or_insert(now);
    }

    fn gone(&self, state: &mut State, now: Timestamp) {
        for lease in state.store.linked(Link::LeaseOfTenant, self.id).to_vec() {
            state.store.change::<Lease>(lease, Some(now), |lease| {
                lease.tenants.retain(|one| one.id != self.id);
                lease.move_out_data.retain(|one| one.tenant_id != self.id);
            });
        }
    }
}

impl Kept for Lease {
    const KIND: &'static str = "lease";
    const EVENTS: Option<(&'static str, &'static str)> = Some(("Lease", "LeaseId"));

    kept_in!(leases);

    fn belongs_to(&self) -> Vec<(Link, u32)> {
        let tenants = self.tenants.iter().map(|one| (Link::LeaseOfTenant, one.id));
        tenants.chain([(Link::LeaseOfUnit, self.unit_id)]).collect()
    }

    fn born(&mut self, now: Timestamp) {
        self.created_date_time = now;
    }
}

impl Kept for Property {
    const KIND: &'static str = "rental property";
    const EVENTS: Option<(&'static str, &'static str)> = Some(("Rental", "PropertyId"));

    kept_in!(properties);

    fn gone(&self, state: &mut State, now: Timestamp) {
        for unit in state.store.linked(Link::UnitOfProperty, self.id).to_vec() {
            state.remove::<Unit>(unit, now);
        }
        for owner in state.store.linked(Link::OwnerOfProperty, self.id).to_vec() {
            state.store.change::<Owner>(owner, Some(now), |owner| owner.property_ids.retain(|one| *one != self.id));
        }
    }
}

impl Kept for Unit {
    const KIND: &'static str = "rental unit";
    const EVENTS: Option<(&'static str, &'static str)> = Some(("RentalUnit", "UnitId"));

    kept_in!(units);

    fn belongs_to(&self) -> Vec<(Link, u32)> {
        vec![(Link::UnitOfProperty, self.property_id)]
    }

    fn gone(&self, state: &mut State, now: Timestamp) {
        for lease in state.store.linked(Link::LeaseOfUnit, self.id).to_vec() {
            state.remove::<Lease>(lease, now);
        }
    }
}

impl Kept for Owner {
    const KIND: &'static str = "rental owner";
    const EVENTS: Option<(&'static str, &'static str)> = None;

    kept_in!(owners);

    fn belongs_to(&self) -> Vec<(Link, u32)> {
        self.property_ids.iter().map(|property| (Link::OwnerOfProperty, *property)).collect()
    }
}

impl Kept for Association {
    const KIND: &'static str = "association";
    const EVENTS: Option<(&'static str, &'static str)> = Some(("Association", "PropertyId"));

    kept_in!(associations);

    fn gone(&self, state: &mut State, now: Timestamp) {
        for unit in state.store.linked(Link::UnitOfAssociation, self.id).to_vec() {
            state.remove::<AssociationUnit>(unit, now);
        }
    }
}

impl Kept for AssociationUnit {
    const KIND: &'static str = "association unit";
    const EVENTS: Option<(&'static str, &'static str)> = Some(("AssociationUnit", "UnitId"));

    kept_in!(association_units);

    fn belongs_to(&self) -> Vec<(Link, u32)> {
        vec![(Link::UnitOfAssociation, self.association_id)]
    }

    fn gone(&self, state: &mut State, now: Timestamp) {
        for account in state.store.linked(Link::AccountOfUnit, self.id).to_vec() {
            state.remove::<OwnershipAccount>(account, now);
        }
    }
}

impl Kept for OwnershipAccount {
    const KIND: &'static str = "ownership account";
    const EVENTS: Option<(&'static str, &'static str)> = Some(("OwnershipAccount", "OwnershipAccountId"));

    kept_in!(ownership_accounts);

    fn belongs_to(&self) -> Vec<(Link, u32)> {
        let owners = self.association_owner_ids.iter().map(|owner| (Link::AccountOfOwner, *owner));
        owners.chain([(Link::AccountOfUnit, self.unit_id)]).collect()
    }
}

impl Kept for AssociationOwner {
    const KIND: &'static str = "association owner";
    const EVENTS: Option<(&'static str, &'static str)> = Some(("AssociationOwner", "OwnerId"));

    kept_in!(association_owners);

    fn born(&mut self, now: Timestamp) {
        self.created_date_time.get_or_insert(now);
    }

    fn gone(&self, state: &mut State, now: Timestamp) {
        for account in state.store.linked(Link::AccountOfOwner, self.id).to_vec() {
            let leave = |account: &mut OwnershipAccount| account.association_owner_ids.retain(|one| *one != self.id);
            state.store.change(account, Some(now), leave);
        }
    }
}

impl Kept for AssociationTenant {
    const KIND: &'static str = "association tenant";
    const EVENTS: Option<(&'static str, &'static str)> = Some(("AssociationTenant", "TenantId"));

    kept_in!(association_tenants);

    fn born(&mut self, now: Timestamp) {
        self.created_date_time.get_or_insert(now);
    }
}
