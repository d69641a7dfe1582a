//! The vault against the embedded Secrets Manager and table: what opens, what does not, and what is written down of it.
#![expect(clippy::unwrap_used, reason = "helpers of tests outside of test functions")]

mod audit;
mod keys;
mod place;
mod races;
mod sealing;
