//! What one transaction did to the table, and its payload as a webhook tells it (section 7).

use super::{
    TABLE_ID,
    columns::{Cells, Columns},
    stamp,
};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// Who changed the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// A person in the vendor's own screen.
    Client,
    PublicApi,
}

impl Source {
    fn word(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::PublicApi => "publicApi",
        }
    }
}

/// One record's share of a transaction.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Change {
    Created { id: String, at: Timestamp, cells: Cells },
    Updated { id: String, before: Cells, after: Cells },
    Destroyed { id: String },
}

impl Change {
    fn kind(&self) -> &'static str {
        match self {
            Self::Created { .. } => "add",
            Self::Updated { .. } => "update",
            Self::Destroyed { .. } => "remove",
        }
    }
}

/// What a webhook wants to be told, and how much of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Wish {
    scope: Option<String>,
    kinds: Vec<String>,
    sources: Vec<String>,
    watched: Vec<String>,
    shown: Shown,
    previous: Previous,
}

/// Which unchanged cells go along.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Shown {
    #[default]
    None,
    All,
    Fields(Vec<String>),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Previous {
    Told,
    #[default]
    LeftOut,
}

impl Wish {
    /// From a webhook's specification. `None` when it does not want the table's data.
    pub(super) fn of(specification: &Value) -> Option<Self> {
        let options = &specification["options"];
        let filters = &options["filters"];
        if !words(&filters["dataTypes"]).iter().any(|word| word == "tableData") {
            return None;
        }
        let includes = &options["includes"];
        let fields = &includes["includeCellValuesInFieldIds"];
        Some(Self {
            scope: filters["recordChangeScope"].as_str().map(str::to_owned),
            kinds: words(&filters["changeTypes"]),
            sources: words(&filters["fromSources"]),
            watched: words(&filters["watchDataInFieldIds"]),
            shown: match fields {
                Value::Array(_) => Shown::Fields(words(fields)),
                Value::String(word) if word == "all" => Shown::All,
                _ => Shown::None,
            },
            previous: match includes["includePreviousCellValues"] {
                Value::Bool(true) => Previous::Told,
                _ => Previous::LeftOut,
            },
        })
    }

    fn wants(&self, change: &Change, columns: &Columns) -> bool {
        let scope = self.scope.as_deref().is_none_or(|scope| scope == TABLE_ID);
        let kind = self.kinds.is_empty() || self.kinds.iter().any(|kind| kind == change.kind());
        let touched = match change {
            Change::Updated { before, after, .. } => {
                let mut changed = differing(before, after);
                changed.any(|name| self.watched.is_empty() || columns.is_among(name, &self.watched))
            }
            _ => true,
        };
        scope && kind && touched
    }

    /// The transaction's payload, or `None` when nothing of it is wanted.
    pub(super) fn payload(
        &self,
        changes: &[Change],
        source: Source,
        columns: &Columns,
        transaction: u64,
        now: Timestamp,
    ) -> Option<Value> {
        if !self.sources.is_empty() && !self.sources.iter().any(|word| word == source.word()) {
            return None;
        }
        let (mut created, mut changed, mut destroyed) = (Map::new(), Map::new(), Vec::new());
        for change in changes.iter().filter(|change| self.wants(change, columns)) {
            match change {
                Change::Created { id, at, cells } => {
                    let told = json!({ "createdTime": stamp(*at), "cellValuesByFieldId": columns.told(cells) });
                    created.insert(id.clone(), told);
                }
                Change::Updated { id, before, after } => {
                    changed.insert(id.clone(), self.updated(before, after, columns));
                }
                Change::Destroyed { id } => destroyed.push(Value::from(id.as_str())),
            }
        }
        let mut table = Map::new();
        let parts = [("createdRecordsById", created), ("changedRecordsById", changed)];
        table.extend(
            parts.into_iter().filter(|(_, part)| !part.is_empty()).map(|(key, part)| (key.to_owned(), part.into())),
        );
        if !destroyed.is_empty() {
            table.insert("destroyedRecordIds".to_owned(), destroyed.into());
        }
        (!table.is_empty()).then(|| {
            json!({
                "timestamp": stamp(now), "baseTransactionNumber": transaction, "payloadFormat": "v0",
                "actionMetadata": { "source": source.word(), "sourceMetadata": { "user": {
                    "id": "usrSandbox0000001", "name": "Olga Office", "email": "olga@office.example",
                    "permissionLevel": "create" } } },
                "changedTablesById": { TABLE_ID: table },
            })
        })
    }

    fn updated(&self, before: &Cells, after: &Cells, columns: &Columns) -> Value {
        // A cell that was emptied is told as `null`.
        let side = |cells: &Cells| {
            let value = |name: &String| (name.clone(), cells.get(name).cloned().unwrap_or(Value::Null));
            columns.told(&differing(before, after).map(value).collect())
        };
        let mut told = json!({ "current": { "cellValuesByFieldId": side(after) } });
        if self.previous == Previous::Told {
            told["previous"] = json!({ "cellValuesByFieldId": side(before) });
        }
        if self.shown != Shown::None {
            let shown = |name: &str| match &self.shown {
                Shown::Fields(ids) => columns.is_among(name, ids),
                _ => true,
            };
            let same = after.iter().filter(|(name, value)| before.get(*name) == Some(value) && shown(name));
            let same = same.map(|(name, value)| (name.clone(), value.clone())).collect();
            told["unchanged"] = json!({ "cellValuesByFieldId": columns.told(&same) });
        }
        told
    }
}

/// Names of the cells in which two states of a record differ.
fn differing<'a>(before: &'a Cells, after: &'a Cells) -> impl Iterator<Item = &'a String> {
    let gone = before.keys().filter(|name| !after.contains_key(*name));
    after.iter().filter(|(name, value)| before.get(*name) != Some(value)).map(|(name, _)| name).chain(gone)
}

fn words(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}
