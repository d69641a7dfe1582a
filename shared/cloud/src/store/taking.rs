//! A target's own records that are about to become a flow's: kept from other workers meanwhile, whatever flow those work for.

use super::{
    OrgTable, StoreError,
    item::{Change, seconds, sortable, text},
    keys::Key,
};
use jiff::Timestamp;
use lintel_domain::ids::ConnectionId;

/// One record of a target.
#[derive(Clone, Copy, Debug)]
pub struct TargetRecord<'a> {
    pub connection: &'a ConnectionId,
    pub stream: &'a str,
    /// The target's.
    pub id: &'a str,
}

impl OrgTable {
    /// Keeps a record of a target for one worker until a moment; tells whether it was free.
    pub async fn hold_target(
        &self,
        record: TargetRecord<'_>,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let change = Change::default().hold(now, until).set("expires_at", seconds(until));
        Ok(self.update("hold a target's record", self.taking_key(record), change).await?.is_some())
    }

    /// Lets go of what was kept until that moment.
    pub async fn let_go_of_target(&self, record: TargetRecord<'_>, until: Timestamp) -> Result<(), StoreError> {
        let own = [(":until", text(sortable(until)))];
        self.delete_if("let go of a target's record", self.taking_key(record), "held_until = :until", &own).await
    }

    fn taking_key(&self, TargetRecord { connection, stream, id }: TargetRecord<'_>) -> Key {
        Key { pk: self.partition("CONNECTIONS"), sk: format!("TAKING#{connection}#{stream}#{id}") }
    }
}
