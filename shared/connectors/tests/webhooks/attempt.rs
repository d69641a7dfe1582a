//! A delivery that a test can spoil.

use crate::{recipes::scheme, vectors::Vector};
use http::{HeaderMap, HeaderValue, Method};
use jiff::Timestamp;
use lintel_connectors::webhooks::{Delivery, Refusal, Scheme, Secret, Verified, verify};

/// A delivery in the making, so that a test can spoil it.
pub(crate) struct Attempt {
    pub(crate) scheme: Scheme,
    pub(crate) method: Method,
    pub(crate) url: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    pub(crate) secrets: Vec<Secret>,
    pub(crate) now: Timestamp,
}

impl Attempt {
    pub(crate) fn of(vector: &Vector) -> Self {
        let headers = vector
            .headers
            .iter()
            .map(|(name, value)| (name.parse().expect("a header's name"), HeaderValue::from_static(value)))
            .collect();
        Self {
            scheme: scheme(vector.recipe),
            method: Method::POST,
            url: vector.url.to_owned(),
            headers,
            body: vector.body.to_vec(),
            secrets: vec![Secret::new(vector.secret)],
            now: Timestamp::from_second(vector.now).expect("a moment"),
        }
    }

    pub(crate) fn verify(&self) -> Result<Verified, Refusal> {
        let delivery = Delivery { method: &self.method, url: &self.url, headers: &self.headers, body: &self.body };
        verify(&self.scheme, &delivery, &self.secrets, self.now)
    }

    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(name, HeaderValue::from_str(value).expect("a header's value"));
        self
    }
}
