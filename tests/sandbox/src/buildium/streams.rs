//! The vendor's collections: which filters each has, and what its records say.

pub(super) mod account;
pub(super) mod associations;
pub(super) mod leases;
pub(super) mod listings;
pub(super) mod owners;
pub(super) mod properties;
pub(super) mod tenants;
pub(super) mod units;
