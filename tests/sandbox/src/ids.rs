//! Seeded identifiers in the vendors' shapes.

use fastrand::Rng;

/// `prefix` and 32 lower-case hexadecimal digits.
pub(crate) fn hex32(rng: &mut Rng, prefix: &str) -> String {
    format!("{prefix}{:032x}", rng.u128(..))
}

/// In the form of a random UUID.
pub(crate) fn uuid(rng: &mut Rng) -> String {
    let digits = format!("{:032x}", rng.u128(..));
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    format!("{}-{}-4{}-a{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
}
