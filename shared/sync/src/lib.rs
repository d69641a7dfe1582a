#![doc = include_str!("../README.md")]

mod compare;
mod engine;
mod error;
mod opened;
mod plan;
mod pull;
mod push;
mod quality;
mod record;
mod runs;

pub use engine::{Engine, Worked};
pub use error::SyncError;
pub use opened::OpenFlow;
pub use plan::{Plan, PlannedRecord, Step};
pub use quality::Reports;
pub use runs::{Begun, Ended, Runs};
