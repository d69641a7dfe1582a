//! Stateful simulators of the vendors Lintel talks to, with fault scripts. What there is so far: the README beside this crate.
//!
//! Each simulator has a core without sockets, [`Simulator::handle`], for seeded simulations in one process, and can be put
//! on a real socket by [`front::Front`]. They are written from the vendors' fact sheets and share nothing with Lintel's own
//! connectors and parsers, so that a misreading in one shows in the other.

mod answer;
mod clock;
pub mod faults;
pub mod front;
pub mod housecallpro;
mod ids;
mod limits;

pub use answer::{SimAnswer, Simulator};
pub use clock::{ManualClock, RealClock, SimClock};
pub use limits::RateRules;
