//! People, and what speaks for two of them being one.

use super::{
    Duplicate, DuplicateKind, MOST_KEYS, SURE_ENOUGH, Tie,
    blocking::{Blocks, hashed},
    findings, share, sureness,
};
use crate::{
    mask::{Masked, Personal, mask},
    quality::{
        addresses::Address,
        names::{Name, Names},
        normal::sound,
    },
    records::{Entity, Record, RecordKey},
};
use std::collections::{BTreeMap, BTreeSet};

/// What each takes of the doubt. Thousandths.
const EMAIL: u32 = 900;
const PHONE: u32 = 750;
const NAME: u32 = 700;
const ADDRESS: u32 = 600;
const BIRTH: u32 = 600;
/// What dates of birth that differ take off again. Of a hundred.
const OTHER_BIRTH: u8 = 20;
/// What family names that differ take off: people marry, and numbers are given out anew. Of a hundred.
const OTHER_FAMILY: u8 = 10;
/// A value that more different names than this have is nobody's own.
const COMMON: usize = 12;

const EMAILS: [&str; 2] = ["email", "other_email"];
const PHONES: [&str; 3] = ["home_phone", "mobile_phone", "work_phone"];

/// A person as compared. By key first, so that places follow keys.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Person {
    pub(super) key: RecordKey,
    role: String,
    name: Name,
    /// With the fields they stand in.
    emails: Vec<(&'static str, String)>,
    phones: Vec<(&'static str, String)>,
    born: Option<String>,
    address: Option<Address>,
}

impl Person {
    pub(super) fn of(record: &Record) -> Self {
        let fields = &record.fields;
        let values = |names: &[&'static str]| {
            names.iter().filter_map(|name| Some((*name, fields.text(name)?.to_owned()))).collect()
        };
        Self {
            key: record.key.clone(),
            role: fields.text("kind").unwrap_or_default().to_owned(),
            name: Name::of(fields),
            emails: values(&EMAILS),
            phones: values(&PHONES),
            born: fields.text("date_of_birth").map(str::to_owned),
            address: Address::of(fields),
        }
    }

    fn values(&self) -> impl Iterator<Item = &str> {
        self.emails.iter().chain(&self.phones).map(|(_, value)| value.as_str())
    }

    /// The blocks in which somebody who is the same would be met.
    fn enter(&self, place: usize, common: &Common<'_>, blocks: &mut Blocks) {
        for value in self.values().filter(|value| !common.has(value)) {
            blocks.put(("value", value), place);
        }
        let (sounds, given) = (sound(self.name.last_word()), self.name.given());
        if let Some(address) = &self.address {
            let house = (address.number.as_str(), address.street_begins());
            if !sounds.is_empty() {
                blocks.put(("home", house, &sounds), place);
            }
            if let Some(initial) = given.chars().next() {
                blocks.put(("first", house, initial), place);
            }
        }
        if let Some(born) = &self.born {
            blocks.put(("born", born, &sounds), place);
        }
    }
}

pub(super) fn find(people: &[Person]) -> Vec<Duplicate> {
    let common = Common::of(people);
    let mut blocks = Blocks::default();
    for (place, person) in people.iter().enumerate() {
        person.enter(place, &common, &mut blocks);
    }
    let mut ties = Vec::new();
    let order = |place: usize| people.get(place).map(|person| person.name.sorted_by());
    blocks.pairs(order, |one, other| {
        if let Some((first, second)) = people.get(one).zip(people.get(other)) {
            ties.extend(tie(first, second, &common).map(|tie| Tie { pair: (one, other), ..tie }));
        }
    });
    let mut found = findings(Entity::Person, people, ties, |person| &person.key, in_common);
    found.extend(common.findings(people));
    found
}

/// What two people are to each other. Its places are filled in by the caller.
fn tie(one: &Person, other: &Person, common: &Common<'_>) -> Option<Tie> {
    let both = Both::of(one, other, common);
    let names = one.name.compare(&other.name);
    if names == Names::Differ {
        return both.household();
    }
    let mut evidence = both.evidence();
    let mut fields = both.fields();
    let born = one.born.as_ref().zip(other.born.as_ref()).map(|(one, other)| one == other);
    if born == Some(true) {
        evidence.push(BIRTH);
        fields.push("date_of_birth");
    }
    if let Names::Same { first, last } = names {
        evidence.push(share(NAME, first.midpoint(last.unwrap_or_default())));
        fields.extend(match one.name {
            Name::Company(_) => &["company"][..],
            _ if last > Some(0) => &["first_name", "last_name"],
            _ => &["first_name"],
        });
    }
    let kind = match names {
        _ if !both.emails.is_empty() => DuplicateKind::SameEmail,
        _ if !both.phones.is_empty() => DuplicateKind::SamePhone,
        // Without a value in common it takes both names.
        Names::Same { last: Some(1..), .. } => DuplicateKind::Similar,
        _ => return None,
    };
    let sure = sureness(evidence);
    let against =
        [(born == Some(false), OTHER_BIRTH), (matches!(names, Names::Same { last: Some(0), .. }), OTHER_FAMILY)];
    let score =
        against.into_iter().filter(|(holds, _)| *holds).fold(sure, |sure, (_, takes)| sure.saturating_sub(takes));
    let kind = if one.role == other.role { kind } else { DuplicateKind::SeveralRoles };
    (score >= SURE_ENOUGH).then_some(Tie { pair: (0, 0), kind, score, fields, through: 0 })
}

/// What two people have in common beside their names.
struct Both<'a> {
    one: &'a Person,
    other: &'a Person,
    emails: Vec<Shared<'a>>,
    phones: Vec<Shared<'a>>,
    /// How sure their addresses are one. Thousandths.
    home: u32,
}

