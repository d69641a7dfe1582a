//! Jobs: create, read, list, notes and tags.

use super::{
    Appointment, Job, Life, Phase, State, bad_attribute, ids, line_items,
    lists::{Direction, direction, many, one, page},
    not_found,
    records::Expand,
    routes::Call,
    text,
};
use crate::{
    answer::{Answer, Answered},
    clock::later,
    ids::hex32,
};
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) fn create(state: &mut State, call: &Call<'_>) -> Answered {
    let required = |key| text(call.body, key).ok_or_else(|| bad_attribute(key, "is missing"));
    let (customer, address) = (required("customer_id")?, required("address_id")?);
    let Some(known) = state.customers.get(customer) else { return Err(bad_attribute("customer_id", "is unknown")) };
    if !known.addresses.contains_key(address) {
        return Err(bad_attribute("address_id", "does not belong to the customer"));
    }
    let employees = ids(call.body, "assigned_employee_ids").into_iter().collect();
    let invoice = invoice(state, call.body)?;
    let line_items = match call.body.get("line_items") {
        None | Some(Value::Null) => Vec::new(),
        Some(items) => line_items::from_request(state, items)?,
    };
    let schedule = call.body.get("schedule").filter(|schedule| !schedule.is_null());
    let mut appointments = Vec::new();
    let mut arrival_window = 0;
    if let Some(schedule) = schedule {
        arrival_window = minutes(schedule, "arrival_window");
        if let Some(start) = text(schedule, "scheduled_start") {
            let start = moment(&state.zone, "scheduled_start", start)?;
            let end = match text(schedule, "scheduled_end") {
                Some(end) => moment(&state.zone, "scheduled_end", end)?,
                None => later(start, std::time::Duration::from_hours(1)),
            };
            if end < start {
                return Err(bad_attribute("scheduled_end", "is before scheduled_start"));
            }
            appointments.push(Appointment {
                id: hex32(&mut state.rng, "appt_"),
                start,
                end,
                arrival_window,
                employees: BTreeSet::clone(&employees),
                visible_at: later(call.now, state.appointment_delay),
            });
        }
    }
    let notes = text(call.body, "notes").filter(|note| !note.is_empty());
    let notes = notes.map(|note| (hex32(&mut state.rng, "note_"), note.to_owned())).into_iter().collect();
    let tags = ids(call.body, "tags").into_iter().map(|name| (hex32(&mut state.rng, "tag_"), name)).collect();
    let kind_of_work = call.body.get("job_fields").and_then(|fields| text(fields, "job_type_id")).map(str::to_owned);
    let job = Job {
        id: hex32(&mut state.rng, "job_"),
        sequence: state.next_sequence(),
        invoice,
        customer: customer.to_owned(),
        address: address.to_owned(),
        notes,
        phase: Phase::Open,
        life: Life::Live,
        on_my_way_at: None,
        started_at: None,
        completed_at: None,
        arrival_window,
        appointments,
        employees,
        tags,
        lead_source: text(call.body, "lead_source").map(str::to_owned),
        kind_of_work,
        line_items,
        created_at: call.now,
        updated_at: call.now,
    };
    let id = job.id.clone();
    let scheduled = !job.appointments.is_empty();
    // Appointments are never part of this answer (section 5).
    let shown = state.job_json(&job, Expand::default(), call.now);
    state.jobs.insert(id.clone(), job);
    state.usage.jobs_created += 1;
    state.tell_of_job("job.created", &id, call.now);
    if scheduled {
        state.tell_of_job("job.scheduled", &id, call.now);
        state.tell_of_appointments("job.appointment.scheduled", &id, call.now);
    }
    Ok(Answer::json(200, shown))
}

/// Unique in a company; left out or zero means that the vendor picks one.
fn invoice(state: &mut State, body: &Value) -> Result<u64, Answer> {
    let asked = body.get("invoice_number").and_then(Value::as_u64).filter(|number| *number > 0);
    let number = match asked {
        Some(number) => number,
        None => state.invoices.last().copied().unwrap_or(1_000) + 1,
    };
    if state.invoices.insert(number) { Ok(number) } else { Err(bad_attribute("invoice_number", "is already taken")) }
}

pub(crate) fn minutes(body: &Value, key: &str) -> i64 {
    let value = body.get(key);
    let as_text = || value.and_then(Value::as_str).and_then(|text| text.trim().parse().ok());
    value.and_then(Value::as_i64).or_else(as_text).unwrap_or_default()
}

/// ISO 8601; without an offset it is read in the company's zone.
pub(crate) fn moment(zone: &TimeZone, attribute: &str, text: &str) -> Result<Timestamp, Answer> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    let naive = text.parse::<DateTime>().ok().and_then(|at| zone.to_timestamp(at).ok());
    naive.ok_or_else(|| bad_attribute(attribute, "is not a time"))
}

pub(crate) fn read(state: &mut State, id: &str, call: &Call<'_>) -> Answered {
    let expand = call.expand()?;
    let job = state.jobs.get(id).ok_or_else(not_found)?;
    Ok(Answer::json(200, state.job_json(job, expand, call.now)))
}

