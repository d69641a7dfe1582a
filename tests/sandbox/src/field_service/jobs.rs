//! Calls about jobs.

use super::state::{Job, LineItem, State};
use crate::answer::{Answer, Ask};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

fn moment(value: &Value) -> Option<Timestamp> {
    value.as_str().and_then(|text| text.parse().ok())
}

fn refused(attribute: &str, why: &str) -> Answer {
    Answer::json(400, &json!({ "message": format!("{attribute} {why}"), attribute: why }))
}

/// A job that is there, or the answer for one that is not.
pub(super) fn with(state: &mut State, id: &str, answer: impl FnOnce(&mut Job) -> Answer) -> Answer {
    match state.jobs.get_mut(id) {
        Some(job) if job.deleted => Answer::of(410, "text/plain", ""),
        Some(job) => answer(job),
        None => Answer::json(404, &json!({})),
    }
}

/// Writes to a deleted job are refused in words rather than with 410.
fn refusal(state: &State, id: &str) -> Option<Answer> {
    match state.jobs.get(id) {
        Some(job) if job.deleted => Some(refused("base", "Archived job cannot be changed")),
        Some(_) => None,
        None => Some(Answer::json(404, &json!({}))),
    }
}

pub(super) fn create(state: &mut State, ask: &Ask) -> Answer {
    let body = ask.json();
    let customer = body["customer_id"].as_str().unwrap_or_default().to_owned();
    let address = body["address_id"].as_str().unwrap_or_default().to_owned();
    match state.customers.get(&customer) {
        None => return refused("customer_id", "was not found"),
        Some((known, _)) if *known != address => return refused("address_id", "does not belong to the customer"),
        Some(_) => {}
    }
    let starts = moment(&body["schedule"]["scheduled_start"]);
    let ends = moment(&body["schedule"]["scheduled_end"]);
    if starts.zip(ends).is_some_and(|(starts, ends)| ends <= starts) {
        return refused("schedule", "ends before it starts");
    }
    let items = body["line_items"].as_array().cloned().unwrap_or_default();
    if items.iter().any(|item| item["name"].as_str().unwrap_or_default().is_empty()) {
        return refused("line_items", "have no name");
    }
    let items = items.iter().map(|item| new_item(state, item)).collect();
    let notes = match body["notes"].as_str() {
        Some(text) if !text.is_empty() => vec![(state.new_id("note"), text.to_owned())],
        _ => Vec::new(),
    };
    let job = Job {
        id: state.new_id("job"),
        customer,
        address,
        notes,
        status: if starts.is_some() { "scheduled" } else { "needs scheduling" }.to_owned(),
        starts,
        ends,
        arrival_window: body["schedule"]["arrival_window"].as_u64().unwrap_or_default(),
        appointment: starts.map(|_| state.new_id("appt")),
        items,
        employees: texts(&body["assigned_employee_ids"]),
        created: ask.now,
        updated: ask.now,
        deleted: false,
        invoice: state.next_invoice(),
    };
    let shown = job.shown(None, ask.now);
    state.jobs.insert(job.id.clone(), job);
    Answer::json(200, &shown)
}

pub(super) fn list(state: &mut State, ask: &Ask, after: SignedDuration) -> Answer {
    if ask.query.iter().any(|(key, _)| key == "work_status") {
        return Answer::json(422, &json!({ "errors": { "work_status": "must be an array" } }));
    }
    let bound = |name: &str| ask.query(name).and_then(|text| text.parse::<Timestamp>().ok());
    let (from, to) = (bound("scheduled_start_min"), bound("scheduled_start_max"));
    let mut jobs: Vec<&Job> = state
        .jobs
        .values()
        .filter(|job| !job.deleted)
        .filter(|job| ask.query("customer_id").is_none_or(|id| job.customer == id))
        .filter(|job| from.is_none_or(|from| job.starts.is_some_and(|starts| starts >= from)))
        .filter(|job| to.is_none_or(|to| job.starts.is_some_and(|starts| starts <= to)))
        .collect();
    jobs.sort_by(|a, b| b.created.cmp(&a.created).then_with(|| a.id.cmp(&b.id)));
    let number =
        |name: &str, default: usize| ask.query(name).and_then(|text| text.parse().ok()).unwrap_or(default).max(1);
    let (page, size) = (number("page", 1), number("page_size", 10).min(200));
    let expanded = ask.query.iter().any(|(key, value)| key == "expand[]" && value == "appointments");
    let total = jobs.len();
    let shown: Vec<Value> = jobs
        .into_iter()
        .skip((page - 1) * size)
        .take(size)
        .map(|job| job.shown(expanded.then_some(after), ask.now))
        .collect();
    Answer::json(
        200,
        &json!({ "page": page, "page_size": size, "total_pages": total.div_ceil(size), "total_items": total, "jobs": shown }),
    )
}

