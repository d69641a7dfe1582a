//! `/v1/rentals` and their amenities.

use crate::buildium::{
    call::{Call, Replied, found},
    order::{Key, SortBy, Sorted},
    records::{Property, Word},
    store::Store,
    table::Row,
};
use serde::Serialize;

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct PropertyMessage<'a> {
    #[serde(flatten)]
    record: &'a Property,
    number_units: usize,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Amenities<'a> {
    pub(super) features: &'a [Word],
    pub(super) included_in_rent: &'a [Word],
}

impl<'a> PropertyMessage<'a> {
    fn new(store: &'a Store, record: &'a Property) -> Self {
        Self { record, number_units: store.number_of_units(record.id) }
    }
}

impl Sorted for Property {
    const SORTS: &'static [SortBy<Self>] = &[
        ("id", |row| Key::Id(row.record.id)),
        ("name", |row| Key::text(row.record.name.as_deref())),
        ("yearbuilt", |row| row.record.year_built.map_or(Key::Nothing, |year| Key::Id(year.into()))),
        ("rentalsubtype", |row| Key::text(Some(&row.record.rental_sub_type))),
    ];
}

pub(in crate::buildium) fn list(call: &Call<'_>) -> Replied {
    let ids = call.query.ids("propertyids")?;
    let statuses = call.query.words("status", &["Active", "InActive"])?;
    let updated = call.query.instants("lastupdated")?;
    let keep = |row: &Row<Property>| {
        let status = if row.record.is_active { "Active" } else { "InActive" };
        updated.holds(&row.updated) && ids.holds(&row.record.id) && statuses.holds(&status)
    };
    call.page(&call.store.properties, keep, |row| PropertyMessage::new(call.store, &row.record))
}

pub(in crate::buildium) fn read(call: &Call<'_>, id: u32) -> Replied {
    found(call.store.properties.get(id).map(|property| PropertyMessage::new(call.store, property)))
}

pub(in crate::buildium) fn amenities(call: &Call<'_>, id: u32) -> Replied {
    found(
        call.store
            .properties
            .get(id)
            .map(|property| Amenities { features: &property.features, included_in_rent: &property.included_in_rent }),
    )
}
