//! An object type with its records, and how records are found and shown.

use super::{
    natives,
    properties::{Access, Check, Properties, Property},
    records::{Record, Seen, Values, stamp},
    replies::Refusal,
    schemas::Schema,
    settings::PortalSettings,
};
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashMap};

/// Place of an object type in the portal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Kind(pub(super) usize);

pub(super) const CONTACTS: Kind = Kind(0);
pub(super) const LISTINGS: Kind = Kind(1);

#[derive(Debug)]
pub(super) struct ObjectType {
    /// `0-1`.
    pub(super) id: String,
    /// As it stands in paths.
    pub(super) name: String,
    pub(super) properties: Properties,
    /// Labels of property groups by name.
    pub(super) groups: BTreeMap<String, String>,
    pub(super) records: BTreeMap<u64, Record>,
    /// Merged-away ids and where they lead.
    pub(super) merged: HashMap<u64, u64>,
    pub(super) schema: Option<Schema>,
    /// Which record has a unique value. Secondary addresses stand under the primary one's property.
    unique: HashMap<(usize, Box<str>), u64>,
}

/// How a call names a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Id,
    Property(usize),
}

impl ObjectType {
    /// Those every portal has, in the order of their `Kind`s.
    pub(super) fn natives(settings: &PortalSettings) -> Vec<Self> {
        let groups = |name: &str, label: &str| BTreeMap::from([(name.to_owned(), label.to_owned())]);
        vec![
            Self::new(
                "0-1",
                "contacts",
                natives::contact(settings),
                groups("contactinformation", "Contact information"),
            ),
            Self::new("0-420", "0-420", natives::listing(), groups("listing_information", "Listing information")),
            Self::new("0-46", "notes", natives::note(), groups("note", "Note information")),
        ]
    }

