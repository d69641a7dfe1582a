//! Properties and units, and what speaks for two of them being one.

use super::{Duplicate, DuplicateKind, SURE_ENOUGH, Tie, blocking::Blocks, findings, share, sureness};
use crate::{
    quality::{
        addresses::Address,
        normal::{fold, likeness, unit_number},
    },
    records::{Entity, Record, RecordKey},
};
use std::collections::BTreeMap;

/// What each takes of a property's doubt. Thousandths.
const ADDRESS: u32 = 850;
const NAME: u32 = 600;
/// Names that count differently, `Building A` and `Building B`, take this off. Of a hundred.
const OTHER_NUMBER: u8 = 20;
/// A unit with its property's number.
const SAME_NUMBER: u8 = 95;

/// A property as compared. By key first, so that places follow keys.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) key: RecordKey,
    /// Words, without those that count.
    name: String,
    /// `12`, `b`.
    counts: String,
    address: Option<Address>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Unit {
    pub(super) key: RecordKey,
    property: Option<String>,
    number: String,
    building: String,
}

impl Place {
    pub(super) fn of(record: &Record) -> Self {
        let folded = fold(record.fields.text("name").unwrap_or_default());
        let counts = |word: &&str| word.len() == 1 || word.bytes().any(|byte| byte.is_ascii_digit());
        let (counting, words): (Vec<&str>, Vec<&str>) =
            folded.split(' ').filter(|word| !word.is_empty()).partition(counts);
        Self {
            key: record.key.clone(),
            name: words.join(" "),
            counts: counting.join(" "),
            address: Address::of(&record.fields),
        }
    }
}

impl Unit {
    pub(super) fn of(record: &Record) -> Self {
        let text = |name: &str| record.fields.text(name).unwrap_or_default();
        Self {
            key: record.key.clone(),
            property: record.fields.text("property").map(str::to_owned),
            number: unit_number(text("number")),
            building: fold(text("building")),
        }
    }
}

/// An address is needed: half the houses of a street are called after it.
pub(super) fn find_places(places: &[Place]) -> Vec<Duplicate> {
    let mut blocks = Blocks::default();
    for (at, place) in places.iter().enumerate() {
        if let Some(address) = &place.address {
            blocks.put((&address.number, address.street_begins()), at);
        }
    }
    let mut ties = Vec::new();
    let order = |at: usize| places.get(at).map(|place| (&place.address, &place.name));
    blocks.pairs(order, |one, other| {
        let tied = places.get(one).zip(places.get(other)).and_then(|(first, second)| tie(first, second));
        ties.extend(tied.map(|tie| Tie { pair: (one, other), ..tie }));
    });
    findings(Entity::Property, places, ties, |place| &place.key, |_, _| BTreeMap::new())
}

fn tie(one: &Place, other: &Place) -> Option<Tie> {
    let address = one.address.as_ref().zip(other.address.as_ref()).map_or(0, |(one, other)| one.likeness(other));
    if address == 0 {
        return None;
    }
    let name = if one.name.is_empty() || other.name.is_empty() { 0 } else { likeness(&one.name, &other.name) };
    let mut fields = vec!["address_line1"];
    if name > 0 {
        fields.push("name");
    }
    let sure = sureness([share(ADDRESS, address), share(NAME, name)]);
    let score = if one.counts == other.counts { sure } else { sure.saturating_sub(OTHER_NUMBER) };
    (score >= SURE_ENOUGH).then_some(Tie { pair: (0, 0), kind: DuplicateKind::Similar, score, fields, through: 0 })
}

pub(super) fn find_units(units: &[Unit]) -> Vec<Duplicate> {
    let mut blocks = Blocks::default();
    for (at, unit) in units.iter().enumerate() {
        if let Some(property) = unit.property.as_ref().filter(|_| !unit.number.is_empty()) {
            blocks.put((property, &unit.number), at);
        }
    }
    let mut ties = Vec::new();
    let order = |at: usize| units.get(at).map(|unit| &unit.building);
    blocks.pairs(order, |one, other| {
        if let Some((first, second)) = units.get(one).zip(units.get(other))
            && (&first.property, &first.number) == (&second.property, &second.number)
            && (first.building == second.building || first.building.is_empty() || second.building.is_empty())
        {
            let fields = vec!["property", "number"];
            let kind = DuplicateKind::SamePlace;
            ties.push(Tie { pair: (one, other), kind, score: SAME_NUMBER, fields, through: 0 });
        }
    });
    findings(Entity::Unit, units, ties, |unit| &unit.key, |_, _| BTreeMap::new())
}
