//! Line items, and the bulk update that replaces (section 5).

use super::{State, bad_attribute, not_found, records::LineItem, routes::Call, text};
use crate::{
    answer::{Answer, Answered},
    ids::uuid,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(crate) fn list(state: &State, id: &str) -> Answered {
    let job = state.jobs.get(id).ok_or_else(not_found)?;
    Ok(Answer::json(200, shown(id, &job.line_items)))
}

fn shown(id: &str, items: &[LineItem]) -> Value {
    let data: Vec<Value> = items.iter().enumerate().map(|(order, item)| item.json(order)).collect();
    json!({ "url": format!("/jobs/{id}/line_items"), "data": data })
}

pub(crate) fn add(state: &mut State, id: &str, call: &Call<'_>) -> Answered {
    let item = new_item(state, call.body)?;
    let order = state.change(id, call.now, |job| {
        job.line_items.push(item.clone());
        job.line_items.len() - 1
    })?;
    state.tell_of_job("job.updated", id, call.now);
    Ok(Answer::json(201, item.json(order)))
}

pub(crate) fn update(state: &mut State, id: &str, item: &str, call: &Call<'_>) -> Answered {
    let job = state.jobs.get(id).ok_or_else(not_found)?;
    let order = job.line_items.iter().position(|one| one.id == item).ok_or_else(not_found)?;
    let mut changed = job.line_items.get(order).cloned().ok_or_else(not_found)?;
    fill(&mut changed, call.body)?;
    state.change(id, call.now, |job| {
        if let Some(place) = job.line_items.get_mut(order) {
            place.clone_from(&changed);
        }
    })?;
    state.tell_of_job("job.updated", id, call.now);
    Ok(Answer::json(200, changed.json(order)))
}

pub(crate) fn remove(state: &mut State, id: &str, item: &str, call: &Call<'_>) -> Answered {
    let removed = state.change(id, call.now, |job| {
        let before = job.line_items.len();
        job.line_items.retain(|one| one.id != item);
        before != job.line_items.len()
    })?;
    if !removed {
        return Err(not_found());
    }
    state.tell_of_job("job.updated", id, call.now);
    Ok(Answer::empty(200))
}

/// Items with a known uuid are changed, items without one are made, and what is not named is deleted, unless the call says
/// that it only appends.
pub(crate) fn bulk_update(state: &mut State, id: &str, call: &Call<'_>) -> Answered {
    let items = call.body.get("line_items").and_then(Value::as_array);
    let items = items.ok_or_else(|| bad_attribute("line_items", "is missing"))?;
    let old = state.jobs.get(id).map(|job| job.line_items.clone()).ok_or_else(not_found)?;
    let mut kept: BTreeMap<&str, LineItem> = BTreeMap::new();
    let mut result = Vec::new();
    for item in items {
        match text(item, "uuid").filter(|uuid| !uuid.is_empty()) {
            None => result.push(new_item(state, item)?),
            Some(uuid) => {
                let mut changed = old
                    .iter()
                    .find(|one| one.id == uuid)
                    .cloned()
                    .ok_or_else(|| bad_attribute("uuid", "is not a line item of this job"))?;
                fill(&mut changed, item)?;
                kept.insert(uuid, changed.clone());
                result.push(changed);
            }
        }
    }
    if call.body.get("append_line_items").and_then(Value::as_bool) == Some(true) {
        let untouched = old.iter().filter(|one| !kept.contains_key(one.id.as_str())).cloned();
        result = untouched.chain(result).collect();
    }
    state.change(id, call.now, |job| job.line_items.clone_from(&result))?;
    state.tell_of_job("job.updated", id, call.now);
    Ok(Answer::json(200, shown(id, &result)))
}

pub(crate) fn from_request(state: &mut State, items: &Value) -> Result<Vec<LineItem>, Answer> {
    let items = items.as_array().ok_or_else(|| bad_attribute("line_items", "must be an array"))?;
    items.iter().map(|item| new_item(state, item)).collect()
}

fn new_item(state: &mut State, body: &Value) -> Result<LineItem, Answer> {
    if text(body, "name").is_none_or(str::is_empty) {
        return Err(bad_attribute("name", "is missing"));
    }
    let mut item = LineItem { quantity: 1.0, kind: "labor".to_owned(), ..LineItem::default() };
    fill(&mut item, body)?;
    item.id = uuid(&mut state.rng);
    Ok(item)
}

fn fill(item: &mut LineItem, body: &Value) -> Result<(), Answer> {
    if let Some(name) = text(body, "name") {
        name.clone_into(&mut item.name);
    }
    if let Some(description) = body.get("description") {
        item.description = description.as_str().map(str::to_owned);
    }
    for (key, place) in [("unit_price", &mut item.unit_price), ("unit_cost", &mut item.unit_cost)] {
        match body.get(key) {
            None | Some(Value::Null) => {}
            Some(value) => *place = cents(value).ok_or_else(|| bad_attribute(key, "must be an integer in cents"))?,
        }
    }
    match body.get("quantity") {
        None | Some(Value::Null) => {}
        Some(value) => {
            item.quantity = value.as_f64().ok_or_else(|| bad_attribute("quantity", "must be a number"))?;
        }
    }
    if let Some(kind) = text(body, "kind") {
        kind.clone_into(&mut item.kind);
    }
    if let Some(taxable) = body.get("taxable").and_then(Value::as_bool) {
        item.taxable = taxable;
    }
    Ok(())
}

/// A whole number, also where JSON writes it as `12.0`.
#[expect(clippy::cast_possible_truncation, reason = "checked to be whole")]
fn cents(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_f64().filter(|number| number.fract() == 0.0).map(|number| number as i64))
}
