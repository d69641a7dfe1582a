//! One delivery as it arrived.

use super::{HeaderField, MAX_HEADER, MAX_PARAMETERS, Refusal};
use http::{HeaderMap, Method};
use std::{borrow::Cow, fmt};

/// A request at our door, untouched.
#[derive(Clone, Copy)]
pub struct Delivery<'d> {
    pub method: &'d Method,
    /// The public URL the vendor was given, with the query that came: some schemes sign it, and what a gateway shows
    /// (stage, host, scheme) is not what the vendor called.
    pub url: &'d str,
    pub headers: &'d HeaderMap,
    /// The bytes as sent, after the gateway's own base64 is undone.
    pub body: &'d [u8],
}

/// Without URL, headers and body: each may hold a secret or somebody's data.
impl fmt::Debug for Delivery<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery").field("method", self.method).field("bytes", &self.body.len()).finish_non_exhaustive()
    }
}

impl<'d> Delivery<'d> {
    /// The one value of a header. Said twice it is refused: nobody could say which one was signed.
    pub(super) fn header(&self, field: &HeaderField) -> Result<&'d str, Refusal> {
        let mut values = self.headers.get_all(field.name()).iter();
        let value = values.next().ok_or(Refusal::MissingHeader)?;
        if values.next().is_some() {
            return Err(Refusal::RepeatedHeader);
        }
        if value.len() > MAX_HEADER {
            return Err(Refusal::OversizedHeader);
        }
        let text = value.to_str().map_err(|_| Refusal::BadEncoding)?.trim();
        if text.is_empty() { Err(Refusal::MissingHeader) } else { Ok(text) }
    }

    /// Path and query, from the first slash after the host.
    pub(super) fn path_and_query(&self) -> &'d str {
        let after_scheme = self.url.find("://").map_or(0, |at| at + 3);
        let rest = self.url.get(after_scheme..).unwrap_or_default();
        rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/")
    }

    pub(super) fn path(&self) -> &'d str {
        let whole = self.path_and_query();
        whole.split(['?', '#']).next().unwrap_or(whole)
    }

    /// The one value of a query parameter.
    pub(super) fn query(&self, name: &str) -> Option<Cow<'d, str>> {
        let (_, query) = self.url.split_once('?')?;
        let query = query.split('#').next().unwrap_or(query);
        let mut found = url::form_urlencoded::parse(query.as_bytes())
            .take(MAX_PARAMETERS)
            .filter(|(key, _)| key == name)
            .map(|(_, value)| value);
        let value = found.next()?;
        if found.next().is_some() { None } else { Some(value) }
    }
}
