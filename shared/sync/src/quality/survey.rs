//! What the source's records say by themselves and among each other.

use crate::{OpenFlow, pull};
use jiff::civil::Date;
use lintel_connectors::{mapping::Mapping, records::Item};
use lintel_domain::{
    quality::{
        Completeness, CompletenessCheck, Consistency, ConsistencyCheck, DuplicateReport, DuplicateSearch, Validity,
    },
    records::{Entity, RecordKey},
};
use std::collections::{BTreeSet, HashSet};

#[derive(Debug)]
pub(super) struct Survey {
    completeness: CompletenessCheck,
    duplicates: DuplicateSearch,
    pub(super) consistency: ConsistencyCheck,
    validity: Validity,
    seen: HashSet<RecordKey>,
    pub(super) not_read: BTreeSet<String>,
}

impl Survey {
    pub(super) fn new(open: &OpenFlow, today: Date) -> Self {
        let fields: Vec<&str> = open.reading.fields().map(|(name, _)| name).collect();
        let mut consistency = ConsistencyCheck::new(today);
        read_whole(&mut consistency, &open.reading);
        Self {
            completeness: CompletenessCheck::new(open.entity(), &fields, &open.flow.rules),
            duplicates: DuplicateSearch::default(),
            consistency,
            validity: Validity::default(),
            seen: HashSet::new(),
            not_read: BTreeSet::new(),
        }
    }

    /// Takes a page of the flow's own stream in, and answers its records as the flow sees them. A record that comes on two pages,
    /// because the list moved meanwhile, counts once.
    pub(super) fn take<'i>(&mut self, open: &OpenFlow, items: &'i [Item]) -> Vec<pull::Pulled> {
        let mut taken = Vec::with_capacity(items.len());
        let read = |item: &'i Item| Some((item, open.reading.read(item, open.flow.currency)?));
        for (item, mapped) in items.iter().filter_map(read) {
            let record = &mapped.record;
            if !self.seen.insert(record.key.clone()) {
                continue;
            }
            let pulled = pull::judged(open, item, &mapped);
            self.completeness.add(&record.key, &record.fields);
            self.validity.add(&record.key, &pulled.faults);
            self.duplicates.add(record);
            self.consistency.add(record);
            taken.push(pulled);
        }
        taken
    }

    pub(super) fn has_seen(&self, key: &RecordKey) -> bool {
        self.seen.contains(key)
    }

    pub(super) fn found(self) -> (Completeness, Validity, DuplicateReport, Consistency, BTreeSet<String>) {
        let Self { completeness, duplicates, consistency, validity, not_read, .. } = self;
        (completeness.report(), validity, duplicates.find().into(), consistency.find(), not_read)
    }
}

/// Says that all records of a mapping's stream are taken in.
pub(super) fn read_whole(consistency: &mut ConsistencyCheck, mapping: &Mapping) {
    let entity: Entity = mapping.entity();
    consistency.read_whole(mapping.name(), entity, mapping.fields().map(|(name, _)| name));
}
