//! How much of two systems is compared, and which part of it.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// How much of what a flow holds is compared with the target. The source is always read whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "walk", rename_all = "kebab-case")]
pub enum Walk {
    Everything,
    /// So many records, drawn by the seed. The same seed draws the same records, in whatever order they are listed.
    Sample {
        count: u64,
        seed: u64,
    },
}

/// Keeps so many of the records it is shown, every one with the same chance.
#[derive(Debug)]
pub struct Sample<T> {
    count: usize,
    seed: u64,
    kept: BTreeMap<(u64, String), T>,
}

impl<T> Sample<T> {
    pub fn new(count: u64, seed: u64) -> Self {
        Self { count: usize::try_from(count).unwrap_or(usize::MAX), seed, kept: BTreeMap::new() }
    }

    /// Keeps those whose keys come first by a hash with the seed (bottom-k sampling).
    pub fn show(&mut self, key: &str, record: T) {
        let mut digest = Sha256::new();
        digest.update(self.seed.to_be_bytes());
        digest.update(key);
        let rank = digest.finalize().iter().take(8).fold(0, |rank, byte| rank << 8 | u64::from(*byte));
        self.kept.insert((rank, key.to_owned()), record);
        if self.kept.len() > self.count {
            self.kept.pop_last();
        }
    }

    pub fn into_kept(self) -> Vec<T> {
        self.kept.into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn drawn(seed: u64, keys: impl Iterator<Item = u32>) -> BTreeSet<u32> {
        let mut sample = Sample::new(50, seed);
        for key in keys {
            sample.show(&format!("tenants/{key}"), key);
        }
        sample.into_kept().into_iter().collect()
    }

    #[test]
    fn a_seed_draws_the_same_records_in_any_order() {
        let one = drawn(7, 0..1000);
        assert_eq!(one.len(), 50);
        assert_eq!(one, drawn(7, (0..1000).rev()));
        assert_ne!(one, drawn(8, 0..1000));
        // From everywhere: with an even chance all fifty in one half is a thing that does not happen.
        assert!(one.iter().any(|key| *key < 500) && one.iter().any(|key| *key >= 500));
        assert_eq!(drawn(7, 0..20).len(), 20);
    }
}
