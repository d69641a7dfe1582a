//! Rows by id.

use super::kept::Kept;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Ids of each kind start here, so that those of one kind are those of another, too.
const BEFORE_FIRST: u32 = 10_000;

/// A record, and what the change filters go by, which most records do not show.
#[derive(Clone, Debug)]
pub(super) struct Row<T> {
    pub(super) record: T,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
}

/// Rows of one kind. Ids are never given twice.
#[derive(Debug)]
pub struct Table<T> {
    rows: BTreeMap<u32, Row<T>>,
    last_id: u32,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { rows: BTreeMap::new(), last_id: BEFORE_FIRST }
    }
}

impl<T: Kept> Table<T> {
    /// Takes a record in, under a new id unless it brings one.
    pub(super) fn insert(&mut self, mut record: T, at: Timestamp) -> u32 {
        if record.id() == 0 {
            record.set_id(self.last_id + 1);
        }
        let id = record.id();
        self.last_id = self.last_id.max(id);
        self.rows.insert(id, Row { record, created: at, updated: at });
        id
    }

    pub(super) fn get(&self, id: u32) -> Option<&T> {
        self.rows.get(&id).map(|row| &row.record)
    }

    pub(super) fn row(&self, id: u32) -> Option<&Row<T>> {
        self.rows.get(&id)
    }

    pub(super) fn row_mut(&mut self, id: u32) -> Option<&mut Row<T>> {
        self.rows.get_mut(&id)
    }

    pub(super) fn remove(&mut self, id: u32) -> Option<T> {
        self.rows.remove(&id).map(|row| row.record)
    }

    /// By id.
    pub(super) fn rows(&self) -> impl Iterator<Item = &Row<T>> {
        self.rows.values()
    }

    pub(super) fn ids(&self) -> Vec<u32> {
        self.rows.keys().copied().collect()
    }
}
