//! Seeded fault simulation: the real functions over embedded AWS parts and simulated vendors, in one thread on a paused
//! clock, with lost, repeated and reordered messages, crashes at any await, vendor faults and clock jumps.
//!
//! Every queued message is lost on purpose: what is delivered is made from the rows that stand for work, in any order and
//! as often as the seed likes. Promises are checked in the end, when the faults have stopped.

mod crash;
mod invariants;
mod places;
mod run;
mod surroundings;

pub use run::{Failure, run};
