//! Who owns rentals.

use super::{Address, Phone, TaxId, Word};
use jiff::civil::Date;
use serde::Serialize;

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Owner {
    /// Given by the account when it is 0.
    pub id: u32,
    pub is_company: bool,
    pub is_active: bool,
    pub first_name: Option<Word>,
    pub last_name: Option<Word>,
    pub company_name: Option<Word>,
    pub email: Option<Word>,
    pub alternate_email: Option<Word>,
    pub phone_numbers: Vec<Phone>,
    pub comment: Option<Word>,
    pub address: Option<Address>,
    pub management_agreement_start_date: Option<Date>,
    pub management_agreement_end_date: Option<Date>,
    pub property_ids: Vec<u32>,
    pub tax_information: TaxInformation,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct TaxInformation {
    /// `SSN`, `EIN`.
    pub tax_payer_id_type: Word,
    pub tax_payer_id: Option<TaxId>,
    pub tax_payer_name1: Option<Word>,
    pub tax_payer_name2: Option<Word>,
    pub include_in1099: bool,
    pub address: Option<Address>,
}
