//! Properties, units and listings.

use super::{Maker, NEW_WORD, NULL_ADDRESS};
use crate::buildium::records::{Listing, ListingContact, Property, Unit, Word};

pub(super) const NAMES: [&str; 8] = [
    "Cedar Court",
    "Lakeside",
    "Pine House",
    "Mesa Flats",
    "Orchard Row",
    "Harbor View",
    "Juniper Place",
    "The Sample",
];
const SUB_TYPES: [(&str, &str); 6] = [
    ("Residential", "MultiFamily"),
    ("Residential", "SingleFamily"),
    ("Residential", "CondoTownhome"),
    ("Residential", "MultiFamily"),
    ("Commercial", "Office"),
    ("Commercial", "Retail"),
];
const BEDROOMS: [&str; 7] = ["NotSet", "Studio", "OneBed", "TwoBed", "ThreeBed", "FourBed", "NineBedPlus"];
const BATHROOMS: [&str; 7] =
    ["NotSet", "OneBath", "OnePointFiveBath", "TwoBath", "TwoPointFiveBath", "ThreeBath", "FivePlusBath"];
const RENTAL_FEATURES: [&str; 6] = ["LaundryRoom", "Elevator", "Parking", "Pool", "FitnessCenter", "WheelchairAccess"];
const INCLUDED: [&str; 4] = ["Water", "Trash", "Gas", "Cable"];
const UNIT_FEATURES: [&str; 6] =
    ["AirConditioning", "Dishwasher", "HardwoodFloors", "WalkinClosets", "BalconyOrDeckOrPatio", "Refrigerator"];

impl Maker {
    pub(super) fn property(&mut self, index: usize) -> u32 {
        let (rental_type, sub_type) = SUB_TYPES[index % SUB_TYPES.len()];
        let sub_type = if index % NEW_WORD == 13 { "StudentHousing" } else { sub_type };
        let property = Property {
            id: 0,
            name: Some(format!("{} {}", NAMES[index % NAMES.len()], index + 1).into()),
            structure_description: (index % 3 != 1).then_some("Two floors, stucco".into()),
            is_active: true,
            operating_bank_account_id: 1,
            reserve: f64::from(self.rng.u16(0..20)) * 50.0,
            address: (index % NULL_ADDRESS != 7).then(|| self.address(index)),
            year_built: (index % 4 != 2).then(|| self.rng.u16(1950..2026)),
            rental_type: rental_type.into(),
            rental_sub_type: sub_type.into(),
            rental_manager: self.manager(index),
            features: self.some_of(&RENTAL_FEATURES),
            included_in_rent: self.some_of(&INCLUDED),
        };
        self.store.insert(property, self.at)
    }

    pub(super) fn unit(&mut self, index: usize, property: u32) -> u32 {
        let number = 1 + self.store.number_of_units(property);
        let bedrooms = if index % NEW_WORD == 29 { Some("TenBed") } else { self.pick(&BEDROOMS) };
        let address = self.store.properties.get(property).and_then(|property| property.address.clone());
        let unit = Unit {
            id: 0,
            property_id: property,
            building_name: self.store.properties.get(property).and_then(|property| property.name.clone()),
            unit_number: Some(number.to_string().into()),
            description: index.is_multiple_of(3).then_some("Bright, quiet, newly painted.".into()),
            market_rent: (index % 6 != 4).then(|| f64::from(self.rng.u16(16..70)) * 50.0),
            address,
            unit_bedrooms: bedrooms.filter(|_| index % 9 != 8).map(Word::from),
            unit_bathrooms: self.pick(&BATHROOMS).filter(|_| index % 9 != 7).map(Word::from),
            unit_size: (index % 5 != 1).then(|| self.rng.i32(35..220) * 10),
            features: self.some_of(&UNIT_FEATURES),
            listing: None,
        };
        self.store.insert(unit, self.at)
    }

    /// Lists a unit nobody lives in, every fourth of them by somebody else.
    pub(super) fn listing(&mut self, unit: u32) {
        let is_managed_externally = unit.is_multiple_of(4);
        let contact = ListingContact {
            id: 1,
            name: Some("Leasing Office".into()),
            email: Some("leasing@example.com".into()),
            phone_number: Some("(602) 555-0199".into()),
            website: None,
        };
        let (listed, available) = (self.back(10), self.ahead(14));
        if let Some(row) = self.store.units.row_mut(unit) {
            let rent = row.record.market_rent.unwrap_or(1_200.0);
            row.record.listing = Some(Listing {
                listing_date: listed,
                rent,
                deposit: Some(rent),
                lease_terms: Some("Twelve months".into()),
                available_date: available,
                is_managed_externally,
                rental_application_url: None,
                contact: (!is_managed_externally).then_some(contact),
            });
        }
    }

    fn some_of(&mut self, words: &[&'static str]) -> Vec<Word> {
        words.iter().filter(|_| self.rng.u8(0..3) == 0).map(|word| Word::from(*word)).collect()
    }
}
