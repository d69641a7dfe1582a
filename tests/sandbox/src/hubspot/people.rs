//! What people do in the vendor's own screens, and what a test looks at.

use super::{
    HubSpot, State, ValidationRule, labels,
    objects::Kind,
    records::{Origin, passed},
    replies::Refusal,
    routes::Version,
    settings::Activation,
    singles::RESTORABLE,
};
use jiff::Timestamp;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Somebody in the vendor's screens.
const PERSON: Origin = Origin::Person(101);

/// A person can not do that here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PeopleError {
    #[error("there is no object type {0} here")]
    NoType(String),
    #[error("there is no record {0}")]
    NoRecord(String),
    #[error("the vendor refuses with {status}: {body}")]
    Refused { status: u16, body: String },
}

/// A record as a test looks at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordView {
    pub id: String,
    /// As they are kept; what is not set is absent.
    pub properties: BTreeMap<String, String>,
    pub created: Timestamp,
    pub updated: Timestamp,
    pub archived: Option<Timestamp>,
}

/// A label's type ids, one for each direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LabelIds {
    pub forward: u32,
    pub inverse: u32,
}

impl HubSpot {
    pub fn person_creates(&self, object_type: &str, values: &[(&str, &str)]) -> Result<String, PeopleError> {
        let now = self.now();
        let mut state = self.lock();
        let kind = state.kind(object_type)?;
        state.person_writes(kind, None, values, now).map(|id| id.to_string())
    }

    /// Empty values clear.
    pub fn person_edits(&self, object_type: &str, id: &str, values: &[(&str, &str)]) -> Result<(), PeopleError> {
        let now = self.now();
        let mut state = self.lock();
        let (kind, id) = state.record(object_type, id)?;
        state.person_writes(kind, Some(id), values, now).map(drop)
    }

    pub fn person_deletes(&self, object_type: &str, id: &str) -> Result<(), PeopleError> {
        let now = self.now();
        let mut state = self.lock();
        let (kind, id) = state.record(object_type, id)?;
        state.archive(kind, id, PERSON, now);
        Ok(())
    }

    /// Brings an archived record back, within ninety days.
    pub fn person_restores(&self, object_type: &str, id: &str) -> Result<(), PeopleError> {
        let now = self.now();
        let mut state = self.lock();
        let kind = state.kind(object_type)?;
        let number = id.parse().unwrap_or_default();
        let archived = state.object(kind).records.get(&number).and_then(|record| record.archived);
        if archived.is_none_or(|at| passed(at, RESTORABLE, now)) {
            return Err(PeopleError::NoRecord(id.to_owned()));
        }
        let object = state.object_mut(kind);
        if let Some(record) = object.records.get_mut(&number) {
            record.archived = None;
        }
        object.claim(number);
        state.tell_of_return(kind, number, PERSON, now);
        Ok(())
    }

    /// The first one stays.
    pub fn person_merges(&self, object_type: &str, winner: &str, loser: &str) -> Result<(), PeopleError> {
        let now = self.now();
        let mut state = self.lock();
        let ((kind, winner), (_, loser)) = (state.record(object_type, winner)?, state.record(object_type, loser)?);
        state.merge(kind, winner, loser, PERSON, now).map_err(PeopleError::from)
    }

    /// Associates two records under these labels and no others.
    pub fn person_relabels(&self, from: (&str, &str), to: (&str, &str), labels: &[&str]) -> Result<(), PeopleError> {
        let mut state = self.lock();
        let (from, to) = (state.record(from.0, from.1)?, state.record(to.0, to.1)?);
        let named = state
            .link_types
            .of(from.0, to.0)
            .filter(|one| one.label.as_deref().is_some_and(|label| labels.contains(&label)));
        let types: Vec<Value> = named
            .map(|one| serde_json::json!({ "associationCategory": one.category.name(), "associationTypeId": one.id }))
            .collect();
        let link = if types.is_empty() { state.plain_link(from, to)? } else { state.link(from, to, &types.into())? };
        state.links.remove(from, to);
        state.links.put(link);
        Ok(())
    }

    pub fn person_disassociates(&self, from: (&str, &str), to: (&str, &str)) -> Result<(), PeopleError> {
        let mut state = self.lock();
        let (from, to) = (state.record(from.0, from.1)?, state.record(to.0, to.1)?);
        state.links.remove(from, to);
        Ok(())
    }

    /// An administrator defines a label.
    pub fn define_label(
        &self,
        from: &str,
        to: &str,
        label: &str,
        inverse: Option<&str>,
    ) -> Result<LabelIds, PeopleError> {
        let mut state = self.lock();
        let pair = (state.kind(from)?, state.kind(to)?);
        let (forward, inverse) = labels::define(&mut state, pair, label, inverse)?;
        Ok(LabelIds { forward, inverse })
    }

    /// An administrator renames a label, in one direction.
    pub fn rename_label(&self, from: &str, to: &str, id: u32, label: &str) -> Result<(), PeopleError> {
        let mut state = self.lock();
        let (from, to) = (state.kind(from)?, state.kind(to)?);
        let renamed = state.link_types.rename(from, to, id, label);
        renamed.map(drop).ok_or_else(|| PeopleError::NoRecord(id.to_string()))
    }

