//! Batches that are all or nothing: one that is refused is halved until what is at fault stands alone.

/// Batches that are still to be tried, in the order of what is in them.
#[derive(Debug)]
pub(crate) struct Halves<'a, T>(Vec<&'a [T]>);

impl<'a, T> Halves<'a, T> {
    pub(crate) fn of(items: &'a [T], size: usize) -> Self {
        Self(items.chunks(size.max(1)).rev().collect())
    }

    pub(crate) fn next(&mut self) -> Option<&'a [T]> {
        self.0.pop()
    }

    /// Takes a refused batch back in halves, which come next; answers what stands alone in it.
    pub(crate) fn refused(&mut self, batch: &'a [T]) -> Option<&'a T> {
        if let [alone] = batch {
            return Some(alone);
        }
        let (first, second) = batch.split_at(batch.len() / 2);
        self.0.extend([second, first]);
        None
    }
}
