//! Calls about property definitions and their groups (section 5).

use super::{
    State,
    batches::{Done, inputs},
    objects::{Kind, ObjectType},
    properties::{Choice, Definer, Property, Type, Uniqueness},
    replies::{Refusal, Replied, Reply},
    routes::Call,
};
use jiff::Timestamp;
use serde_json::{Value, json};

const LARGEST: usize = 100;
const MOST_UNIQUE: usize = 10;
const FIELD_TYPES: [&str; 12] = [
    "text",
    "textarea",
    "html",
    "number",
    "date",
    "select",
    "radio",
    "checkbox",
    "booleancheckbox",
    "phonenumber",
    "file",
    "calculation_equation",
];

pub(super) fn list(state: &State, kind: Kind, call: &Call<'_>) -> Reply {
    let archived = call.query("archived") == Some("true");
    let all = state.object(kind).properties.iter().filter(|one| one.archived == archived);
    Reply::json(200, json!({ "results": all.map(Property::json).collect::<Vec<_>>() }))
}

pub(super) fn read(state: &State, kind: Kind, name: &str) -> Replied {
    let property = state.object(kind).properties.named(name).ok_or_else(|| unknown(name))?;
    Ok(Reply::json(200, property.json()))
}

pub(super) fn create(state: &mut State, kind: Kind, call: &Call<'_>) -> Replied {
    let made = state.object_mut(kind).define(call.body, call.now)?;
    Ok(Reply::json(201, made))
}

/// Uniqueness and the name stay as they were made.
pub(super) fn update(state: &mut State, kind: Kind, name: &str, call: &Call<'_>) -> Replied {
    let object = state.object_mut(kind);
    let group = call.body["groupName"].as_str();
    if let Some(group) = group.filter(|group| !object.groups.contains_key(*group)) {
        return Err(no_group(group));
    }
    let property = object.properties.named_mut(name).ok_or_else(|| unknown(name))?;
    if property.definer == Definer::Vendor {
        return Err(Refusal::invalid(&format!("The definition of {name} is read only")));
    }
    if call.body.get("hasUniqueValue").is_some_and(|wanted| *wanted != property.is_unique()) {
        return Err(Refusal::invalid("hasUniqueValue cannot be changed"));
    }
    for (key, place) in [("label", &mut property.label), ("description", &mut property.description)] {
        if let Some(text) = call.body[key].as_str() {
            text.clone_into(place);
        }
    }
    if let Some(group) = group {
        group.clone_into(&mut property.group);
    }
    if call.body["options"].is_array() {
        property.choices = choices(call.body)?;
    }
    property.updated = call.now;
    Ok(Reply::json(200, property.json()))
}

pub(super) fn archive(state: &mut State, kind: Kind, name: &str) -> Replied {
    let property = state.object_mut(kind).properties.named_mut(name).ok_or_else(|| unknown(name))?;
    if property.definer == Definer::Vendor {
        return Err(Refusal::invalid(&format!("{name} cannot be archived")));
    }
    property.archived = true;
    Ok(Reply::nothing())
}

pub(super) fn batch_create(state: &mut State, kind: Kind, call: &Call<'_>) -> Replied {
    let mut done = Done { results: Vec::new(), errors: Vec::new() };
    for input in inputs(call, LARGEST)? {
        match state.object_mut(kind).define(input, call.now) {
            Ok(made) => done.results.push((made, true)),
            Err(refusal) => done.errors.push(refusal.in_batch(json!({ "name": [input["name"]] }))),
        }
    }
    Ok(done.reply(201, state, call.now))
}

pub(super) fn batch_read(state: &mut State, kind: Kind, call: &Call<'_>) -> Replied {
    let mut done = Done { results: Vec::new(), errors: Vec::new() };
    for input in inputs(call, LARGEST)? {
        let name = input["name"].as_str().unwrap_or_default();
        match state.object(kind).properties.named(name) {
            Some(property) => done.results.push((property.json(), false)),
            None => done.errors.push(unknown(name).in_batch(json!({ "name": [name] }))),
        }
    }
    Ok(done.reply(200, state, call.now))
}

pub(super) fn batch_archive(state: &mut State, kind: Kind, call: &Call<'_>) -> Replied {
    for input in inputs(call, LARGEST)? {
        archive(state, kind, input["name"].as_str().unwrap_or_default())?;
    }
    Ok(Reply::nothing())
}

