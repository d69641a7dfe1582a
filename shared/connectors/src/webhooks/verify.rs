//! Whether a delivery is believed.

use super::{
    Delivery, HeaderField, MAX_BODY, Place, Pointer, Refusal, Scheme, Secret, SecretForm, Signed, TimestampField,
    TimestampPlace, TokenField, Unit, Verified,
    algorithm::{same, sha256},
    body,
    signature::pairs,
    template::Filling,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::header::AUTHORIZATION;
use jiff::{SignedDuration, Timestamp};
use std::borrow::Cow;

/// Holds a delivery against its scheme and every live secret, over the bytes as they came and in constant time.
pub fn verify(
    scheme: &Scheme,
    delivery: &Delivery<'_>,
    secrets: &[Secret],
    now: Timestamp,
) -> Result<Verified, Refusal> {
    if delivery.body.len() > MAX_BODY {
        return Err(Refusal::OversizedBody);
    }
    match scheme {
        Scheme::Signed(signed) => verify_signed(signed, delivery, secrets, now),
        Scheme::Token(field) => matching(secrets, now, &token(field, delivery)?),
        Scheme::Basic => matching(secrets, now, &basic(delivery)?),
    }
}

/// The one live secret whose text is `given`.
fn matching(secrets: &[Secret], now: Timestamp, given: &[u8]) -> Result<Verified, Refusal> {
    let live: Vec<_> = secrets.iter().enumerate().filter(|(_, secret)| secret.is_live(now)).collect();
    if live.is_empty() {
        return Err(Refusal::NoSecret);
    }
    let found = live.into_iter().find(|(_, secret)| same(secret.text.expose().as_bytes(), given));
    found.map(|(secret, _)| Verified { secret, sent: None }).ok_or(Refusal::Mismatch)
}

fn token<'d>(field: &TokenField, delivery: &Delivery<'d>) -> Result<Cow<'d, [u8]>, Refusal> {
    let given = match &field.at {
        Place::Header(header) => Cow::Borrowed(delivery.header(header)?),
        Place::Query(name) => delivery.query(name).ok_or(Refusal::MissingHeader)?,
        Place::Path => Cow::Borrowed(delivery.path().rsplit('/').next().unwrap_or_default()),
        Place::Json(pointer) => Cow::Owned(token_in_body(delivery.body, pointer)?),
    };
    let start = field.prefix.len();
    match given.get(..start) {
        Some(before) if before.eq_ignore_ascii_case(&field.prefix) => {
            Ok(Cow::Owned(given.as_bytes().get(start..).unwrap_or_default().to_vec()))
        }
        _ => Err(Refusal::BadEncoding),
    }
}

fn token_in_body(body: &[u8], pointer: &Pointer) -> Result<String, Refusal> {
    let body = body::json(body).map_err(|_| Refusal::BadEncoding)?;
    pointer.text(&body).ok_or(Refusal::MissingHeader)
}

fn basic(delivery: &Delivery<'_>) -> Result<Vec<u8>, Refusal> {
    let value = delivery.header(&HeaderField::from(AUTHORIZATION))?;
    let (scheme, encoded) = value.split_once(' ').ok_or(Refusal::BadEncoding)?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(Refusal::BadEncoding);
    }
    STANDARD.decode(encoded.trim()).map_err(|_| Refusal::BadEncoding)
}

fn verify_signed(
    signed: &Signed,
    delivery: &Delivery<'_>,
    secrets: &[Secret],
    now: Timestamp,
) -> Result<Verified, Refusal> {
    let header = delivery.header(&signed.signature.header)?;
    let timestamp = signed.timestamp.as_ref().map(|field| read_timestamp(field, header, delivery)).transpose()?;
    let id = signed.id.as_ref().map(|field| read_id(field, delivery)).transpose()?;
    let keys = keys(&signed.secret, secrets, now);
    if keys.is_empty() {
        return Err(Refusal::NoSecret);
    }
    let signatures = signed.signature.read(header)?;
    if let Some(name) = &signed.body_digest_query {
        check_digest(name, delivery)?;
    }
    let url = unescaped(delivery.url, &signed.url_unescape);
    let filling = Filling {
        delivery,
        url: &url,
        body: delivery.body,
        timestamp: timestamp.map_or("", |(text, _)| text),
        id: id.unwrap_or_default(),
        secret: &[],
    };
    let secret = signing_secret(signed, &filling, &keys, &signatures)?.ok_or(Refusal::Mismatch)?;
    let sent = timestamp.map(|(_, sent)| sent);
    // Last, so that "stale" says a true signature came at a wrong time.
    match (&signed.timestamp, sent) {
        (Some(field), Some(sent)) if is_stale(field, sent, now) => Err(Refusal::Stale),
        _ => Ok(Verified { secret, sent }),
    }
}

