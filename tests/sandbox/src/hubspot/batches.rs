//! Batches of records, with their partial answers and silences (section 3.1).

use super::{
    State,
    objects::{Key, Kind},
    records::stamp,
    replies::{Refusal, Replied, Reply},
    routes::Call,
    settings::MalformedAddress,
    singles::id_text,
    values,
    writes::{Collision, Plan},
};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::HashSet;

const LARGEST: usize = 100;

/// What happens to the rest of a batch when an input wants a value that is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OnCollision {
    /// All of it is refused.
    RefuseAll,
    /// That input alone is, if the caller named its inputs.
    RefuseOne,
}

pub(super) fn create(state: &mut State, kind: Kind, call: &Call<'_>) -> Replied {
    let plan = |state: &State, input: &Value| {
        let mut plan = state.plan(kind, None, &input["properties"], call.version)?;
        plan.links = state.links_of(kind, &input["associations"])?;
        Ok(Some(plan))
    };
    let done = write(state, kind, call, OnCollision::RefuseOne, plan)?;
    Ok(done.reply(201, state, call.now))
}

/// An id that is archived, merged away or was never there is left out of the answer without a word.
pub(super) fn update(state: &mut State, kind: Kind, call: &Call<'_>) -> Replied {
    refuse_repeated_ids(call)?;
    let plan = |state: &State, input: &Value| {
        let object = state.object(kind);
        let key = object.key(input["idProperty"].as_str(), "update/upsert")?;
        // Of the unique properties the address alone does not do here, though it does for upserts.
        if key == email_key(state, kind) {
            let why = format!("Unable to perform update/upsert by non-unique {} property", object.id);
            return Err(Refusal::invalid(&why));
        }
        let id = object.find(key, &input_id(input)?).filter(|id| object.live(*id).is_some());
        id.map(|id| state.plan(kind, Some(id), &input["properties"], call.version)).transpose()
    };
    let done = write(state, kind, call, OnCollision::RefuseAll, plan)?;
    Ok(done.reply(200, state, call.now))
}

pub(super) fn upsert(state: &mut State, kind: Kind, call: &Call<'_>) -> Replied {
    let plan = |state: &State, input: &Value| {
        let object = state.object(kind);
        let key = object.key(input["idProperty"].as_str(), "update/upsert")?;
        let text = input_id(input)?;
        let existing = object.find(key, &text).filter(|id| object.live(*id).is_some());
        let mut properties = input["properties"].clone();
        match (key, existing, properties.as_object_mut()) {
            (_, _, None) => return Err(Refusal::unreadable("properties is not an object")),
            (Key::Id, None, _) => return Err(Refusal::no_object()),
            (Key::Id, Some(_), _) => {}
            (Key::Property(place), existing, Some(map)) => {
                let name = object.properties.at(place).name.clone();
                if existing.is_none() {
                    map.entry(name).or_insert_with(|| Value::from(text));
                } else if map.get(&name).and_then(Value::as_str).is_some_and(|one| one.eq_ignore_ascii_case(&text)) {
                    // A secondary address that found its contact does not become the primary one.
                    map.shift_remove(&name);
                }
            }
        }
        state.plan(kind, existing, &properties, call.version).map(Some)
    };
    let mut done = write(state, kind, call, OnCollision::RefuseAll, plan)?;
    for (result, is_new) in &mut done.results {
        if let Some(map) = result.as_object_mut() {
            map.insert("new".to_owned(), json!(*is_new));
        }
    }
    Ok(done.reply(200, state, call.now))
}

pub(super) fn read(state: &mut State, kind: Kind, call: &Call<'_>) -> Replied {
    let inputs = inputs(call, LARGEST)?;
    let object = state.object(kind);
    let key = object.key(call.body["idProperty"].as_str(), "read")?;
    let asked = call.body["properties"].as_array();
    let places = object.shown(asked.into_iter().flatten().filter_map(Value::as_str));
    let wants_archived = call.query("archived") == Some("true");
    let is_strict = key == email_key(state, kind) && state.settings.malformed_address == MalformedAddress::Refused;
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for input in inputs {
        let text = input_id(input)?;
        if is_strict && let Err(wrong) = values::email(&text) {
            return Err(Refusal::invalid(&wrong.message));
        }
        let id = object.find(key, &text);
        match id.and_then(|id| object.records.get(&id).map(|record| (id, record))) {
            Some((id, record)) if record.is_live() != wants_archived => {
                if !found.contains(&id) {
                    found.push(id);
                }
            }
            _ => missing.push(text),
        }
    }
    let shown = found.iter().filter_map(|id| {
        let record = object.records.get(id)?;
        Some(object.read_json(state.settings.portal_id, *id, record, record.now(), &places))
    });
    let results = shown.map(|shown| (shown, false)).collect();
    let mut errors = Vec::new();
    if !missing.is_empty() {
        let message = "Could not get some objects, they may be deleted or not exist. Check that ids are valid.";
        errors.push(Refusal::new(404, "OBJECT_NOT_FOUND", message).in_batch(json!({ "ids": missing })));
    }
    Ok(Done { results, errors }.reply(200, state, call.now))
}

