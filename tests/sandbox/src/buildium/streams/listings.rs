//! `/v1/rentals/units/listings`, which knows no filter by change.

use crate::buildium::{
    call::{Call, Replied, found},
    records::{Address, Listing, Property, Unit, Word},
    store::Store,
};
use serde::Serialize;

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct ListingMessage<'a> {
    #[serde(flatten)]
    listing: &'a Listing,
    property: ListedProperty<'a>,
    unit: ListedUnit<'a>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct ListedProperty<'a> {
    id: u32,
    name: Option<&'a Word>,
    address: Option<&'a Address>,
    number_units: usize,
    structure_description: Option<&'a Word>,
    year_built: Option<u16>,
    features: &'a [Word],
    included_in_rent: &'a [Word],
    files: [(); 0],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct ListedUnit<'a> {
    id: u32,
    unit_number: Option<&'a Word>,
    address: Option<&'a Address>,
    unit_bedrooms: Option<&'a Word>,
    unit_bathrooms: Option<&'a Word>,
    unit_size: Option<i32>,
    description: Option<&'a Word>,
    market_rent: Option<f64>,
    features: &'a [Word],
    files: [(); 0],
}

impl<'a> ListingMessage<'a> {
    fn of(store: &'a Store, unit: &'a Unit) -> Option<Self> {
        let listing = unit.listing.as_ref()?;
        let property = store.properties.get(unit.property_id)?;
        Some(Self { listing, property: ListedProperty::new(store, property), unit: ListedUnit::new(unit) })
    }
}

impl<'a> ListedProperty<'a> {
    fn new(store: &Store, property: &'a Property) -> Self {
        Self {
            id: property.id,
            name: property.name.as_ref(),
            address: property.address.as_ref(),
            number_units: store.number_of_units(property.id),
            structure_description: property.structure_description.as_ref(),
            year_built: property.year_built,
            features: &property.features,
            included_in_rent: &property.included_in_rent,
            files: [],
        }
    }
}

impl<'a> ListedUnit<'a> {
    fn new(unit: &'a Unit) -> Self {
        Self {
            id: unit.id,
            unit_number: unit.unit_number.as_ref(),
            address: unit.address.as_ref(),
            unit_bedrooms: unit.unit_bedrooms.as_ref(),
            unit_bathrooms: unit.unit_bathrooms.as_ref(),
            unit_size: unit.unit_size,
            description: unit.description.as_ref(),
            market_rent: unit.market_rent,
            features: &unit.features,
            files: [],
        }
    }
}

pub(in crate::buildium) fn list(call: &Call<'_>) -> Replied {
    // Listings have no id of their own. They are few, and come by their unit's.
    let units = call.store.units.rows().map(|row| &row.record);
    let listings: Vec<ListingMessage<'_>> = units.filter_map(|unit| ListingMessage::of(call.store, unit)).collect();
    call.part(&listings)
}

pub(in crate::buildium) fn read(call: &Call<'_>, unit: u32) -> Replied {
    found(call.store.units.get(unit).and_then(|unit| ListingMessage::of(call.store, unit)))
}
