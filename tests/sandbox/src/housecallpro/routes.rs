//! Which call goes where. What is not in the vendor's specification answers an HTML page (section 3).

use super::{
    State, appointments, bad_attribute, customers, jobs, line_items,
    lists::{Query, many},
    not_found,
    records::{Expand, Life, Shown},
};
use crate::answer::{Answer, Answered, Ask};
use jiff::Timestamp;
use serde_json::{Value, json};

/// One call on its way.
pub(crate) struct Call<'a> {
    pub(crate) query: &'a Query,
    pub(crate) body: &'a Value,
    pub(crate) now: Timestamp,
}

impl Call<'_> {
    pub(crate) fn expand(&self) -> Result<Expand, Answer> {
        let wanted = many(self.query, "expand")?;
        let shown = |name| if wanted.contains(&name) { Shown::Yes } else { Shown::No };
        Ok(Expand { appointments: shown("appointments"), attachments: shown("attachments") })
    }
}

/// The route's name for the counters, and the answer.
pub(crate) fn answer(state: &mut State, ask: &Ask) -> (String, Answer) {
    let (method, parts) = (ask.method.as_str(), ask.segments());
    let body: Value = if ask.body.is_empty() {
        json!({})
    } else {
        match serde_json::from_slice(&ask.body) {
            Ok(body) => body,
            Err(_) if parts.last() == Some(&"attachments") => json!({}),
            Err(_) => return (format!("{method} unreadable"), bad_attribute("body", "is not JSON")),
        }
    };
    let call = Call { query: &ask.query, body: &body, now: ask.now };
    let Some((route, answered)) = dispatch(state, method, &parts, &call) else {
        return (format!("{method} unknown"), Answer::html(404, "<h1>Page not found</h1>"));
    };
    (format!("{method} {route}"), answered.unwrap_or_else(|refusal| refusal))
}

fn dispatch(state: &mut State, method: &str, parts: &[&str], call: &Call<'_>) -> Option<(&'static str, Answered)> {
    if let ["jobs", id, rest @ ..] = parts {
        return of_job(state, method, id, rest, call);
    }
    Some(match (method, parts) {
        ("GET", ["company"]) => ("/company", Ok(customers::company(state))),
        ("GET", ["jobs"]) => ("/jobs", jobs::list(state, call)),
        ("POST", ["jobs"]) => ("/jobs", jobs::create(state, call)),
        ("GET", ["customers"]) => ("/customers", Ok(customers::list(state, call))),
        ("POST", ["customers"]) => ("/customers", customers::create(state, call)),
        ("GET", ["customers", id]) => ("/customers/{id}", customers::read(state, id)),
        ("PUT", ["customers", id]) => ("/customers/{id}", customers::update(state, id, call)),
        ("GET", ["customers", id, "addresses"]) => ("/customers/{id}/addresses", customers::addresses(state, id, call)),
        ("POST", ["customers", id, "addresses"]) => {
            ("/customers/{id}/addresses", customers::add_address(state, id, call))
        }
        ("GET", ["customers", id, "addresses", address]) => {
            ("/customers/{id}/addresses/{id}", customers::address(state, id, address))
        }
        ("GET", ["employees"]) => ("/employees", Ok(customers::employees(state, call))),
        ("GET", ["job_fields", "job_types"]) => ("/job_fields/job_types", Ok(customers::job_types(state, call))),
        ("GET", ["tags"]) => ("/tags", Ok(customers::tags(state, call))),
        ("POST", ["tags"]) => ("/tags", customers::add_tag(state, call)),
        ("PUT", ["tags", id]) => ("/tags/{id}", customers::rename_tag(state, id, call)),
        ("GET", ["events"]) => ("/events", Ok(super::lists::page(call.query, "events", Vec::new()))),
        ("POST", ["webhooks", "subscription"]) => {
            state.webhooks_on = true;
            ("/webhooks/subscription", Ok(Answer::empty(200)))
        }
        ("DELETE", ["webhooks", "subscription"]) => {
            state.webhooks_on = false;
            ("/webhooks/subscription", Ok(Answer::empty(200)))
        }
        _ => return None,
    })
}

