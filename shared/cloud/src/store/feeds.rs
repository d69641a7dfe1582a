//! What polling has learned of each feed. Written only when something changed: a quiet cycle costs no write.

use super::{
    OrgTable, StoreError,
    item::{Change, Item, get_number, get_text, json, number, text},
    keys::Key,
};
use aws_sdk_dynamodb::types::TransactWriteItem;
use jiff::Timestamp;
use lintel_domain::ids::{FeedId, PropertyId};
use serde::{Deserialize, Serialize};

/// The poller's part (`facts`) and the planner's (`open_misses`) are attributes of their own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FeedRow {
    /// Hash over the events of the last whole read, without what changes at every fetch.
    pub content_hash: Option<String>,
    /// The same of a later read that was not whole, so that it is handed on once only.
    pub doubtful_hash: Option<String>,
    pub etag: Option<String>,
    pub last_modified: Option<String>,
    /// Where the last whole read lies in the object store.
    pub object: Option<String>,
    pub changed_at: Option<Timestamp>,
    /// Reads that failed in a row.
    pub failures: u32,
    /// Why the last one did, as a stable code.
    pub failure: Option<String>,
    /// Not polled before.
    pub not_before: Option<Timestamp>,
    /// The feed moved for good; the new host, never the whole address.
    pub moved_to_host: Option<String>,
    /// Where the feed's stays were handed to, and under which settings they were read. Content read under other settings
    /// is not known content.
    pub property: Option<PropertyId>,
    pub read_under: Option<String>,
    /// Stays of this feed that were missing from its last reads: an unchanged read counts, too.
    #[serde(skip)]
    pub open_misses: u32,
}

impl OrgTable {
    fn feed_key(&self, feed: &FeedId) -> Key {
        Key { pk: self.partition("FEEDS"), sk: format!("FEED#{feed}") }
    }

    pub async fn feed_rows(&self) -> Result<Vec<(FeedId, FeedRow)>, StoreError> {
        let items = self.query_prefix("list feeds", self.partition("FEEDS"), "FEED#").await?;
        items
            .iter()
            .filter_map(|item| Some((FeedId::new(get_text(item, "id")?), item)))
            .map(|(id, item)| Ok((id, feed_row(item)?)))
            .collect()
    }

    pub async fn feed_row(&self, feed: &FeedId) -> Result<FeedRow, StoreError> {
        match self.get("read a feed's row", self.feed_key(feed)).await? {
            Some(item) => feed_row(&item),
            None => Ok(FeedRow::default()),
        }
    }

    /// Writes the poller's part.
    pub async fn save_feed_row(&self, feed: &FeedId, row: &FeedRow) -> Result<(), StoreError> {
        let doing = "note what a poll learned";
        let change = Change::default().set("id", text(feed.as_str())).set("facts", json(doing, row)?);
        self.update(doing, self.feed_key(feed), change).await.map(drop)
    }

    pub(super) fn note_open_misses(&self, feed: &FeedId, misses: u32) -> Result<TransactWriteItem, StoreError> {
        let change = Change::default().set("id", text(feed.as_str())).set("open_misses", number(misses));
        self.transact_update("note open misses of a feed", self.feed_key(feed), change)
    }
}

fn feed_row(item: &Item) -> Result<FeedRow, StoreError> {
    let facts = super::item::get_json("read a feed's row", item, "facts")?;
    Ok(FeedRow { open_misses: get_number(item, "open_misses").unwrap_or_default(), ..facts.unwrap_or_default() })
}
