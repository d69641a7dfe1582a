//! To be furnished: see ARCHITECTURE.md.
pub mod template;
