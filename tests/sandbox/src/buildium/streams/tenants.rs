//! `/v1/leases/tenants`.

use super::leases::LeaseMessage;
use crate::buildium::{
    calendar::lease_status,
    call::{Call, Replied, found},
    order::{Key, SortBy, Sorted},
    query::{AnyOf, Part},
    records::{Tenant, Word},
    refusals::Refusal,
    store::Store,
    table::Row,
};
use jiff::civil::Date;
use serde::Serialize;

/// A tenant with all leases there ever were. Tenants within leases tell none: the vendor does not say where the nesting
/// ends.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::buildium) struct TenantMessage<'a> {
    #[serde(flatten)]
    record: &'a Tenant,
    leases: Option<Vec<LeaseMessage<'a>>>,
}

impl<'a> TenantMessage<'a> {
    pub(in crate::buildium) fn whole(store: &'a Store, record: &'a Tenant, today: Date) -> Self {
        let leases = store.leases_of_tenant(record.id);
        Self { record, leases: Some(leases.map(|row| LeaseMessage::new(store, row, today)).collect()) }
    }

    pub(super) fn within_a_lease(record: &'a Tenant) -> Self {
        Self { record, leases: None }
    }
}

impl Sorted for Tenant {
    const SORTS: &'static [SortBy<Self>] = &[
        ("id", |row| Key::Id(row.record.id)),
        ("lastname", |row| Key::text(row.record.last_name.as_deref())),
        ("firstname", |row| Key::text(row.record.first_name.as_deref())),
        ("email", |row| Key::text(row.record.email.as_deref())),
        ("createddatetime", |row| row.record.created_date_time.map_or(Key::Nothing, Key::Time)),
    ];
}

/// Filters by property, unit, owner and term go by the tenant's leases.
pub(in crate::buildium) fn list(call: &Call<'_>) -> Replied {
    let query = call.query;
    let (name, phone, email) = (query.part("name"), query.part("phone"), query.part("email"));
    let updated = query.instants("lastupdated")?;
    let by_lease = ByLease::new(call)?;
    let keep = |row: &Row<Tenant>| {
        let tenant = &row.record;
        let full = || format!("{} {}", part(tenant.first_name.as_ref()), part(tenant.last_name.as_ref()));
        updated.holds(&row.updated)
            && (!name.is_set() || name.is_in([Some(full().as_str())]))
            && email.is_in([tenant.email.as_deref(), tenant.alternate_email.as_deref()])
            && phone.is_in(tenant.phone_numbers.iter().map(|phone| phone.number.as_deref()))
            && by_lease.holds(call, tenant.id)
    };
    call.page(&call.store.tenants, keep, |row| TenantMessage::whole(call.store, &row.record, call.today))
}

pub(in crate::buildium) fn read(call: &Call<'_>, id: u32) -> Replied {
    found(call.store.tenants.get(id).map(|tenant| TenantMessage::whole(call.store, tenant, call.today)))
}

fn part(text: Option<&Word>) -> &str {
    text.map(std::convert::AsRef::as_ref).unwrap_or_default()
}

/// The filters that ask for one lease that fits them all.
struct ByLease<'a> {
    properties: AnyOf<u32>,
    owners: AnyOf<u32>,
    units: AnyOf<u32>,
    unit_number: Part,
    terms: AnyOf<&'a str>,
    buildings: AnyOf<&'a str>,
}

impl<'a> ByLease<'a> {
    fn new(call: &Call<'a>) -> Result<Self, Refusal> {
        let query = call.query;
        Ok(Self {
            properties: query.ids("propertyids")?,
            owners: query.ids("rentalownerids")?,
            units: query.ids("unitids")?,
            unit_number: query.part("unitnumber"),
            terms: query.words("leasetermstatuses", &["Active", "Past", "Future"])?,
            buildings: query.words("buildingstatuses", &["Active", "InActive"])?,
        })
    }

    fn holds(&self, call: &Call<'_>, tenant: u32) -> bool {
        let asked = self.properties.is_set() || self.owners.is_set() || self.units.is_set();
        let asked = asked || self.unit_number.is_set() || self.terms.is_set() || self.buildings.is_set();
        !asked
            || call.store.leases_of_tenant(tenant).any(|row| {
                let lease = &row.record;
                let number = call.store.units.get(lease.unit_id).and_then(|unit| unit.unit_number.as_deref());
                let active = call.store.properties.get(lease.property_id).is_some_and(|property| property.is_active);
                self.properties.holds(&lease.property_id)
                    && self.units.holds(&lease.unit_id)
                    && self.unit_number.is_in([number])
                    && self.terms.holds(&lease_status(lease, call.today).word())
                    && self.buildings.holds(&if active { "Active" } else { "InActive" })
                    && (!self.owners.is_set()
                        || call.store.is_owned(lease.property_id, |owner| self.owners.holds(&owner)))
            })
    }
}
