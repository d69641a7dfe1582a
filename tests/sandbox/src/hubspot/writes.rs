//! Writing a record: checked first, then looked at for collisions, then done.

use super::{
    State,
    associations::Link,
    natives::STAGES,
    objects::{Kind, ObjectType},
    properties::Check,
    records::{Origin, Record, Values},
    replies::Refusal,
    routes::Version,
    settings::ConflictForm,
    values,
};
use jiff::Timestamp;
use serde_json::{Value, json};

/// A write that was checked.
#[derive(Debug)]
pub(super) struct Plan {
    /// `None`: a new record.
    pub(super) existing: Option<u64>,
    /// The values after the write.
    pub(super) after: Values,
    /// Places of what the caller wrote.
    pub(super) written: Vec<usize>,
    pub(super) links: Vec<Link>,
    pub(super) trace: Option<Value>,
}

/// A value two records would have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Collision {
    pub(super) place: usize,
    pub(super) value: Box<str>,
    /// Who has it; `None` where it is another record of the same batch.
    pub(super) owner: Option<u64>,
}

/// A rule an administrator set for a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValidationRule {
    /// Characters.
    MinLength(usize),
    /// Characters.
    MaxLength(usize),
}

impl State {
    /// Checks what is written to a new or an existing record.
    pub(super) fn plan(
        &self,
        kind: Kind,
        existing: Option<u64>,
        written: &Value,
        version: Version,
    ) -> Result<Plan, Refusal> {
        let object = self.object(kind);
        let Some(written) = written.as_object() else { return Err(Refusal::unreadable("properties is not an object")) };
        let before = existing.and_then(|id| object.records.get(&id)).map(|record| record.values.clone());
        let mut after = before.clone().unwrap_or_default();
        let (mut faults, mut places) = (Vec::new(), Vec::new());
        for (name, value) in written {
            let Some(place) = object.properties.place(name) else {
                faults.push(fault(name, "PROPERTY_DOESNT_EXIST", &format!("Property \"{name}\" does not exist")));
                continue;
            };
            let property = object.properties.at(place);
            if !property.is_writable() {
                faults.push(fault(name, "READ_ONLY_VALUE", &format!("\"{name}\" is a read only property")));
                continue;
            }
            match values::normalize(property, value, after.get(place)) {
                Ok(text) if !self.is_step_back(kind, name, after.get(place), text.as_deref()) => {
                    faults.extend(self.broken_rule(kind, name, text.as_deref(), version));
                    after.set(place, text.as_deref());
                    places.push(place);
                }
                Ok(_) => places.push(place),
                Err(bad) => faults.push(fault(name, bad.error, &bad.message)),
            }
        }
        if !faults.is_empty() {
            let details = Value::from(faults).to_string();
            return Err(Refusal::invalid(&format!("Property values were not valid: {details}")));
        }
        match &before {
            None => object.complete(&mut after)?,
            Some(before) => object.keep_addresses(before, &mut after),
        }
        Ok(Plan { existing, after, written: places, links: Vec::new(), trace: None })
    }

    /// Stages of the lifecycle only move forward; a step back is ignored.
    fn is_step_back(&self, kind: Kind, name: &str, from: Option<&str>, to: Option<&str>) -> bool {
        let order = |stage: Option<&str>| STAGES.iter().position(|known| Some(*known) == stage);
        let known = order(from).zip(order(to));
        self.object(kind).is_contacts() && name == "lifecyclestage" && known.is_some_and(|(from, to)| to < from)
    }

    fn broken_rule(&self, kind: Kind, name: &str, text: Option<&str>, version: Version) -> Option<Value> {
        let text = text.filter(|_| version.enforces_rules())?;
        let length = text.chars().count();
        let broken = |rule: ValidationRule| match rule {
            ValidationRule::MinLength(least) => length < least,
            ValidationRule::MaxLength(most) => length > most,
        };
        let rules = self.rules.iter().filter(|(of, property, _)| *of == kind && property == name);
        let broken = rules.map(|(_, _, rule)| *rule).find(|rule| broken(*rule))?;
        Some(fault(name, "PROPERTY_VALIDATION_RULE", &format!("{text} breaks the rule {broken:?}")))
    }

    /// The first value of a plan that another record, or another plan of its batch, has.
    pub(super) fn collision(
        &self,
        kind: Kind,
        plan: &Plan,
        batch: &std::collections::HashSet<(usize, Box<str>)>,
    ) -> Option<Collision> {
        let object = self.object(kind);
        object.keys_of(&plan.after).into_iter().find_map(|(place, value)| {
            let owner = object.owner(place, &value).filter(|owner| Some(*owner) != plan.existing);
            let taken = owner.is_some() || batch.contains(&(place, value.clone()));
            taken.then_some(Collision { place, value, owner })
        })
    }

