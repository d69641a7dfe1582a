//! Which request is which call.

use super::{Limits, jobs, state::State};
use crate::answer::{Answer, Ask};
use serde_json::json;

/// The path with ids left out.
pub(super) fn template(ask: &Ask) -> String {
    let parts: Vec<&str> = ask
        .segments()
        .into_iter()
        .map(|part| if part.contains('_') && part.contains(|c: char| c.is_ascii_digit()) { "{id}" } else { part })
        .collect();
    format!("/{}", parts.join("/"))
}

pub(super) fn answer(state: &mut State, ask: &Ask, limits: Limits) -> Answer {
    let after = limits.appointment_after;
    match (ask.method.as_str(), ask.segments().as_slice()) {
        ("GET", ["company"]) => Answer::json(
            200,
            &json!({ "id": "co_sandbox", "name": "Sandbox Cleaning", "time_zone": "America/Phoenix" }),
        ),
        ("GET", ["jobs"]) => jobs::list(state, ask, after),
        ("POST", ["jobs"]) => jobs::create(state, ask),
        ("GET", ["jobs", id]) => jobs::with(state, id, |job| {
            let expanded = ask.query.iter().any(|(key, value)| key == "expand[]" && value == "appointments");
            Answer::json(200, &job.shown(expanded.then_some(after), ask.now))
        }),
        ("GET", ["jobs", id, "line_items"]) => jobs::with(state, id, |job| Answer::json(200, &job.shown_items())),
        ("PUT", ["jobs", id, "line_items", "bulk_update"]) => jobs::replace_items(state, id, ask),
        ("GET", ["jobs", id, "appointments"]) => {
            jobs::with(state, id, |job| Answer::json(200, &json!({ "appointments": job.appointments(after, ask.now) })))
        }
        ("PUT", ["jobs", id, "schedule"]) => jobs::schedule(state, id, ask),
        ("DELETE", ["jobs", id, "schedule"]) => jobs::unschedule(state, id, ask),
        ("GET", ["customers"]) => {
            let customers: Vec<_> = state
                .customers
                .iter()
                .map(|(id, (address, name))| json!({ "id": id, "first_name": name, "last_name": null, "addresses": [{ "id": address }] }))
                .collect();
            Answer::json(
                200,
                &json!({ "page": 1, "page_size": customers.len(), "total_pages": 1, "total_items": customers.len(), "customers": customers }),
            )
        }
        ("GET", ["employees"]) => Answer::json(
            200,
            &json!({ "page": 1, "page_size": 10, "total_pages": 1, "total_items": 1,
                     "employees": [{ "id": "pro_1", "first_name": "Crew", "last_name": "One" }] }),
        ),
        // What peers call and the API does not have: a page, not JSON.
        _ => Answer::html(404, "The page you were looking for doesn't exist."),
    }
}
