//! One page of the source, as canonical records that passed or did not.

use crate::{OpenFlow, SyncError, protected::Plain, ways::Ways};
use jiff::Timestamp;
use lintel_connectors::{
    mapping::Mapped,
    records::{Item, Page, PageAsk, PageToken},
    transport::Deadline,
};
use lintel_domain::{
    records::{FieldFault, Fields, Problem, RecordKey},
    sync::{Severity, judge},
};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// How the stand-in for the id of a record begins that has none.
const NO_ID: &str = "no-id-";

/// A record of the source with what is thought of it.
#[derive(Clone, Debug)]
pub(crate) struct Pulled {
    pub(crate) key: RecordKey,
    /// The fields the flow maps, and nothing else. In protected ones a hash stands for the value.
    pub(crate) fields: Fields,
    pub(crate) plain: Plain,
    /// How the target's mapping has them.
    pub(crate) ways: Arc<Ways>,
    /// Everything that was read but protected fields: what a record's title is put together from.
    pub(crate) all: Fields,
    pub(crate) faults: Vec<FieldFault>,
    pub(crate) severity: Severity,
    pub(crate) updated_at: Option<Timestamp>,
    pub(crate) counterpart: Option<Counterpart>,
}

/// The target's record that one of the source belongs to, by the target's id, whatever its link says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Counterpart {
    /// It says itself that it was made for it, at whatever time.
    MadeFor(String),
    /// The target's record was just read, and is nobody's.
    Met(String),
}

impl Counterpart {
    pub(crate) fn id(&self) -> &str {
        match self {
            Self::MadeFor(id) | Self::Met(id) => id,
        }
    }
}

impl Pulled {
    /// A record that is gone: it says nothing any more.
    pub(crate) fn silent(key: RecordKey) -> Self {
        Self {
            key,
            fields: Fields::default(),
            plain: Plain::default(),
            ways: Arc::default(),
            all: Fields::default(),
            faults: Vec::new(),
            severity: Severity::Warn,
            updated_at: None,
            counterpart: None,
        }
    }

    /// Of everything that decides what becomes of the record: content, how it is mapped, and problems.
    pub(crate) fn seen(&self) -> String {
        let faults: Vec<String> = self.faults.iter().map(ToString::to_string).collect();
        let content = format!("{}@{}", self.fields.hash(), self.ways.hash());
        if faults.is_empty() { content } else { format!("{content}!{}", faults.join(",")) }
    }
}

pub(crate) async fn page(
    open: &OpenFlow,
    token: PageToken,
    since: Option<Timestamp>,
    deadline: Deadline,
) -> Result<Page, SyncError> {
    let fields = vendor_fields(open);
    let ask = PageAsk { stream: open.reading.stream(), token, changed_since: since, fields: &fields };
    Ok(open.source.page(&ask, deadline).await?)
}

/// The page's records that the flow means.
pub(crate) fn read(open: &OpenFlow, items: &[Item]) -> Vec<Pulled> {
    items.iter().filter_map(|item| one(open, item)).collect()
}

/// Whether a key is that of a record without an id.
pub(crate) fn is_without_id(key: &RecordKey) -> bool {
    key.id().starts_with(NO_ID)
}

fn one(open: &OpenFlow, item: &Item) -> Option<Pulled> {
    if !item.has_id() {
        return without_id(open, item);
    }
    let mapped = open.reading.read(item, open.flow.currency)?;
    let pulled = judged(open, item, &mapped);
    Some(Pulled { counterpart: counterpart(open, item), ..pulled })
}

/// A record that nothing can be done for until it has an id: which one it is nobody knows. It goes by its content.
fn without_id(open: &OpenFlow, item: &Item) -> Option<Pulled> {
    let digest = hex::encode(Sha256::digest(item.content.to_string()));
    let item = Item { key: format!("{NO_ID}{}", digest.get(..16).unwrap_or(&digest)), content: item.content.clone() };
    let mut mapped = open.reading.read(&item, open.flow.currency)?;
    mapped.record.key = RecordKey::new(open.reading.name(), &item.key);
    let mut pulled = judged(open, &item, &mapped);
    pulled.severity = pulled.severity.max(Severity::Quarantine);
    pulled.faults.insert(0, FieldFault { field: "id".to_owned(), problem: Problem::Missing });
    Some(pulled)
}

/// What is none of its field's kind is a person's word all the same, where the flow goes both ways: what is typed at one side and not
/// understood stands at both.
fn typed(open: &OpenFlow, faults: &[FieldFault], item: &Item) -> Vec<(&'static str, Value)> {
    let write = open.source.manifest().streams.get(open.reading.stream()).and_then(|stream| stream.write.as_ref());
    let of = |name: &'static str| {
        let pointer = write?.pointer(open.reading.vendor_field(name)?);
        Some((name, item.content.pointer(&pointer).filter(|value| !value.is_null())?.clone()))
    };
    let faulty = open.taken_back.iter().filter(|name| faults.iter().any(|fault| fault.field == **name));
    faulty.filter_map(|name| of(name)).collect()
}

/// The fields to be asked for, where the source sends only those.
pub(crate) fn vendor_fields(open: &OpenFlow) -> Vec<String> {
    open.reading.vendor_fields().into_iter().chain(identity(open).map(str::to_owned)).collect()
}

/// The source's field that holds the key of what was made for the target's record, in a two-way flow.
pub(crate) fn identity(open: &OpenFlow) -> Option<&str> {
    let write = open.source.manifest().streams.get(open.reading.stream())?.write.as_ref()?;
    (!open.taken_back.is_empty()).then_some(write.identity.as_str())
}

fn counterpart(open: &OpenFlow, item: &Item) -> Option<Counterpart> {
    let write = open.source.manifest().streams.get(open.reading.stream())?.write.as_ref()?;
    let key = item.content.pointer(&write.pointer(identity(open)?))?.as_str()?;
    key.strip_prefix(&open.counterpart_identity("")).map(|id| Counterpart::MadeFor(id.to_owned()))
}

/// A record as the flow sees it.
pub(crate) fn judged(open: &OpenFlow, item: &Item, Mapped { record, faults, updated_at }: &Mapped) -> Pulled {
    let judgement = if open.flow.rules.is_empty() {
        judge(&[], &record.fields, faults, &[])
    } else {
        let content = Value::Object(record.fields.to_json());
        let holds: Vec<bool> = open
            .rules
            .iter()
            .map(|rule| {
                rule.as_ref().is_none_or(|rule| {
                    !matches!(rule.evaluate(&content), Err(_) | Ok(Value::Null | Value::Bool(false)))
                })
            })
            .collect();
        judge(&open.flow.rules, &record.fields, faults, &holds)
    };
    let mut fields = record.fields.only(&open.names());
    for (name, value) in typed(open, faults, item) {
        fields.set(name, Some(value));
    }
    let plain = open.sent.hide(&mut fields);
    Pulled {
        key: record.key.clone(),
        fields,
        plain,
        ways: Arc::clone(&open.ways),
        all: record.fields.only(&open.unprotected),
        faults: judgement.faults,
        severity: judgement.severity,
        updated_at: *updated_at,
        counterpart: None,
    }
}
