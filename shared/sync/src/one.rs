//! One record that is looked at by itself, and what is kept from others meanwhile.

use crate::{OpenFlow, SyncError, engine::over, pull::Pulled};
use jiff::Timestamp;
use lintel_cloud::store::OrgTable;
use lintel_connectors::transport::Deadline;
use lintel_domain::{records::RecordKey, sync::Link};
use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

/// A record of the source by its id, with those that stand within it.
pub(crate) struct One<'a> {
    pub(crate) open: &'a OpenFlow,
    pub(crate) table: &'a OrgTable,
    pub(crate) key: RecordKey,
    pub(crate) now: Timestamp,
    pub(crate) deadline: Deadline,
    kept: Mutex<BTreeSet<RecordKey>>,
}

impl<'a> One<'a> {
    pub(crate) fn new(open: &'a OpenFlow, table: &'a OrgTable, id: &str, now: Timestamp, deadline: Deadline) -> Self {
        let key = RecordKey::new(open.reading.name(), id);
        Self { open, table, key, now, deadline, kept: Mutex::default() }
    }

    /// Keeps a record from other workers.
    pub(crate) async fn hold(&self, key: &RecordKey) -> Result<(), SyncError> {
        if self.kept().contains(key) {
            return Ok(());
        }
        let until = over(self.deadline, self.now);
        if !self.table.hold_link(&self.open.id, key, self.now, until).await? {
            return Err(SyncError::Busy);
        }
        self.kept().insert(key.clone());
        Ok(())
    }

    pub(crate) async fn let_go(&self) -> Result<(), SyncError> {
        let kept = std::mem::take(&mut *self.kept());
        for key in &kept {
            self.table.let_go_of_link(&self.open.id, key).await?;
        }
        Ok(())
    }

    /// When the flow's last run began; an error while one is on.
    pub(crate) async fn stand(&self) -> Result<Option<Timestamp>, SyncError> {
        let row = self.table.flow_row(&self.open.id).await?;
        if row.running.is_some() { Err(SyncError::Busy) } else { Ok(row.began_at) }
    }

    /// The links of which the source would have told, and did not. Where records stand within others' lists, one that is not in this
    /// list may be in another: a whole read tells.
    pub(crate) async fn silent(&self, records: &[Pulled]) -> Result<Vec<Link>, SyncError> {
        let stream = self.open.source.manifest().streams.get(self.open.reading.stream());
        if stream.is_some_and(|stream| stream.around.is_some()) {
            return Ok(Vec::new());
        }
        let told: BTreeSet<&RecordKey> = records.iter().map(|record| &record.key).collect();
        let mut links = self.table.links_about(&self.open.id, self.open.entity(), &self.key).await?;
        links.retain(|link| !told.contains(&link.key));
        Ok(links)
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, BTreeSet<RecordKey>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
