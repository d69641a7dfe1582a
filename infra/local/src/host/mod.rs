//! The local host: the deployed wiring, read from the template, in one process.

mod activity;
mod aws;
mod bodies;
mod buckets;
mod callers;
mod provision;
mod pump;
mod quiet;
mod routes;
mod schedules;
mod wires;

pub use activity::Activity;
pub use aws::{Aws, AwsChoice};
pub use quiet::{Depth, Quiet, Settled};
pub use wires::{Host, ObjectEvents, Outside, Serving, provision_for_tests};
