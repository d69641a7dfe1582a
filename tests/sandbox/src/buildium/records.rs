//! What an account holds, field by field as the sheet's section 4 has it. What the vendor computes is not here.

mod associations;
mod leases;
mod owners;
mod people;
mod places;

pub use associations::{Association, AssociationOwner, AssociationTenant, AssociationUnit, OwnershipAccount};
pub use leases::{AccountDetails, Lease, LeaseTenant, MoveOut};
pub use owners::{Owner, TaxInformation};
pub use people::{Address, Cosigner, EmergencyContact, Manager, Phone, TaxId, Tenant};
pub use places::{Listing, ListingContact, Property, Unit};

use jiff::Timestamp;
use serde::Serializer;
use std::borrow::Cow;

/// A word or a text. The vendor's enums grow without notice, which is why none of them is closed here.
pub type Word = Cow<'static, str>;

/// Whole seconds, in UTC.
pub(super) fn stamp<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&at.strftime("%Y-%m-%dT%H:%M:%SZ"))
}

#[expect(clippy::ref_option, reason = "serde hands fields over by reference")]
pub(super) fn stamp_if_any<S: Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => stamp(at, serializer),
        None => serializer.serialize_none(),
    }
}
