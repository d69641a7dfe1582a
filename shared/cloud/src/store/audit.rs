//! Who did what to a record, and why: accesses to protected fields, writes at vendors, decisions of people. Rows are only ever added.
//!
//! No row holds personal data of a record as it is: values stand as [`Masked`], records as ids. `who` and `why` are the house's own
//! words, or how an office names its own people.

use super::{
    OrgTable, StoreError,
    item::{Item, Row, json, require_json, seconds, sortable},
    keys::Key,
    packed::{packed, unpacked},
};
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use lintel_domain::{
    ids::{AuditId, ConnectionId, FlowId, RunId},
    mask::Masked,
    sync::Side,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How long a row is kept unless somebody asks for another time: a year, and a month to ask about it.
pub const AUDIT_KEPT: SignedDuration = SignedDuration::from_hours(24 * 400);

/// Fewer entries than this stand alone, where they are found at once.
const WORTH_PACKING: usize = 10;
/// Entries of one row at most.
const AT_ONCE: usize = 100;
/// Bytes of packed entries. A row may have 400 KB.
const LARGEST: usize = 300_000;
/// What the sort keys of rows of several entries begin with.
const AT: &str = "AT#";

/// On whose behalf something is done, and to what end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purpose {
    /// A function, or a person at the command line or behind an office's software: `sync-people`, `operator ann`.
    pub who: String,
    /// `flow people-to-crm sends tax_id`.
    pub why: String,
}

impl Purpose {
    /// Characters of a name or a reason.
    pub const LONGEST: usize = 200;

    /// Whether a name or a reason that a person gave tells the readers of an audit something.
    pub fn takes(text: &str) -> bool {
        !text.trim().is_empty() && text.chars().count() <= Self::LONGEST && !text.chars().any(char::is_control)
    }

    pub fn new(who: impl Into<String>, why: impl Into<String>) -> Self {
        Self { who: who.into(), why: why.into() }
    }
}

/// One thing that was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// The same id at the same moment is the same entry, however often it is written.
    pub id: AuditId,
    pub at: Timestamp,
    /// Lintel's own id of the record it was done to.
    pub record: String,
    #[serde(flatten)]
    pub purpose: Purpose,
    #[serde(flatten)]
    pub act: Act,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "kebab-case")]
pub enum Act {
    /// A protected field was handed out in plain text.
    Opened { field: String, key: String },
    /// A protected field was asked for and not handed out.
    Refused { field: String, key: String, reason: String },
    /// A new data key took effect.
    KeyRotated { key: String },
    /// A data key was given up: what was sealed under it opens no more.
    KeyRetired { key: String },
    /// A record was written at a vendor.
    Written {
        connection: ConnectionId,
        /// The vendor's id of its record.
        vendor_id: String,
        write: WriteKind,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        changes: Vec<FieldChange>,
    },
    /// A person said whose value of a field is right. The values are those that were to be chosen from.
    Decided {
        flow: FlowId,
        field: String,
        take: Side,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        source: Option<Masked>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        target: Option<Masked>,
    },
    /// A person had the record tried or made again.
    Lifted { flow: FlowId, lift: Lift },
    /// A person let go of the records that were missing at the source all at once. Stands under [`flow_record`].
    Approved { flow: FlowId, run: RunId, missing: u64 },
}

/// What a person has done about a record at which the engine stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lift {
    TryAgain,
    MakeAgain,
}

/// What an audit calls a flow as a whole.
pub fn flow_record(flow: &FlowId) -> String {
    format!("flow:{flow}")
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WriteKind {
    Created,
    Updated,
    Deleted,
}

/// One field's value before and after a write; absent where there was or is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    pub field: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Masked>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Masked>,
}

