//! Making a portal ready to take records, against the vendor's simulator over real sockets. Time passes only when somebody
//! sleeps.

#![expect(clippy::unwrap_used, reason = "helpers of tests outside of test functions")]

mod conflicts;
mod interruptions;
#[path = "../common/parts.rs"]
mod parts;
mod plans;
mod portal;
mod scopes;
#[path = "../common/time.rs"]
mod time;
