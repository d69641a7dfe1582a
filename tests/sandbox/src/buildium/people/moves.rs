//! Moving in and out (section 5).

use super::{Buildium, Done, PeopleError, missing};
use crate::buildium::records::{Lease, LeaseTenant, MoveOut, Tenant};
use jiff::civil::Date;

impl Buildium {
    /// Puts a tenant on a lease from a day on.
    pub fn move_in(&self, lease: u32, tenant: u32, day: Date) -> Done {
        let now = self.now();
        let mut state = self.lock();
        state.store.tenants.get(tenant).ok_or_else(|| missing::<Tenant>(tenant))?;
        let row = state.store.leases.row_mut(lease).ok_or_else(|| missing::<Lease>(lease))?;
        row.record.tenants.retain(|one| one.id != tenant);
        row.record.move_out_data.retain(|one| one.tenant_id != tenant);
        row.record.tenants.push(LeaseTenant { id: tenant, move_in_date: Some(day) });
        row.updated = now;
        state.store.index_lease(lease);
        state.tell("Lease.Updated", &[("LeaseId", lease)], now);
        Ok(())
    }

    /// A tenant says today that they will be gone on a day.
    pub fn give_notice(&self, lease: u32, tenant: u32, leaving: Date) -> Done {
        let now = self.now();
        let move_out = MoveOut { tenant_id: tenant, move_out_date: leaving, notice_given_date: Some(self.today()) };
        let mut state = self.lock();
        let row = state.store.leases.row_mut(lease).ok_or_else(|| missing::<Lease>(lease))?;
        if !row.record.tenants.iter().any(|one| one.id == tenant) {
            return Err(PeopleError::NotOnLease { lease, tenant });
        }
        row.record.move_out_data.retain(|one| one.tenant_id != tenant);
        row.record.move_out_data.push(move_out);
        row.updated = now;
        state.tell("Lease.MoveOut.Created", &[("LeaseId", lease), ("TenantId", tenant)], now);
        Ok(())
    }

    /// A tenant is gone today.
    pub fn move_out(&self, lease: u32, tenant: u32) -> Done {
        self.give_notice(lease, tenant, self.today())
    }

    /// Takes a move-out back. Nobody is told, and the lease's last update stays as it was.
    pub fn undo_move_out(&self, lease: u32, tenant: u32) -> Done {
        let mut state = self.lock();
        state.store.leases.get(lease).ok_or_else(|| missing::<Lease>(lease))?;
        state.forget_move_out(lease, tenant).ok_or(PeopleError::NoMoveOut { lease, tenant })
    }
}
