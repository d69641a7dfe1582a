//! What a record needs to be of use, and how much of it is there.

use super::Listed;
use crate::{
    records::{Entity, FieldFault, Fields, Problem, RecordKey},
    sync::{Check, Rule},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Something a usable record has: at least one of some fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    pub name: &'static str,
    pub any_of: &'static [&'static str],
}

const fn need(name: &'static str, any_of: &'static [&'static str]) -> Need {
    Need { name, any_of }
}

const PERSON: &[Need] = &[
    need("kind", &["kind"]),
    need("name", &["last_name", "company"]),
    need("way to be reached", &["email", "other_email", "mobile_phone", "home_phone", "work_phone"]),
];
const PROPERTY: &[Need] =
    &[need("name", &["name"]), need("address", &["address_line1"]), need("town", &["city", "postal_code"])];
const BUILDING: &[Need] = &[need("name", &["name"]), need("property", &["property"])];
const UNIT: &[Need] = &[need("property", &["property"]), need("number", &["number"])];
const LEASE: &[Need] = &[
    need("place", &["unit", "property"]),
    need("first day", &["from"]),
    need("status", &["status"]),
    need("parties", &["parties"]),
];
const LISTING: &[Need] =
    &[need("place", &["unit", "property"]), need("rent", &["rent"]), need("free from", &["available_on"])];
const ASSOCIATION: &[Need] = &[need("name", &["name"])];

/// What a usable record of a kind has.
pub fn needs(entity: Entity) -> &'static [Need] {
    match entity {
        Entity::Person => PERSON,
        Entity::Property => PROPERTY,
        Entity::Building => BUILDING,
        Entity::Unit => UNIT,
        Entity::Lease => LEASE,
        Entity::Listing => LISTING,
        Entity::Association => ASSOCIATION,
    }
}

/// How complete records are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completeness {
    pub entity: Entity,
    pub examined: u64,
    /// Records that have all they need.
    pub usable: u64,
    pub needs: Vec<NeedMet>,
    /// In the order of the entity's fields.
    pub fields: Vec<FieldFilled>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NeedMet {
    pub name: String,
    pub any_of: Vec<String>,
    /// Records without any of them.
    pub missing: Listed<RecordKey>,
}

/// How many records have a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldFilled {
    pub field: String,
    pub filled: u64,
}

/// Takes records in, one by one.
#[derive(Clone, Debug)]
pub struct CompletenessCheck(Completeness);

impl CompletenessCheck {
    /// Of fields that are mapped. What no field could fill is not asked for; what the flow requires is, too.
    pub fn new(entity: Entity, mapped: &[&str], rules: &[Rule]) -> Self {
        let is_mapped = |field: &&str| mapped.contains(field);
        let usual = needs(entity).iter().map(|need| (need.name, need.any_of));
        let required = rules.iter().filter(|rule| rule.check == Check::Required);
        let own = required.filter(|rule| !needs(entity).iter().any(|need| need.any_of == [rule.field.as_str()]));
        let mut asked: Vec<NeedMet> = usual
            .filter(|(_, any_of)| any_of.iter().any(is_mapped))
            .map(|(name, any_of)| NeedMet::new(name, any_of.iter().copied().filter(is_mapped)))
            .collect();
        asked.extend(own.map(|rule| NeedMet::new(&rule.field, [rule.field.as_str()])));
        let fields = entity.fields().iter().filter(|field| is_mapped(&field.name));
        let fields = fields.map(|field| FieldFilled { field: field.name.to_owned(), filled: 0 }).collect();
        Self(Completeness { entity, examined: 0, usable: 0, needs: asked, fields })
    }

    pub fn add(&mut self, key: &RecordKey, fields: &Fields) {
        let Completeness { examined, usable, needs, fields: filled, .. } = &mut self.0;
        *examined += 1;
        let mut is_usable = true;
        for need in needs {
            if !need.any_of.iter().any(|field| fields.get(field).is_some()) {
                need.missing.add(key.clone());
                is_usable = false;
            }
        }
        *usable += u64::from(is_usable);
        for field in filled {
            field.filled += u64::from(fields.get(&field.field).is_some());
        }
    }

    pub fn report(self) -> Completeness {
        self.0
    }
}

impl NeedMet {
    fn new<'a>(name: &str, any_of: impl IntoIterator<Item = &'a str>) -> Self {
        let any_of = any_of.into_iter().map(str::to_owned).collect();
        Self { name: name.to_owned(), any_of, missing: Listed::default() }
    }
}

/// Values that did not read as their field's kind, or broke a rule of the flow.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validity {
    pub examined: u64,
    /// Records without such a value.
    pub sound: u64,
    /// Field -> what is the matter -> where.
    pub faults: BTreeMap<String, BTreeMap<String, Listed<RecordKey>>>,
}

impl Validity {
    /// What is missing counts as incomplete, and not here.
    pub fn add(&mut self, key: &RecordKey, faults: &[FieldFault]) {
        self.examined += 1;
        let mut is_sound = true;
        for fault in faults.iter().filter(|fault| fault.problem != Problem::Missing) {
            is_sound = false;
            let of_field = self.faults.entry(fault.field.clone()).or_default();
            of_field.entry(fault.problem.to_string()).or_default().add(key.clone());
        }
        self.sound += u64::from(is_sound);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_need_names_fields_of_its_entity() {
        for entity in Entity::ALL {
            for need in needs(entity) {
                assert!(need.any_of.iter().all(|field| entity.field(field).is_some()), "{entity}: {}", need.name);
            }
        }
    }
}