    /// Does what was planned; answers the record's id. Unchanged values change nothing, not even times.
    pub(super) fn commit(&mut self, kind: Kind, plan: Plan, origin: Origin, now: Timestamp) -> u64 {
        let Plan { existing, after, links, .. } = plan;
        let id = existing.unwrap_or_else(|| self.next_id());
        let lag = self.settings.search_lag;
        let object = self.object_mut(kind);
        let before = object.records.get(&id).map(|record| record.values.clone());
        let changes = before.as_ref() != Some(&after);
        if changes {
            object.release(id);
            match object.records.get_mut(&id) {
                Some(record) => record.replace(after.clone(), now, lag),
                None => drop(object.records.insert(id, Record::new(after.clone(), origin, now))),
            }
            object.claim(id);
            self.tell_of_write(kind, id, before.as_ref(), &after, origin, now);
        }
        if matches!(origin, Origin::Integration(_)) {
            match (existing, changes) {
                (None, _) => self.usage.records_created += 1,
                (Some(_), true) => self.usage.records_changed += 1,
                (Some(_), false) => self.usage.records_unchanged += 1,
            }
        }
        for link in links {
            self.links.put(link.within(kind, id));
        }
        id
    }

    /// 409, in one form or the other.
    pub(super) fn conflict(&mut self, kind: Kind, collision: &Collision) -> Refusal {
        let object = self.object(kind);
        let property = object.properties.at(collision.place);
        if property.check != Check::Email {
            let message = format!("{} already has that value.", collision.value);
            let details = Value::from(vec![fault(&property.name, "CONFLICTING_UNIQUE_VALUE", &message)]);
            return Refusal::new(409, "CONFLICT", &format!("Property values were not valid: {details}"));
        }
        let Some(owner) = collision.owner else {
            let message = format!("Duplicate contacts in the same batch: {}", collision.value);
            return Refusal::new(409, "CONFLICT", &message);
        };
        let message = format!("Contact already exists. Existing ID: {owner}");
        let number = self.usage.conflicts;
        self.usage.conflicts += 1;
        let by_turns =
            if number.is_multiple_of(2) { ConflictForm::Conflict } else { ConflictForm::ObjectAlreadyExists };
        match self.settings.conflict_form.unwrap_or(by_turns) {
            ConflictForm::Conflict => Refusal::new(409, "CONFLICT", &message),
            ConflictForm::ObjectAlreadyExists => Refusal::new(409, "OBJECT_ALREADY_EXISTS", &message)
                .with("error", json!("CONTACT_EXISTS"))
                .with("identityProfile", self.identity(kind, owner))
                .with("errors", json!([{ "message": message, "in": "email" }])),
        }
    }

    fn identity(&self, kind: Kind, id: u64) -> Value {
        let object = self.object(kind);
        let keys = object.live(id).map(|record| object.keys_of(&record.values)).unwrap_or_default();
        let emails = keys.into_iter().filter(|(place, _)| object.properties.at(*place).check == Check::Email);
        let identity: Vec<Value> = emails.map(|(_, value)| json!({ "value": value, "type": "EMAIL" })).collect();
        json!({ "vid": id, "identity": identity, "linkedVid": [] })
    }
}

impl ObjectType {
    /// What a new record needs, and what it gets by itself.
    fn complete(&self, values: &mut Values) -> Result<(), Refusal> {
        let has = |name: &str| self.properties.place(name).is_some_and(|place| values.get(place).is_some());
        if self.is_contacts() {
            if !["email", "firstname", "lastname"].into_iter().any(has) {
                return Err(Refusal::invalid("A contact needs at least one of email, firstname, lastname"));
            }
            let stage = self.properties.place("lifecyclestage").filter(|place| values.get(*place).is_none());
            if let Some(stage) = stage {
                values.set(stage, Some("lead"));
            }
            return Ok(());
        }
        let required = self.schema.iter().flat_map(|schema| &schema.required);
        let missing: Vec<&str> = required.map(String::as_str).filter(|name| !has(name)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(Refusal::invalid(&format!("Some required properties were not set: {}", missing.join(", ")))
            .with("context", json!({ "properties": missing })))
    }

    /// A secondary address that becomes the primary one changes places with it, and no address stands twice.
    fn keep_addresses(&self, before: &Values, after: &mut Values) {
        let (Some(email), Some(more)) = (self.properties.place("email"), self.properties.place("hs_additional_emails"))
        else {
            return;
        };
        let (Some(primary), Some(others)) = (after.get(email), after.get(more)) else { return };
        if !others.split(';').any(|one| one == primary) {
            return;
        }
        let former = before.get(email).filter(|former| *former != primary && before.get(more) == Some(others));
        let kept: Vec<&str> = others.split(';').filter(|one| *one != primary).chain(former).collect();
        let kept = kept.join(";");
        after.set(more, (!kept.is_empty()).then_some(kept.as_str()));
    }
}

fn fault(name: &str, error: &str, message: &str) -> Value {
    json!({ "isValid": false, "message": message, "error": error, "name": name })
}
