//! How the vendor says no: `ApiErrorResponse` (section 2).

use crate::answer::Answer;
use serde_json::{Value, json};

/// A refusal on its way out.
#[derive(Debug)]
pub(super) struct Refusal {
    status: u16,
    message: String,
    code: Option<&'static str>,
    errors: Vec<(String, String)>,
}

impl Refusal {
    fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), code: None, errors: Vec::new() }
    }

    pub(super) fn unauthorized() -> Self {
        Self::new(401, "The API key is missing or not known here.")
    }

    pub(super) fn forbidden() -> Self {
        Self::new(403, "The API key has no permission for this.")
    }

    pub(super) fn not_found() -> Self {
        Self::new(404, "Nothing was found here.")
    }

    pub(super) fn no_method() -> Self {
        Self::new(405, "This can not be done here.")
    }

    pub(super) fn conflict(message: &str) -> Self {
        Self::new(409, message)
    }

    pub(super) fn content_type() -> Self {
        Self::new(415, "The body has to be application/json.")
    }

    pub(super) fn unreadable() -> Self {
        Self::new(400, "The body is no JSON.")
    }

    /// A value that is not accepted.
    pub(super) fn invalid(key: &str, value: &str) -> Self {
        Self::all_invalid(vec![(key.to_owned(), value.to_owned())])
    }

    pub(super) fn all_invalid(errors: Vec<(String, String)>) -> Self {
        Self { code: Some("ValidationFailed"), errors, ..Self::new(422, "The request is invalid.") }
    }

    /// What a query that is too long comes to; the vendor does not say 414.
    pub(super) fn query_too_long() -> Self {
        Self::new(500, "An error occurred.")
    }

    pub(super) fn into_answer(self) -> Answer {
        let errors: Vec<Value> =
            self.errors.into_iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
        let errors = if errors.is_empty() { Value::Null } else { Value::from(errors) };
        Answer::json(self.status, json!({ "UserMessage": self.message, "ErrorCode": self.code, "Errors": errors }))
    }
}

/// A refusal by the limit. Its body is in no specification: an error, nothing, or a page of HTML.
pub(super) fn over_limit(number: u64) -> Answer {
    match number % 3 {
        0 => Refusal::new(429, "Too many requests.").into_answer(),
        1 => Answer::empty(429),
        _ => Answer::html(429, "<h1>Too Many Requests</h1>"),
    }
}
