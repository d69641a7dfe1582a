//! Each simulator against its vendor's sheet, and the HTTP front against a real socket.
#![expect(clippy::unwrap_used, reason = "what tests share fails by panicking, as tests do")]

mod buildium;
mod cloudmailin;
mod faults;
mod feeds;
mod field_service;
mod front;
mod hooks;
mod hubspot;
mod office_hooks;
mod office_table;
mod support;
