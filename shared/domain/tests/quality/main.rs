//! Data quality through its front door: what is found, what is told apart, and what must hold whatever the records.

#![allow(clippy::unwrap_used, reason = "helpers of tests stand outside test functions")]

mod agreement;
mod consistency;
mod duplicates;
mod report;
mod required;
mod support;
