//! What a portal needs, as `setup.toml` says it.

use crate::{
    manifest::{self, ManifestFault},
    roles::SetupMode,
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::fmt;

/// An object type, by the part it plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Object {
    Contacts,
    Listings,
    Units,
}

impl Object {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Contacts => "contacts",
            Self::Listings => "listings",
            Self::Units => "units",
        }
    }

    /// The objects records go to, in the order in which they are set up.
    pub(super) fn of(mode: SetupMode) -> &'static [Self] {
        match mode {
            SetupMode::ContactsOnly => &[Self::Contacts],
            SetupMode::ListingsOnly => &[Self::Contacts, Self::Listings],
            SetupMode::Full => &[Self::Contacts, Self::Listings, Self::Units],
        }
    }

    /// Every two of them, one way.
    pub(super) fn pairs(mode: SetupMode) -> &'static [Pair] {
        match mode {
            SetupMode::ContactsOnly => &[],
            SetupMode::ListingsOnly => &[PEOPLE_AND_LISTINGS],
            SetupMode::Full => &[PEOPLE_AND_LISTINGS, PEOPLE_AND_UNITS, (Self::Listings, Self::Units)],
        }
    }

    /// Those of them that have labels: a person and a home.
    pub(super) fn labelled(mode: SetupMode) -> &'static [Pair] {
        match mode {
            SetupMode::ContactsOnly => &[],
            SetupMode::ListingsOnly => &[PEOPLE_AND_LISTINGS],
            SetupMode::Full => &[PEOPLE_AND_LISTINGS, PEOPLE_AND_UNITS],
        }
    }
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// From and to.
pub(super) type Pair = (Object, Object);

