//! `/v1/leases` and their move-outs.

use super::tenants::TenantMessage;
use crate::buildium::{
    calendar::{LeaseStatus, Residence, lease_status, residence},
    call::{Call, Replied, found},
    order::{Key, SortBy, Sorted},
    records::{Lease, Word, stamp_if_any},
    refusals::Refusal,
    store::Store,
    table::Row,
};
use jiff::{Timestamp, civil::Date};
use serde::Serialize;

/// `Tenants` has everybody there ever was, by id; names are with those who live there.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::buildium) struct LeaseMessage<'a> {
    #[serde(flatten)]
    record: &'a Lease,
    unit_number: Option<&'a Word>,
    lease_status: LeaseStatus,
    current_tenants: Vec<TenantMessage<'a>>,
    current_number_of_occupants: usize,
    #[serde(serialize_with = "stamp_if_any")]
    last_updated_date_time: Option<Timestamp>,
    tenants: Vec<Resident>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Resident {
    id: u32,
    status: Residence,
    move_in_date: Option<Date>,
}

impl<'a> LeaseMessage<'a> {
    /// A lease nobody ever touched tells no last update.
    pub(in crate::buildium) fn new(store: &'a Store, row: &'a Row<Lease>, today: Date) -> Self {
        let lease = &row.record;
        let tenants: Vec<Resident> = lease
            .tenants
            .iter()
            .map(|one| Resident {
                id: one.id,
                status: residence(lease, one, today),
                move_in_date: one.move_in_date.or(lease.lease_from_date),
            })
            .collect();
        let current: Vec<TenantMessage<'a>> = tenants
            .iter()
            .filter(|one| one.status == Residence::Current)
            .filter_map(|one| store.tenants.get(one.id))
            .map(TenantMessage::within_a_lease)
            .collect();
        Self {
            record: lease,
            unit_number: store.units.get(lease.unit_id).and_then(|unit| unit.unit_number.as_ref()),
            lease_status: lease_status(lease, today),
            current_number_of_occupants: current.len(),
            current_tenants: current,
            last_updated_date_time: (row.updated != row.created).then_some(row.updated),
            tenants,
        }
    }
}

impl Sorted for Lease {
    const SORTS: &'static [SortBy<Self>] = &[
        ("id", |row| Key::Id(row.record.id)),
        ("leasefromdate", |row| Key::day(row.record.lease_from_date)),
        ("leasetodate", |row| Key::day(row.record.lease_to_date)),
        ("propertyid", |row| Key::Id(row.record.property_id)),
        ("unitid", |row| Key::Id(row.record.unit_id)),
        ("createddatetime", |row| Key::Time(row.record.created_date_time)),
        ("lastupdateddatetime", |row| Key::Time(row.updated)),
    ];
}

/// There is no filter by unit ids here.
pub(in crate::buildium) fn list(call: &Call<'_>) -> Replied {
    let query = call.query;
    let (properties, owners) = (query.ids("propertyids")?, query.ids("rentalownerids")?);
    let (unit_number, tenant_name) = (query.part("unitnumber"), query.part("tenantname"));
    let (from, to) = (query.day("leasedatefrom")?, query.day("leasedateto")?);
    let types = query.words("leasetypes", &["None", "Fixed", "FixedWithRollover", "AtWill"])?;
    let statuses = query.words("leasestatuses", &["Active", "Past", "Future"])?;
    let created = query.loose_instants("createddatetime")?;
    let updated = query.instants("lastupdated")?;
    let keep = |row: &Row<Lease>| {
        let lease = &row.record;
        let number = || call.store.units.get(lease.unit_id).and_then(|unit| unit.unit_number.as_deref());
        updated.holds(&row.updated)
            && created.holds(&lease.created_date_time)
            && properties.holds(&lease.property_id)
            && (!owners.is_set() || call.store.is_owned(lease.property_id, |owner| owners.holds(&owner)))
            && (!unit_number.is_set() || unit_number.is_in([number()]))
            && (!tenant_name.is_set()
                || names(call.store, lease).iter().any(|name| tenant_name.is_in([Some(name.as_str())])))
            && from.is_none_or(|from| lease.lease_from_date.is_some_and(|day| day >= from))
            && to.is_none_or(|to| lease.lease_to_date.is_some_and(|day| day <= to))
            && types.holds(&lease.lease_type.as_ref())
            && (!statuses.is_set() || statuses.holds(&lease_status(lease, call.today).word()))
    };
    call.page(&call.store.leases, keep, |row| LeaseMessage::new(call.store, row, call.today))
}

pub(in crate::buildium) fn read(call: &Call<'_>, id: u32) -> Replied {
    found(call.store.leases.row(id).map(|row| LeaseMessage::new(call.store, row, call.today)))
}

pub(in crate::buildium) fn move_outs(call: &Call<'_>, id: u32) -> Replied {
    call.part(&call.store.leases.get(id).ok_or_else(Refusal::not_found)?.move_out_data)
}

pub(in crate::buildium) fn move_out(call: &Call<'_>, id: u32, tenant: u32) -> Replied {
    let lease = call.store.leases.get(id);
    found(lease.and_then(|lease| lease.move_out_data.iter().find(|one| one.tenant_id == tenant)))
}

fn names(store: &Store, lease: &Lease) -> Vec<String> {
    let tenants = lease.tenants.iter().filter_map(|one| store.tenants.get(one.id));
    tenants
        .map(|tenant| {
            let word = |word: &Option<Word>| word.as_deref().unwrap_or_default().to_owned();
            format!("{} {}", word(&tenant.first_name), word(&tenant.last_name))
        })
        .collect()
}
