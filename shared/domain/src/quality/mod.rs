//! How good records are, and how well two systems agree about them. Pure: records go in one by one, findings come out.
//!
//! Nothing here holds a value of a record beyond the time it takes to compare it: findings name keys and fields, count, and show what
//! two people have in common masked. Begin at [`QualityReport`]: what there is to say about a run, with its [`Score`].

mod addresses;
mod agreement;
mod consistency;
mod duplicates;
mod listed;
mod names;
mod normal;
mod report;
mod required;
mod sample;
mod score;

pub use agreement::{Agreement, AgreementCheck, FieldAgreement, Moved};
pub use consistency::{Consistency, ConsistencyCheck, ConsistencyRule, Inconsistency};
pub use duplicates::{Duplicate, DuplicateKind, DuplicateSearch, Duplicates, duplicates};
pub use listed::Listed;
pub use report::{DuplicateReport, End, OfKind, QualityReport, ReportError};
pub use required::{Completeness, CompletenessCheck, FieldFilled, Need, NeedMet, Validity, needs};
pub use sample::{Sample, Walk};
pub use score::{Judged, PartScore, Score, ScorePart};