pub(super) const PEOPLE_AND_LISTINGS: Pair = (Object::Contacts, Object::Listings);
const PEOPLE_AND_UNITS: Pair = (Object::Contacts, Object::Units);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    pub(super) group: WantedGroup,
    objects: WantedObjects,
    pub(super) custom: CustomObject,
    pub(super) labels: Vec<WantedLabel>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WantedObjects {
    contacts: WantedObject,
    listings: WantedObject,
    units: WantedObject,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WantedGroup {
    pub(super) name: String,
    pub(super) label: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WantedObject {
    /// The object's type id; a custom object's differs from portal to portal.
    #[serde(default, rename = "type")]
    pub(super) type_id: Option<String>,
    /// The word of its scopes: `crm.schemas.<word>.read`.
    pub(super) scope: String,
    #[serde(default)]
    pub(super) native: Vec<String>,
    pub(super) properties: Vec<WantedProperty>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WantedProperty {
    pub(super) name: String,
    label: String,
    #[serde(rename = "type")]
    pub(super) kind: PropertyType,
    #[serde(default)]
    field: Option<String>,
    #[serde(default)]
    pub(super) unique: bool,
    /// Value and label of each.
    #[serde(default)]
    pub(super) options: Vec<(String, String)>,
    #[serde(default)]
    pub(super) made: Made,
}

/// When a property is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Made {
    #[default]
    Always,
    /// Where a mapping writes it: what holds tax ids is no part of a portal that gets none.
    WhenMapped,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum PropertyType {
    String,
    Number,
    Date,
    DateTime,
    Enumeration,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CustomObject {
    pub(super) name: String,
    singular: String,
    plural: String,
    primary: String,
    /// Properties that have to be made with the object.
    first: Vec<String>,
    required: Vec<String>,
    searchable: Vec<String>,
    associated: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WantedLabel {
    /// What Lintel calls it.
    pub(super) relation: String,
    name: String,
    pub(super) label: String,
    pub(super) inverse: String,
}

impl Wanted {
    pub(super) fn read() -> Result<Self, Vec<ManifestFault>> {
        manifest::parse("hubspot/setup.toml", include_str!("../setup.toml"))
    }

    pub(super) fn object(&self, object: Object) -> &WantedObject {
        match object {
            Object::Contacts => &self.objects.contacts,
            Object::Listings => &self.objects.listings,
            Object::Units => &self.objects.units,
        }
    }

    /// A call's body that makes the custom object.
    pub(super) fn schema_body(&self) -> Value {
        let custom = &self.custom;
        let first = self.object(Object::Units).properties.iter().filter(|one| custom.first.contains(&one.name));
        // The group can only be made after the object it belongs to.
        let first: Vec<Value> = first.map(|property| property.body(None)).collect();
        json!({
            "name": custom.name,
            "labels": { "singular": custom.singular, "plural": custom.plural },
            "primaryDisplayProperty": custom.primary,
            "requiredProperties": custom.required,
            "searchableProperties": custom.searchable,
            "secondaryDisplayProperties": [],
            "properties": first,
            "associatedObjects": custom.associated,
        })
    }

    /// Whether a property comes with the custom object.
    pub(super) fn comes_with_schema(&self, object: Object, property: &WantedProperty) -> bool {
        object == Object::Units && self.custom.first.contains(&property.name)
    }
}

impl WantedProperty {
    pub(super) fn body(&self, group: Option<&str>) -> Value {
        let mut body = json!({
            "name": self.name, "label": self.label, "type": self.kind.name(),
            "fieldType": self.field.as_deref().unwrap_or(self.kind.usual_field()),
        });
        if let Some(group) = group {
            body["groupName"] = json!(group);
        }
        if self.unique {
            body["hasUniqueValue"] = json!(true);
        }
        if !self.options.is_empty() {
            let options = self.options.iter().enumerate().map(|(at, option)| option_body(at, option));
            body["options"] = options.collect();
        }
        body
    }
}

pub(super) fn option_body(at: usize, (value, label): &(String, String)) -> Value {
    json!({ "label": label, "value": value, "displayOrder": at, "hidden": false })
}

impl WantedLabel {
    pub(super) fn body(&self) -> Value {
        json!({ "name": self.name, "label": self.label, "inverseLabel": self.inverse })
    }
}

impl PropertyType {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Number => "number",
            Self::Date => "date",
            Self::DateTime => "datetime",
            Self::Enumeration => "enumeration",
        }
    }

    fn usual_field(self) -> &'static str {
        match self {
            Self::String => "text",
            Self::Number => "number",
            Self::Date | Self::DateTime => "date",
            Self::Enumeration => "select",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn wanted() -> Wanted {
        Wanted::read().expect("setup.toml reads")
    }

    #[test]
    fn every_object_is_described_and_has_a_key() {
        let wanted = wanted();
        for object in Object::of(SetupMode::Full) {
            let described = wanted.object(*object);
            let unique: Vec<&str> =
                described.properties.iter().filter(|one| one.unique).map(|one| one.name.as_str()).collect();
            assert_eq!(unique, ["lintel_key"], "{object}");
            let names: BTreeSet<&String> = described.properties.iter().map(|one| &one.name).collect();
            assert_eq!(names.len(), described.properties.len(), "{object}: a name stands twice");
            for property in &described.properties {
                assert!(property.name.starts_with("lintel_"), "{}", property.name);
                assert_eq!(
                    property.kind == PropertyType::Enumeration,
                    !property.options.is_empty(),
                    "{}",
                    property.name
                );
            }
        }
    }

    #[test]
    fn the_custom_object_is_made_with_the_properties_it_names() {
        let wanted = wanted();
        let body = wanted.schema_body();
        let made: BTreeSet<&str> =
            body["properties"].as_array().expect("a list").iter().filter_map(|one| one["name"].as_str()).collect();
        for named in wanted.custom.required.iter().chain(&wanted.custom.searchable).chain([&wanted.custom.primary]) {
            assert!(made.contains(named.as_str()), "{named}");
        }
        assert_eq!(made.len(), wanted.custom.first.len());
    }

    #[test]
    fn labels_can_be_told_apart_in_both_directions() {
        let wanted = wanted();
        for text in [|one: &WantedLabel| one.label.to_lowercase(), |one: &WantedLabel| one.inverse.to_lowercase()] {
            let texts: BTreeSet<String> = wanted.labels.iter().map(text).collect();
            assert_eq!(texts.len(), wanted.labels.len());
        }
    }
}
