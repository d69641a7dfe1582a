//! Vendors as Lintel meets them, stateful and over HTTP, with their limits, delays, error forms and moods; and a sample
//! organization whose bookings they hold.
//!
//! Written from the vendor sheets and not from Lintel's connectors: this crate depends on neither connectors nor
//! formats, so that a misreading in one shows in the other.

mod answer;
mod background;
pub mod buildium;
mod clock;
pub mod cloudmailin;
pub mod faults;
mod front;
pub mod housecallpro;
pub mod hubspot;
mod ids;
mod limits;
pub mod office_table;
mod running;
mod sandbox;
mod world;

pub use answer::{Answer, Arrival, Ask, Counters};
pub use background::Background;
pub use clock::{ManualClock, RealClock, SimClock};
pub use front::{Simulator, serve};
pub use limits::RateRules;
pub use running::Running;
pub use sandbox::{Sandbox, Urls};
pub use world::{Channel, FeedUsage, Feeds, Home, INWARDS, Kind, Mail, Misbehaviour, Stay, World, calendar};
