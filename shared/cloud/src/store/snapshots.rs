//! Reads of sources waiting to be applied. The content lies in the object store; the row says whether it is done.

use super::{
    OrgTable, StoreError, WorkKind,
    item::{Change, Row, get_text, seconds, text},
};
use aws_sdk_dynamodb::types::TransactWriteItem;
use jiff::{SignedDuration, Timestamp};
use lintel_domain::ids::{PropertyId, SnapshotId};

/// How long an applied read is remembered, so that a late duplicate of its message does nothing.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24 * 30);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SnapshotState {
    Pending,
    Done,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotRow {
    pub id: SnapshotId,
    pub property: PropertyId,
    /// Where in the object store the content lies.
    pub object: String,
    pub state: SnapshotState,
}

impl OrgTable {
    /// Writes a read down as work; tells whether it is new. Its content must be in the object store already.
    pub async fn accept_snapshot(
        &self,
        id: &SnapshotId,
        property: &PropertyId,
        object: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let row = Row::new(self.snapshot_key(id))
            .with("id", text(id.as_str()))
            .with("property", text(property.as_str()))
            .with("object", text(object))
            .with("progress", text("pending"))
            .work(self.work_partition(WorkKind::Stays), now);
        self.put_new("write down a read", row).await
    }

    pub async fn snapshot(&self, id: &SnapshotId) -> Result<Option<SnapshotRow>, StoreError> {
        let Some(item) = self.get("read a snapshot row", self.snapshot_key(id)).await? else { return Ok(None) };
        Ok(Some(SnapshotRow {
            id: id.clone(),
            property: PropertyId::new(get_text(&item, "property").unwrap_or_default()),
            object: get_text(&item, "object").unwrap_or_default().to_owned(),
            state: if get_text(&item, "progress") == Some("done") {
                SnapshotState::Done
            } else {
                SnapshotState::Pending
            },
        }))
    }

    /// Marks a read as applied where applying it changed nothing else.
    pub async fn finish_snapshot(&self, id: &SnapshotId, now: Timestamp) -> Result<(), StoreError> {
        self.update("finish a read", self.snapshot_key(id), finished(now)).await.map(drop)
    }

    pub(super) fn finish_snapshot_with(
        &self,
        id: &SnapshotId,
        now: Timestamp,
    ) -> Result<TransactWriteItem, StoreError> {
        self.transact_update("finish a read", self.snapshot_key(id), finished(now))
    }
}

fn finished(now: Timestamp) -> Change {
    Change::default().set("progress", text("done")).set("expires_at", seconds(now + REMEMBERED)).no_work()
}
