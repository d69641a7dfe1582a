//! Seeded simulation of record flows, through the real dispatcher and worker, while people edit both sides, messages are lost and
//! repeated, vendors fail and processes die. A seed's [`shape`] says which world it is: `tenants` of one vendor whose contacts are kept
//! at another, or a `pair` of portals that is kept in step both ways.
//!
//! Begin at [`run()`]. What people did stands in `ledger`; `promises` holds both vendors to it when everything has come to
//! rest, and the cursors after every step. Neither asks the engine what it believes, but for what it lists as unsettled.

mod drive;
mod fuse;
mod inbox;
mod ledger;
mod pair;
mod places;
mod portal;
mod promises;
mod rentals;
mod run;
mod shape;
mod tenants;
mod world;

pub use run::run;
