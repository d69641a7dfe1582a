//! What several benchmarks share.

pub mod sync;
