//! What the calendar alone makes of a lease. Nothing of this moves a record's last update (section 3.1, as a guess).

use super::records::{Lease, LeaseTenant};
use jiff::civil::Date;
use serde::Serialize;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) enum LeaseStatus {
    Active,
    Past,
    Future,
}

impl LeaseStatus {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Active => "Active",
            Self::Past => "Past",
            Self::Future => "Future",
        }
    }
}

/// Where one of a lease's tenants stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) enum Residence {
    MovedOut,
    Current,
    Future,
}

/// Past: everybody has left, or a fixed term is over. What rolls over stays active until then.
pub(super) fn lease_status(lease: &Lease, today: Date) -> LeaseStatus {
    let everybody_left = !lease.tenants.is_empty() && lease.tenants.iter().all(|one| has_left(lease, one.id, today));
    if everybody_left || term_is_over(lease, today) {
        LeaseStatus::Past
    } else if lease.lease_from_date.is_some_and(|from| today < from) {
        LeaseStatus::Future
    } else {
        LeaseStatus::Active
    }
}

/// A tenant who was not moved out stays current on a lease that is past.
pub(super) fn residence(lease: &Lease, tenant: &LeaseTenant, today: Date) -> Residence {
    let swept_out = lease.automatically_move_out_tenants && term_is_over(lease, today);
    if swept_out || has_left(lease, tenant.id, today) {
        Residence::MovedOut
    } else if tenant.move_in_date.or(lease.lease_from_date).is_some_and(|from| today < from) {
        Residence::Future
    } else {
        Residence::Current
    }
}

fn term_is_over(lease: &Lease, today: Date) -> bool {
    lease.lease_type == "Fixed" && lease.lease_to_date.is_some_and(|to| to < today)
}

/// From the day of the move-out on.
fn has_left(lease: &Lease, tenant: u32, today: Date) -> bool {
    lease.move_out_data.iter().any(|one| one.tenant_id == tenant && one.move_out_date <= today)
}
