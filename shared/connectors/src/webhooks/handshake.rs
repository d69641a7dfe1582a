//! How vendors try a URL before they use it.

use super::{
    Delivery, Pointer, Scheme, Secret, Webhook,
    algorithm::same,
    body::{self, MAX_PROBE},
};
use http::{Method, StatusCode};
use jiff::Timestamp;
use serde::Deserialize;

/// One way a vendor tries a URL.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Handshake {
    /// A small JSON object without a signature that holds nothing at `lacks`, which every event has.
    Unsigned { lacks: Pointer },
    /// A GET with a token we gave the vendor and a text to send back.
    Challenge {
        /// A parameter and its value, which tell that it is one.
        mode: (String, String),
        token: String,
        echo: String,
    },
    /// A request without a body that wants any 2xx.
    Probe { method: ProbeMethod },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ProbeMethod {
    Get,
    Head,
}

/// What to answer a handshake with, as plain text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub status: StatusCode,
    pub body: String,
}

impl Reply {
    fn empty(status: StatusCode) -> Self {
        Self { status, body: String::new() }
    }
}

/// The longest challenge that is sent back.
const MAX_ECHO: usize = 256;

/// The reply when a delivery is one of the vendor's trials that need no secret of ours: it comes before there is one where a vendor
/// shows its secret only after it saved the URL. It proves nothing, and nothing else may come of it.
pub fn trial(webhook: &Webhook, delivery: &Delivery<'_>) -> Option<Reply> {
    webhook.handshakes.iter().find_map(|kind| match kind {
        Handshake::Unsigned { lacks } => unsigned(&webhook.scheme, lacks, delivery),
        Handshake::Probe { method } => probe(*method, delivery),
        Handshake::Challenge { .. } => None,
    })
}

/// The reply when a delivery is a check of the token that the operator entered with the vendor, which is one of `tokens` and need
/// not be what the vendor signs with. Nothing else may come of it.
pub fn challenge(webhook: &Webhook, delivery: &Delivery<'_>, tokens: &[Secret], now: Timestamp) -> Option<Reply> {
    webhook.handshakes.iter().find_map(|kind| match kind {
        Handshake::Challenge { mode, token, echo } => challenged(mode, token, echo, delivery, tokens, now),
        Handshake::Unsigned { .. } | Handshake::Probe { .. } => None,
    })
}

fn unsigned(scheme: &Scheme, lacks: &Pointer, delivery: &Delivery<'_>) -> Option<Reply> {
    let signed = match scheme {
        Scheme::Signed(signed) => delivery.headers.contains_key(signed.signature.header.name()),
        Scheme::Token(_) | Scheme::Basic => true,
    };
    if signed || *delivery.method != Method::POST || delivery.body.len() > MAX_PROBE {
        return None;
    }
    let body = body::json(delivery.body).ok()?;
    if body.is_object() && lacks.find(&body).is_none() { Some(Reply::empty(StatusCode::OK)) } else { None }
}

fn challenged(
    (mode, value): &(String, String),
    token: &str,
    echo: &str,
    delivery: &Delivery<'_>,
    tokens: &[Secret],
    now: Timestamp,
) -> Option<Reply> {
    if *delivery.method != Method::GET || delivery.query(mode)? != value.as_str() {
        return None;
    }
    let given = delivery.query(token).unwrap_or_default();
    let mut live = tokens.iter().filter(|token| token.is_live(now));
    if !live.any(|token| same(token.text.expose().as_bytes(), given.as_bytes())) {
        return Some(Reply::empty(StatusCode::FORBIDDEN));
    }
    let body = delivery.query(echo).unwrap_or_default().into_owned();
    // Sent back as it is: nothing that a browser could take for more than text.
    if (1..=MAX_ECHO).contains(&body.len())
        && body.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    {
        return Some(Reply { status: StatusCode::OK, body });
    }
    Some(Reply::empty(StatusCode::BAD_REQUEST))
}

fn probe(method: ProbeMethod, delivery: &Delivery<'_>) -> Option<Reply> {
    let expected = match method {
        ProbeMethod::Get => Method::GET,
        ProbeMethod::Head => Method::HEAD,
    };
    if *delivery.method == expected && delivery.body.is_empty() { Some(Reply::empty(StatusCode::OK)) } else { None }
}
