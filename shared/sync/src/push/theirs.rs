//! What the target has now.

use crate::{OpenFlow, SyncError, protected::Plain};
use jiff::Timestamp;
use lintel_connectors::{records::Item, transport::Deadline};
use lintel_domain::records::{Fields, RecordKey};
use serde_json::Value;
use std::collections::BTreeMap;

/// A record of the target.
#[derive(Clone, Debug, Default)]
pub(crate) struct Theirs {
    /// In protected ones a hash stands for the value.
    pub(crate) fields: Fields,
    pub(crate) plain: Plain,
    /// Our key as it stands there: whose record it is.
    pub(crate) owner: Option<String>,
    /// When it last changed, where it tells.
    pub(crate) updated_at: Option<Timestamp>,
}

/// Records by the target's ids. Those that are not there are left out.
pub(crate) async fn read(
    open: &OpenFlow,
    ids: &[String],
    deadline: Deadline,
) -> Result<BTreeMap<String, Theirs>, SyncError> {
    let found = open.target.read(open.writing.stream(), ids, &fields(open), deadline).await?;
    let one = |(id, content): (String, Value)| {
        let theirs = one(open, &Item { key: id.clone(), content })?;
        Some((id, theirs))
    };
    Ok(found.into_iter().filter_map(one).collect())
}

/// Records by our keys, with the target's ids. None of them where the target cannot be asked.
pub(crate) async fn find(
    open: &OpenFlow,
    keys: &[RecordKey],
    deadline: Deadline,
) -> Result<BTreeMap<RecordKey, (String, Theirs)>, SyncError> {
    let named: BTreeMap<String, &RecordKey> = keys.iter().map(|key| (open.identity(key), key)).collect();
    let names: Vec<String> = named.keys().cloned().collect();
    let found = open.target.find(open.writing.stream(), &names, &fields(open), deadline).await?.unwrap_or_default();
    let one =
        |(name, item): (String, Item)| Some(((*named.get(&name)?).clone(), (item.key.clone(), one(open, &item)?)));
    Ok(found.into_iter().filter_map(one).collect())
}

/// Records by what they have in a field of which only one may have a value, with the target's ids; nothing of those that the flow does
/// not mean. None of them where the target cannot be asked.
pub(super) async fn find_by(
    open: &OpenFlow,
    field: &str,
    values: &[String],
    deadline: Deadline,
) -> Result<BTreeMap<String, (String, Option<Theirs>)>, SyncError> {
    let stream = open.writing.stream();
    let found = open.target.find_by(stream, field, values, &fields(open), deadline).await?.unwrap_or_default();
    Ok(found.into_iter().map(|(value, item)| (value, (item.key.clone(), one(open, &item)))).collect())
}

/// The id a record has now: another one when it was merged away. `None` when it is not there.
pub(crate) async fn follow(open: &OpenFlow, id: &str, deadline: Deadline) -> Result<Option<String>, SyncError> {
    Ok(open.target.one(open.writing.stream(), id, &[], deadline).await?.map(|item| item.key))
}

pub(crate) fn fields(open: &OpenFlow) -> Vec<String> {
    open.writing.vendor_fields().into_iter().chain(identity(open).map(str::to_owned)).collect()
}

/// The target's field that holds our key.
pub(super) fn identity(open: &OpenFlow) -> Option<&str> {
    let stream = open.target.manifest().streams.get(open.writing.stream())?;
    stream.write.as_ref().map(|write| write.identity.as_str())
}

/// One of its records; `None` where the flow does not mean it.
pub(crate) fn one(open: &OpenFlow, item: &Item) -> Option<Theirs> {
    let mapped = open.writing.read(item, open.flow.currency)?;
    let mut fields = mapped.record.fields.only(&open.names());
    for (name, _) in open.mapped.iter().filter(|(name, _)| mapped.faults.iter().any(|fault| fault.field == *name)) {
        // What a person typed there that is none of its kind is a person's word all the same.
        let typed = open.writing.vendor_field(name).and_then(|field| value(open, &item.content, field));
        fields.set(name, typed.filter(|value| !value.is_null()));
    }
    let owner = identity(open).and_then(|field| value(open, &item.content, field));
    let owner = owner.as_ref().and_then(Value::as_str).filter(|key| !key.is_empty()).map(str::to_owned);
    let plain = open.sent.hide(&mut fields);
    Some(Theirs { fields, plain, owner, updated_at: mapped.updated_at })
}

/// What stands in one of the target's fields.
fn value(open: &OpenFlow, content: &Value, field: &str) -> Option<Value> {
    let stream = open.target.manifest().streams.get(open.writing.stream())?;
    let pointer = stream.write.as_ref()?.pointer(field);
    content.pointer(&pointer).cloned()
}
