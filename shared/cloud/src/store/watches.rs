//! Registrations at vendors that tell of changes, and how far what they tell was followed.

use super::{
    OrgTable, StoreError,
    item::{Change, get_json, json},
    keys::Key,
};
use jiff::Timestamp;
use lintel_domain::ids::{ConnectionId, WatchId};
use serde::{Deserialize, Serialize};

/// One connection's registration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchRow {
    pub watch: WatchId,
    /// Where reading goes on.
    pub cursor: u64,
    pub expires_at: Timestamp,
    /// When the whole table was last read, in case something was told to nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_whole_at: Option<Timestamp>,
}

impl OrgTable {
    fn watch_key(&self, connection: &ConnectionId) -> Key {
        Key { pk: self.partition("CONNECTIONS"), sk: format!("WATCH#{connection}") }
    }

    pub async fn watch(&self, connection: &ConnectionId) -> Result<Option<WatchRow>, StoreError> {
        let doing = "read a watch";
        match self.get(doing, self.watch_key(connection)).await? {
            Some(item) => get_json(doing, &item, "watch"),
            None => Ok(None),
        }
    }

    pub async fn save_watch(&self, connection: &ConnectionId, row: &WatchRow) -> Result<(), StoreError> {
        let doing = "note a watch";
        let change = Change::default().set("watch", json(doing, row)?);
        self.update(doing, self.watch_key(connection), change).await.map(drop)
    }
}
