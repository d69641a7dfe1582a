//! What waits for a person: rows that could not be used, and things to look at.

use super::{
    OrgTable, StoreError,
    item::{Change, Item, Row, get_json, get_text, json, require_json},
    keys::Key,
};
use jiff::Timestamp;
use lintel_domain::{
    ids::QuarantineId,
    private::{self, Private},
};
use serde::{Deserialize, Serialize};

/// A row kept whole with the reason it could not be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuarantineRow {
    /// Made from what the row is, so that reading the same source twice keeps one entry.
    pub id: QuarantineId,
    /// Where it came from and how it is replayed: `mail:<id>`, `feed:<id>`.
    pub origin: String,
    /// Stable, for filters: `unmapped-property`.
    pub code: String,
    /// In words, without guest data.
    pub reason: String,
    #[serde(with = "private::stored")]
    pub content: Private,
    pub at: Timestamp,
}

/// Something an operator should look at. One entry a code and subject, however often it is noticed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttentionRow {
    pub code: String,
    /// What it is about: a stay's key, a feed, a mail.
    pub subject: String,
    pub text: String,
    pub at: Timestamp,
}

impl OrgTable {
    /// Keeps a row that could not be used; tells whether it is new.
    pub async fn quarantine(&self, entry: &QuarantineRow) -> Result<bool, StoreError> {
        let doing = "set a row aside";
        let row = Row::new(self.quarantine_key(&entry.id)).with("entry", json(doing, entry)?);
        self.put_new(doing, row).await
    }

    pub async fn quarantined(&self) -> Result<Vec<QuarantineRow>, StoreError> {
        let doing = "list quarantined rows";
        entries(doing, &self.query(doing, self.partition("QUARANTINE"), " ").await?)
    }

    /// One row that could not be used, if it is still there.
    pub async fn set_aside(&self, id: &QuarantineId) -> Result<Option<QuarantineRow>, StoreError> {
        let doing = "read a row that was set aside";
        let item = self.get(doing, self.quarantine_key(id)).await?;
        item.map(|item| require_json(doing, &item, "entry")).transpose()
    }

    /// Puts another content into a quarantined row; tells whether it was still as it was read.
    pub async fn requarantine(&self, read: &QuarantineRow, content: Private) -> Result<bool, StoreError> {
        let doing = "reseal a row that was set aside";
        let entry = QuarantineRow { content, ..read.clone() };
        let change = Change::default()
            .set("entry", json(doing, &entry)?)
            .only_if("entry = :read", &[(":read", json(doing, read)?)]);
        Ok(self.update(doing, self.quarantine_key(&read.id), change).await?.is_some())
    }

    /// Takes an entry out: its row was used after all, or an operator dismissed it.
    pub async fn release(&self, id: &QuarantineId) -> Result<(), StoreError> {
        self.delete("release a quarantined row", self.quarantine_key(id)).await
    }

    /// Notes something to look at; tells whether it is new.
    pub async fn notice(&self, entry: &AttentionRow) -> Result<bool, StoreError> {
        let doing = "note something to look at";
        let key = self.attention_key(&entry.code, &entry.subject);
        self.put_new(doing, Row::new(key).with("entry", json(doing, entry)?)).await
    }

    pub async fn attention(&self) -> Result<Vec<AttentionRow>, StoreError> {
        let doing = "list what to look at";
        entries(doing, &self.query(doing, self.partition("ATTENTION"), " ").await?)
    }

    /// Clears an entry whose cause has gone.
    pub async fn clear_attention(&self, code: &str, subject: &str) -> Result<(), StoreError> {
        self.delete("clear an entry", self.attention_key(code, subject)).await
    }

    fn quarantine_key(&self, id: &QuarantineId) -> Key {
        Key { pk: self.partition("QUARANTINE"), sk: id.to_string() }
    }

    fn attention_key(&self, code: &str, subject: &str) -> Key {
        Key { pk: self.partition("ATTENTION"), sk: format!("{code}#{subject}") }
    }
}

fn entries<T: serde::de::DeserializeOwned>(doing: &str, items: &[Item]) -> Result<Vec<T>, StoreError> {
    items
        .iter()
        .filter(|item| get_text(item, "entry").is_some())
        .filter_map(|item| get_json(doing, item, "entry").transpose())
        .collect()
}
