//! Whether records make sense together.
//!
//! | rule | finding |
//! | --- | --- |
//! | `reference-leads-nowhere` | a reference into a stream that was read whole, to a record that is not there |
//! | `unit-of-other-property` | a lease or listing names a unit and a property the unit is not part of |
//! | `lease-dates-reversed` | a lease ends before it begins |
//! | `lease-over-and-active` | a fixed lease runs though its last day has passed |
//! | `active-lease-without-unit`, `active-lease-without-party` | nobody or nowhere: no unit, no party who lives there |
//! | `leases-overlap` | one person on two active leases of one unit at a time |
//! | `active-person-without-lease` | a tenant's or resident's status is active, and no active lease names them |
//! | `moved-out-before-moved-in` | of a person, or of a party of a lease |
//! | `born-in-the-future` | |
//! | `negative-amount` | a rent or deposit below zero |
//!
//! What follows from absence (no such record, no lease, no party) is judged only where the stream was read whole and maps the field.

mod facts;
mod leases;
mod references;

use crate::{
    quality::Listed,
    records::{Entity, Record, RecordKey},
};
use facts::Lease;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConsistencyRule {
    ReferenceLeadsNowhere,
    UnitOfOtherProperty,
    LeaseDatesReversed,
    LeaseOverAndActive,
    ActiveLeaseWithoutUnit,
    ActiveLeaseWithoutParty,
    LeasesOverlap,
    ActivePersonWithoutLease,
    MovedOutBeforeMovedIn,
    BornInTheFuture,
    NegativeAmount,
}

impl ConsistencyRule {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReferenceLeadsNowhere => "reference-leads-nowhere",
            Self::UnitOfOtherProperty => "unit-of-other-property",
            Self::LeaseDatesReversed => "lease-dates-reversed",
            Self::LeaseOverAndActive => "lease-over-and-active",
            Self::ActiveLeaseWithoutUnit => "active-lease-without-unit",
            Self::ActiveLeaseWithoutParty => "active-lease-without-party",
            Self::LeasesOverlap => "leases-overlap",
            Self::ActivePersonWithoutLease => "active-person-without-lease",
            Self::MovedOutBeforeMovedIn => "moved-out-before-moved-in",
            Self::BornInTheFuture => "born-in-the-future",
            Self::NegativeAmount => "negative-amount",
        }
    }
}

/// A record a rule finds fault with. By record and field, never by value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Inconsistency {
    pub key: RecordKey,
    pub fields: BTreeSet<String>,
    /// The other records that take part in it.
    pub others: BTreeSet<RecordKey>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consistency {
    pub examined: u64,
    /// Records no rule finds fault with.
    pub sound: u64,
    /// References into streams that were not read.
    pub not_judged: u64,
    pub found: BTreeMap<ConsistencyRule, Listed<Inconsistency>>,
}

/// Takes records in, in any order, and keeps of each only what the rules ask.
#[derive(Debug)]
pub struct ConsistencyCheck {
    today: Date,
    whole: HashMap<String, Stream>,
    keys: HashSet<RecordKey>,
    references: Vec<Reference>,
    /// Unit -> its property.
    units: HashMap<RecordKey, RecordKey>,
    /// Lease or listing, its unit, its property.
    places: Vec<(RecordKey, RecordKey, RecordKey)>,
    leases: Vec<Lease>,
    /// Tenants and residents whose status is active.
    active: Vec<RecordKey>,
    findings: Findings,
}

#[derive(Debug)]
struct Stream {
    entity: Entity,
    fields: HashSet<&'static str>,
}

#[derive(Debug)]
struct Reference {
    from: RecordKey,
    field: &'static str,
    to: RecordKey,
}

impl ConsistencyCheck {
    /// `today` in the properties' own calendar.
    pub fn new(today: Date) -> Self {
        Self {
            today,
            whole: HashMap::new(),
            keys: HashSet::new(),
            references: Vec::new(),
            units: HashMap::new(),
            places: Vec::new(),
            leases: Vec::new(),
            active: Vec::new(),
            findings: Findings::default(),
        }
    }

    /// Says that all records of a stream are added, and which fields its mapping reads.
    pub fn read_whole(&mut self, stream: &str, entity: Entity, fields: impl IntoIterator<Item = &'static str>) {
        self.whole.insert(stream.to_owned(), Stream { entity, fields: fields.into_iter().collect() });
    }

    /// A key that comes twice counts once.
    pub fn add(&mut self, record: &Record) {
        if self.keys.insert(record.key.clone()) {
            self.take_references(record);
            self.take_facts(record);
        }
    }

    /// The streams that records refer to and that were not read.
    pub fn unread(&self) -> BTreeSet<&str> {
        let referred = self.references.iter().filter_map(|reference| stream_of(&reference.to));
        referred.filter(|stream| !self.whole.contains_key(*stream)).collect()
    }

    /// Whether a stream of this kind was read whole with this field.
    fn knows(&self, entity: Entity, field: &str) -> bool {
        self.whole.values().any(|stream| stream.entity == entity && stream.fields.contains(field))
    }

    /// Whether the stream a record stands in was read whole with this field.
    fn reads(&self, key: &RecordKey, field: &str) -> bool {
        stream_of(key).and_then(|stream| self.whole.get(stream)).is_some_and(|stream| stream.fields.contains(field))
    }

    pub fn find(mut self) -> Consistency {
        let not_judged = self.judge_references();
        self.judge_leases();
        self.judge_people();
        let Findings { found, faulty } = self.findings;
        let examined = self.keys.len() as u64;
        Consistency { examined, sound: examined - faulty.len() as u64, not_judged, found }
    }
}

/// The stream in a key: what stands before the first slash.
fn stream_of(key: &RecordKey) -> Option<&str> {
    key.as_str().split_once('/').map(|(stream, _)| stream)
}

#[derive(Debug, Default)]
struct Findings {
    found: BTreeMap<ConsistencyRule, Listed<Inconsistency>>,
    faulty: HashSet<RecordKey>,
}

impl Findings {
    fn add(&mut self, rule: ConsistencyRule, key: &RecordKey, fields: &[&str], others: &[&RecordKey]) {
        self.faulty.insert(key.clone());
        self.found.entry(rule).or_default().add(Inconsistency {
            key: key.clone(),
            fields: fields.iter().map(|field| (*field).to_owned()).collect(),
            others: others.iter().map(|key| (*key).clone()).collect(),
        });
    }
}
