//! `/v1/rentals/units` and their amenities.

use super::properties::Amenities;
use crate::buildium::{
    call::{Call, Replied, found},
    order::{Key, SortBy, Sorted},
    records::Unit,
    store::Store,
    table::Row,
};
use jiff::civil::Date;
use serde::Serialize;

/// Whether a unit is listed or occupied is looked up for every answer, and is no change of the unit.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct UnitMessage<'a> {
    #[serde(flatten)]
    record: &'a Unit,
    is_unit_listed: Option<bool>,
    is_unit_occupied: Option<bool>,
}

impl<'a> UnitMessage<'a> {
    fn new(store: &Store, record: &'a Unit, today: Date) -> Self {
        let is_unit_occupied = Some(store.occupied(record.id, today));
        Self { record, is_unit_listed: Some(record.listing.is_some()), is_unit_occupied }
    }
}

impl Sorted for Unit {
    const SORTS: &'static [SortBy<Self>] = &[
        ("id", |row| Key::Id(row.record.id)),
        ("unitnumber", |row| Key::text(row.record.unit_number.as_deref())),
        ("propertyid", |row| Key::Id(row.record.property_id)),
        ("marketrent", |row| row.record.market_rent.map_or(Key::Nothing, Key::Amount)),
    ];
}

/// By property and by change, and by nothing else.
pub(in crate::buildium) fn list(call: &Call<'_>) -> Replied {
    let properties = call.query.ids("propertyids")?;
    let updated = call.query.instants("lastupdated")?;
    let keep = |row: &Row<Unit>| updated.holds(&row.updated) && properties.holds(&row.record.property_id);
    call.page(&call.store.units, keep, |row| UnitMessage::new(call.store, &row.record, call.today))
}

pub(in crate::buildium) fn read(call: &Call<'_>, id: u32) -> Replied {
    found(call.store.units.get(id).map(|unit| UnitMessage::new(call.store, unit, call.today)))
}

/// The sheet gives units the rentals' form, though rent is a matter of the rental: nothing is included here.
pub(in crate::buildium) fn amenities(call: &Call<'_>, id: u32) -> Replied {
    found(call.store.units.get(id).map(|unit| Amenities { features: &unit.features, included_in_rent: &[] }))
}
