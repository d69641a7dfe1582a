//! The quality of records between two vendors as they are simulated: seeded faults, and exactly what is found of them.

#![expect(clippy::unwrap_used, reason = "helpers of tests outside of test functions")]

mod faults;
mod place;
mod reports;
mod town;
#[path = "../common/waiting.rs"]
mod waiting;
mod walks;
