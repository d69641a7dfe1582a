//! A portal as it was found.

use super::wanted::Object;
use crate::roles::{Feature, LeftOut, LeftOutWhy, SetupFault, SetupMode};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What was read, or why it could not be.
pub(super) type Readable<T> = Result<T, SetupFault>;

#[derive(Debug)]
pub(super) struct Found {
    pub(super) gate: Gate,
    /// The custom object's type id, where it exists.
    pub(super) unit_type: Readable<Option<String>>,
    /// Without an entry: it does not exist yet.
    pub(super) objects: BTreeMap<Object, Readable<FoundObject>>,
    /// Association types by direction.
    pub(super) types: BTreeMap<(Object, Object), Readable<Vec<FoundType>>>,
}

impl Found {
    pub(super) fn unit_type(&self) -> Option<&str> {
        self.unit_type.as_ref().ok()?.as_deref()
    }
}

/// What decides how far a set-up goes.
#[derive(Clone, Debug)]
pub(super) struct Gate {
    /// What the organization wants at most.
    pub(super) most: SetupMode,
    pub(super) listings: Readable<Activation>,
    pub(super) units: Offer,
    pub(super) labels: Offer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Activation {
    Active,
    Inactive,
}

/// Whether the portal's plan has something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Offer {
    Has,
    /// Only trying shows.
    Untold,
    Lacks(LeftOutWhy),
}

impl Gate {
    /// How far the set-up goes, and what is left out on the way.
    pub(super) fn mode(&self) -> (SetupMode, Vec<LeftOut>) {
        let out = |what, why| LeftOut { what, why };
        let listings = match (self.most, &self.listings) {
            (SetupMode::ContactsOnly, _) => Some(LeftOutWhy::Chosen),
            (_, Ok(Activation::Inactive)) => Some(LeftOutWhy::NotActivated),
            // A fault of its own.
            (_, Err(_)) => return (SetupMode::ContactsOnly, Vec::new()),
            (_, Ok(Activation::Active)) => None,
        };
        if let Some(why) = listings {
            let units = if why == LeftOutWhy::Chosen { why } else { LeftOutWhy::NeedsListings };
            return (SetupMode::ContactsOnly, vec![out(Feature::Listings, why), out(Feature::Units, units)]);
        }
        match (self.most, self.units) {
            (SetupMode::ListingsOnly, _) => (SetupMode::ListingsOnly, vec![out(Feature::Units, LeftOutWhy::Chosen)]),
            (_, Offer::Lacks(why)) => (SetupMode::ListingsOnly, vec![out(Feature::Units, why)]),
            _ => (SetupMode::Full, Vec::new()),
        }
    }
}

#[derive(Debug)]
pub(super) struct FoundObject {
    pub(super) type_id: String,
    pub(super) groups: BTreeSet<String>,
    pub(super) properties: BTreeMap<String, FoundProperty>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FoundProperty {
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(default)]
    has_unique_value: bool,
    #[serde(default)]
    calculated: bool,
    #[serde(default)]
    pub(super) options: Vec<Value>,
    #[serde(default)]
    modification_metadata: ModificationMetadata,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ModificationMetadata {
    read_only_value: bool,
    read_only_options: bool,
}

impl FoundProperty {
    pub(super) fn is_unique(&self) -> bool {
        self.has_unique_value
    }

    pub(super) fn is_writable(&self) -> bool {
        !self.calculated && !self.modification_metadata.read_only_value
    }

    pub(super) fn takes_options(&self) -> bool {
        !self.modification_metadata.read_only_options
    }

    pub(super) fn offers(&self, value: &str) -> bool {
        self.options.iter().any(|option| option["value"] == value)
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct FoundGroup {
    pub(super) name: String,
}

/// One direction of an association type.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FoundType {
    pub(super) category: String,
    #[serde(rename = "typeId")]
    pub(super) id: u64,
    #[serde(default, deserialize_with = "text")]
    pub(super) label: Option<String>,
}

/// The type without a label has null for it, or nothing between the quotes.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.filter(|text| !text.is_empty()))
}

#[derive(Debug, Deserialize)]
pub(super) struct FoundSchema {
    #[serde(rename = "objectTypeId")]
    pub(super) type_id: String,
    pub(super) name: String,
}
