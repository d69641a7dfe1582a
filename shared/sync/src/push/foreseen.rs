//! What bringing records to the target would come to, without a write: what a plan tells.

use super::{
    Push, Work, theirs, unique,
    way::{Meeting, OnItsWay, Place},
    work::chunks,
};
use crate::{SyncError, plan::Step, pull::Pulled};
use lintel_domain::{
    records::RecordKey,
    sync::{Link, Merged},
};
use std::collections::{BTreeMap, BTreeSet};

/// What the target would have by now, had everything been written that a plan went through so far.
#[derive(Debug, Default)]
pub(crate) struct Foreseen {
    /// Who would have a value only one record may have.
    claimed: BTreeMap<String, RecordKey>,
    /// The target's own records that would be taken over.
    taken: BTreeSet<String>,
}

impl Push<'_> {
    /// The step of every record; none where there is nothing to do about it. Records that are not where they were are left out, and so
    /// are values that a record goes without, unless it is among `freed`.
    pub(crate) async fn foresee(
        &self,
        work: Work,
        freed: &BTreeSet<RecordKey>,
        foreseen: &mut Foreseen,
    ) -> Result<Vec<(Pulled, Option<Step>)>, SyncError> {
        let Work { new, begun, met, changed, .. } = work;
        let mut ways = self.still_there(changed, freed).await?;
        let ids: Vec<String> = met.iter().map(|(_, id)| id.clone()).collect();
        ways.extend(self.paired(met, &ids).await?);
        let begun = begun.into_iter().map(|(record, link)| (record, Some(link)));
        let (first, there) = self.first(begun.chain(new).collect()).await?;
        ways.extend(first);
        let (now, deadline) = (self.now, self.deadline);
        unique::foresee(self.open, self.table, &mut ways, &mut foreseen.claimed, now, deadline).await?;
        let (made, known): (Vec<_>, Vec<_>) =
            ways.into_iter().partition(|way| way.place == Place::New && !there.contains(&way.record.key));
        let mut steps: Vec<_> = known.into_iter().map(merged).collect();
        steps.extend(self.made(made, foreseen).await?);
        Ok(steps)
    }

    /// Records that are linked, merged with what the target has.
    async fn still_there(
        &self,
        records: Vec<(Pulled, Link, String)>,
        freed: &BTreeSet<RecordKey>,
    ) -> Result<Vec<OnItsWay>, SyncError> {
        let mut ways = Vec::new();
        for batch in chunks(records, self.open.target.batch_size(self.open.writing.stream())) {
            let ids: Vec<String> = batch.iter().map(|(_, _, id)| id.clone()).collect();
            let mut read = theirs::read(self.open, &ids, self.deadline).await?;
            for (record, link, id) in batch {
                if let Some(theirs) = read.remove(&id) {
                    let mut withheld = link.withheld.clone();
                    withheld.retain(|_, _| !freed.contains(&link.key));
                    let mut way = self.at(record, link, Place::At(id), theirs);
                    way.merged.to_target.retain(|name, _| !withheld.contains_key(*name));
                    ways.push(way);
                }
            }
        }
        Ok(ways)
    }

    /// Records that the target has nothing of, as far as their links tell; and those it has by our key all the same.
    async fn first(
        &self,
        records: Vec<(Pulled, Option<Link>)>,
    ) -> Result<(Vec<OnItsWay>, BTreeSet<RecordKey>), SyncError> {
        let keys: Vec<RecordKey> = records.iter().map(|(record, _)| record.key.clone()).collect();
        let mut found = theirs::find(self.open, &keys, self.deadline).await?;
        let there = found.keys().cloned().collect();
        let way = |(record, was): (Pulled, Option<Link>)| match (was, found.remove(&record.key)) {
            (Some(link), Some((id, theirs))) if link.intent.is_some() => self.at(record, link, Place::At(id), theirs),
            (was, _) => self.new_one(record, was),
        };
        Ok((records.into_iter().map(way).collect(), there))
    }

    /// Records that are made, unless one of the target's own has what only one may have: that one is taken over, once.
    async fn made(
        &self,
        ways: Vec<OnItsWay>,
        foreseen: &mut Foreseen,
    ) -> Result<Vec<(Pulled, Option<Step>)>, SyncError> {
        let mut met = BTreeMap::new();
        for field in unique::fields(self.open).into_iter().filter_map(|name| self.open.writing.vendor_field(name)) {
            let values: BTreeMap<String, &RecordKey> =
                ways.iter().filter_map(|way| Some((self.written(way, field)?, &way.record.key))).collect();
            let names: Vec<String> = values.keys().cloned().collect();
            for (value, other) in theirs::find_by(self.open, field, &names, self.deadline).await? {
                if let Some(key) = values.get(&value) {
                    met.entry((*key).clone()).or_insert(other);
                }
            }
        }
        let mut steps = Vec::with_capacity(ways.len());
        for mut way in ways {
            let Some((id, theirs)) = met.remove(&way.record.key) else {
                steps.push(created(way));
                continue;
            };
            let is_free = !foreseen.taken.contains(&id);
            match theirs.filter(|theirs| is_free && !self.is_anothers(&way.record.key, theirs)) {
                Some(theirs) => {
                    foreseen.taken.insert(id.clone());
                    let OnItsWay { record, was, .. } = way;
                    let place = Place::TakenOver(id);
                    steps.push(merged(self.way(Meeting { record, was, place, theirs, base: None })));
                }
                None => {
                    for (name, (why, told)) in self.faults(&way, "", Some(&id)) {
                        way.withhold(name, why, told);
                    }
                    steps.push(created(way));
                }
            }
        }
        Ok(steps)
    }

    /// What one of the target's fields would be given.
    fn written(&self, way: &OnItsWay, field: &str) -> Option<String> {
        let value = way.outgoing(self.open)?.values.remove(field)?;
        value.as_str().filter(|value| !value.is_empty()).map(str::to_owned)
    }
}

fn created(way: OnItsWay) -> (Pulled, Option<Step>) {
    (way.record, Some(Step::Create { fields: way.merged.to_target.into_keys().collect() }))
}

/// Of a record that is there. Taking over writes our key, if nothing else.
fn merged(way: OnItsWay) -> (Pulled, Option<Step>) {
    let (fields, conflicts) = told(way.merged);
    let step = match way.place {
        Place::TakenOver(_) => Some(Step::TakeOver { fields, conflicts }),
        Place::At(_) | Place::New if fields.is_empty() && conflicts.is_empty() => None,
        Place::At(_) | Place::New => Some(Step::Update { fields, conflicts }),
    };
    (way.record, step)
}

fn told(merged: Merged) -> (Vec<&'static str>, Vec<String>) {
    (merged.to_target.into_keys().collect(), merged.conflicts.into_keys().collect())
}