    /// An administrator sets a rule for a property. It binds calls of version 2026-09 and later.
    pub fn set_validation_rule(
        &self,
        object_type: &str,
        property: &str,
        rule: ValidationRule,
    ) -> Result<(), PeopleError> {
        let mut state = self.lock();
        let kind = state.kind(object_type)?;
        state.rules.push((kind, property.to_owned(), rule));
        Ok(())
    }

    pub fn set_listings(&self, activation: Activation) {
        self.lock().settings.listings = activation;
    }

    /// Every access token is expired from now on.
    pub fn expire_tokens(&self) {
        let now = self.now();
        self.lock().tokens.expire_all(now);
    }

    /// Puts many records there, without webhooks and as if long ago; answers how many came in. Those that are not
    /// valid or collide stay out.
    pub fn import(
        &self,
        object_type: &str,
        records: impl IntoIterator<Item = Vec<(&'static str, String)>>,
        made: Timestamp,
    ) -> Result<usize, PeopleError> {
        let mut state = self.lock();
        let kind = state.kind(object_type)?;
        let subscriptions = state.hooks.pause();
        let mut came = 0;
        for record in records {
            let values: Vec<(&str, &str)> = record.iter().map(|(name, value)| (*name, value.as_str())).collect();
            came += usize::from(state.person_writes(kind, None, &values, made).is_ok());
        }
        state.hooks.resume(subscriptions);
        Ok(came)
    }

    /// A record, archived or not.
    pub fn record(&self, object_type: &str, id: &str) -> Option<RecordView> {
        let state = self.lock();
        let kind = state.resolve(object_type).ok()?;
        state.view(kind, id.parse().ok()?)
    }

    /// Every record that is not archived.
    pub fn records(&self, object_type: &str) -> Vec<RecordView> {
        let state = self.lock();
        let Ok(kind) = state.resolve(object_type) else { return Vec::new() };
        let object = state.object(kind);
        object.records.keys().filter(|id| object.live(**id).is_some()).filter_map(|id| state.view(kind, *id)).collect()
    }

    /// How many records are not archived.
    pub fn count(&self, object_type: &str) -> usize {
        let state = self.lock();
        let Ok(kind) = state.resolve(object_type) else { return 0 };
        state.object(kind).records.values().filter(|record| record.is_live()).count()
    }

    /// Values that stand at more than one living record.
    pub fn duplicates(&self, object_type: &str, property: &str) -> Vec<String> {
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for mut record in self.records(object_type) {
            if let Some(value) = record.properties.remove(property) {
                *seen.entry(value).or_default() += 1;
            }
        }
        seen.into_iter().filter(|(_, times)| *times > 1).map(|(value, _)| value).collect()
    }

    /// What a record is associated with, and under which labels.
    pub fn associated(&self, object_type: &str, id: &str, to: &str) -> BTreeMap<String, BTreeSet<String>> {
        let state = self.lock();
        let (Ok(from), Ok(to)) = (state.record(object_type, id), state.resolve(to)) else { return BTreeMap::new() };
        let label = |id: &u32| state.link_types.get(from.0, to, *id)?.label.clone();
        state.linked(from, to).map(|(id, types)| (id.to_string(), types.iter().filter_map(label).collect())).collect()
    }
}

impl State {
    fn kind(&self, name: &str) -> Result<Kind, PeopleError> {
        self.resolve(name).map_err(|_| PeopleError::NoType(name.to_owned()))
    }

    fn record(&self, object_type: &str, id: &str) -> Result<(Kind, u64), PeopleError> {
        let kind = self.kind(object_type)?;
        self.node(kind, &Value::from(id)).map_err(|_| PeopleError::NoRecord(id.to_owned()))
    }

    fn person_writes(
        &mut self,
        kind: Kind,
        id: Option<u64>,
        values: &[(&str, &str)],
        now: Timestamp,
    ) -> Result<u64, PeopleError> {
        let values: Map<String, Value> =
            values.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect();
        let plan = self.plan(kind, id, &Value::Object(values), Version::Numbered)?;
        if let Some(collision) = self.collision(kind, &plan, &HashSet::new()) {
            return Err(self.conflict(kind, &collision).into());
        }
        Ok(self.commit(kind, plan, PERSON, now))
    }

    fn view(&self, kind: Kind, id: u64) -> Option<RecordView> {
        let object = self.object(kind);
        let record = object.records.get(&id)?;
        let named = |(place, value): (usize, &str)| (object.properties.at(place).name.clone(), value.to_owned());
        Some(RecordView {
            id: id.to_string(),
            properties: record.values.iter().map(named).collect(),
            created: record.created,
            updated: record.updated,
            archived: record.archived,
        })
    }
}

impl From<Refusal> for PeopleError {
    fn from(refusal: Refusal) -> Self {
        let answer = refusal.into_answer("");
        Self::Refused { status: answer.status.as_u16(), body: String::from_utf8_lossy(&answer.body).into_owned() }
    }
}
