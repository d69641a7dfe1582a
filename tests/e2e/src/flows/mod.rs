//! Seeded simulation of record flows: tenants of one vendor kept in step with contacts of another, through the real
//! dispatcher and worker, while people edit both sides, messages are lost and repeated, vendors fail and processes die.
//!
//! Begin at [`run()`]. What people did stands in `ledger`; `promises` holds both vendors to it when everything has come to
//! rest, and the cursor after every step. Neither asks the engine what it believes, but for what it lists as unsettled.

mod fuse;
mod inbox;
mod ledger;
mod places;
mod portal;
mod promises;
mod rentals;
mod run;
mod shape;

pub use run::run;
