//! Long lists, cut.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Entries of one list that are told.
const MOST: usize = 25;

/// How many there are, and the first of them in order. Which these are does not depend on the order they came in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed<T: Ord> {
    pub total: u64,
    /// At most 25.
    pub shown: BTreeSet<T>,
}

impl<T: Ord> Listed<T> {
    pub fn add(&mut self, entry: T) {
        self.total += 1;
        self.shown.insert(entry);
        if self.shown.len() > MOST {
            self.shown.pop_last();
        }
    }

    pub fn is_empty(&self) -> bool {
        self.total == 0
    }

    /// How many are not shown.
    pub fn left_out(&self) -> u64 {
        self.total - (self.shown.len() as u64).min(self.total)
    }
}

impl<T: Ord> Default for Listed<T> {
    fn default() -> Self {
        Self { total: 0, shown: BTreeSet::new() }
    }
}

impl<T: Ord> Extend<T> for Listed<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, entries: I) {
        entries.into_iter().for_each(|entry| self.add(entry));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_in_order_are_shown_and_all_are_counted() {
        let mut listed = Listed::default();
        listed.extend((0..100).rev());
        assert_eq!((listed.total, listed.left_out()), (100, 75));
        assert!(listed.shown.iter().copied().eq(0..25));
    }
}
