//! Custom objects, which only the largest tier has (section 7).

use super::{
    State,
    labels::Category,
    natives,
    objects::{CONTACTS, Kind, LISTINGS, ObjectType},
    portal::MOST_CUSTOM,
    properties::Property,
    records::stamp,
    replies::{Refusal, Replied, Reply},
    routes::Call,
    settings::Activation,
};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
pub(super) struct Schema {
    fully_qualified: String,
    labels: Value,
    pub(super) required: Vec<String>,
    searchable: Vec<String>,
    secondary: Vec<String>,
    primary: String,
    associated: Vec<String>,
    created: Timestamp,
    archived: Option<Timestamp>,
}

pub(super) fn create(state: &mut State, call: &Call<'_>) -> Replied {
    allowed(state)?;
    let name = call.body["name"].as_str().unwrap_or_default();
    let primary = call.body["primaryDisplayProperty"].as_str().unwrap_or_default();
    let labels = &call.body["labels"];
    if name.is_empty() || primary.is_empty() || !labels["singular"].is_string() || !labels["plural"].is_string() {
        return Err(Refusal::unreadable("name, labels and primaryDisplayProperty are needed"));
    }
    let fully_qualified = format!("p{}_{name}", state.settings.portal_id);
    if state.objects.iter().filter_map(|one| one.schema.as_ref()).any(|one| one.fully_qualified == fully_qualified) {
        return Err(Refusal::new(409, "OBJECT_ALREADY_EXISTS", &format!("Object type {name} already exists")));
    }
    if state.objects.iter().filter(|one| one.schema.is_some()).count() >= MOST_CUSTOM {
        return Err(Refusal::invalid("The limit of custom objects is reached"));
    }
    let associated: Result<Vec<Kind>, Refusal> =
        texts(call.body, "associatedObjects").iter().map(|name| state.resolve(name)).collect();
    let associated = associated?;
    let mut id = format!("2-{}", state.rng.u32(1_000_000..100_000_000));
    while state.objects.iter().any(|one| one.id == id) {
        id = format!("2-{}", state.rng.u32(1_000_000..100_000_000));
    }
    let group = format!("{name}_information");
    let groups = BTreeMap::from([(group.clone(), format!("{name} information"))]);
    let mut object = ObjectType::new(&id, &id, natives::custom(&group), groups);
    for wanted in call.body["properties"].as_array().into_iter().flatten() {
        let mut wanted = wanted.clone();
        if let Some(map) = wanted.as_object_mut() {
            map.entry("groupName").or_insert_with(|| json!(group));
        }
        object.define(&wanted, call.now)?;
    }
    if object.properties.named(primary).is_none() {
        return Err(Refusal::invalid(&format!("The primary display property {primary} is not defined")));
    }
    object.schema = Some(Schema {
        fully_qualified,
        labels: labels.clone(),
        required: texts(call.body, "requiredProperties"),
        searchable: texts(call.body, "searchableProperties"),
        secondary: texts(call.body, "secondaryDisplayProperties"),
        primary: primary.to_owned(),
        associated: associated.iter().map(|kind| state.object(*kind).id.clone()).collect(),
        created: call.now,
        archived: None,
    });
    let kind = Kind(state.objects.len());
    state.objects.push(object);
    let State { link_types, rng, .. } = state;
    for other in associated {
        link_types.allow(rng, (kind, other), Category::UserDefined);
    }
    Ok(Reply::json(201, shown(state, kind)))
}

pub(super) fn list(state: &State, call: &Call<'_>) -> Reply {
    let archived = call.query("archived") == Some("true");
    let wanted =
        |kind: &Kind| state.object(*kind).schema.as_ref().is_some_and(|schema| schema.archived.is_some() == archived);
    let all: Vec<Value> = (0..state.objects.len()).map(Kind).filter(wanted).map(|kind| shown(state, kind)).collect();
    Reply::json(200, json!({ "results": all }))
}

pub(super) fn read(state: &State, name: &str) -> Replied {
    Ok(Reply::json(200, shown(state, state.resolve(name)?)))
}

