//! The secrets a source may sign with.

use base64::{
    Engine as _,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use jiff::Timestamp;
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
