//! Requests and answers of the HTTP API, with the exact bytes of the body.

use crate::FunctionError;
use aws_lambda_events::event::apigw::ApiGatewayV2httpRequest;
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::HeaderMap;
use lintel_domain::private::Private;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use subtle::ConstantTimeEq;

/// One request. Header names are lower case.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpCall {
    pub method: String,
    /// The template's route that led here: `GET /orgs/{org}/flows`.
    pub route: String,
    pub path: String,
    /// As it stood after the question mark.
    pub query: String,
    parameters: BTreeMap<String, String>,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl std::fmt::Debug for HttpCall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpCall")
            .field("method", &self.method)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl HttpCall {
    /// A request as a gateway took it: its route with that one's parameters, each header once.
    pub fn new(
        method: &http::Method,
        uri: &http::Uri,
        route: String,
        parameters: BTreeMap<String, String>,
        headers: HeaderMap,
        body: Bytes,
    ) -> Self {
        Self {
            method: method.to_string(),
            route,
            path: uri.path().to_owned(),
            query: uri.query().unwrap_or_default().to_owned(),
            parameters,
            headers,
            body,
        }
    }

    /// Reads an API Gateway HTTP API event (payload format 2.0).
    pub fn read(event: Value) -> Result<Self, FunctionError> {
        let event: ApiGatewayV2httpRequest = serde_json::from_value(event)
            .map_err(|error| FunctionError::Event(format!("not an HTTP API event: {error}")))?;
        let body = event.body.unwrap_or_default();
        let body = if event.is_base64_encoded {
            STANDARD.decode(body).map_err(|error| FunctionError::Event(format!("body: {error}")))?.into()
        } else {
            Bytes::from(body)
        };
        Ok(Self {
            method: event.request_context.http.method.to_string(),
            route: event.route_key.unwrap_or_default(),
            path: event.raw_path.unwrap_or_default(),
            parameters: event.path_parameters.into_iter().collect(),
            query: event.raw_query_string.unwrap_or_default(),
            headers: event.headers,
            body,
        })
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub fn path_parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Whether the request carries a bearer token that is one of the lines of `expected`, so that a token can be changed without a
    /// moment in which none is good. Each is compared in constant time.
    pub fn has_bearer_token(&self, expected: &Private) -> bool {
        let given = self
            .header("authorization")
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim().as_bytes());
        let Some(given) = given.filter(|given| !given.is_empty()) else { return false };
        let lines = expected.expose().lines().map(str::trim).filter(|line| !line.is_empty());
        lines.fold(false, |found, line| found | bool::from(given.ct_eq(line.as_bytes())))
    }

    /// Whether the request carries these basic credentials (`user:password`). Compared in constant time.
    pub fn has_basic_credentials(&self, expected: &Private) -> bool {
        let given = self
            .header("authorization")
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))
            .and_then(|(_, encoded)| STANDARD.decode(encoded.trim()).ok());
        given.is_some_and(|given| given.ct_eq(expected.expose().as_bytes()).into())
    }
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpAnswer {
    status: u16,
    headers: BTreeMap<&'static str, &'static str>,
    body: String,
}

impl HttpAnswer {
    pub fn text(status: u16, body: impl Into<String>) -> Self {
        let headers = BTreeMap::from([("content-type", "text/plain; charset=utf-8")]);
        Self { status, headers, body: body.into() }
    }

    /// May hold personal data: nobody on the way keeps it.
    pub fn json(status: u16, body: &Value) -> Self {
        let headers = BTreeMap::from([("content-type", "application/json"), ("cache-control", "no-store")]);
        Self { status, headers, body: body.to_string() }
    }

    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.insert(name, value);
        self
    }

    pub fn status(&self) -> u16 {
        self.status
    }

    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.headers.iter().map(|(name, value)| (*name, *value))
    }

    pub fn into_body(self) -> String {
        self.body
    }

    /// In the form the HTTP API takes (payload format 2.0).
    pub fn into_event(self) -> Value {
        json!({
            "statusCode": self.status,
            "headers": self.headers,
            "body": self.body,
            "isBase64Encoded": false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(authorization: &str) -> HttpCall {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", authorization.parse().expect("a header"));
        HttpCall {
            route: String::new(),
            method: "GET".to_owned(),
            path: "/".to_owned(),
            query: String::new(),
            parameters: BTreeMap::new(),
            headers,
            body: Bytes::new(),
        }
    }

    #[test]
    fn a_gateways_event_reads_as_the_request_it_is_about() {
        let route = "POST /webhooks/{connection}";
        let uri: http::Uri = "/webhooks/sample.crews?stage=live&empty=".parse().unwrap();
        let headers: HeaderMap = [("api-signature", "0a0b"), ("x-many", "one,two")].into_iter().map(named).collect();
        for (body, sent, encoded) in
            [(&b"{\"event\": 1}"[..], "{\"event\": 1}", false), (b"\xff\x00", "/wA=", true), (b"", "", false)]
        {
            let event = json!({
                "version": "2.0",
                "routeKey": route,
                "rawPath": "/webhooks/sample.crews",
                "rawQueryString": "stage=live&empty=",
                "headers": { "api-signature": "0a0b", "x-many": "one,two" },
                "pathParameters": { "connection": "sample.crews" },
                "requestContext": { "http": { "method": "POST", "path": "/webhooks/sample.crews" } },
                "body": sent,
                "isBase64Encoded": encoded,
            });
            let parameters = BTreeMap::from([("connection".to_owned(), "sample.crews".to_owned())]);
            let body = Bytes::copy_from_slice(body);
            let call = HttpCall::new(&http::Method::POST, &uri, route.to_owned(), parameters, headers.clone(), body);
            assert!(HttpCall::read(event).unwrap() == call, "{sent}");
        }
    }

    fn named((name, value): (&'static str, &'static str)) -> (http::HeaderName, http::HeaderValue) {
        (http::HeaderName::from_static(name), http::HeaderValue::from_static(value))
    }

    #[test]
    fn a_bearer_token_is_one_of_the_lines_and_nothing_else() {
        let expected = Private::new("old-token\n\n new-token \n");
        for (given, wanted) in [
            ("Bearer old-token", true),
            ("bearer new-token", true),
            ("Bearer old-token\t", true),
            ("Bearer old", false),
            ("Bearer ", false),
            ("Bearer", false),
            ("Basic old-token", false),
            ("old-token", false),
        ] {
            assert_eq!(call(given).has_bearer_token(&expected), wanted, "{given:?}");
        }
        assert!(!call("Bearer ").has_bearer_token(&Private::new("")));
        assert!(!call("Bearer x").has_bearer_token(&Private::new("\n")));
    }
}
