//! Properties of an object type, as they are defined (section 5).

use super::records::stamp;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::HashMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    String,
    Number,
    Bool,
    Date,
    DateTime,
    Enumeration,
    PhoneNumber,
}

/// What is checked beyond the type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Check {
    Nothing,
    Email,
    /// Addresses with semicolons between them.
    Emails,
    /// Digits only, though the definition does not say so.
    Digits,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    Writable,
    ReadOnly,
    /// Computed on reading.
    System(System),
}

/// What the vendor itself knows of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum System {
    Id,
    Created,
    Modified,
    Source,
    SourceId,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Uniqueness {
    Unique,
    Repeatable,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Definer {
    Vendor,
    Portal,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) label: String,
}

#[derive(Clone, Debug)]
pub(super) struct Property {
    pub(super) name: String,
    pub(super) label: String,
    pub(super) kind: Type,
    pub(super) field_type: String,
    pub(super) group: String,
    pub(super) description: String,
    pub(super) choices: Vec<Choice>,
    pub(super) check: Check,
    pub(super) access: Access,
    pub(super) uniqueness: Uniqueness,
    pub(super) definer: Definer,
    pub(super) sensitivity: String,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
    pub(super) archived: bool,
}

/// Definitions by name and by place. Places never change: values are kept by them.
#[derive(Debug, Default)]
pub(super) struct Properties {
    list: Vec<Property>,
    places: HashMap<String, usize>,
}

impl Type {
    const NAMES: [(&'static str, Self); 7] = [
        ("string", Self::String),
        ("number", Self::Number),
        ("bool", Self::Bool),
        ("date", Self::Date),
        ("datetime", Self::DateTime),
        ("enumeration", Self::Enumeration),
        ("phone_number", Self::PhoneNumber),
    ];

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::NAMES.into_iter().find(|(known, _)| *known == name).map(|(_, kind)| kind)
    }

    pub(super) fn name(self) -> &'static str {
        Self::NAMES.into_iter().find(|(_, kind)| *kind == self).map_or("string", |(name, _)| name)
    }
}

impl Property {
    /// Of the vendor, writable, without anything special.
    pub(super) fn native(name: &str, kind: Type, group: &str) -> Self {
        let field_type = match kind {
            Type::String => "text",
            Type::Number => "number",
            Type::Bool => "booleancheckbox",
            Type::Date | Type::DateTime => "date",
            Type::Enumeration => "select",
            Type::PhoneNumber => "phonenumber",
        };
        Self {
            name: name.to_owned(),
            label: name.to_owned(),
            kind,
            field_type: field_type.to_owned(),
            group: group.to_owned(),
            description: String::new(),
            choices: Vec::new(),
            check: Check::Nothing,
            access: Access::Writable,
            uniqueness: Uniqueness::Repeatable,
            definer: Definer::Vendor,
            sensitivity: "non_sensitive".to_owned(),
            created: Timestamp::UNIX_EPOCH,
            updated: Timestamp::UNIX_EPOCH,
            archived: false,
        }
    }

    pub(super) fn is_writable(&self) -> bool {
        self.access == Access::Writable
    }

    pub(super) fn is_unique(&self) -> bool {
        self.uniqueness == Uniqueness::Unique
    }

    /// Several values at a time.
    pub(super) fn is_multiple(&self) -> bool {
        self.kind == Type::Enumeration && self.field_type == "checkbox"
    }

    pub(super) fn json(&self) -> Value {
        let own = self.definer == Definer::Portal;
        let options: Vec<Value> = self
            .choices
            .iter()
            .enumerate()
            .map(|(at, one)| json!({ "label": one.label, "value": one.value, "displayOrder": at, "hidden": false }))
            .collect();
        json!({
            "name": self.name, "label": self.label, "type": self.kind.name(), "fieldType": self.field_type,
            "description": self.description, "groupName": self.group, "options": options, "displayOrder": -1,
            "calculated": false, "externalOptions": false, "hasUniqueValue": self.is_unique(), "hidden": false,
            "hubspotDefined": !own, "formField": self.is_writable(), "dataSensitivity": self.sensitivity,
            "archived": self.archived, "createdAt": stamp(self.created), "updatedAt": stamp(self.updated),
            "modificationMetadata": {
                "archivable": own, "readOnlyDefinition": !own, "readOnlyOptions": !own,
                "readOnlyValue": !self.is_writable(),
            },
        })
    }
}

impl Properties {
    pub(super) fn of(list: Vec<Property>) -> Self {
        let mut all = Self::default();
        for property in list {
            all.put(property);
        }
        all
    }

    /// Defines a property, again where it was archived.
    pub(super) fn put(&mut self, property: Property) {
        if let Some(place) = self.places.get(&property.name) {
            self.list[*place] = property;
        } else {
            self.places.insert(property.name.clone(), self.list.len());
            self.list.push(property);
        }
    }

    /// Place of a property that is not archived.
    pub(super) fn place(&self, name: &str) -> Option<usize> {
        self.places.get(name).copied().filter(|place| !self.list[*place].archived)
    }

    pub(super) fn at(&self, place: usize) -> &Property {
        &self.list[place]
    }

    pub(super) fn named(&self, name: &str) -> Option<&Property> {
        self.place(name).map(|place| self.at(place))
    }

    pub(super) fn named_mut(&mut self, name: &str) -> Option<&mut Property> {
        self.place(name).map(|place| &mut self.list[place])
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Property> {
        self.list.iter()
    }
}
