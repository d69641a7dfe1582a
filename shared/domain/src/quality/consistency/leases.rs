//! Leases that run, and the people on them.

use super::{
    ConsistencyCheck, ConsistencyRule,
    facts::{Lease, Residence},
};
use crate::records::{Entity, RecordKey};
use jiff::civil::Date;
use std::collections::{BTreeMap, HashSet};

impl ConsistencyCheck {
    pub(super) fn judge_leases(&mut self) {
        let mut empty = Vec::new();
        for lease in &self.leases {
            if lease.unit.is_none() && self.reads(&lease.key, "unit") {
                empty.push((ConsistencyRule::ActiveLeaseWithoutUnit, lease.key.clone(), "unit"));
            }
            let lives_there = lease.parties.iter().any(|(_, residence)| *residence == Residence::Active);
            if !lives_there && self.reads(&lease.key, "parties") {
                empty.push((ConsistencyRule::ActiveLeaseWithoutParty, lease.key.clone(), "parties"));
            }
        }
        for (rule, key, field) in empty {
            self.findings.add(rule, &key, &[field], &[]);
        }
        self.judge_overlaps();
    }

    /// One person on two leases of one unit at a time. A lease that begins on the day another ends follows it.
    fn judge_overlaps(&mut self) {
        let mut held: BTreeMap<(&RecordKey, &RecordKey), Vec<&Lease>> = BTreeMap::new();
        for lease in &self.leases {
            let Some(unit) = &lease.unit else { continue };
            for (person, _) in lease.parties.iter().filter(|(_, residence)| *residence == Residence::Active) {
                held.entry((unit, person)).or_default().push(lease);
            }
        }
        for ((_, person), mut leases) in held {
            leases.sort_by_key(|lease| (lease.from.unwrap_or(Date::MIN), &lease.key));
            // Of all before, the one that lasts longest.
            let mut longest: Option<&Lease> = None;
            for lease in leases {
                let from = lease.from.unwrap_or(Date::MIN);
                if let Some(before) = longest.filter(|before| from < before.to.unwrap_or(Date::MAX)) {
                    let others = [&before.key, person];
                    self.findings.add(ConsistencyRule::LeasesOverlap, &lease.key, &["from", "to"], &others);
                }
                longest = longest.into_iter().chain([lease]).max_by_key(|one| one.to.unwrap_or(Date::MAX));
            }
        }
    }

    pub(super) fn judge_people(&mut self) {
        if !self.knows(Entity::Lease, "parties") {
            return;
        }
        let named: HashSet<&RecordKey> =
            self.leases.iter().flat_map(|lease| &lease.parties).map(|(person, _)| person).collect();
        for person in self.active.iter().filter(|person| !named.contains(person)) {
            self.findings.add(ConsistencyRule::ActivePersonWithoutLease, person, &["status"], &[]);
        }
    }
}
