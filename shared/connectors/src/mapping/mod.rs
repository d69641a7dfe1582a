//! Mappings: vendors' fields to canonical ones and back, read from `mapping.toml`.
//!
//! A field that is read gives an expression over the vendor's record. A field that is written, too, names the vendor's field; what
//! cannot be said by the field's kind alone gives expressions for either way.

mod compiled;
mod file;

pub use compiled::{Mapped, Mapping};
pub use file::{FieldMapping, MappingError, Mappings, StreamMapping};
