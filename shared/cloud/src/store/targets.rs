//! What a target calls the things records are written to: found at set-up, and different from account to account.

use super::{
    OrgTable, StoreError,
    item::{Change, get_json, json},
    keys::Key,
};
use lintel_connectors::roles::TargetIds;
use lintel_domain::ids::ConnectionId;

impl OrgTable {
    /// `None` before the first set-up.
    pub async fn target_ids(&self, connection: &ConnectionId) -> Result<Option<TargetIds>, StoreError> {
        let doing = "read a target's ids";
        match self.get(doing, self.target_key(connection)).await? {
            Some(item) => get_json(doing, &item, "ids"),
            None => Ok(None),
        }
    }

    pub async fn save_target_ids(&self, connection: &ConnectionId, ids: &TargetIds) -> Result<(), StoreError> {
        let doing = "note a target's ids";
        let change = Change::default().set("ids", json(doing, ids)?);
        self.update(doing, self.target_key(connection), change).await.map(drop)
    }

    fn target_key(&self, connection: &ConnectionId) -> Key {
        Key { pk: self.partition("CONNECTIONS"), sk: format!("TARGET#{connection}") }
    }
}
