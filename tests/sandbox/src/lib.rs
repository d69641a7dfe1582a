//! Vendors as Lintel meets them, stateful and over HTTP, with their limits, delays, error forms and moods; and a sample
//! organization whose bookings they hold.
//!
//! Written from the vendor sheets and not from Lintel's connectors: this crate depends on neither connectors nor
//! formats, so that a misreading in one shows in the other.

mod answer;
pub mod faults;
pub mod field_service;
mod front;
pub mod office_table;
mod sandbox;
mod world;

pub use answer::{Answer, Arrival, Ask, Counters};
pub use front::{Simulator, serve};
pub use sandbox::{Sandbox, Urls};
pub use world::{Channel, Feeds, Home, Kind, Mail, Stay, World, calendar};