/// Needs a type without records; a purge forgets even its name.
pub(super) fn delete(state: &mut State, name: &str, call: &Call<'_>) -> Replied {
    let purge = call.query("archived") == Some("true");
    let named = |object: &ObjectType| {
        object.schema.as_ref().is_some_and(|schema| {
            (object.id == name || schema.fully_qualified == name) && schema.archived.is_some() == purge
        })
    };
    let object = state.objects.iter_mut().find(|object| named(object)).ok_or_else(Refusal::no_object)?;
    if object.records.values().any(super::records::Record::is_live) {
        return Err(Refusal::invalid("The object type still has records"));
    }
    if purge {
        object.schema = None;
        object.id = String::new();
        object.name = String::new();
    } else if let Some(schema) = &mut object.schema {
        schema.archived = Some(call.now);
    }
    Ok(Reply::nothing())
}

/// Two types that could not be associated so far.
pub(super) fn associate(state: &mut State, name: &str, call: &Call<'_>) -> Replied {
    let from = state.resolve(name)?;
    let to = state.resolve(call.body["toObjectTypeId"].as_str().unwrap_or_default())?;
    let State { link_types, rng, .. } = state;
    link_types.allow(rng, (from, to), Category::UserDefined);
    Ok(Reply::json(201, association(state, from, to)))
}

fn allowed(state: &State) -> Result<(), Refusal> {
    if state.settings.has_custom_objects() {
        return Ok(());
    }
    Err(Refusal::forbidden("This portal does not have access to custom objects"))
}

fn association(state: &State, from: Kind, to: Kind) -> Value {
    let id = state.link_types.plain(from, to).map(|one| one.id.to_string());
    json!({ "id": id, "fromObjectTypeId": state.object(from).id, "toObjectTypeId": state.object(to).id, "name": null })
}

fn shown(state: &State, kind: Kind) -> Value {
    let object = state.object(kind);
    let properties: Vec<Value> = object.properties.iter().filter(|one| !one.archived).map(Property::json).collect();
    let Some(schema) = &object.schema else {
        return json!({ "id": object.id, "objectTypeId": object.id, "name": object.name, "properties": properties });
    };
    let others = (0..state.objects.len()).map(Kind).filter(|to| state.link_types.plain(kind, *to).is_some());
    json!({
        "id": object.id.trim_start_matches("2-"), "objectTypeId": object.id,
        "fullyQualifiedName": schema.fully_qualified,
        "name": schema.fully_qualified.split_once('_').map(|(_, name)| name), "labels": schema.labels,
        "requiredProperties": schema.required, "searchableProperties": schema.searchable,
        "primaryDisplayProperty": schema.primary, "secondaryDisplayProperties": schema.secondary,
        "associatedObjects": schema.associated, "properties": properties,
        "associations": others.map(|to| association(state, kind, to)).collect::<Vec<_>>(),
        "createdAt": stamp(schema.created), "updatedAt": stamp(schema.created),
        "archived": schema.archived.is_some(),
    })
}

fn texts(body: &Value, key: &str) -> Vec<String> {
    let list = body[key].as_array().into_iter().flatten();
    list.filter_map(Value::as_str).map(str::to_owned).collect()
}

impl State {
    /// The object type a path names, if this portal has it.
    pub(super) fn resolve(&self, name: &str) -> Result<Kind, Refusal> {
        let unknown = || Refusal::invalid(&format!("Unable to infer object type from: {name}"));
        let kind = match name.to_lowercase().as_str() {
            "contacts" | "contact" | "0-1" => CONTACTS,
            "0-420" => LISTINGS,
            _ => {
                let named = |object: &ObjectType| match &object.schema {
                    Some(schema) => schema.archived.is_none() && (object.id == name || schema.fully_qualified == name),
                    None => !object.id.is_empty() && (object.id == name || object.name == name),
                };
                Kind(self.objects.iter().position(named).ok_or_else(unknown)?)
            }
        };
        if kind == LISTINGS && self.settings.listings == Activation::Inactive {
            return Err(unknown());
        }
        if self.object(kind).schema.is_some() {
            allowed(self)?;
        }
        Ok(kind)
    }
}
