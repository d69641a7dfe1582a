//! Records as sources send them.

use lintel_domain::records::{Currency, Entity, Fields, Record, RecordKey};
use serde_json::Value;

#[expect(clippy::needless_pass_by_value, reason = "written in place")]
pub(crate) fn record(entity: Entity, key: &str, values: Value) -> Record {
    let (fields, faults) = Fields::read(entity, values.as_object().cloned().unwrap(), Currency::USD);
    assert_eq!(faults, [], "{key}");
    Record { entity, key: RecordKey::from_text(key), fields }
}

pub(crate) fn person(id: u32, values: Value) -> Record {
    record(Entity::Person, &format!("tenants/{id}"), values)
}
