//! People, and how to reach them.

use super::{Word, stamp, stamp_if_any};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use std::fmt;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Address {
    pub address_line1: Option<Word>,
    pub address_line2: Option<Word>,
    pub address_line3: Option<Word>,
    pub city: Option<Word>,
    pub state: Option<Word>,
    pub postal_code: Option<Word>,
    /// `UnitedStates`, `Canada` and 255 more.
    pub country: Option<Word>,
}

/// The order of a person's numbers means nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Phone {
    pub number: Option<Word>,
    /// `NotSet`, `Home`, `Office`, `Cell`, `Personal`, `Fax`, `Other`.
    #[serde(rename = "Type")]
    pub kind: Word,
}

/// One name in one text, and no id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct EmergencyContact {
    pub name: Option<Word>,
    pub relationship_description: Option<Word>,
    pub phone: Option<Word>,
    pub email: Option<Word>,
}

/// A tax number. It is told over the API and nowhere else.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TaxId(pub String);

impl fmt::Debug for TaxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TaxId(..)")
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tenant {
    /// Given by the account when it is 0.
    pub id: u32,
    pub first_name: Option<Word>,
    pub last_name: Option<Word>,
    pub email: Option<Word>,
    pub alternate_email: Option<Word>,
    pub phone_numbers: Vec<Phone>,
    #[serde(serialize_with = "stamp_if_any")]
    pub created_date_time: Option<Timestamp>,
    pub emergency_contact: EmergencyContact,
    pub date_of_birth: Option<Date>,
    /// `NotSet`, `RequestSent`, `OptedIn`, `OptedOut`, `Converted`.
    #[serde(rename = "SMSOptInStatus")]
    pub sms_opt_in_status: Option<Word>,
    pub address: Option<Address>,
    pub alternate_address: Option<Address>,
    /// `PrimaryAddress`, `AlternateAddress`.
    pub mailing_preference: Option<Word>,
    pub comment: Option<Word>,
    pub tax_id: Option<TaxId>,
}

/// Somebody who stands in for a tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Cosigner {
    pub id: u32,
    pub first_name: Option<Word>,
    pub last_name: Option<Word>,
    pub email: Option<Word>,
    pub alternate_email: Option<Word>,
    pub phone_numbers: Vec<Phone>,
    #[serde(serialize_with = "stamp")]
    pub created_date_time: Timestamp,
    pub address: Option<Address>,
}

/// Of a property or an association.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Manager {
    pub id: u32,
    pub first_name: Option<Word>,
    pub last_name: Option<Word>,
    pub company_name: Option<Word>,
    pub is_company: bool,
    pub email: Option<Word>,
    pub phone_numbers: Vec<Phone>,
    pub profile_photo_url: Option<Word>,
}
