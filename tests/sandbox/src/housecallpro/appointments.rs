//! Schedules, appointments and who is dispatched (sections 3 and 5).

use super::{
    Appointment, State, bad_attribute,
    hooks::Staff,
    ids,
    jobs::{minutes, moment},
    not_found,
    records::stamp,
    routes::Call,
    text,
};
use crate::{
    answer::{Answer, Answered},
    clock::later,
    ids::hex32,
};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Duration};

pub(crate) fn list(state: &State, id: &str, call: &Call<'_>) -> Answered {
    let job = state.jobs.get(id).ok_or_else(not_found)?;
    let seen: Vec<Value> = job.visible(call.now).map(Appointment::json).collect();
    Ok(Answer::json(200, json!({ "appointments": seen })))
}

struct Slot {
    start: Timestamp,
    end: Timestamp,
}

fn slot(state: &State, body: &Value) -> Result<Slot, Answer> {
    let start = text(body, "start_time").ok_or_else(|| bad_attribute("start_time", "is missing"))?;
    let start = moment(&state.zone, "start_time", start)?;
    let end = match text(body, "end_time") {
        Some(end) => moment(&state.zone, "end_time", end)?,
        None => later(start, Duration::from_hours(1)),
    };
    if end < start { Err(bad_attribute("end_time", "is before start_time")) } else { Ok(Slot { start, end }) }
}

pub(crate) fn add(state: &mut State, id: &str, call: &Call<'_>) -> Answered {
    let Slot { start, end } = slot(state, call.body)?;
    if call.body.get("dispatched_employees_ids").and_then(Value::as_array).is_none() {
        return Err(bad_attribute("dispatched_employees_ids", "is missing"));
    }
    let appointment = Appointment {
        id: hex32(&mut state.rng, "appt_"),
        start,
        end,
        arrival_window: minutes(call.body, "arrival_window_minutes"),
        employees: ids(call.body, "dispatched_employees_ids").into_iter().collect(),
        visible_at: call.now,
    };
    let shown = appointment.json();
    state.change(id, call.now, |job| {
        job.employees.extend(appointment.employees.iter().cloned());
        job.appointments.push(appointment);
    })?;
    state.tell_of_appointments("job.appointment.scheduled", id, call.now);
    Ok(Answer::json(201, shown))
}

pub(crate) fn update(state: &mut State, id: &str, one: &str, call: &Call<'_>) -> Answered {
    let Slot { start, end } = slot(state, call.body)?;
    let window = minutes(call.body, "arrival_window_minutes");
    let employees: BTreeSet<String> = ids(call.body, "dispatched_employees_ids").into_iter().collect();
    let shown = state.change(id, call.now, |job| {
        let place = job.appointments.iter_mut().find(|place| place.id == one)?;
        (place.start, place.end, place.arrival_window) = (start, end, window);
        place.employees = employees;
        Some(place.json())
    })?;
    let shown = shown.ok_or_else(not_found)?;
    state.tell_of_appointments("job.appointment.rescheduled", id, call.now);
    Ok(Answer::json(200, shown))
}

pub(crate) fn remove(state: &mut State, id: &str, one: &str, call: &Call<'_>) -> Answered {
    let gone = state.change(id, call.now, |job| {
        let at = job.appointments.iter().position(|place| place.id == one)?;
        Some(job.appointments.remove(at))
    })?;
    let gone = gone.ok_or_else(not_found)?;
    state.tell_of_one("job.appointment.appointment_discarded", id, &gone, call.now);
    Ok(Answer::empty(200))
}

/// Refused where a job has several appointments.
pub(crate) fn schedule(state: &mut State, id: &str, call: &Call<'_>) -> Answered {
    let Slot { start, end } = slot(state, call.body)?;
    let window = minutes(call.body, "arrival_window_in_minutes");
    // Left out, the present assignments stay; sent, they are replaced.
    let sent = call.body.get("dispatched_employees").map(|_| dispatched(call.body));
    let visible_at = later(call.now, state.appointment_delay);
    let new_id = hex32(&mut state.rng, "appt_");
    let job = state.jobs.get(id).ok_or_else(not_found)?;
    if job.appointments.len() > 1 {
        let message = "This job has multiple appointments. Use the appointments endpoints.";
        return Err(Answer::json(400, json!({ "message": message })));
    }
    let first = job.appointments.is_empty();
    state.change(id, call.now, |job| {
        if let Some(sent) = sent {
            job.employees = sent;
        }
        job.arrival_window = window;
        match job.appointments.first_mut() {
            Some(place) => {
                (place.start, place.end, place.arrival_window) = (start, end, window);
                place.employees.clone_from(&job.employees);
            }
            None => job.appointments.push(Appointment {
                id: new_id,
                start,
                end,
                arrival_window: window,
                employees: job.employees.clone(),
                visible_at,
            }),
        }
    })?;
    let job = state.jobs.get(id).ok_or_else(not_found)?;
    let seen: Vec<Value> = job.visible(call.now).map(Appointment::json).collect();
    let shown = json!({
        "start_time": stamp(start),
        "end_time": stamp(end),
        "arrival_window_minutes": window,
        "assigned_employees": state.employees_json(&job.employees),
        "appointments": seen,
    });
    state.tell_of_job("job.scheduled", id, call.now);
    let event = if first { "job.appointment.scheduled" } else { "job.appointment.rescheduled" };
    state.tell_of_appointments(event, id, call.now);
    Ok(Answer::json(200, shown))
}

pub(crate) fn unschedule(state: &mut State, id: &str, call: &Call<'_>) -> Answered {
    let gone = state.change(id, call.now, |job| std::mem::take(&mut job.appointments))?;
    for one in &gone {
        state.tell_of_one("job.appointment.appointment_discarded", id, one, call.now);
    }
    state.tell_of_job("job.updated", id, call.now);
    Ok(Answer::json(200, json!({ "object": "schedule", "deleted": true })))
}

fn dispatched(body: &Value) -> BTreeSet<String> {
    let list = body.get("dispatched_employees").and_then(Value::as_array);
    list.into_iter().flatten().filter_map(|one| text(one, "employee_id")).map(str::to_owned).collect()
}

pub(crate) fn dispatch(state: &mut State, id: &str, call: &Call<'_>) -> Answered {
    if call.body.get("dispatched_employees").and_then(Value::as_array).is_none() {
        return Err(bad_attribute("dispatched_employees", "is missing"));
    }
    let wanted = dispatched(call.body);
    if let Some(unknown) = wanted.iter().find(|id| !state.employees.contains_key(*id)) {
        return Err(bad_attribute("dispatched_employees", &format!("names the unknown employee {unknown}")));
    }
    state.assign(id, &Staff(wanted), call.now)?;
    let job = state.jobs.get(id).ok_or_else(not_found)?;
    Ok(Answer::json(200, json!({ "assigned_employees": state.employees_json(&job.employees) })))
}
