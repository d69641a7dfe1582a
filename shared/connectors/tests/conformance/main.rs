//! What every connector has to do, proven on each against its vendor's simulator over real sockets. A further vendor is one
//! more entry in [`subject::all`].
//!
//! Time passes only when somebody sleeps, on both sides of the wire, so nothing here waits for anything.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests outside of test functions")]

mod airtable;
mod housecallpro;
#[path = "../common/parts.rs"]
mod parts;
mod promises;
#[path = "../common/row.rs"]
mod row;
mod subject;
#[path = "../common/time.rs"]
mod time;
