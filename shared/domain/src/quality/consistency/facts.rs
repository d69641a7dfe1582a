//! What is kept of a record, and what it says by itself.

use super::{ConsistencyCheck, ConsistencyRule, Findings};
use crate::records::{Entity, FieldKind, Fields, Record, RecordKey};
use jiff::civil::Date;
use serde_json::Value;

/// A lease that runs.
#[derive(Debug)]
pub(super) struct Lease {
    pub(super) key: RecordKey,
    pub(super) unit: Option<RecordKey>,
    pub(super) from: Option<Date>,
    pub(super) to: Option<Date>,
    /// Everybody on it, and whether they live there.
    pub(super) parties: Vec<(RecordKey, Residence)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Residence {
    Active,
    /// To come, over, or not said.
    Other,
}

impl ConsistencyCheck {
    pub(super) fn take_facts(&mut self, record: &Record) {
        let Record { entity, key, fields } = record;
        judge_amounts(*entity, key, fields, &mut self.findings);
        match entity {
            Entity::Person => self.take_person(key, fields),
            Entity::Unit => {
                if let Some(property) = reference(fields, "property") {
                    self.units.insert(key.clone(), property);
                }
            }
            Entity::Lease => self.take_lease(key, fields),
            Entity::Listing => self.take_place(key, fields),
            Entity::Property | Entity::Building | Entity::Association => {}
        }
    }

    fn take_person(&mut self, key: &RecordKey, fields: &Fields) {
        let (moved_in, moved_out) = (date(fields, "moved_in"), date(fields, "moved_out"));
        if moved_in.zip(moved_out).is_some_and(|(moved_in, moved_out)| moved_out < moved_in) {
            self.findings.add(ConsistencyRule::MovedOutBeforeMovedIn, key, &["moved_in", "moved_out"], &[]);
        }
        if date(fields, "date_of_birth").is_some_and(|born| born > self.today) {
            self.findings.add(ConsistencyRule::BornInTheFuture, key, &["date_of_birth"], &[]);
        }
        let rents = matches!(fields.text("kind"), None | Some("tenant" | "resident"));
        if rents && fields.text("status") == Some("active") {
            self.active.push(key.clone());
        }
    }

    fn take_lease(&mut self, key: &RecordKey, fields: &Fields) {
        self.take_place(key, fields);
        let (from, to) = (date(fields, "from"), date(fields, "to"));
        if from.zip(to).is_some_and(|(from, to)| to < from) {
            self.findings.add(ConsistencyRule::LeaseDatesReversed, key, &["from", "to"], &[]);
        }
        let parties: Vec<&Value> = fields.get("parties").and_then(Value::as_array).into_iter().flatten().collect();
        for party in &parties {
            if let (Some(person), Some(moved_in), Some(moved_out)) =
                (text(party, "person"), day(text(party, "moved_in")), day(text(party, "moved_out")))
                && moved_out < moved_in
            {
                let person = RecordKey::from_text(person);
                self.findings.add(ConsistencyRule::MovedOutBeforeMovedIn, key, &["parties"], &[&person]);
            }
        }
        if fields.text("status") != Some("active") {
            return;
        }
        if fields.text("kind") == Some("fixed") && to.is_some_and(|to| to < self.today) {
            self.findings.add(ConsistencyRule::LeaseOverAndActive, key, &["status", "to"], &[]);
        }
        let parties = parties.into_iter().filter_map(|party| {
            let is_active = text(party, "status") == Some("active");
            let residence = if is_active { Residence::Active } else { Residence::Other };
            Some((RecordKey::from_text(text(party, "person")?), residence))
        });
        let parties = parties.collect();
        self.leases.push(Lease { key: key.clone(), unit: reference(fields, "unit"), from, to, parties });
    }

    fn take_place(&mut self, key: &RecordKey, fields: &Fields) {
        if let Some((unit, property)) = reference(fields, "unit").zip(reference(fields, "property")) {
            self.places.push((key.clone(), unit, property));
        }
    }
}

fn judge_amounts(entity: Entity, key: &RecordKey, fields: &Fields, findings: &mut Findings) {
    let amounts = entity.fields().iter().filter(|field| field.kind == FieldKind::Money);
    let negative: Vec<&str> = amounts
        .map(|field| field.name)
        .filter(|name| fields.get(name).and_then(|money| money.get("minor")?.as_i64()).is_some_and(|minor| minor < 0))
        .collect();
    if !negative.is_empty() {
        findings.add(ConsistencyRule::NegativeAmount, key, &negative, &[]);
    }
}

pub(super) fn reference(fields: &Fields, name: &str) -> Option<RecordKey> {
    fields.text(name).map(RecordKey::from_text)
}

fn date(fields: &Fields, name: &str) -> Option<Date> {
    day(fields.text(name))
}

fn day(text: Option<&str>) -> Option<Date> {
    text?.parse().ok()
}

pub(super) fn text<'a>(party: &'a Value, name: &str) -> Option<&'a str> {
    party.get(name)?.as_str()
}
