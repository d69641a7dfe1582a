//! The whole house through its front doors: real posts, real sockets, the deployed wiring.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests outside of test functions")]

mod crash;
mod everyday;
mod feeds;
mod flows;
mod interrupted;
mod mails;
mod main_job;
mod mending;
mod office;
mod office_api;
mod own_vendor;
mod personal;
mod place;
mod planning;
mod reconciling;
mod replaying;
mod town;
mod unfit;
mod webhooks;
