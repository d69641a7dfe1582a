//! What several benchmarks share.

pub mod booking_report;
pub mod sync;
