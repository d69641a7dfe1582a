//! Records of the target's own that are about to become the flow's. Who owns one is told by our key in it, and two workers may find it
//! without one at the same time: so each is kept from others, before it is read, until all is written down.

use super::{Push, TOGETHER};
use crate::{SyncError, engine::over};
use futures::{FutureExt, StreamExt, TryStreamExt, stream};
use lintel_cloud::store::TargetRecord;
use lintel_domain::records::RecordKey;
use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The target's ids of what is kept, each with the record that it is kept for.
#[derive(Debug, Default)]
pub(super) struct Taking(Mutex<BTreeMap<String, RecordKey>>);

impl Taking {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, RecordKey>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Push<'_> {
    /// Keeps one of the target's records from others. Answers the record that it is kept for: another one of the page may have been
    /// before this one.
    pub(super) async fn keep(&self, id: &str, record: &RecordKey) -> Result<RecordKey, SyncError> {
        if let Some(kept) = self.taking.lock().get(id) {
            return Ok(kept.clone());
        }
        // Before anything is waited for: other parts of the page are on their way at the same time.
        self.taking.lock().insert(id.to_owned(), record.clone());
        let until = over(self.deadline, self.now);
        if self.table.hold_target(self.target_record(id), self.now, until).await? {
            return Ok(record.clone());
        }
        self.taking.lock().remove(id);
        Err(SyncError::Busy)
    }

    pub(super) async fn let_go(&self) -> Result<(), SyncError> {
        let kept = std::mem::take(&mut *self.taking.lock());
        let until = over(self.deadline, self.now);
        let each: Vec<_> =
            kept.keys().map(|id| self.table.let_go_of_target(self.target_record(id), until).boxed()).collect();
        Ok(stream::iter(each).buffer_unordered(TOGETHER).try_collect().await?)
    }

    fn target_record<'a>(&'a self, id: &'a str) -> TargetRecord<'a> {
        TargetRecord { connection: &self.open.flow.to, stream: self.open.writing.stream(), id }
    }
}
