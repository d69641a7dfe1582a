//! Which call goes where. Numbered and dated paths lead to one place (section 0).

use super::{
    State, batches, labels, linking,
    objects::{CONTACTS, Kind, LISTINGS},
    portal, property_calls,
    rates::Endpoint,
    records::Origin,
    replies::{Refusal, Replied},
    schemas, search, singles,
};
use crate::answer::Ask;
use jiff::Timestamp;
use serde_json::Value;

/// How a path says which version it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    /// v3 or v4.
    Numbered,
    March2026,
    September2026,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Area {
    Objects,
    Associations,
    Properties,
    Schemas,
    Library,
    Limits,
    Account,
}

/// One call on its way.
#[derive(Debug)]
pub(super) struct Call<'a> {
    query: &'a [(String, String)],
    pub(super) body: &'a Value,
    pub(super) now: Timestamp,
    pub(super) version: Version,
    pub(super) origin: Origin,
}

impl Version {
    fn dated(text: &str) -> Option<Self> {
        match text {
            "2026-03" => Some(Self::March2026),
            "2026-09" => Some(Self::September2026),
            _ => None,
        }
    }

    /// Rules of the administrator bind from September 2026 on.
    pub(super) fn enforces_rules(self) -> bool {
        self == Self::September2026
    }
}

impl<'a> Call<'a> {
    pub(super) fn query(&self, name: &str) -> Option<&'a str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Names with commas between them, or the parameter again and again.
    pub(super) fn listed(&self, name: &'a str) -> impl Iterator<Item = &'a str> + use<'a> {
        let values = self.query.iter().filter(move |(key, _)| key == name);
        values.flat_map(|(_, value)| value.split(',')).map(str::trim).filter(|one| !one.is_empty())
    }

    pub(super) fn limit(&self, usual: usize, most: usize) -> Result<usize, Refusal> {
        let Some(text) = self.query("limit") else { return Ok(usual) };
        let limit = text.parse().ok().filter(|limit| (1..=most).contains(limit));
        limit.ok_or_else(|| Refusal::invalid(&format!("limit must be from 1 to {most}")))
    }
}

/// Which limit a call falls under.
pub(super) fn endpoint(ask: &Ask) -> Endpoint {
    match locate(&ask.segments()) {
        Some((Area::Objects, _, [_, "search"])) => Endpoint::Search,
        _ => Endpoint::Other,
    }
}

/// Whether a call only reads, whatever its method says.
pub(super) fn only_reads(ask: &Ask) -> bool {
    let last = ask.segments().last().copied().unwrap_or_default().to_owned();
    ask.method == http::Method::GET || matches!(last.as_str(), "search" | "read")
}

/// The route's name for the counters, and the reply.
pub(super) fn answer(state: &mut State, ask: &Ask) -> (String, Replied) {
    let segments = ask.segments();
    let Some((area, version, rest)) = locate(&segments) else { return (unknown(ask), Err(Refusal::no_object())) };
    let body: Value = if ask.body.is_empty() {
        Value::Null
    } else {
        match serde_json::from_slice(&ask.body) {
            Ok(body) => body,
            Err(error) => return (unknown(ask), Err(Refusal::unreadable(&error.to_string()))),
        }
    };
    let origin = Origin::Integration(state.settings.app_id);
    let call = Call { query: &ask.query, body: &body, now: ask.now, version, origin };
    let method = ask.method.as_str();
    let found = match area {
        Area::Objects => objects(state, method, rest, &call),
        Area::Associations => associations(state, method, rest, &call),
        Area::Properties => properties(state, method, rest, &call),
        Area::Schemas => schema(state, method, rest, &call),
        Area::Library | Area::Limits | Area::Account => portal::answer(state, method, rest, &call),
    };
    match found {
        Some((route, replied)) => (format!("{method} {route}"), replied),
        None => (unknown(ask), Err(Refusal::no_object())),
    }
}

fn unknown(ask: &Ask) -> String {
    format!("{} unknown", ask.method)
}

