//! Decisions about records that two systems hold. Begin at [`merge()`]: what each side has now, what both had when they last
//! agreed, and what follows for each.

mod flow;
mod link;
mod merge;
mod run;
mod validate;
mod word;

pub use flow::{Direction, Ends, Flow, Onto, Overrides, Policy, WhenGone, WhenNew};
pub use link::{Base, FieldConflict, Intent, Link, LinkState, Withheld};
pub use merge::{Changes, Merged, Sides, merge};
pub use run::{Counts, FailureCode, Run, RunKind, RunState};
pub use validate::{Check, Judgement, Rule, Severity, judge};
pub use word::{Side, Word};
