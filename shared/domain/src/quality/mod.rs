//! How good records are, and how well two systems agree about them. Pure: records go in one by one, findings come out.

mod addresses;
mod duplicates;
mod names;
mod normal;

pub use duplicates::{Duplicate, DuplicateKind, DuplicateSearch, Duplicates, duplicates};
