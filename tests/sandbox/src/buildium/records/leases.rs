//! Leases: who may live where, from when to when.

use super::{Cosigner, Word, stamp};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Lease {
    /// Given by the account when it is 0.
    pub id: u32,
    pub property_id: u32,
    pub unit_id: u32,
    pub lease_from_date: Option<Date>,
    /// `None` where the lease goes on at will.
    pub lease_to_date: Option<Date>,
    /// `None`, `Fixed`, `FixedWithRollover`, `AtWill`.
    pub lease_type: Word,
    pub is_eviction_pending: bool,
    /// `MonthToMonth`, `Standard`; `Owner`: the owner lives there.
    pub term_type: Word,
    pub renewal_offer_status: Option<Word>,
    pub account_details: AccountDetails,
    pub cosigners: Vec<Cosigner>,
    pub automatically_move_out_tenants: bool,
    #[serde(serialize_with = "stamp")]
    pub created_date_time: Timestamp,
    pub move_out_data: Vec<MoveOut>,
    pub payment_due_day: u8,
    /// Everybody who was ever on the lease.
    #[serde(skip)]
    pub tenants: Vec<LeaseTenant>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AccountDetails {
    pub security_deposit: Option<f64>,
    /// Per rent period.
    pub rent: Option<f64>,
}

/// Told as soon as notice is given: the date may lie ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct MoveOut {
    pub tenant_id: u32,
    pub move_out_date: Date,
    #[serde(default)]
    pub notice_given_date: Option<Date>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaseTenant {
    pub id: u32,
    pub move_in_date: Option<Date>,
}
