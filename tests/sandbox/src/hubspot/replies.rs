//! Answers before they are bytes, and refusals in the vendor's shape (section 3.2).

use crate::answer::Answer;
use serde_json::{Map, Value, json};

#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    body: Option<Value>,
}

#[derive(Clone, Debug)]
pub(super) struct Refusal {
    pub(super) status: u16,
    body: Map<String, Value>,
}

pub(super) type Replied = Result<Reply, Refusal>;

impl Reply {
    pub(super) fn json(status: u16, body: Value) -> Self {
        Self { status, body: Some(body) }
    }

    pub(super) fn nothing() -> Self {
        Self { status: 204, body: None }
    }

    pub(super) fn into_answer(self) -> Answer {
        match self.body {
            Some(body) => Answer::json(self.status, body),
            None => Answer::empty(self.status),
        }
    }
}

impl Refusal {
    /// Without a category.
    pub(super) fn bare(status: u16, message: &str) -> Self {
        let body =
            Map::from_iter([("status".to_owned(), Value::from("error")), ("message".to_owned(), Value::from(message))]);
        Self { status, body }
    }

    pub(super) fn new(status: u16, category: &str, message: &str) -> Self {
        Self::bare(status, message).with("category", Value::from(category))
    }

    pub(super) fn invalid(message: &str) -> Self {
        Self::new(400, "VALIDATION_ERROR", message)
    }

    /// A body that is not what the endpoint reads.
    pub(super) fn unreadable(what: &str) -> Self {
        Self::invalid(&format!("Invalid input JSON: {what}"))
    }

    pub(super) fn no_object() -> Self {
        Self::new(404, "OBJECT_NOT_FOUND", "resource not found")
    }

    pub(super) fn forbidden(message: &str) -> Self {
        Self::new(403, "FORBIDDEN", message)
    }

    #[must_use]
    pub(super) fn with(mut self, key: &str, value: Value) -> Self {
        self.body.insert(key.to_owned(), value);
        self
    }

    /// As one of several errors in a batch's answer.
    pub(super) fn in_batch(&self, context: Value) -> Value {
        let mut item = self.body.clone();
        item.insert("context".to_owned(), context);
        Value::Object(item)
    }

    pub(super) fn into_answer(mut self, correlation: &str) -> Answer {
        self.body.insert("correlationId".to_owned(), json!(correlation));
        if self.status == 429 {
            self.body.insert("requestId".to_owned(), json!(correlation));
        }
        Answer::json(self.status, Value::Object(self.body))
    }
}
