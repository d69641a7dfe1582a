//! Seeded fault simulation: the real functions over embedded AWS parts and simulated vendors, in one thread on a paused
//! clock, with lost, repeated and reordered messages, crashes at any await, vendor faults and clock jumps.
//!
//! Messages come from the real queues, late, twice, in any order, or never: then the sweeper has to send them again.
//! Promises are checked in the end, when the faults have stopped.

mod budget;
mod crash;
mod crews;
mod delivery;
pub mod flows;
mod invariants;
mod mailroom;
mod office;
mod places;
mod refusals;
mod run;
mod surroundings;

pub use budget::{Booked, verify_jobs};
pub use refusals::{Judged, judge_deliveries};
pub use run::{Failure, run};