/// The place of the secret that one of the signatures was made with, over one of the forms the body may be signed in.
fn signing_secret(
    signed: &Signed,
    filling: &Filling<'_>,
    keys: &[(usize, Vec<u8>)],
    signatures: &[Vec<u8>],
) -> Result<Option<usize>, Refusal> {
    for form in &signed.body {
        let body = form.of(filling.body);
        for (secret, key) in keys {
            let message = signed.message.render(&Filling { body: &body, secret: key, ..*filling })?;
            if signatures.iter().any(|signature| signed.algorithm.accepts(key, &message, signature)) {
                return Ok(Some(*secret));
            }
        }
    }
    Ok(None)
}

/// The keys of the live secrets that can be read, each with its secret's place.
fn keys(form: &SecretForm, secrets: &[Secret], now: Timestamp) -> Vec<(usize, Vec<u8>)> {
    let live = secrets.iter().enumerate().filter(|(_, secret)| secret.is_live(now));
    live.filter_map(|(place, secret)| {
        let text = secret.text.expose();
        let text = text.strip_prefix(form.strip.as_str()).unwrap_or(text);
        form.encoding.decode(text).map(|key| (place, key))
    })
    .collect()
}

/// The timestamp as it was written, which is what is signed, and the moment it means.
fn read_timestamp<'d>(
    field: &TimestampField,
    signature: &'d str,
    delivery: &Delivery<'d>,
) -> Result<(&'d str, Timestamp), Refusal> {
    let text = match &field.at {
        TimestampPlace::Header(header) => delivery.header(header)?,
        TimestampPlace::Pair(key) => {
            let mut found = pairs(signature, key);
            let text = found.next().ok_or(Refusal::MissingHeader)?;
            if found.next().is_some() {
                return Err(Refusal::RepeatedHeader);
            }
            text
        }
    };
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Refusal::BadTimestamp);
    }
    let number: i64 = text.parse().map_err(|_| Refusal::BadTimestamp)?;
    let moment = match field.unit {
        Unit::Seconds => Timestamp::from_second(number),
        Unit::Milliseconds => Timestamp::from_millisecond(number),
    };
    Ok((text, moment.map_err(|_| Refusal::BadTimestamp)?))
}

fn is_stale(field: &TimestampField, sent: Timestamp, now: Timestamp) -> bool {
    now.duration_since(sent).abs() > SignedDuration::from_secs(i64::from(field.tolerance))
}

/// A dot in an id would let one message be read as another (Standard Webhooks forbids it).
fn read_id<'d>(field: &HeaderField, delivery: &Delivery<'d>) -> Result<&'d str, Refusal> {
    let id = delivery.header(field)?;
    if id.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'.') { Ok(id) } else { Err(Refusal::BadId) }
}

fn check_digest(name: &str, delivery: &Delivery<'_>) -> Result<(), Refusal> {
    let given = delivery.query(name).ok_or(Refusal::MissingHeader)?;
    let given = hex::decode(given.as_bytes()).map_err(|_| Refusal::BadEncoding)?;
    if same(&given, &sha256(delivery.body)) { Ok(()) } else { Err(Refusal::Mismatch) }
}

/// `url` with the escapes of these characters undone.
fn unescaped<'u>(url: &'u str, characters: &str) -> Cow<'u, str> {
    if characters.is_empty() || !url.contains('%') {
        return Cow::Borrowed(url);
    }
    let mut parts = url.split('%');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let code = part.get(..2).and_then(|code| u8::from_str_radix(code, 16).ok()).map(char::from);
        match code.filter(|character| characters.contains(*character)) {
            Some(character) => {
                out.push(character);
                out.push_str(part.get(2..).unwrap_or_default());
            }
            None => {
                out.push('%');
                out.push_str(part);
            }
        }
    }
    Cow::Owned(out)
}