fn of_job(
    state: &mut State,
    method: &str,
    id: &str,
    rest: &[&str],
    call: &Call<'_>,
) -> Option<(&'static str, Answered)> {
    let route = job_route(method, rest)?;
    // A deleted job is gone for every call; an archived one refuses writes (section 5).
    let life = match state.jobs.get(id) {
        None => return Some((route, Err(not_found()))),
        Some(job) => job.life,
    };
    match life {
        Life::Live => {}
        Life::Deleted => return Some((route, Err(Answer::json(410, json!({ "error": { "message": "Gone" } }))))),
        Life::Archived if method == "GET" => {}
        Life::Archived => {
            let refusal = json!({ "error": { "message": "Can not change an archived job" } });
            return Some((route, Err(Answer::json(400, refusal))));
        }
    }
    let answered = match (method, rest) {
        ("GET", []) => jobs::read(state, id, call),
        ("GET", ["line_items"]) => line_items::list(state, id),
        ("POST", ["line_items"]) => line_items::add(state, id, call),
        ("PUT", ["line_items", "bulk_update"]) => line_items::bulk_update(state, id, call),
        ("PUT", ["line_items", item]) => line_items::update(state, id, item, call),
        ("DELETE", ["line_items", item]) => line_items::remove(state, id, item, call),
        ("GET", ["appointments"]) => appointments::list(state, id, call),
        ("POST", ["appointments"]) => appointments::add(state, id, call),
        ("PUT", ["appointments", one]) => appointments::update(state, id, one, call),
        ("DELETE", ["appointments", one]) => appointments::remove(state, id, one, call),
        ("PUT", ["schedule"]) => appointments::schedule(state, id, call),
        ("DELETE", ["schedule"]) => appointments::unschedule(state, id, call),
        ("PUT", ["dispatch"]) => appointments::dispatch(state, id, call),
        ("POST", ["notes"]) => jobs::add_note(state, id, call),
        ("DELETE", ["notes", note]) => jobs::remove_note(state, id, note, call),
        ("POST", ["tags"]) => jobs::add_tag(state, id, call),
        ("DELETE", ["tags", tag]) => jobs::remove_tag(state, id, tag, call),
        ("POST", ["attachments"]) => Ok(Answer::json(202, json!({ "job_url": format!("/jobs/{id}") }))),
        ("POST", ["links"]) => Ok(Answer::json(201, json!({}))),
        ("GET", ["invoices"]) => Ok(Answer::json(200, json!({ "invoices": [] }))),
        _ => return None,
    };
    Some((route, answered))
}

fn job_route(method: &str, rest: &[&str]) -> Option<&'static str> {
    Some(match (method, rest) {
        ("GET", []) => "/jobs/{id}",
        ("GET" | "POST", ["line_items"]) => "/jobs/{id}/line_items",
        ("PUT", ["line_items", "bulk_update"]) => "/jobs/{id}/line_items/bulk_update",
        ("PUT" | "DELETE", ["line_items", _]) => "/jobs/{id}/line_items/{id}",
        ("GET" | "POST", ["appointments"]) => "/jobs/{id}/appointments",
        ("PUT" | "DELETE", ["appointments", _]) => "/jobs/{id}/appointments/{id}",
        ("PUT" | "DELETE", ["schedule"]) => "/jobs/{id}/schedule",
        ("PUT", ["dispatch"]) => "/jobs/{id}/dispatch",
        ("POST", ["notes"]) => "/jobs/{id}/notes",
        ("DELETE", ["notes", _]) => "/jobs/{id}/notes/{id}",
        ("POST", ["tags"]) => "/jobs/{id}/tags",
        ("DELETE", ["tags", _]) => "/jobs/{id}/tags/{id}",
        ("POST", ["attachments"]) => "/jobs/{id}/attachments",
        ("POST", ["links"]) => "/jobs/{id}/links",
        ("GET", ["invoices"]) => "/jobs/{id}/invoices",
        _ => return None,
    })
}