pub(super) fn archive(state: &mut State, kind: Kind, call: &Call<'_>) -> Replied {
    for input in inputs(call, LARGEST)? {
        if let Some(id) = state.object(kind).find(Key::Id, &input_id(input)?) {
            state.archive(kind, id, call.origin, call.now);
        }
    }
    Ok(Reply::nothing())
}

/// What became of a batch; each result with whether its record is new.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) results: Vec<(Value, bool)>,
    pub(super) errors: Vec<Value>,
}

impl Done {
    /// 207 as soon as one input failed. The results come in no order.
    pub(super) fn reply(self, status: u16, state: &mut State, now: Timestamp) -> Reply {
        let mut results: Vec<Value> = self.results.into_iter().map(|(result, _)| result).collect();
        state.rng.shuffle(&mut results);
        let mut body =
            json!({ "completedAt": stamp(now), "status": "COMPLETE", "startedAt": stamp(now), "results": results });
        if self.errors.is_empty() {
            return Reply::json(status, body);
        }
        if let Some(map) = body.as_object_mut() {
            map.insert("numErrors".to_owned(), json!(self.errors.len()));
            map.insert("errors".to_owned(), Value::from(self.errors));
        }
        Reply::json(207, body)
    }
}

/// The body's inputs, which are neither none nor too many.
pub(super) fn inputs<'a>(call: &Call<'a>, most: usize) -> Result<&'a Vec<Value>, Refusal> {
    let Some(inputs) = call.body["inputs"].as_array() else { return Err(Refusal::unreadable("inputs is missing")) };
    if inputs.is_empty() {
        return Err(Refusal::invalid("inputs must not be empty"));
    }
    if inputs.len() > most {
        let why =
            format!("The maximum number of inputs supported in a batch request is {most}. Found {}", inputs.len());
        return Err(Refusal::invalid(&why));
    }
    Ok(inputs)
}

/// Plans every input before anything is done. Without a trace id at each of them a bad one spoils the batch.
fn write(
    state: &mut State,
    kind: Kind,
    call: &Call<'_>,
    on_collision: OnCollision,
    plan: impl Fn(&State, &Value) -> Result<Option<Plan>, Refusal>,
) -> Result<Done, Refusal> {
    let inputs = inputs(call, LARGEST)?;
    let traced = inputs.iter().all(|input| input["objectWriteTraceId"].is_string());
    let (mut plans, mut errors) = (Vec::new(), Vec::new());
    let (mut claimed, mut targets) = (HashSet::new(), HashSet::new());
    for input in inputs {
        let trace = Some(&input["objectWriteTraceId"]).filter(|trace| trace.is_string());
        let mut fail = |refusal: Refusal| {
            if !traced || refusal.status == 409 && on_collision == OnCollision::RefuseAll {
                return Err(refusal);
            }
            errors.push(refusal.in_batch(json!({ "objectWriteTraceId": [trace] })));
            Ok(())
        };
        let mut plan = match plan(state, input) {
            Ok(Some(plan)) => plan,
            Ok(None) => continue,
            Err(refusal) => {
                fail(refusal)?;
                continue;
            }
        };
        let repeated = plan.existing.filter(|id| !targets.insert(*id)).map(|id| repeated(state, kind, id));
        let collision = repeated.or_else(|| state.collision(kind, &plan, &claimed));
        if let Some(collision) = collision {
            fail(state.conflict(kind, &collision))?;
            continue;
        }
        claimed.extend(state.object(kind).keys_of(&plan.after));
        plan.trace = trace.cloned();
        plans.push(plan);
    }
    let results = plans.into_iter().map(|plan| carry_out(state, kind, call, plan)).collect();
    Ok(Done { results, errors })
}

fn carry_out(state: &mut State, kind: Kind, call: &Call<'_>, plan: Plan) -> (Value, bool) {
    let (trace, written, is_new) = (plan.trace.clone(), plan.written.clone(), plan.existing.is_none());
    let id = state.commit(kind, plan, call.origin, call.now);
    let mut result = state.written(kind, id, &written);
    if let (Some(trace), Some(map)) = (trace, result.as_object_mut()) {
        map.insert("objectWriteTraceId".to_owned(), trace);
    }
    (result, is_new)
}

/// Two inputs for one record collide in what identifies it.
fn repeated(state: &State, kind: Kind, id: u64) -> Collision {
    let object = state.object(kind);
    let keys = object.live(id).map(|record| object.keys_of(&record.values)).unwrap_or_default();
    let (place, value) = keys.into_iter().next().unwrap_or((0, id.to_string().into()));
    Collision { place, value, owner: Some(id) }
}

fn refuse_repeated_ids(call: &Call<'_>) -> Result<(), Refusal> {
    let mut seen = HashSet::new();
    for input in inputs(call, LARGEST)? {
        let id = input_id(input)?;
        if !seen.insert(id.clone()) {
            return Err(Refusal::invalid(&format!("Duplicate IDs found in batch input: [{id}]. IDs must be unique")));
        }
    }
    Ok(())
}

fn email_key(state: &State, kind: Kind) -> Key {
    let object = state.object(kind);
    let place = object.properties.place("email").filter(|_| object.is_contacts());
    // Where there is no address, no key is one.
    Key::Property(place.unwrap_or(usize::MAX))
}

fn input_id(input: &Value) -> Result<String, Refusal> {
    id_text(&input["id"]).ok_or_else(|| Refusal::unreadable("an input has no id"))
}
