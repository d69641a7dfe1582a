//! Records that stand for one thing twice.
//!
//! | kind | what speaks for it |
//! | --- | --- |
//! | `same-email`, `same-phone` | two people have an address or number in common, and their first names do not differ |
//! | `similar` | name and address, or name and date of birth, are alike; for properties address and name |
//! | `same-place` | two units of one property have one number |
//! | `household` | an address, a number or a home in common and other first names: people who live together, no duplicates |
//! | `several-roles` | one person as a tenant and as an owner, say: two records by right |
//! | `shared-by-many` | a value so many different people have that it names nobody: an office's address, a filler |
//!
//! Every field that speaks for sameness leaves a part of the doubt, and the parts multiply: an e-mail address leaves a tenth, a
//! phone number a quarter, an address or a date of birth two fifths, a name three tenths; what is only alike leaves more. Dates of
//! birth that differ take twenty of a hundred off, family names ten. From 75 on it is a finding.
//!
//! Only records that share a block are compared: a value, or house number and street with the sound of the name. In a block of
//! more than forty each is compared with its neighbours in the order of names. So a hundred thousand records take seconds, and a name
//! with another house number and nothing else in common is no finding.

mod blocking;
mod groups;
mod people;
mod places;

use crate::{
    mask::Masked,
    records::{Entity, Record, RecordKey},
};
use groups::Tie;
use people::Person;
use places::{Place, Unit};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// From here on a pair is a finding. Of a hundred.
pub(super) const SURE_ENOUGH: u8 = 75;
/// Keys of one finding that are told.
const MOST_KEYS: usize = 25;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DuplicateKind {
    SameEmail,
    SamePhone,
    SamePlace,
    Similar,
    SeveralRoles,
    Household,
    SharedByMany,
}

impl DuplicateKind {
    pub const ALL: [Self; 7] = [
        Self::SameEmail,
        Self::SamePhone,
        Self::SamePlace,
        Self::Similar,
        Self::SeveralRoles,
        Self::Household,
        Self::SharedByMany,
    ];

    /// Whether a record is too many. The other kinds look alike and are told apart.
    pub fn is_surplus(self) -> bool {
        matches!(self, Self::SameEmail | Self::SamePhone | Self::SamePlace | Self::Similar)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::SameEmail => "same-email",
            Self::SamePhone => "same-phone",
            Self::SamePlace => "same-place",
            Self::Similar => "similar",
            Self::SeveralRoles => "several-roles",
            Self::Household => "household",
            Self::SharedByMany => "shared-by-many",
        }
    }
}

/// Records that belong together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Duplicate {
    /// Of the weakest tie that holds them together.
    pub kind: DuplicateKind,
    pub entity: Entity,
    /// In order; at most 25 of them.
    pub keys: Vec<RecordKey>,
    /// How many records there are.
    pub records: u64,
    /// Of a hundred: how sure the weakest tie is.
    pub score: u8,
    /// Which fields spoke for it.
    pub fields: BTreeSet<String>,
    /// What they have in common, masked, by field.
    pub examples: BTreeMap<String, String>,
}

/// What a search came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Duplicates {
    /// Records of kinds that can be compared.
    pub examined: u64,
    /// Records there would be fewer without duplicates.
    pub surplus: u64,
    /// By kind, the surest first.
    pub found: Vec<Duplicate>,
}

/// Takes records in, in any order, and keeps of each only what it is compared by.
#[derive(Debug, Default)]
pub struct DuplicateSearch {
    people: Vec<Person>,
    places: Vec<Place>,
    units: Vec<Unit>,
}

impl DuplicateSearch {
    /// People, properties and units; others are left out.
    pub fn add(&mut self, record: &Record) {
        match record.entity {
            Entity::Person => self.people.push(Person::of(record)),
            Entity::Property => self.places.push(Place::of(record)),
            Entity::Unit => self.units.push(Unit::of(record)),
            Entity::Building | Entity::Lease | Entity::Listing | Entity::Association => {}
        }
    }

    /// The findings do not depend on the order in which records were added. A key that was added twice counts once.
    pub fn find(self) -> Duplicates {
        let Self { mut people, mut places, mut units } = self;
        people.sort_unstable();
        people.dedup_by(|one, other| one.key == other.key);
        places.sort_unstable();
        places.dedup_by(|one, other| one.key == other.key);
        units.sort_unstable();
        units.dedup_by(|one, other| one.key == other.key);
        let mut found = people::find(&people);
        found.extend(places::find_places(&places));
        found.extend(places::find_units(&units));
        found.sort_by(|one, other| (one.kind, other.score, &one.keys).cmp(&(other.kind, one.score, &other.keys)));
        let surplus = found.iter().filter(|one| one.kind.is_surplus()).map(|one| one.records - 1).sum();
        Duplicates { examined: (people.len() + places.len() + units.len()) as u64, surplus, found }
    }
}

/// Searches records that are all there.
pub fn duplicates<'a>(records: impl IntoIterator<Item = &'a Record>) -> Duplicates {
    let mut search = DuplicateSearch::default();
    for record in records {
        search.add(record);
    }
    search.find()
}

/// How sure the fields that speak for sameness make it, each as the doubt it takes away. Thousandths in, of a hundred out.
fn sureness(evidence: impl IntoIterator<Item = u32>) -> u8 {
    let doubt =
        evidence.into_iter().fold(1_000_000_u64, |doubt, takes| doubt * u64::from(1000 - takes.min(1000)) / 1000);
    u8::try_from(100 - doubt.div_ceil(10_000)).unwrap_or_default()
}

/// A part of some evidence. Both thousandths.
fn share(of: u32, likeness: u32) -> u32 {
    of * likeness.min(1000) / 1000
}

/// The findings of groups of records, by their ties.
fn findings<T>(
    entity: Entity,
    items: &[T],
    ties: Vec<Tie>,
    key: impl Fn(&T) -> &RecordKey,
    example: impl Fn(&T, &T) -> BTreeMap<&'static str, Masked>,
) -> Vec<Duplicate> {
    groups::groups(ties)
        .into_iter()
        .map(|group| {
            let members: Vec<&T> = group.members.iter().filter_map(|at| items.get(*at)).collect();
            let pair = group.strongest.and_then(|(one, other)| items.get(one).zip(items.get(other)));
            let examples = pair.map(|(one, other)| example(one, other)).unwrap_or_default();
            let examples = examples.into_iter().map(|(field, masked)| (field.to_owned(), masked.to_string()));
            Duplicate {
                kind: group.kind,
                entity,
                records: members.len() as u64,
                keys: members.iter().take(MOST_KEYS).map(|item| key(item).clone()).collect(),
                score: group.score,
                fields: group.fields.iter().map(|field| (*field).to_owned()).collect(),
                examples: examples.collect(),
            }
        })
        .collect()
}
