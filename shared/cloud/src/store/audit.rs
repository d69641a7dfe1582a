//! Who did what to a record, and why: accesses to protected fields, writes at vendors, decisions of people. Rows are only ever added.
//!
//! No row holds personal data of a record as it is: values stand as [`Masked`], records as ids. `who` and `why` are the house's own
//! words, or how an office names its own people.

use super::{
    OrgTable, StoreError,
    item::{Item, Row, json, require_json, seconds, sortable},
    keys::Key,
};
use jiff::{SignedDuration, Timestamp};
use lintel_domain::{
    ids::{AuditId, ConnectionId, FlowId, RunId},
    mask::Masked,
    sync::Side,
};
use serde::{Deserialize, Serialize};

/// How long a row is kept unless somebody asks for another time: a year, and a month to ask about it.
pub const AUDIT_KEPT: SignedDuration = SignedDuration::from_hours(24 * 400);

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

    /// Adds many entries; one that is there already is replaced by itself.
    pub async fn append_audits(&self, entries: &[AuditEntry], kept: SignedDuration) -> Result<(), StoreError> {
        let doing = "write audit rows";
        let row = |entry: &AuditEntry| {
            let row = Row::new(self.audit_key(entry)).with("entry", json(doing, entry)?);
            Ok(row.with("expires_at", seconds(entry.at + kept)))
        };
        let rows = entries.iter().map(row).collect::<Result<Vec<_>, StoreError>>()?;
        self.put_many(doing, rows).await
    }

    /// What was done to a record, oldest first. Entries past their time may show for some days more.
    pub async fn audit_of(&self, record: &str) -> Result<Vec<AuditEntry>, StoreError> {
        let doing = "read a record's audit";
        let items: Vec<Item> = self.query(doing, self.audit_partition(record), " ").await?;
        items.iter().map(|item| require_json(doing, item, "entry")).collect()
    }

    fn audit_partition(&self, record: &str) -> String {
        self.partition(&format!("AUDIT#{record}"))
    }

    fn audit_key(&self, entry: &AuditEntry) -> Key {
        Key { pk: self.audit_partition(&entry.record), sk: format!("{}#{}", sortable(entry.at), entry.id) }
    }
}
