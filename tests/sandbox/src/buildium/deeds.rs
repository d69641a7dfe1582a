//! What can be done over the API and in the vendor's screens alike.

use super::{
    State,
    hooks::Change,
    records::{Lease, Listing, MoveOut, Owner, Property, Unit},
    settings::UndoneMoveOuts,
    store::Link,
};
use jiff::Timestamp;

impl State {
    /// A rental goes out of use with all its units, and with owners who have no other in use.
    pub(super) fn inactivate_property(&mut self, id: u32, now: Timestamp) -> Option<()> {
        self.store.change(id, Some(now), |property: &mut Property| property.is_active = false)?;
        self.tell_of::<Property>(Change::Updated, id, now);
        for unit in self.store.linked(Link::UnitOfProperty, id).to_vec() {
            self.store.change(unit, Some(now), |_: &mut Unit| ());
            self.tell_of::<Unit>(Change::Updated, unit, now);
        }
        for owner in self.store.linked(Link::OwnerOfProperty, id).to_vec() {
            if !self.has_rental_in_use(owner) {
                self.store.change(owner, Some(now), |owner: &mut Owner| owner.is_active = false);
            }
        }
        Some(())
    }

    fn has_rental_in_use(&self, owner: u32) -> bool {
        let in_use = |id: &u32| self.store.get::<Property>(*id).is_some_and(|property| property.is_active);
        self.store.get::<Owner>(owner).is_some_and(|owner| owner.property_ids.iter().any(in_use))
    }

    /// Answers what became of the listing. It is no part of a unit: the unit's last update stays.
    pub(super) fn list_unit(&mut self, unit: u32, listing: Listing, now: Timestamp) -> Option<Change> {
        let mut before = None;
        self.store.change(unit, None, |unit: &mut Unit| before = unit.listing.replace(listing))?;
        let change = if before.is_some() { Change::Updated } else { Change::Created };
        self.hooks.tell("Listing", change, &[("UnitId", unit)], now);
        Some(change)
    }

    /// Answers the listing that was taken down.
    pub(super) fn delist_unit(&mut self, unit: u32, now: Timestamp) -> Option<Listing> {
        let mut before = None;
        self.store.change(unit, None, |unit: &mut Unit| before = unit.listing.take())?;
        let before = before?;
        self.hooks.tell("Listing", Change::Deleted, &[("UnitId", unit)], now);
        Some(before)
    }

    pub(super) fn note_move_out(&mut self, lease: u32, move_out: MoveOut, now: Timestamp) {
        self.store.change(lease, Some(now), |lease: &mut Lease| lease.move_out_data.push(move_out));
        let ids = [("LeaseId", lease), ("TenantId", move_out.tenant_id)];
        self.hooks.tell("Lease.MoveOut", Change::Created, &ids, now);
    }

    /// Takes a move-out back, without a word to anybody.
    pub(super) fn forget_move_out(&mut self, lease: u32, tenant: u32, now: Timestamp) -> Option<()> {
        let known = self.store.get::<Lease>(lease)?;
        let at = known.move_out_data.iter().position(|one| one.tenant_id == tenant)?;
        let at_time = (self.undone_move_outs == UndoneMoveOuts::Show).then_some(now);
        self.store.change(lease, at_time, |lease: &mut Lease| {
            lease.move_out_data.remove(at);
        })
    }
}
