//! What the benchmarks of record sync share: the vendors' process, the place of a run, the bound, the verdict.

mod bound;
mod place;
mod vendors;
mod verdict;

pub use bound::{Limit, Load, SOURCE, TARGET};
pub use place::{Place, Ran, flow, organization, secrets, set_up};
pub use vendors::{Asked, PHONE_KEPT, Stand, Vendors, serve_if_asked};
pub use verdict::Verdict;
