//! Handing a read over to the planner: content first, then the row that stands for the work, then the message.

use crate::{
    messages::{StayWork, StaysMessage},
    objects::{ObjectError, Objects},
    queues::{QueueError, QueueUrl, Queues},
    store::{SnapshotRow, StoreError, Table},
};
use futures::future::try_join_all;
use jiff::Timestamp;
use lintel_domain::{ids::OrgId, snapshot::Snapshot};

const LARGEST: usize = 64 * 1024 * 1024;
/// Parts of one report stored side by side.
const AT_ONCE: usize = 16;

#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Object(#[from] ObjectError),
    #[error(transparent)]
    Queue(#[from] QueueError),
    #[error("read snapshot {id}: {reason}")]
    Unreadable { id: String, reason: String },
}

#[derive(Clone, Debug)]
pub struct SnapshotStore {
    table: Table,
    objects: Objects,
}

impl SnapshotStore {
    pub fn new(table: Table, objects: Objects) -> Self {
        Self { table, objects }
    }

    /// Stores, writes down and announces every snapshot. Repeating it repeats nothing but the messages.
    pub async fn hand_over(
        &self,
        queues: &Queues,
        stays: &QueueUrl,
        org: &OrgId,
        snapshots: &[Snapshot],
        now: Timestamp,
    ) -> Result<(), SnapshotError> {
        for together in snapshots.chunks(AT_ONCE) {
            try_join_all(together.iter().map(|snapshot| self.write_down(org, snapshot, now))).await?;
        }
        let messages: Vec<StaysMessage> = snapshots
            .iter()
            .map(|snapshot| StaysMessage::V1 {
                org: org.clone(),
                property: snapshot.property.clone(),
                work: StayWork::Snapshot { id: snapshot.id.clone() },
            })
            .collect();
        queues.send_all(stays, org, &messages).await?;
        Ok(())
    }

    pub async fn content(&self, row: &SnapshotRow) -> Result<Snapshot, SnapshotError> {
        let content = self.objects.get(&row.object, LARGEST).await?;
        serde_json::from_slice(&content)
            .map_err(|error| SnapshotError::Unreadable { id: row.id.to_string(), reason: error.to_string() })
    }

    async fn write_down(&self, org: &OrgId, snapshot: &Snapshot, now: Timestamp) -> Result<(), SnapshotError> {
        let object = format!("snapshots/{org}/{}.json", snapshot.id);
        let content = serde_json::to_vec(snapshot)
            .map_err(|error| SnapshotError::Unreadable { id: snapshot.id.to_string(), reason: error.to_string() })?;
        self.objects.put(&object, content.into()).await?;
        self.table.org(org).accept_snapshot(&snapshot.id, &snapshot.property, &object, now).await?;
        Ok(())
    }
}
