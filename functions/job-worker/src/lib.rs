//! To be furnished: see ARCHITECTURE.md.
