//! `/v1/rentals/owners`.

use crate::buildium::{
    call::{Call, Replied, found},
    order::{Key, SortBy, Sorted},
    records::Owner,
    table::Row,
};

impl Sorted for Owner {
    const SORTS: &'static [SortBy<Self>] = &[
        ("id", |row| Key::Id(row.record.id)),
        ("lastname", |row| Key::text(row.record.last_name.as_deref())),
        ("firstname", |row| Key::text(row.record.first_name.as_deref())),
        ("companyname", |row| Key::text(row.record.company_name.as_deref())),
    ];
}

/// An owner is `Inactive`, where a building is `InActive`.
pub(in crate::buildium) fn list(call: &Call<'_>) -> Replied {
    let properties = call.query.ids("propertyids")?;
    let statuses = call.query.words("status", &["Active", "Inactive"])?;
    let updated = call.query.instants("lastupdated")?;
    let keep = |row: &Row<Owner>| {
        let owner = &row.record;
        updated.holds(&row.updated)
            && statuses.holds(&if owner.is_active { "Active" } else { "Inactive" })
            && (!properties.is_set() || owner.property_ids.iter().any(|property| properties.holds(property)))
    };
    call.page(&call.store.owners, keep, |row| &row.record)
}

pub(in crate::buildium) fn read(call: &Call<'_>, id: u32) -> Replied {
    found(call.store.owners.get(id))
}
