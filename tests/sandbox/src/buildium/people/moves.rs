//! Moving in and out (section 5).

use super::{Buildium, Done, PeopleError, missing};
use crate::buildium::{
    hooks::Change,
    records::{Lease, LeaseTenant, MoveOut, Tenant},
};
use jiff::civil::Date;

impl Buildium {
    /// Puts a tenant on a lease from a day on.
    pub fn move_in(&self, lease: u32, tenant: u32, day: Date) -> Done {
        let now = self.now();
        let mut state = self.lock();
        state.store.get::<Tenant>(tenant).ok_or_else(|| missing::<Tenant>(tenant))?;
        let moved_in = |lease: &mut Lease| {
            lease.tenants.retain(|one| one.id != tenant);
            lease.move_out_data.retain(|one| one.tenant_id != tenant);
            lease.tenants.push(LeaseTenant { id: tenant, move_in_date: Some(day) });
        };
        state.store.change(lease, Some(now), moved_in).ok_or_else(|| missing::<Lease>(lease))?;
        state.tell_of::<Lease>(Change::Updated, lease, now);
        Ok(())
    }

    /// A tenant says today that they will be gone on a day, in place of what they said before.
    pub fn give_notice(&self, lease: u32, tenant: u32, leaving: Date) -> Done {
        let now = self.now();
        let move_out = MoveOut { tenant_id: tenant, move_out_date: leaving, notice_given_date: Some(self.today()) };
        let mut state = self.lock();
        let known = state.store.get::<Lease>(lease).ok_or_else(|| missing::<Lease>(lease))?;
        if !known.tenants.iter().any(|one| one.id == tenant) {
            return Err(PeopleError::NotOnLease { lease, tenant });
        }
        state.forget_move_out(lease, tenant, now);
        state.note_move_out(lease, move_out, now);
        Ok(())
    }

    /// A tenant is gone today.
    pub fn move_out(&self, lease: u32, tenant: u32) -> Done {
        self.give_notice(lease, tenant, self.today())
    }

    /// Takes a move-out back. Nobody is told.
    pub fn undo_move_out(&self, lease: u32, tenant: u32) -> Done {
        let now = self.now();
        let mut state = self.lock();
        state.store.get::<Lease>(lease).ok_or_else(|| missing::<Lease>(lease))?;
        state.forget_move_out(lease, tenant, now).ok_or(PeopleError::NoMoveOut { lease, tenant })
    }
}
