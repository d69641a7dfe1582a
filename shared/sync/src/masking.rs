//! Values of records as an audit may show them.

use lintel_domain::{
    mask::{Masked, Personal, mask},
    records::{Entity, FieldKind, Protection},
};
use serde_json::Value;

/// A value of an entity's field, of which as much is hidden as its protection asks.
pub(crate) fn masked(entity: Entity, protection: Protection, name: &str, value: &Value) -> Masked {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let personal = match (protection, entity.field(name).map(|field| field.kind)) {
        (Protection::None, _) => return Masked::plain(&text),
        (Protection::Personal, Some(FieldKind::Email)) => Personal::Email,
        (Protection::Personal, Some(FieldKind::Phone)) => Personal::Phone,
        (Protection::Personal, _) if name.ends_with("_name") => Personal::Name,
        // That there is one, and nothing of it.
        (Protection::Personal | Protection::Secret, _) => Personal::Other,
    };
    mask(personal, &text)
}
