//! Connectors from outside: a role asked, an HTTP client that answers by a script.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests outside of test functions")]

mod account;
mod budget;
mod calls;
mod oauth;
mod portal;
mod rows;
mod script;
mod workers;
