//! The secrets a source may sign with.

use base64::{
    Engine as _,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use jiff::{Timestamp, civil, tz::TimeZone};
use lintel_domain::private::Private;
use serde::Deserialize;

/// One secret, or one public key, as the vendor's screen shows it. During a rotation there are two.
#[derive(Clone, Debug)]
pub struct Secret {
    pub text: Private,
    /// From then on it does not count any more.
    pub not_after: Option<Timestamp>,
}

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: Private::new(text), not_after: None }
    }

    pub fn until(text: impl Into<String>, not_after: Timestamp) -> Self {
        Self { text: Private::new(text), not_after: Some(not_after) }
    }

    pub(super) fn is_live(&self, now: Timestamp) -> bool {
        !self.text.expose().is_empty() && self.not_after.is_none_or(|end| now < end)
    }
}

/// What ends a line that holds a secret with an end.
const UNTIL: &str = " until=";

/// A line that says until when its secret counts, and does not say it as a day or a moment. Never holds the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: after `until=` must stand a day (2026-12-01) or a moment (2026-12-01T12:00:00Z)")]
pub struct SecretLineError {
    /// Counted from 1.
    pub line: usize,
}

/// The secrets of a text as an operator stores it: one a line, each with ` until=` and a day or a moment where it stops to count.
/// A day ends a secret when it begins, in UTC.
///
/// # Errors
/// When an end cannot be read: such a secret would otherwise count for ever.
pub fn secrets(text: &str) -> Result<Vec<Secret>, SecretLineError> {
    let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
    lines.filter(|(_, line)| !line.is_empty()).map(|(number, line)| secret(line, number)).collect()
}

fn secret(line: &str, number: usize) -> Result<Secret, SecretLineError> {
    let Some((text, end)) = line.rsplit_once(UNTIL) else { return Ok(Secret::new(line)) };
    let end = end.parse::<Timestamp>().ok().or_else(|| begin(end)).ok_or(SecretLineError { line: number })?;
    Ok(Secret::until(text.trim_end(), end))
}

/// When a day begins in UTC.
fn begin(day: &str) -> Option<Timestamp> {
    let zoned = day.parse::<civil::Date>().ok()?.to_zoned(TimeZone::UTC).ok()?;
    Some(zoned.timestamp())
}

/// How the bytes of a key are written in the text of a secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecretEncoding {
    #[default]
    Utf8,
    Base64,
    Hex,
    /// A public key between its `-----` lines, or the base64 alone.
    Pem,
}

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

impl SecretEncoding {
    pub(super) fn decode(self, text: &str) -> Option<Vec<u8>> {
        let key = match self {
            Self::Utf8 => text.as_bytes().to_vec(),
            Self::Base64 => LENIENT.decode(text.trim()).ok()?,
            Self::Hex => hex::decode(text.trim()).ok()?,
            Self::Pem => {
                let lines = text.lines().map(str::trim).filter(|line| !line.starts_with("-----"));
                LENIENT.decode(lines.collect::<String>()).ok()?
            }
        };
        if key.is_empty() { None } else { Some(key) }
    }
}