    pub(super) fn new(id: &str, name: &str, properties: Vec<Property>, groups: BTreeMap<String, String>) -> Self {
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            properties: Properties::of(properties),
            groups,
            records: BTreeMap::new(),
            merged: HashMap::new(),
            schema: None,
            unique: HashMap::new(),
        }
    }

    pub(super) fn is_contacts(&self) -> bool {
        self.id == "0-1"
    }

    /// Where an id leads after merges.
    pub(super) fn follow(&self, mut id: u64) -> u64 {
        while let Some(to) = self.merged.get(&id) {
            id = *to;
        }
        id
    }

    pub(super) fn live(&self, id: u64) -> Option<&Record> {
        self.records.get(&id).filter(|record| record.is_live())
    }

    /// What `idProperty` names. Only unique values identify.
    pub(super) fn key(&self, id_property: Option<&str>, purpose: &str) -> Result<Key, Refusal> {
        let Some(name) = id_property.filter(|name| *name != "hs_object_id") else { return Ok(Key::Id) };
        let Some(place) = self.properties.place(name) else {
            return Err(Refusal::invalid(&format!("Property \"{name}\" does not exist")));
        };
        if !self.properties.at(place).is_unique() {
            let why = format!("Unable to perform {purpose} by non-unique {} property {name}", self.id);
            return Err(Refusal::invalid(&why));
        }
        Ok(Key::Property(place))
    }

    /// The record with this id, archived ones, too, or the living one with this unique value.
    pub(super) fn find(&self, key: Key, text: &str) -> Option<u64> {
        match key {
            Key::Id => text.parse().ok().filter(|id| self.records.contains_key(id)),
            Key::Property(place) => {
                let email = self.properties.at(place).check == Check::Email;
                let sought = if email { text.trim().to_lowercase() } else { text.trim().to_owned() };
                self.owner(place, &sought)
            }
        }
    }

    pub(super) fn owner(&self, place: usize, value: &str) -> Option<u64> {
        self.unique.get(&(place, value.into())).copied()
    }

    /// Everything in these values that no other record may have.
    pub(super) fn keys_of(&self, values: &Values) -> Vec<(usize, Box<str>)> {
        let mut keys = Vec::new();
        for (place, value) in values.iter() {
            let property = self.properties.at(place);
            if property.check == Check::Emails {
                let email = self.properties.place("email").unwrap_or(place);
                keys.extend(value.split(';').map(|one| (email, one.into())));
            } else if property.is_unique() {
                keys.push((place, value.into()));
            }
        }
        keys
    }

    pub(super) fn claim(&mut self, id: u64) {
        let Some(record) = self.live(id) else { return };
        let keys = self.keys_of(&record.values);
        self.unique.extend(keys.into_iter().map(|key| (key, id)));
    }

    pub(super) fn release(&mut self, id: u64) {
        let Some(record) = self.records.get(&id) else { return };
        for key in self.keys_of(&record.values) {
            if self.unique.get(&key) == Some(&id) {
                self.unique.remove(&key);
            }
        }
    }

    /// A property's value, the computed ones included.
    pub(super) fn value(&self, id: u64, record: &Record, seen: Seen<'_>, place: usize) -> Option<String> {
        match self.properties.at(place).access {
            Access::System(what) => Some(record.system(what, id, seen.updated)),
            Access::Writable | Access::ReadOnly => seen.values.get(place).map(str::to_owned),
        }
    }

    /// What a reading shows: the usual properties and those asked for, null where they are not set. Unknown names are
    /// ignored.
    pub(super) fn shown<'a>(&self, asked: impl IntoIterator<Item = &'a str>) -> Vec<usize> {
        let usual: &[&str] = if self.is_contacts() {
            &["createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"]
        } else {
            &["hs_createdate", "hs_lastmodifieddate", "hs_object_id"]
        };
        let mut places: Vec<usize> = Vec::new();
        for place in usual.iter().copied().chain(asked).filter_map(|name| self.properties.place(name)) {
            if !places.contains(&place) {
                places.push(place);
            }
        }
        places
    }

    pub(super) fn read_json(&self, portal: u64, id: u64, record: &Record, seen: Seen<'_>, places: &[usize]) -> Value {
        let of = |place: &usize| (self.properties.at(*place).name.clone(), json!(self.value(id, record, seen, *place)));
        self.envelope(portal, id, record, seen.updated, &places.iter().map(of).collect())
    }

    /// What a write answers: what was written, and some of the vendor's own properties, as far as they are set.
    pub(super) fn written_json(&self, portal: u64, id: u64, record: &Record, written: &[usize]) -> Value {
        const FIXED: [&str; 10] = [
            "hs_object_id",
            "createdate",
            "lastmodifieddate",
            "hs_createdate",
            "hs_lastmodifieddate",
            "hs_object_source",
            "hs_object_source_id",
            "hs_object_source_label",
            "lifecyclestage",
            "hs_pipeline",
        ];
        let fixed = FIXED.iter().filter_map(|name| self.properties.place(name));
        let of = |place: usize| {
            Some((self.properties.at(place).name.clone(), json!(self.value(id, record, record.now(), place)?)))
        };
        let properties: Map<String, Value> = written.iter().copied().chain(fixed).filter_map(of).collect();
        self.envelope(portal, id, record, record.updated, &properties)
    }

    fn envelope(
        &self,
        portal: u64,
        id: u64,
        record: &Record,
        updated: Timestamp,
        properties: &Map<String, Value>,
    ) -> Value {
        let mut shown = json!({
            "id": id.to_string(), "properties": properties, "createdAt": stamp(record.created),
            "updatedAt": stamp(updated), "archived": !record.is_live(),
            "url": format!("https://app.hubspot.com/contacts/{portal}/record/{}/{id}", self.id),
        });
        if let (Some(at), Some(map)) = (record.archived, shown.as_object_mut()) {
            map.insert("archivedAt".to_owned(), json!(stamp(at)));
        }
        shown
    }
}
