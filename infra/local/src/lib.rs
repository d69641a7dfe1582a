//! `lintel`: hosts every function in one process, wired by the template that is deployed, and the command line.

pub mod commands;
mod counted;
pub mod dayplan;
pub mod host;
pub mod registry;
pub mod session;
mod tally;
pub mod template;
mod vendors;
mod watch;