pub(crate) fn list(state: &mut State, call: &Call<'_>) -> Answered {
    let expand = call.expand()?;
    let employees = many(call.query, "employee_ids")?;
    let statuses = many(call.query, "work_status")?;
    many(call.query, "location_ids")?;
    many(call.query, "franchisee_ids")?;
    let bound = |name: &str| one(call.query, name).map(|text| moment(&state.zone, name, text)).transpose();
    let (start_min, start_max) = (bound("scheduled_start_min")?, bound("scheduled_start_max")?);
    let (end_min, end_max) = (bound("scheduled_end_min")?, bound("scheduled_end_max")?);
    let customer = one(call.query, "customer_id");
    let within = |at: Option<Timestamp>, min: Option<Timestamp>, max: Option<Timestamp>| {
        (min.is_none() && max.is_none())
            || at.is_some_and(|at| min.is_none_or(|min| at >= min) && max.is_none_or(|max| at <= max))
    };
    // Several appointments are found through the first start and the last end only.
    let mut found: Vec<&Job> = state
        .jobs
        .values()
        .filter(|job| job.life == Life::Live)
        .filter(|job| customer.is_none_or(|customer| job.customer == customer))
        .filter(|job| employees.is_empty() || employees.iter().any(|id| job.employees.contains(*id)))
        .filter(|job| statuses.is_empty() || statuses.contains(&job.filter_status()))
        .filter(|job| within(job.start(), start_min, start_max) && within(job.end(), end_min, end_max))
        .collect();
    match one(call.query, "sort_by") {
        Some("updated_at") => found.sort_by_key(|job| (job.updated_at, job.sequence)),
        Some("invoice_number") => found.sort_by_key(|job| job.invoice),
        Some("id") => {}
        Some("work_status") => found.sort_by_key(|job| (job.work_status(), job.sequence)),
        Some("description") => found.sort_by(|a, b| {
            let name = |job: &Job| job.line_items.first().map(|item| item.name.clone());
            name(a).cmp(&name(b)).then(a.sequence.cmp(&b.sequence))
        }),
        _ => found.sort_by_key(|job| (job.created_at, job.sequence)),
    }
    if direction(call.query) == Direction::Descending {
        found.reverse();
    }
    let shown = found.into_iter().map(|job| state.job_json(job, expand, call.now)).collect();
    Ok(page(call.query, "jobs", shown))
}

pub(crate) fn add_note(state: &mut State, id: &str, call: &Call<'_>) -> Answered {
    let content = text(call.body, "content").ok_or_else(|| bad_attribute("content", "is missing"))?;
    let note = hex32(&mut state.rng, "note_");
    state.change(id, call.now, |job| job.notes.push((note.clone(), content.to_owned())))?;
    state.tell_of_job("job.updated", id, call.now);
    Ok(Answer::json(201, json!({ "id": note, "content": content })))
}

pub(crate) fn remove_note(state: &mut State, id: &str, note: &str, call: &Call<'_>) -> Answered {
    let before = state.jobs.get(id).map(|job| job.notes.len());
    state.change(id, call.now, |job| job.notes.retain(|(one, _)| one != note))?;
    if state.jobs.get(id).map(|job| job.notes.len()) == before {
        return Err(not_found());
    }
    state.tell_of_job("job.updated", id, call.now);
    Ok(Answer::empty(200))
}

pub(crate) fn add_tag(state: &mut State, id: &str, call: &Call<'_>) -> Answered {
    let tag = text(call.body, "tag_id").ok_or_else(|| bad_attribute("tag_id", "is missing"))?;
    let name = state.tags.get(tag).cloned().ok_or_else(not_found)?;
    state.change(id, call.now, |job| job.tags.insert(tag.to_owned(), name))?;
    state.tell_of_job("job.updated", id, call.now);
    Ok(Answer::json(201, tags_json(state, id)))
}

pub(crate) fn remove_tag(state: &mut State, id: &str, tag: &str, call: &Call<'_>) -> Answered {
    if state.change(id, call.now, |job| job.tags.remove(tag))?.is_none() {
        return Err(not_found());
    }
    state.tell_of_job("job.updated", id, call.now);
    Ok(Answer::json(200, tags_json(state, id)))
}

fn tags_json(state: &State, id: &str) -> Value {
    let none = BTreeMap::new();
    let tags = state.jobs.get(id).map_or(&none, |job| &job.tags);
    let tags: Vec<Value> = tags.iter().map(|(id, name)| json!({ "id": id, "name": name })).collect();
    json!({ "tags": tags })
}

impl State {
    /// Changes a job and its time of change.
    pub(crate) fn change<T>(&mut self, id: &str, now: Timestamp, how: impl FnOnce(&mut Job) -> T) -> Result<T, Answer> {
        let job = self.jobs.get_mut(id).ok_or_else(not_found)?;
        job.updated_at = now;
        Ok(how(job))
    }
}
