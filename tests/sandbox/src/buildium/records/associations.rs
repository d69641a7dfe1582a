//! Associations of owners: their units, accounts and people, apart from those of rentals.

use super::{Address, EmergencyContact, Manager, Phone, TaxId, TaxInformation, Word, stamp_if_any};
use jiff::{Timestamp, civil::Date};
use serde::Serialize;

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Association {
    /// Given by the account when it is 0.
    pub id: u32,
    pub name: Option<Word>,
    pub is_active: bool,
    pub reserve: f64,
    pub description: Option<Word>,
    pub year_built: Option<u16>,
    pub operating_bank_account: Option<Word>,
    pub operating_bank_account_id: u32,
    pub address: Option<Address>,
    pub association_manager: Manager,
    pub fiscal_year_end_day: u8,
    pub fiscal_year_end_month: u8,
    pub tax_information: TaxInformation,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AssociationUnit {
    /// Given by the account when it is 0.
    pub id: u32,
    pub association_id: u32,
    pub unit_number: Option<Word>,
    pub address: Option<Address>,
    /// As of a rental unit.
    pub unit_bedrooms: Option<Word>,
    /// As of a rental unit.
    pub unit_bathrooms: Option<Word>,
    pub unit_size: Option<i32>,
}

/// Who owns a unit, from when to when.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct OwnershipAccount {
    /// Given by the account when it is 0.
    pub id: u32,
    pub association_id: u32,
    pub unit_id: u32,
    /// `Active`, `Past`, `Future`.
    pub status: Word,
    pub date_of_purchase: Date,
    pub date_of_sale: Option<Date>,
    pub comments: Option<Word>,
    pub association_owner_ids: Vec<u32>,
    pub delinquency_status: Word,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AssociationOwner {
    /// Given by the account when it is 0.
    pub id: u32,
    pub first_name: Option<Word>,
    pub last_name: Option<Word>,
    pub email: Option<Word>,
    pub alternate_email: Option<Word>,
    pub phone_numbers: Vec<Phone>,
    /// Not `Address`, as with everybody else.
    pub primary_address: Option<Address>,
    pub alternate_address: Option<Address>,
    pub comment: Option<Word>,
    pub emergency_contact: EmergencyContact,
    /// `PrimaryAddress`, `AlternateAddress`.
    pub mailing_preference: Option<Word>,
    pub occupies_unit: bool,
    #[serde(serialize_with = "stamp_if_any")]
    pub created_date_time: Option<Timestamp>,
    pub tax_id: Option<TaxId>,
    pub delinquency_status: Word,
}

/// Who lives in an owner's unit. There is no lease.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AssociationTenant {
    /// Given by the account when it is 0.
    pub id: u32,
    pub first_name: Option<Word>,
    pub last_name: Option<Word>,
    pub email: Option<Word>,
    pub alternate_email: Option<Word>,
    pub phone_numbers: Vec<Phone>,
    pub primary_address: Option<Address>,
    pub alternate_address: Option<Address>,
    pub comment: Option<Word>,
    pub emergency_contact: EmergencyContact,
    pub move_in_date: Option<Date>,
    pub move_out_date: Option<Date>,
    #[serde(serialize_with = "stamp_if_any")]
    pub created_date_time: Option<Timestamp>,
    /// Told as the accounts themselves.
    #[serde(skip)]
    pub ownership_account_ids: Vec<u32>,
}
