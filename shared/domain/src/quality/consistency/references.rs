//! Where records point to.

use super::{ConsistencyCheck, ConsistencyRule, Reference, facts::text, stream_of};
use crate::records::{FieldKind, Record, RecordKey};
use serde_json::Value;

impl ConsistencyCheck {
    pub(super) fn take_references(&mut self, record: &Record) {
        for (name, value) in record.fields.iter() {
            let Some(field) = record.entity.field(name) else { continue };
            let refers = |to: &str| Reference { from: record.key.clone(), field: name, to: RecordKey::from_text(to) };
            let items = value.as_array().into_iter().flatten();
            match field.kind {
                FieldKind::Reference(_) => self.references.extend(value.as_str().map(refers)),
                FieldKind::References(_) => self.references.extend(items.filter_map(Value::as_str).map(refers)),
                FieldKind::Parties => {
                    self.references.extend(items.filter_map(|party| text(party, "person")).map(refers));
                }
                _ => {}
            }
        }
    }

    /// Answers how many references lead into streams that were not read.
    pub(super) fn judge_references(&mut self) -> u64 {
        let Self { whole, keys, references, units, places, findings, .. } = self;
        let mut not_judged = 0;
        for Reference { from, field, to } in references.iter().filter(|reference| !keys.contains(&reference.to)) {
            if stream_of(to).is_some_and(|stream| whole.contains_key(stream)) {
                findings.add(ConsistencyRule::ReferenceLeadsNowhere, from, &[field], &[to]);
            } else {
                not_judged += 1;
            }
        }
        for (key, unit, property) in places.iter() {
            if units.get(unit).is_some_and(|of| of != property) {
                findings.add(ConsistencyRule::UnitOfOtherProperty, key, &["property", "unit"], &[unit, property]);
            }
        }
        not_judged
    }
}
