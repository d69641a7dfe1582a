//! The calls about a portal's definitions, and what their answers say.

use super::{found::Readable, wanted::WantedObject};
use crate::{
    error::Error,
    records::{Answers, is_about_content},
    roles::SetupFault,
    transport::{Ask, Deadline, Driver, Effect, Reader, Verdict},
};
use bytes::Bytes;
use http::{Method, Response, StatusCode};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Longest message taken over. Characters.
const MESSAGE: usize = 300;

/// Hands on what is forbidden, too: the body says whether a scope is missing or the plan lacks something.
#[derive(Debug)]
pub(super) struct DefinitionAnswers(pub(super) Answers);

impl Reader for DefinitionAnswers {
    fn verdict(&self, response: &Response<Bytes>, now: Timestamp) -> Verdict {
        if response.status() == StatusCode::FORBIDDEN { Verdict::Use } else { self.0.verdict(response, now) }
    }
}

/// What an answer says.
#[derive(Debug)]
pub(super) enum Heard {
    Done(Value),
    /// Something of that name is there already.
    Taken,
    MissingScope(Vec<String>),
    /// Not for want of a scope: the portal's plan does not have it.
    Forbidden(String),
    Refused(String),
    Absent,
}

/// What a call needs leave for: `crm.schemas.contacts.read`.
#[derive(Clone, Copy, Debug)]
pub(super) enum Leave {
    Read,
    Write,
}

#[derive(Debug)]
pub(super) struct Client {
    pub(super) driver: Driver,
    /// Of the API, as it stands in paths.
    pub(super) version: String,
}

impl Client {
    /// `path` holds `{version}`, and `route` the path with ids left out.
    pub(super) async fn get(
        &self,
        doing: &str,
        route: &'static str,
        path: &str,
        deadline: Deadline,
    ) -> Result<Heard, Error> {
        self.call(doing, Method::GET, route, path, None, deadline).await
    }

    pub(super) async fn call(
        &self,
        doing: &str,
        method: Method,
        route: &'static str,
        path: &str,
        body: Option<&Value>,
        deadline: Deadline,
    ) -> Result<Heard, Error> {
        let ask = Ask {
            doing: doing.to_owned(),
            method,
            route: route.into(),
            target: path.replace("{version}", &self.version),
            body: body.map(|body| Bytes::from(body.to_string())),
            // What is made has a name no second one can have, so that making it again is refused and does nothing.
            effect: Effect::Repeatable,
        };
        match self.driver.ask(&ask, deadline).await? {
            Some(response) => self.heard(doing, &response),
            None => Ok(Heard::Absent),
        }
    }

    fn heard(&self, doing: &str, response: &Response<Bytes>) -> Result<Heard, Error> {
        let body: Option<Value> = serde_json::from_slice(response.body()).ok();
        let status = response.status();
        if status == StatusCode::NO_CONTENT {
            return Ok(Heard::Done(Value::Null));
        }
        if status.is_success() {
            return body.map(Heard::Done).ok_or_else(|| self.unexpected(doing, "its body, which is no JSON"));
        }
        let body = body.unwrap_or_default();
        Ok(match status {
            StatusCode::CONFLICT => Heard::Taken,
            StatusCode::FORBIDDEN if body["category"] == "MISSING_SCOPES" => Heard::MissingScope(scopes(&body)),
            StatusCode::FORBIDDEN => Heard::Forbidden(message(status, &body)),
            _ if is_about_content(status) => Heard::Refused(message(status, &body)),
            // The driver hands nothing else on.
            _ => return Err(self.unexpected(doing, "its status")),
        })
    }

    /// The parts of a list.
    pub(super) fn listed<T: DeserializeOwned>(&self, doing: &str, body: &Value) -> Result<Vec<T>, Error> {
        serde_path_to_error::deserialize(&body["results"])
            .map_err(|error| self.unexpected(doing, &format!("results.{}", error.path())))
    }

    pub(super) fn unexpected(&self, doing: &str, place: &str) -> Error {
        let reason = format!("the answer is not as expected at {place}");
        Error::Weather { vendor: self.driver.vendor.clone(), doing: doing.to_owned(), reason }
    }
}

/// The vendor names scopes of which one is enough, under one key or another.
fn scopes(body: &Value) -> Vec<String> {
    let contexts = body["errors"].as_array().into_iter().flatten().map(|error| &error["context"]);
    let named = contexts.flat_map(|context| ["requiredGranularScopes", "requiredScopes"].map(|key| &context[key]));
    let named = named.filter_map(Value::as_array).flatten().filter_map(Value::as_str);
    named.map(str::to_owned).collect()
}

/// Definitions hold nothing of a person's, so that the vendor's message may be shown.
fn message(status: StatusCode, body: &Value) -> String {
    let text = body["message"].as_str().or(body["category"].as_str()).unwrap_or_default();
    let text: String = text.chars().take(MESSAGE).collect();
    format!("{} {text}", status.as_u16()).trim().to_owned()
}

/// A missing scope as a fault. The vendor does not always name it.
pub(super) fn missing_scope(named: Vec<String>, object: &WantedObject, leave: Leave) -> SetupFault {
    let word = match leave {
        Leave::Read => "read",
        Leave::Write => "write",
    };
    let scopes = if named.is_empty() { vec![format!("crm.schemas.{}.{word}", object.scope)] } else { named };
    SetupFault::MissingScope { scopes }
}

/// What was read, or the fault that kept it from being read.
pub(super) fn readable(what: &str, heard: Heard, object: &WantedObject) -> Readable<Value> {
    let unreadable = |reason: String| SetupFault::Unreadable { what: what.to_owned(), reason };
    match heard {
        Heard::Done(body) => Ok(body),
        Heard::MissingScope(named) => Err(missing_scope(named, object, Leave::Read)),
        Heard::Forbidden(reason) | Heard::Refused(reason) => Err(unreadable(reason)),
        Heard::Taken | Heard::Absent => Err(unreadable("the vendor does not know it".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn scopes_are_found_under_either_key() {
        let body =
            |key: &str| json!({ "errors": [{ "context": { key: ["crm.schemas.contacts.write", "contacts"] } }] });
        for key in ["requiredGranularScopes", "requiredScopes"] {
            assert_eq!(scopes(&body(key)), ["crm.schemas.contacts.write", "contacts"], "{key}");
        }
        assert!(scopes(&json!({})).is_empty());
    }
}
