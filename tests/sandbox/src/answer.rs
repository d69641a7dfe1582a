//! What a simulator answers: a response, or one of the ways in which a network loses one.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode, header};
use serde_json::Value;
use std::{fmt, time::Duration};

/// A vendor without a socket: one request in, one answer out, state inside.
pub trait Simulator: fmt::Debug + Send + Sync {
    fn handle(&self, request: Request<Bytes>) -> SimAnswer;
}

/// What the caller gets to see.
#[derive(Debug)]
pub enum SimAnswer {
    Response(Response<Bytes>),
    /// The connection breaks before the vendor did anything.
    CutBeforeCommit,
    /// The vendor did what was asked, and the connection breaks before it could say so.
    CutAfterCommit,
    /// The connection breaks after so many bytes of the body. The headers still announce the whole.
    Truncated(Response<Bytes>, usize),
    /// The body comes in small pieces with this pause between them.
    Slow(Response<Bytes>, Duration),
    /// The answer comes after this time.
    Delayed(Duration, Box<SimAnswer>),
}

impl SimAnswer {
    /// What a patient caller on a perfect network would see; `None` where the connection is cut.
    pub fn response(self) -> Option<Response<Bytes>> {
        match self {
            Self::Response(response) | Self::Slow(response, _) => Some(response),
            Self::Delayed(_, answer) => answer.response(),
            Self::CutBeforeCommit | Self::CutAfterCommit | Self::Truncated(..) => None,
        }
    }
}

/// A response before it has bytes.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    status: u16,
    body: ReplyBody,
    headers: Vec<(&'static str, String)>,
}

#[derive(Clone, Debug)]
enum ReplyBody {
    Empty,
    Json(Value),
    Typed(&'static str, Bytes),
}

/// An early way out of a handler is a reply, too.
pub(crate) type Answered = Result<Reply, Reply>;

impl Reply {
    pub(crate) fn empty(status: u16) -> Self {
        Self { status, body: ReplyBody::Empty, headers: Vec::new() }
    }

    pub(crate) fn json(status: u16, body: Value) -> Self {
        Self { status, body: ReplyBody::Json(body), headers: Vec::new() }
    }

    pub(crate) fn html(status: u16, text: impl Into<Bytes>) -> Self {
        Self::typed(status, "text/html; charset=utf-8", text)
    }

    pub(crate) fn text(status: u16, text: impl Into<Bytes>) -> Self {
        Self::typed(status, "text/plain; charset=utf-8", text)
    }

    fn typed(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self { status, body: ReplyBody::Typed(content_type, body.into()), headers: Vec::new() }
    }

    pub(crate) fn headers(mut self, more: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        self.headers.extend(more);
        self
    }

    pub(crate) fn into_response(self) -> Response<Bytes> {
        let (content_type, body) = match self.body {
            ReplyBody::Empty => (None, Bytes::new()),
            ReplyBody::Json(value) => (Some("application/json; charset=utf-8"), Bytes::from(value.to_string())),
            ReplyBody::Typed(content_type, body) => (Some(content_type), body),
        };
        let mut response = Response::new(body);
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if let Some(content_type) = content_type {
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        for (name, value) in self.headers {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                response.headers_mut().append(name, value);
            }
        }
        response
    }
}

/// The query's pairs, decoded, in order.
pub(crate) fn query(request: &Request<Bytes>) -> Vec<(String, String)> {
    let query = request.uri().query().unwrap_or_default();
    url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

/// The path's parts, decoded.
pub(crate) fn segments(request: &Request<Bytes>) -> Vec<String> {
    request.uri().path().split('/').filter(|part| !part.is_empty()).map(decode).collect()
}

fn decode(part: &str) -> String {
    // The form decoder reads `+` as a blank; in a path it stands for itself.
    let form = format!("x={}", part.replace('+', "%2B").replace('&', "%26"));
    url::form_urlencoded::parse(form.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// The `Authorization` header as text.
pub(crate) fn authorization(request: &Request<Bytes>) -> Option<&str> {
    request.headers().get(header::AUTHORIZATION)?.to_str().ok()
}