impl OrgTable {
    /// Adds an entry, kept for `kept` from when it happened; tells whether it is new.
    pub async fn append_audit(&self, entry: &AuditEntry, kept: SignedDuration) -> Result<bool, StoreError> {
        let doing = "write an audit row";
        let row = Row::new(self.audit_key(entry))
            .with("entry", json(doing, entry)?)
            .with("expires_at", seconds(entry.at + kept));
        self.put_new(doing, row).await
    }

    /// Adds many entries; one that is there already is replaced by itself. Where they are more than a few they stand together: a first
    /// load of ten thousand records is a hundred rows, and whoever asks for one record's looks through them.
    pub async fn append_audits(&self, entries: &[AuditEntry], kept: SignedDuration) -> Result<(), StoreError> {
        let doing = "write audit rows";
        let mut kinds: BTreeMap<&str, Vec<&AuditEntry>> = BTreeMap::new();
        for entry in entries {
            kinds.entry(kind(&entry.record)).or_default().push(entry);
        }
        let mut rows = Vec::new();
        for (kind, entries) in kinds {
            let size = if entries.len() < WORTH_PACKING { 1 } else { AT_ONCE };
            for entries in entries.chunks(size) {
                self.audit_rows(doing, kind, entries, kept, &mut rows)?;
            }
        }
        self.put_many(doing, rows).await
    }

    /// Puts entries in rows: one alone under its record, several under their kind.
    fn audit_rows(
        &self,
        doing: &str,
        kind: &str,
        entries: &[&AuditEntry],
        kept: SignedDuration,
        rows: &mut Vec<Row>,
    ) -> Result<(), StoreError> {
        let Some(first) = entries.first() else { return Ok(()) };
        let row = if entries.len() == 1 {
            Row::new(self.audit_key(first)).with("entry", json(doing, first)?)
        } else {
            let together = packed(doing, entries)?;
            if together.as_ref().len() > LARGEST {
                let (one, other) = entries.split_at(entries.len() / 2);
                self.audit_rows(doing, kind, one, kept, rows)?;
                return self.audit_rows(doing, kind, other, kept, rows);
            }
            let Key { sk, .. } = self.audit_key(first);
            let key = Key { pk: self.audits_partition(kind), sk: format!("{AT}{sk}") };
            Row::new(key).with("entries", AttributeValue::B(together))
        };
        rows.push(row.with("expires_at", seconds(first.at + kept)));
        Ok(())
    }

    /// What was done to a record, oldest first. Entries past their time may show for some days more.
    pub async fn audit_of(&self, record: &str) -> Result<Vec<AuditEntry>, StoreError> {
        let doing = "read a record's audit";
        let alone = self.query(doing, self.audit_partition(record), " ").await?;
        let alone = alone.iter().map(|item| require_json(doing, item, "entry"));
        let mut entries = alone.collect::<Result<Vec<AuditEntry>, StoreError>>()?;
        let among = |item: &Item| {
            let mut entries: Vec<AuditEntry> = unpacked(doing, item, "entries")?;
            entries.retain(|entry| entry.record == record);
            Ok(entries)
        };
        let packed = self.query_parts(doing, self.audits_partition(kind(record)), AT, &["entries"], among).await?;
        entries.extend(packed.into_iter().flatten());
        entries.sort_by(|one, other| (one.at, &one.id).cmp(&(other.at, &other.id)));
        Ok(entries)
    }

    fn audit_partition(&self, record: &str) -> String {
        self.partition(&format!("AUDIT#{record}"))
    }

    fn audits_partition(&self, kind: &str) -> String {
        self.partition(&format!("AUDITS#{kind}"))
    }

    fn audit_key(&self, entry: &AuditEntry) -> Key {
        Key { pk: self.audit_partition(&entry.record), sk: format!("{}#{}", sortable(entry.at), entry.id) }
    }
}

/// The stream a record is of: `buildium/tenants` of `buildium/tenants/7`.
fn kind(record: &str) -> &str {
    let end = record.match_indices('/').nth(1).map(|(end, _)| end);
    end.and_then(|end| record.get(..end)).unwrap_or(record)
}
