#![doc = include_str!("../README.md")]

mod back;
mod compare;
mod decisions;
mod engine;
mod error;
mod gone;
mod kept;
mod masking;
mod one;
mod onto;
mod opened;
mod pages;
mod plan;
mod protected;
mod pull;
mod push;
mod quality;
mod queues;
mod record;
mod relate;
mod runs;
mod streams;
mod ways;
mod worker;

pub use decisions::{Conflict, DecisionError, Decisions, FlowStand};
pub use engine::{Engine, HandOut, Worked};
pub use error::SyncError;
pub use kept::Resealed;
pub use opened::OpenFlow;
pub use plan::{Plan, PlannedRecord, Step};
pub use quality::Reports;
pub use queues::WorkerQueues;
pub use runs::{Begun, Ended, Runs};
pub use streams::{Streams, Vendor};
pub use worker::{Worker, first_message};
