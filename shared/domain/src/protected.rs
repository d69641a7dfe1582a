//! Text that is kept encrypted: tax ids, and whatever else an organization names.

use std::fmt;
use zeroize::Zeroizing;

/// The plain text of a protected field, for the short way between the vault and its one use.
///
/// It cannot be printed, compared, copied or serialised, and its memory is overwritten when it is dropped. Where it is kept
/// it is sealed; where it is shown it is a [`crate::mask::Masked`].
pub struct Protected(Zeroizing<String>);

impl Protected {
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text itself. Every call is a place to ask where it goes next.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Protected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<protected>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_a_placeholder_wherever_it_is_nested() {
        let protected = Protected::new("900-55-0142");
        assert_eq!(format!("{protected:?}"), "<protected>");
        assert_eq!(format!("{:?}", Some([protected])), "Some([<protected>])");
        assert_eq!(Protected::new("900-55-0142").expose(), "900-55-0142");
    }

    /// Asks for `NotThese` without saying which: two ways to have it, for a type that is one of these, do not compile.
    #[test]
    fn it_has_no_display_no_serialisation_and_no_copy() {
        trait NotThese<Way> {
            const HELD: () = ();
        }
        struct Displays;
        struct Serialises;
        struct Clones;
        impl<T> NotThese<()> for T {}
        impl<T: fmt::Display> NotThese<Displays> for T {}
        impl<T: serde::Serialize> NotThese<Serialises> for T {}
        impl<T: Clone> NotThese<Clones> for T {}
        let () = <Protected as NotThese<_>>::HELD;
    }
}