/// A value, and the fields it stands in on either side.
struct Shared<'a> {
    value: &'a str,
    fields: [&'static str; 2],
}

impl<'a> Both<'a> {
    fn of(one: &'a Person, other: &'a Person, common: &Common<'_>) -> Self {
        let shared = |ours: &'a [(&'static str, String)], theirs: &[(&'static str, String)]| {
            let mut shared = Vec::new();
            for (field, value) in ours.iter().filter(|(_, value)| !common.has(value)) {
                let also = theirs.iter().filter(|(_, theirs)| theirs == value);
                shared.extend(also.map(|(also, _)| Shared { value, fields: [*field, *also] }));
            }
            shared
        };
        Self {
            one,
            other,
            emails: shared(&one.emails, &other.emails),
            phones: shared(&one.phones, &other.phones),
            home: one.address.as_ref().zip(other.address.as_ref()).map_or(0, |(one, other)| one.likeness(other)),
        }
    }

    fn evidence(&self) -> Vec<u32> {
        let told = |shared: &[Shared<'_>], weight: u32| if shared.is_empty() { 0 } else { weight };
        vec![told(&self.emails, EMAIL), told(&self.phones, PHONE), share(ADDRESS, self.home)]
    }

    fn fields(&self) -> Vec<&'static str> {
        let values = self.emails.iter().chain(&self.phones).flat_map(|shared| shared.fields);
        values.chain((self.home > 0).then_some("address_line1")).collect()
    }

    /// Of people with other first names: they share a value, or a home and a family name.
    fn household(&self) -> Option<Tie> {
        let is_family = self.one.name.shares_last_name(&self.other.name);
        let through = match (self.emails.first().or(self.phones.first()), &self.one.address) {
            (Some(shared), _) => hashed(shared.value),
            (None, Some(home)) if is_family && self.home > 0 => {
                hashed((&home.number, home.street_begins(), sound(self.one.name.last_word())))
            }
            _ => return None,
        };
        let (mut evidence, mut fields) = (self.evidence(), self.fields());
        if is_family {
            evidence.push(NAME / 2);
            fields.push("last_name");
        }
        Some(Tie { pair: (0, 0), kind: DuplicateKind::Household, score: sureness(evidence), fields, through })
    }
}

/// The values two have in common, masked.
fn in_common(one: &Person, other: &Person) -> BTreeMap<&'static str, Masked> {
    let both = |ours: &[(&'static str, String)], theirs: &[(&'static str, String)], kind: Personal| {
        let shared = ours.iter().filter(|(_, value)| theirs.iter().any(|(_, theirs)| theirs == value));
        shared.map(|(field, value)| (*field, mask(kind, value))).collect::<Vec<_>>()
    };
    let emails = both(&one.emails, &other.emails, Personal::Email);
    emails.into_iter().chain(both(&one.phones, &other.phones, Personal::Phone)).collect()
}

/// Values that too many different people have, with the places of those who have them.
#[derive(Debug)]
struct Common<'a>(BTreeMap<&'a str, Vec<usize>>);

impl<'a> Common<'a> {
    fn of(people: &'a [Person]) -> Self {
        let mut holders: Vec<(&str, usize)> = Vec::new();
        for (place, person) in people.iter().enumerate() {
            holders.extend(person.values().map(|value| (value, place)));
        }
        holders.sort_unstable();
        holders.dedup();
        let mut common = BTreeMap::new();
        for held in holders.chunk_by(|(one, _), (other, _)| one == other) {
            let places = held.iter().map(|(_, place)| *place);
            let names: BTreeSet<&Name> =
                places.clone().filter_map(|place| people.get(place)).map(|person| &person.name).collect();
            if let Some((value, _)) = held.first().filter(|_| names.len() > COMMON) {
                common.insert(*value, places.collect());
            }
        }
        Self(common)
    }

    fn has(&self, value: &str) -> bool {
        !self.0.is_empty() && self.0.contains_key(value)
    }

    fn findings(&self, people: &[Person]) -> Vec<Duplicate> {
        let finding = |(value, places): (&&str, &Vec<usize>)| {
            let holders: Vec<&Person> = places.iter().filter_map(|place| people.get(*place)).collect();
            let fields: BTreeSet<&str> = holders
                .iter()
                .flat_map(|person| person.emails.iter().chain(&person.phones))
                .filter(|(_, held)| held == value)
                .map(|(field, _)| *field)
                .collect();
            let kind = if value.contains('@') { Personal::Email } else { Personal::Phone };
            let example = |field: &&str| ((*field).to_owned(), mask(kind, value).to_string());
            Duplicate {
                kind: DuplicateKind::SharedByMany,
                entity: Entity::Person,
                keys: holders.iter().take(MOST_KEYS).map(|person| person.key.clone()).collect(),
                records: holders.len() as u64,
                score: 100,
                examples: fields.iter().take(1).map(example).collect(),
                fields: fields.into_iter().map(str::to_owned).collect(),
            }
        };
        self.0.iter().map(finding).collect()
    }
}
