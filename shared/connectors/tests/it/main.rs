//! Connectors from outside: a role asked, an HTTP client that answers by a script.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests outside of test functions")]

mod account;
mod budget;
mod calls;
mod oauth;
mod portal;
#[path = "../common/row.rs"]
mod row;
mod rows;
mod script;
#[path = "../common/time.rs"]
mod time;
mod workers;
