//! The published JSON Schemas (draft 2020-12), drawn from the table of fields. `docs/schemas` holds them; a test keeps them true.

use super::{Entity, Field, FieldKind, Protection};
use serde_json::{Map, Value, json};

impl Entity {
    /// The schema of a record of this kind in canonical form.
    pub fn schema(self) -> Value {
        let properties: Map<String, Value> =
            self.fields().iter().map(|field| (field.name.to_owned(), property(field))).collect();
        json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": self.as_str(),
            "type": "object",
            "additionalProperties": false,
            "properties": properties,
        })
    }
}

fn property(field: &Field) -> Value {
    let mut schema = kind(field.kind);
    if let Some(map) = schema.as_object_mut() {
        map.insert("description".to_owned(), field.about.into());
        let protection = match field.protection {
            Protection::None => return schema,
            Protection::Personal => "personal",
            Protection::Secret => "secret",
        };
        map.insert("x-protection".to_owned(), protection.into());
    }
    schema
}

fn kind(kind: FieldKind) -> Value {
    match kind {
        FieldKind::Text => json!({ "type": "string", "minLength": 1 }),
        FieldKind::Texts => {
            json!({ "type": "array", "minItems": 1, "uniqueItems": true, "items": { "type": "string" } })
        }
        FieldKind::Email => json!({ "type": "string", "format": "email" }),
        FieldKind::Phone => json!({ "type": "string", "pattern": "^\\+[1-9][0-9]{7,14}$" }),
        FieldKind::Date => json!({ "type": "string", "format": "date" }),
        FieldKind::Moment => json!({ "type": "string", "format": "date-time" }),
        FieldKind::Money => json!({
            "type": "object",
            "required": ["minor", "currency"],
            "additionalProperties": false,
            "properties": {
                "minor": { "type": "integer" },
                "currency": { "type": "string", "pattern": "^[A-Z]{3}$" },
            },
        }),
        FieldKind::Integer => json!({ "type": "integer" }),
        FieldKind::Number => json!({ "type": "number" }),
        FieldKind::Flag => json!({ "type": "boolean" }),
        FieldKind::Choice(words) => json!({ "enum": words }),
        FieldKind::Reference(entity) => json!({ "type": "string", "x-reference": entity.as_str() }),
        FieldKind::References(entity) => json!({
            "type": "array",
            "minItems": 1,
            "items": { "type": "string", "x-reference": entity.as_str() },
        }),
        FieldKind::Parties => json!({
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["person"],
                "additionalProperties": false,
                "properties": {
                    "person": { "type": "string", "x-reference": "person" },
                    "status": { "enum": ["active", "future", "past", null] },
                    "moved_in": { "type": ["string", "null"], "format": "date" },
                    "moved_out": { "type": ["string", "null"], "format": "date" },
                },
            },
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{collections::BTreeSet, fs, path::Path};

    #[test]
    fn the_published_schemas_are_the_tables() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schemas");
        for entity in Entity::ALL {
            let file = folder.join(format!("{entity}.json"));
            let wanted = format!("{:#}\n", entity.schema());
            if std::env::var_os("LINTEL_WRITE_SCHEMAS").is_some() {
                fs::write(&file, &wanted).expect("a schema is written");
            }
            assert_eq!(fs::read_to_string(&file).unwrap_or_default(), wanted, "run with LINTEL_WRITE_SCHEMAS=1");
        }
    }

    #[test]
    fn no_entity_has_a_field_twice() {
        for entity in Entity::ALL {
            let names: BTreeSet<&str> = entity.fields().iter().map(|field| field.name).collect();
            assert_eq!(names.len(), entity.fields().len(), "{entity}");
        }
    }
}
