//! Rental properties, their units, and listings of units.

use super::{Address, Manager, Word};
use jiff::civil::Date;
use serde::Serialize;

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Property {
    /// Given by the account when it is 0.
    pub id: u32,
    pub name: Option<Word>,
    pub structure_description: Option<Word>,
    pub is_active: bool,
    pub operating_bank_account_id: u32,
    pub reserve: f64,
    pub address: Option<Address>,
    pub year_built: Option<u16>,
    /// `None`, `Residential`, `Commercial`.
    pub rental_type: Word,
    /// `CondoTownhome`, `MultiFamily`, `SingleFamily`, `Industrial` and five more.
    pub rental_sub_type: Word,
    pub rental_manager: Manager,
    /// Told as an amenity, not with the record.
    #[serde(skip)]
    pub features: Vec<Word>,
    #[serde(skip)]
    pub included_in_rent: Vec<Word>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Unit {
    /// Given by the account when it is 0.
    pub id: u32,
    pub property_id: u32,
    pub building_name: Option<Word>,
    pub unit_number: Option<Word>,
    pub description: Option<Word>,
    pub market_rent: Option<f64>,
    pub address: Option<Address>,
    /// `NotSet`, `Studio`, `OneBed` to `EightBed`, `NineBedPlus`.
    pub unit_bedrooms: Option<Word>,
    /// `NotSet`, `OneBath`, `OnePointFiveBath` to `FiveBath`, `FivePlusBath`.
    pub unit_bathrooms: Option<Word>,
    pub unit_size: Option<i32>,
    /// Told as an amenity, not with the record.
    #[serde(skip)]
    pub features: Vec<Word>,
    /// At most one at a time.
    #[serde(skip)]
    pub listing: Option<Listing>,
}

/// What a listing says by itself; the rest of it is its unit's and its property's.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Listing {
    pub listing_date: Date,
    pub rent: f64,
    pub deposit: Option<f64>,
    pub lease_terms: Option<Word>,
    pub available_date: Date,
    pub is_managed_externally: bool,
    pub rental_application_url: Option<Word>,
    /// `None` when the listing is managed elsewhere.
    pub contact: Option<ListingContact>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListingContact {
    pub id: u32,
    pub name: Option<Word>,
    pub email: Option<Word>,
    pub phone_number: Option<Word>,
    pub website: Option<Word>,
}
