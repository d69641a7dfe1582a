//! How large a request may be: API Gateway's limit, and behind it the one of Lambda's events.

use bytes::Bytes;
use http::{HeaderMap, header::CONTENT_TYPE};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;

/// API Gateway takes no larger request.
const LARGEST: usize = 10 * 1024 * 1024;
/// Lambda takes no larger event, and the body is part of it.
const LARGEST_EVENT: usize = 6 * 1024 * 1024;
/// So much of a refused body is still read, so that who sends it hears why.
const HEARD_OUT: usize = 64 * 1024 * 1024;
/// What API Gateway hands on as text beside `text/*`; all else stands in the event as base64.
const TEXTS: [&str; 3] = ["application/json", "application/xml", "application/javascript"];

/// A body that API Gateway takes, and Lambda after it.
pub(super) async fn fitting(headers: &HeaderMap, mut body: Incoming) -> Option<Bytes> {
    let Ok(taken) = Limited::new(&mut body, LARGEST).collect().await else {
        hear_out(body).await;
        return None;
    };
    let taken = taken.to_bytes();
    (in_event(headers, &taken) <= LARGEST_EVENT).then_some(taken)
}

async fn hear_out(mut body: Incoming) {
    let mut read = 0;
    while read < HEARD_OUT
        && let Some(Ok(frame)) = body.frame().await
    {
        read += frame.data_ref().map_or(0, Bytes::len);
    }
}

/// The bytes a body takes up in an event.
fn in_event(headers: &HeaderMap, body: &[u8]) -> usize {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if kind.starts_with("text/") || TEXTS.contains(&kind.as_str()) {
        body.iter().map(|byte| escaped(*byte)).sum()
    } else {
        body.len().div_ceil(3) * 4
    }
}

/// The bytes that one takes up in a JSON text.
fn escaped(byte: u8) -> usize {
    match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' => 2,
        0..0x20 => 6,
        _ => 1,
    }
}