/// Replaces: items without `uuid` are made, those not named are deleted, unless `append_line_items` says otherwise.
pub(super) fn replace_items(state: &mut State, id: &str, ask: &Ask) -> Answer {
    if let Some(answer) = refusal(state, id) {
        return answer;
    }
    let body = ask.json();
    let Some(sent) = body["line_items"].as_array().cloned() else { return refused("line_items", "must be an array") };
    let append = body["append_line_items"].as_bool().unwrap_or_default();
    let old = state.jobs.get(id).map(|job| job.items.clone()).unwrap_or_default();
    let mut items: Vec<LineItem> = if append { old.clone() } else { Vec::new() };
    for item in &sent {
        let known = item["uuid"].as_str().and_then(|uuid| old.iter().find(|known| known.id == uuid));
        let mut next = new_item(state, item);
        if let Some(known) = known {
            next.id.clone_from(&known.id);
            for (key, value) in &known.rest {
                next.rest.entry(key.clone()).or_insert_with(|| value.clone());
            }
        }
        items.retain(|kept| kept.id != next.id);
        items.push(next);
    }
    with(state, id, |job| {
        job.items = items;
        job.updated = ask.now;
        Answer::json(200, &job.shown_items())
    })
}

pub(super) fn schedule(state: &mut State, id: &str, ask: &Ask) -> Answer {
    if let Some(answer) = refusal(state, id) {
        return answer;
    }
    let body = ask.json();
    let (Some(starts), ends) = (moment(&body["start_time"]), moment(&body["end_time"])) else {
        return refused("start_time", "can't be blank");
    };
    let appointment = state.new_id("appt");
    with(state, id, |job| {
        job.starts = Some(starts);
        job.ends = ends.or(Some(starts + SignedDuration::from_hours(1)));
        job.arrival_window = body["arrival_window_in_minutes"].as_u64().unwrap_or(job.arrival_window);
        job.appointment.get_or_insert(appointment);
        if job.status == "needs scheduling" {
            "scheduled".clone_into(&mut job.status);
        }
        if let Some(employees) = body["dispatched_employees"].as_array() {
            job.employees = employees.iter().filter_map(|one| one["employee_id"].as_str()).map(str::to_owned).collect();
        }
        job.updated = ask.now;
        Answer::json(
            200,
            &json!({ "start_time": job.starts, "end_time": job.ends, "arrival_window_minutes": job.arrival_window,
                     "assigned_employees": [], "appointments": [] }),
        )
    })
}

pub(super) fn unschedule(state: &mut State, id: &str, ask: &Ask) -> Answer {
    if let Some(answer) = refusal(state, id) {
        return answer;
    }
    with(state, id, |job| {
        (job.starts, job.ends, job.appointment) = (None, None, None);
        "needs scheduling".clone_into(&mut job.status);
        job.updated = ask.now;
        Answer::json(200, &json!({ "object": "schedule", "deleted": true }))
    })
}

fn new_item(state: &mut State, item: &Value) -> LineItem {
    let mut rest: Map<String, Value> = item.as_object().cloned().unwrap_or_default();
    let name = rest.remove("name").and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default();
    rest.remove("uuid");
    rest.entry("kind").or_insert(json!("labor"));
    LineItem { id: state.new_id("rli"), name, rest }
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}
