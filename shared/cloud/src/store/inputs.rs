//! What waits to be applied to a property: a read of a source, an operator's choice, an office's edit.
//!
//! The row is the work; a message about it is only a hint. A read's content lies in the object store, all else in the row.

use super::{
    OrgTable, StoreError, WorkKind,
    item::{Change, Row, get_text, json, require_json, seconds, text},
};
use aws_sdk_dynamodb::types::TransactWriteItem;
use jiff::{SignedDuration, Timestamp};
use lintel_domain::{
    ids::{InputId, PropertyId},
    planner::Input,
};
use serde::{Deserialize, Serialize};

/// How long an applied input is remembered, so that a late duplicate of its message does nothing.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24 * 30);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputState {
    Pending,
    Done,
}

/// Where an input's content lies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "v", rename_all = "snake_case")]
pub enum InputContent {
    /// A snapshot in the object store: as large as its source.
    #[serde(rename = "1-stored")]
    Stored { object: String },
    #[serde(rename = "1-inline")]
    Inline { input: Input },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputRow {
    pub id: InputId,
    pub property: PropertyId,
    pub content: InputContent,
    pub state: InputState,
}

impl OrgTable {
    /// Writes an input down as work; tells whether it is new. What it refers to must be in the object store already.
    pub async fn accept_input(
        &self,
        id: &InputId,
        property: &PropertyId,
        content: &InputContent,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let doing = "write down an input";
        let row = Row::new(self.input_key(id))
            .with("id", text(id.as_str()))
            .with("property", text(property.as_str()))
            .with("content", json(doing, content)?)
            .with("progress", text("pending"))
            .work(self.work_partition(WorkKind::Stays), now);
        self.put_new(doing, row).await
    }

    pub async fn input(&self, id: &InputId) -> Result<Option<InputRow>, StoreError> {
        let doing = "read an input";
        let Some(item) = self.get(doing, self.input_key(id)).await? else { return Ok(None) };
        let done = get_text(&item, "progress") == Some("done");
        Ok(Some(InputRow {
            id: id.clone(),
            property: PropertyId::new(get_text(&item, "property").unwrap_or_default()),
            content: require_json(doing, &item, "content")?,
            state: if done { InputState::Done } else { InputState::Pending },
        }))
    }

    /// Marks an input as applied where applying it changed nothing else.
    pub async fn finish_input(&self, id: &InputId, now: Timestamp) -> Result<(), StoreError> {
        self.update("finish an input", self.input_key(id), finished(now)).await.map(drop)
    }

    pub(super) fn finish_input_with(&self, id: &InputId, now: Timestamp) -> Result<TransactWriteItem, StoreError> {
        self.transact_update("finish an input", self.input_key(id), finished(now))
    }
}

fn finished(now: Timestamp) -> Change {
    Change::default().set("progress", text("done")).set("expires_at", seconds(now + REMEMBERED)).no_work()
}