fn locate<'a>(segments: &'a [&'a str]) -> Option<(Area, Version, &'a [&'a str])> {
    let numbered = |area, rest| Some((area, Version::Numbered, rest));
    let dated = |area, date, rest| Some((area, Version::dated(date)?, rest));
    match segments {
        // The single calls about associations were v4 when records were v3.
        ["crm", "v4", "objects", rest @ ..] if matches!(rest, [_, _, "associations", ..]) => {
            numbered(Area::Objects, rest)
        }
        ["crm", "v3", "objects", _, _, "associations", ..] => None,
        ["crm", "v3", "objects", rest @ ..] => numbered(Area::Objects, rest),
        ["crm", "v4", "associations", rest @ ..] | ["crm", "associations", "v4", rest @ ..] => {
            numbered(Area::Associations, rest)
        }
        ["crm", "v3", "properties", rest @ ..] => numbered(Area::Properties, rest),
        ["crm" | "crm-object-schemas", "v3", "schemas", rest @ ..] => numbered(Area::Schemas, rest),
        ["crm", "v3", "object-library", rest @ ..] => numbered(Area::Library, rest),
        ["crm", "v3", "limits", rest @ ..] => numbered(Area::Limits, rest),
        ["account-info", "v3", rest @ ..] => numbered(Area::Account, rest),
        ["crm", "objects", date, rest @ ..] => dated(Area::Objects, date, rest),
        ["crm", "associations", date, rest @ ..] => dated(Area::Associations, date, rest),
        ["crm", "properties", date, rest @ ..] => dated(Area::Properties, date, rest),
        ["crm-object-schemas", date, "schemas", rest @ ..] => dated(Area::Schemas, date, rest),
        ["crm", "object-library", date, rest @ ..] => dated(Area::Library, date, rest),
        ["crm", "limits", date, rest @ ..] => dated(Area::Limits, date, rest),
        ["account-info", date, rest @ ..] => dated(Area::Account, date, rest),
        _ => None,
    }
}

type Found = Option<(String, Replied)>;

/// Resolves the object type, checks the scope, then does the call.
fn of_type(
    state: &mut State,
    name: &str,
    scope: &str,
    route: &str,
    how: impl FnOnce(&mut State, Kind) -> Replied,
) -> (String, Replied) {
    let kind = match state.resolve(name) {
        Ok(kind) => kind,
        Err(refusal) => return (route.replace("{type}", "{unknown}"), Err(refusal)),
    };
    let route = route.replace("{type}", &state.object(kind).name);
    let done = state.allowed(kind, scope).and_then(|()| how(state, kind));
    (route, done)
}

fn objects(state: &mut State, method: &str, rest: &[&str], call: &Call<'_>) -> Found {
    let (name, rest) = rest.split_first()?;
    if let [id, "associations", rest @ ..] = rest {
        return object_associations(state, method, (name, id), rest, call);
    }
    let reads = method == "GET" || matches!(rest, ["search"] | ["batch", "read"]);
    let scope = if reads { "objects.{type}.read" } else { "objects.{type}.write" };
    let mut of = |tail: &str, how: &dyn Fn(&mut State, Kind) -> Replied| {
        Some(of_type(state, name, scope, &format!("/objects/{{type}}{tail}"), how))
    };
    match (method, rest) {
        ("GET", []) => of("", &|state, kind| singles::list(state, kind, call)),
        ("POST", []) => of("", &|state, kind| singles::create(state, kind, call)),
        ("POST", ["search"]) => of("/search", &|state, kind| search::search(state, kind, call)),
        ("POST", ["merge"]) => of("/merge", &|state, kind| singles::merge(state, kind, call)),
        ("POST", ["batch", "create"]) => of("/batch/create", &|state, kind| batches::create(state, kind, call)),
        ("POST", ["batch", "read"]) => of("/batch/read", &|state, kind| batches::read(state, kind, call)),
        ("POST", ["batch", "update"]) => of("/batch/update", &|state, kind| batches::update(state, kind, call)),
        ("POST", ["batch", "upsert"]) => of("/batch/upsert", &|state, kind| batches::upsert(state, kind, call)),
        ("POST", ["batch", "archive"]) => of("/batch/archive", &|state, kind| batches::archive(state, kind, call)),
        ("GET", [id]) => of("/{id}", &|state, kind| singles::read(state, kind, &decoded(id), call)),
        ("PATCH", [id]) => of("/{id}", &|state, kind| singles::update(state, kind, &decoded(id), call)),
        ("DELETE", [id]) => of("/{id}", &|state, kind| singles::archive(state, kind, id, call)),
        _ => None,
    }
}

fn object_associations(
    state: &mut State,
    method: &str,
    (name, id): (&str, &str),
    rest: &[&str],
    call: &Call<'_>,
) -> Found {
    let scope = if method == "GET" { "objects.{type}.read" } else { "objects.{type}.write" };
    let mut to = |other: &str, tail: &str, how: &dyn Fn(&mut State, Kind, Kind) -> Replied| {
        let route = format!("/objects/{{type}}/{{id}}/associations{tail}");
        Some(of_type(state, name, scope, &route, |state, kind| {
            let other = state.resolve(other)?;
            how(state, kind, other)
        }))
    };
    match (method, rest) {
        ("GET", [other]) => to(other, "/{to}", &|state, kind, other| linking::list(state, kind, id, other, call)),
        ("PUT", ["default", other, other_id]) => to(other, "/default/{to}/{id}", &|state, kind, other| {
            linking::set_plain(state, (kind, id), (other, other_id))
        }),
        ("PUT", [other, other_id]) => {
            to(other, "/{to}/{id}", &|state, kind, other| linking::set(state, (kind, id), (other, other_id), call))
        }
        ("DELETE", [other, other_id]) => {
            to(other, "/{to}/{id}", &|state, kind, other| linking::unset(state, (kind, id), (other, other_id)))
        }
        _ => None,
    }
}

fn associations(state: &mut State, method: &str, rest: &[&str], call: &Call<'_>) -> Found {
    let [from, to, rest @ ..] = rest else { return None };
    let scope = match rest {
        ["batch", "read"] => "objects.{type}.read",
        ["labels", ..] if method == "GET" => "schemas.{type}.read",
        ["labels", ..] => "schemas.{type}.write",
        _ => "objects.{type}.write",
    };
    let mut of = |tail: &str, how: &dyn Fn(&mut State, Kind, Kind) -> Replied| {
        Some(of_type(state, from, scope, &format!("/associations/{{type}}/{to}{tail}"), |state, from| {
            let to = state.resolve(to)?;
            how(state, from, to)
        }))
    };
    match (method, rest) {
        ("GET", ["labels"]) => of("/labels", &|state, from, to| Ok(labels::list(state, from, to))),
        ("POST", ["labels"]) => of("/labels", &|state, from, to| labels::create(state, from, to, call)),
        ("PUT", ["labels"]) => of("/labels", &|state, from, to| labels::update(state, from, to, call)),
        ("DELETE", ["labels", id]) => of("/labels/{id}", &|state, from, to| labels::delete(state, from, to, id)),
        ("POST", ["batch", "create"]) => {
            of("/batch/create", &|state, from, to| linking::batch_create(state, from, to, call))
        }
        ("POST", ["batch", "associate", "default"]) => {
            of("/batch/associate/default", &|state, from, to| linking::batch_associate(state, from, to, call))
        }
        ("POST", ["batch", "archive"]) => {
            of("/batch/archive", &|state, from, to| linking::batch_archive(state, from, to, call))
        }
        ("POST", ["batch", "labels", "archive"]) => {
            of("/batch/labels/archive", &|state, from, to| linking::batch_archive_labels(state, from, to, call))
        }
        ("POST", ["batch", "read"]) => of("/batch/read", &|state, from, to| linking::batch_read(state, from, to, call)),
        _ => None,
    }
}

fn properties(state: &mut State, method: &str, rest: &[&str], call: &Call<'_>) -> Found {
    let (name, rest) = rest.split_first()?;
    let reads = method == "GET" || rest == ["batch", "read"];
    let scope = if reads { "schemas.{type}.read" } else { "schemas.{type}.write" };
    let mut of = |tail: &str, how: &dyn Fn(&mut State, Kind) -> Replied| {
        Some(of_type(state, name, scope, &format!("/properties/{{type}}{tail}"), how))
    };
    match (method, rest) {
        ("GET", []) => of("", &|state, kind| Ok(property_calls::list(state, kind, call))),
        ("POST", []) => of("", &|state, kind| property_calls::create(state, kind, call)),
        ("GET", ["groups"]) => of("/groups", &|state, kind| Ok(property_calls::groups(state, kind))),
        ("POST", ["groups"]) => of("/groups", &|state, kind| property_calls::create_group(state, kind, call)),
        ("GET", ["groups", one]) => of("/groups/{name}", &|state, kind| property_calls::group(state, kind, one)),
        ("POST", ["batch", "create"]) => {
            of("/batch/create", &|state, kind| property_calls::batch_create(state, kind, call))
        }
        ("POST", ["batch", "read"]) => of("/batch/read", &|state, kind| property_calls::batch_read(state, kind, call)),
        ("POST", ["batch", "archive"]) => {
            of("/batch/archive", &|state, kind| property_calls::batch_archive(state, kind, call))
        }
        ("GET", [one]) => of("/{name}", &|state, kind| property_calls::read(state, kind, one)),
        ("PATCH", [one]) => of("/{name}", &|state, kind| property_calls::update(state, kind, one, call)),
        ("DELETE", [one]) => of("/{name}", &|state, kind| property_calls::archive(state, kind, one)),
        _ => None,
    }
}

fn schema(state: &mut State, method: &str, rest: &[&str], call: &Call<'_>) -> Found {
    let scope = if method == "GET" { "schemas.custom.read" } else { "schemas.custom.write" };
    if let Err(refusal) = state.has_scope(scope) {
        return Some(("/schemas".to_owned(), Err(refusal)));
    }
    let (route, done) = match (method, rest) {
        ("GET", []) => ("/schemas", Ok(schemas::list(state, call))),
        ("POST", []) => ("/schemas", schemas::create(state, call)),
        ("GET", [name]) => ("/schemas/{type}", schemas::read(state, name)),
        ("DELETE", [name]) => ("/schemas/{type}", schemas::delete(state, name, call)),
        ("POST", [name, "associations"]) => ("/schemas/{type}/associations", schemas::associate(state, name, call)),
        _ => return None,
    };
    Some((route.to_owned(), done))
}

/// A path's part, which may be an address.
fn decoded(part: &str) -> String {
    // A plus sign stands for itself in a path.
    let part = part.replace('+', "%2B");
    url::form_urlencoded::parse(part.as_bytes()).next().map(|(key, _)| key.into_owned()).unwrap_or_default()
}

impl State {
    fn allowed(&self, kind: Kind, scope: &str) -> Result<(), Refusal> {
        let word = match kind {
            // Notes come with the contacts' scope.
            CONTACTS => "contacts",
            LISTINGS => "listings",
            _ if self.object(kind).schema.is_some() => "custom",
            _ => "contacts",
        };
        self.has_scope(&scope.replace("{type}", word))
    }

    fn has_scope(&self, scope: &str) -> Result<(), Refusal> {
        let scope = format!("crm.{scope}");
        if !self.settings.missing_scopes.contains(&scope) {
            return Ok(());
        }
        let why = "This app hasn't been granted all required scopes to make this call.";
        Err(Refusal::new(403, "MISSING_SCOPES", why)
            .with("errors", serde_json::json!([{ "message": why, "context": { "requiredGranularScopes": [scope] } }])))
    }
}
