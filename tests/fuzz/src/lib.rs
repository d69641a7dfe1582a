//! Fuzzing of every parser, bounded in time and on the stable toolchain.
//!
//! `cargo run -p lintel-fuzz -- --seconds 60 --seed 1 [TARGET]`. The targets are plain functions over bytes, so that a
//! coverage-guided fuzzer can call the same ones.

pub mod mutate;
pub mod targets;
