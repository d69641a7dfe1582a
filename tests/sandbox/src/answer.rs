//! A request as a simulator sees it, and its answer.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde_json::Value;
use std::{collections::BTreeMap, time::Duration};

#[derive(Clone, Debug)]
pub struct Ask {
    pub method: Method,
    pub path: String,
    pub query: Vec<(String, String)>,
    /// Of the query as it was sent, before decoding. Bytes.
    pub query_length: usize,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub now: jiff::Timestamp,
}

#[derive(Clone, Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: Box<HeaderMap>,
    pub body: Bytes,
    /// How long the vendor takes.
    pub delay: Duration,
    /// How much of it reaches the client.
    pub arrival: Arrival,
}

/// What the connection does to an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    Whole,
    /// The connection is cut before a byte of the answer.
    Cut,
    /// So many bytes of the body arrive.
    Truncated(usize),
    /// The body comes in small pieces with this pause between them.
    Slow(Duration),
    /// The body is repeated, of unannounced length, until so many bytes are sent or the client hangs up.
    Repeated(u64),
}

/// An early way out of a call is an answer, too.
pub(crate) type Answered = Result<Answer, Answer>;

impl Ask {
    /// A request put together, from a socket or from within the process.
    pub fn new(method: &str, target: &str, headers: HeaderMap, body: Bytes, now: jiff::Timestamp) -> Option<Self> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Some(Self {
            method: method.parse().ok()?,
            path: path.to_owned(),
            query_length: query.len(),
            query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            headers,
            body,
            now,
        })
    }

    pub fn segments(&self) -> Vec<&str> {
        self.path.split('/').filter(|part| !part.is_empty()).collect()
    }

    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    pub fn authorization(&self) -> &str {
        self.headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

impl Answer {
    #[expect(clippy::needless_pass_by_value, reason = "bodies are made where they are answered")]
    pub fn json(status: u16, body: Value) -> Self {
        Self::of(status, "application/json; charset=utf-8", body.to_string())
    }

    pub fn text(status: u16, body: &'static str) -> Self {
        Self::of(status, "text/plain; charset=utf-8", body)
    }

    /// Without a body, and without saying what there would be.
    pub fn empty(status: u16) -> Self {
        let mut answer = Self::of(status, "", "");
        answer.headers.clear();
        answer
    }

    pub fn html(status: u16, body: &str) -> Self {
        Self::of(status, "text/html", format!("<!DOCTYPE html><html><body>{body}</body></html>"))
    }

    pub fn of(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let mut headers = Box::<HeaderMap>::default();
        headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        Self {
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            headers,
            body: body.into(),
            delay: Duration::ZERO,
            arrival: Arrival::Whole,
        }
    }

    #[must_use]
    pub fn with_headers(self, headers: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        headers.into_iter().fold(self, |answer, (name, value)| answer.with_header(name, &value))
    }

    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(HeaderName::from_static(name), value);
        }
        self
    }
}

/// Calls by `METHOD /route`.
pub type Counters = BTreeMap<String, u64>;
