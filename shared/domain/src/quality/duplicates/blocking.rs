//! Which records are compared at all.

use std::hash::{DefaultHasher, Hash, Hasher};

/// Up to here every record of a block is compared with every other.
const SMALL: usize = 40;
/// In larger blocks each is compared with so many that follow in order.
const NEIGHBOURS: usize = 10;

/// The same in every process.
pub(super) fn hashed(key: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}

/// The blocks records belong to.
#[derive(Debug, Default)]
pub(super) struct Blocks(Vec<(u64, usize)>);

impl Blocks {
    /// Puts a record into the block of a key. Keys that collide cost comparisons and change no finding.
    pub(super) fn put(&mut self, key: impl Hash, record: usize) {
        self.0.push((hashed(key), record));
    }

    /// Hands over every pair that is worth a look, the first before the second; some more than once.
    pub(super) fn pairs<K: Ord>(mut self, order: impl Fn(usize) -> K, mut compare: impl FnMut(usize, usize)) {
        self.0.sort_unstable();
        self.0.dedup();
        for block in self.0.chunk_by(|(one, _), (other, _)| one == other) {
            let mut records: Vec<usize> = block.iter().map(|(_, record)| *record).collect();
            let reach = if records.len() <= SMALL {
                SMALL
            } else {
                records.sort_by_key(|record| (order(*record), *record));
                NEIGHBOURS
            };
            for (at, one) in records.iter().enumerate() {
                for other in records.iter().skip(at + 1).take(reach) {
                    compare(*one.min(other), *one.max(other));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_block_costs_its_length_and_not_its_square() {
        let mut blocks = Blocks::default();
        for record in 0..10_000 {
            blocks.put("one", record);
            blocks.put("one", record);
        }
        let mut pairs = 0;
        blocks.pairs(
            |record| record,
            |one, other| {
                assert!(one < other && other <= one + NEIGHBOURS);
                pairs += 1;
            },
        );
        assert_eq!(pairs, 10_000 * NEIGHBOURS - NEIGHBOURS * (NEIGHBOURS + 1) / 2);
    }
}
