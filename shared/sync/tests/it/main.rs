//! The engine between two simulated vendors, over real sockets and the embedded table.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests outside of test functions")]

mod accounting;
mod changes;
mod claims;
mod deciding;
mod failing;
mod homes;
mod leases;
mod place;
mod places_and_units;
mod plans;
mod protected;
mod trouble;
mod two_way;
#[path = "../common/waiting.rs"]
mod waiting;
