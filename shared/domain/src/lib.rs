//! Types and rules of the house: what a stay, a turnover and a job are, and what follows from them.
//!
//! Nothing here does I/O, is asynchronous or reads a clock: time and randomness are handed in, so every rule can be
//! proven by calling it.

pub mod absence;
pub mod attention;
pub mod decision;
pub mod flags;
pub mod identity;
pub mod ids;
pub mod job;
pub mod kinds;
pub mod line;
pub mod planner;
pub mod private;
pub mod schedule;
pub mod settings;
pub mod snapshot;
pub mod source;
pub mod span;
pub mod stay;
