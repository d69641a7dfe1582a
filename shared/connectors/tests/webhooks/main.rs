//! Webhooks, from the bytes that arrive to the events they hold.

#![allow(clippy::expect_used, reason = "helpers of tests")]

mod attempt;
mod events;
mod handshakes;
mod properties;
mod public_keys;
mod recipes;
mod vectors;
mod verification;
