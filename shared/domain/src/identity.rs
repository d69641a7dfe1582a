//! Who an entry is.

/// Nights above which an entry is taken for a fault of its source.
pub const MAX_NIGHTS: u32 = 1_100;
