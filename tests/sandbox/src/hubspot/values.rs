//! Values as they are written, and as they are kept: always text (sections 3 and 5).

use super::properties::{Check, Property, Type};
use jiff::{Timestamp, civil::Date};
use serde_json::Value;

/// Why a value is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BadValue {
    pub(super) error: &'static str,
    pub(super) message: String,
}

const DAY_MS: i64 = 86_400_000;

/// The text a written value is kept as; `None` clears.
pub(super) fn normalize(
    property: &Property,
    written: &Value,
    current: Option<&str>,
) -> Result<Option<String>, BadValue> {
    let text = match written {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => plain(number),
        Value::Bool(is) => is.to_string(),
        // The documented way to clear is the empty string; what null does is not known, so it is refused.
        Value::Null | Value::Array(_) | Value::Object(_) => {
            return Err(bad("INVALID_JSON", format!("{written} is not a property value")));
        }
    };
    if text.is_empty() {
        return Ok(None);
    }
    let text = match property.check {
        Check::Email => email(&text)?,
        Check::Emails => return emails(&text, current),
        Check::Digits if !text.bytes().all(|byte| byte.is_ascii_digit()) => {
            return Err(bad("INVALID_INTEGER", format!("{text} was not a valid integer.")));
        }
        Check::Digits | Check::Nothing => text,
    };
    typed(property, text, current).map(Some)
}

fn typed(property: &Property, text: String, current: Option<&str>) -> Result<String, BadValue> {
    match property.kind {
        Type::String | Type::PhoneNumber => Ok(text),
        Type::Number => match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(text),
            _ => Err(bad("INVALID_INTEGER", format!("{text} was not a valid number."))),
        },
        Type::Bool => match text.to_lowercase().as_str() {
            known @ ("true" | "false") => Ok(known.to_owned()),
            _ => Err(bad("INVALID_OPTION", format!("{text} was not one of the allowed options: [true, false]"))),
        },
        Type::Date => date(&text)
            .ok_or_else(|| bad("INVALID_DATE", format!("{text} is not midnight UTC or not in the form YYYY-MM-DD"))),
        Type::DateTime => moment(&text)
            .map(super::records::stamp)
            .ok_or_else(|| bad("INVALID_DATE", format!("{text} was not a valid long or ISO 8601 date"))),
        Type::Enumeration => options(property, &text, current),
    }
}

/// A leading semicolon appends to what is there.
fn options(property: &Property, text: &str, current: Option<&str>) -> Result<String, BadValue> {
    let known = |value: &str| property.choices.iter().any(|choice| choice.value == value);
    let wrong = |value: &str| {
        let allowed: Vec<&str> = property.choices.iter().map(|choice| choice.value.as_str()).collect();
        bad("INVALID_OPTION", format!("{value} was not one of the allowed options: [{}]", allowed.join(", ")))
    };
    if !property.is_multiple() {
        return if known(text) { Ok(text.to_owned()) } else { Err(wrong(text)) };
    }
    let kept = if text.starts_with(';') { current.unwrap_or_default() } else { "" };
    let mut all: Vec<&str> = Vec::new();
    for value in kept.split(';').chain(text.split(';')).filter(|value| !value.is_empty()) {
        if !known(value) {
            return Err(wrong(value));
        }
        if !all.contains(&value) {
            all.push(value);
        }
    }
    Ok(all.join(";"))
}

/// Lower-cased.
pub(super) fn email(text: &str) -> Result<String, BadValue> {
    let wrong = || bad("INVALID_EMAIL", format!("Email address {text} is invalid"));
    let (local, domain) = text.split_once('@').ok_or_else(wrong)?;
    let plain = |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || "@,;<>\"()".contains(c));
    let last = domain.rsplit('.').next().unwrap_or_default();
    let dotted = domain.contains('.') && !domain.starts_with('.') && !domain.contains("..") && last.len() > 1;
    if plain(local) && plain(domain) && dotted { Ok(text.to_lowercase()) } else { Err(wrong()) }
}

fn emails(text: &str, current: Option<&str>) -> Result<Option<String>, BadValue> {
    let kept = if text.starts_with(';') { current.unwrap_or_default() } else { "" };
    let mut all: Vec<String> = Vec::new();
    for one in kept.split(';').chain(text.split(';')).map(str::trim).filter(|one| !one.is_empty()) {
        let one = email(one)?;
        if !all.contains(&one) {
            all.push(one);
        }
    }
    Ok((!all.is_empty()).then(|| all.join(";")))
}

/// `YYYY-MM-DD` from that, or from a midnight in milliseconds.
fn date(text: &str) -> Option<String> {
    if let Ok(ms) = text.parse::<i64>() {
        let at = (ms % DAY_MS == 0).then(|| Timestamp::from_millisecond(ms).ok())??;
        return Some(at.strftime("%Y-%m-%d").to_string());
    }
    if text.len() > 10 {
        let at: Timestamp = text.parse().ok()?;
        return (at.as_millisecond() % DAY_MS == 0).then(|| at.strftime("%Y-%m-%d").to_string());
    }
    text.parse::<Date>().ok().map(|date| date.to_string())
}

/// From milliseconds, ISO 8601 with an offset, or a day, which means its midnight UTC.
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    if let Ok(ms) = text.parse::<i64>() {
        return Timestamp::from_millisecond(ms).ok();
    }
    if text.len() == 10 {
        return format!("{text}T00:00:00Z").parse().ok();
    }
    text.parse().ok()
}

/// Whole numbers without a point.
fn plain(number: &serde_json::Number) -> String {
    let text = number.to_string();
    text.strip_suffix(".0").map_or_else(|| text.clone(), str::to_owned)
}

fn bad(error: &'static str, message: String) -> BadValue {
    BadValue { error, message }
}