pub(super) fn groups(state: &State, kind: Kind) -> Reply {
    let all: Vec<Value> = state.object(kind).groups.iter().map(|(name, label)| group_json(name, label)).collect();
    Reply::json(200, json!({ "results": all }))
}

pub(super) fn group(state: &State, kind: Kind, name: &str) -> Replied {
    let label = state.object(kind).groups.get(name).ok_or_else(Refusal::no_object)?;
    Ok(Reply::json(200, group_json(name, label)))
}

pub(super) fn create_group(state: &mut State, kind: Kind, call: &Call<'_>) -> Replied {
    let (Some(name), Some(label)) = (call.body["name"].as_str(), call.body["label"].as_str()) else {
        return Err(Refusal::unreadable("name and label are needed"));
    };
    let groups = &mut state.object_mut(kind).groups;
    if groups.contains_key(name) {
        return Err(exists("Property group", name));
    }
    groups.insert(name.to_owned(), label.to_owned());
    Ok(Reply::json(201, group_json(name, label)))
}

fn group_json(name: &str, label: &str) -> Value {
    json!({ "name": name, "label": label, "displayOrder": -1, "archived": false })
}

impl ObjectType {
    /// Defines a property of the portal's own; answers how it is shown.
    pub(super) fn define(&mut self, wanted: &Value, now: Timestamp) -> Result<Value, Refusal> {
        let text = |key: &str| {
            let text = wanted[key].as_str().filter(|text| !text.is_empty());
            text.ok_or_else(|| Refusal::unreadable(&format!("{key} is missing")))
        };
        let (name, label, group) = (text("name")?, text("label")?, text("groupName")?);
        if !is_name(name) {
            return Err(Refusal::invalid(&format!("{name} is not a valid property name")));
        }
        let kind = Type::named(text("type")?);
        let kind = kind.ok_or_else(|| Refusal::invalid(&format!("{} is not a property type", wanted["type"])))?;
        let field_type = text("fieldType")?;
        if !FIELD_TYPES.contains(&field_type) {
            return Err(Refusal::invalid(&format!("{field_type} is not a field type")));
        }
        if !self.groups.contains_key(group) {
            return Err(no_group(group));
        }
        if self.properties.named(name).is_some() {
            return Err(exists("Property", name));
        }
        let sensitivity = wanted["dataSensitivity"].as_str().unwrap_or("non_sensitive");
        if sensitivity != "non_sensitive" {
            return Err(Refusal::forbidden("This portal did not turn sensitive data on"));
        }
        let uniqueness = self.uniqueness(wanted)?;
        let property = Property {
            label: label.to_owned(),
            field_type: field_type.to_owned(),
            description: wanted["description"].as_str().unwrap_or_default().to_owned(),
            choices: choices(wanted)?,
            uniqueness,
            definer: Definer::Portal,
            created: now,
            updated: now,
            ..Property::native(name, kind, group)
        };
        let shown = property.json();
        self.properties.put(property);
        Ok(shown)
    }

    fn uniqueness(&self, wanted: &Value) -> Result<Uniqueness, Refusal> {
        if wanted["hasUniqueValue"] != true {
            return Ok(Uniqueness::Repeatable);
        }
        let own = |one: &&Property| one.definer == Definer::Portal && one.is_unique() && !one.archived;
        if self.properties.iter().filter(own).count() >= MOST_UNIQUE {
            return Err(Refusal::invalid("The limit of unique value properties is reached"));
        }
        Ok(Uniqueness::Unique)
    }
}

fn choices(wanted: &Value) -> Result<Vec<Choice>, Refusal> {
    let options = wanted["options"].as_array().into_iter().flatten();
    options
        .map(|one| {
            let (Some(label), Some(value)) = (one["label"].as_str(), one["value"].as_str()) else {
                return Err(Refusal::unreadable("an option needs a label and a value"));
            };
            Ok(Choice { label: label.to_owned(), value: value.to_owned() })
        })
        .collect()
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

fn unknown(name: &str) -> Refusal {
    Refusal::new(404, "OBJECT_NOT_FOUND", &format!("Property {name} does not exist"))
}

fn exists(what: &str, name: &str) -> Refusal {
    Refusal::new(409, "OBJECT_ALREADY_EXISTS", &format!("{what} {name} already exists"))
}

fn no_group(name: &str) -> Refusal {
    Refusal::invalid(&format!("Property group {name} does not exist"))
}
