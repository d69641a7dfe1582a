//! The stored form of a protected value: text that says which key opens it.
//!
//! `sealed1.<key id>.<content>`, where the content is nonce, ciphertext and tag in URL-safe base64 without padding. Every
//! value has one form only: what parses prints as it was.

use super::cipher::{NONCE_LENGTH, TAG_LENGTH};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Begins every sealed value, so that one can be told from text wherever it turns up; the number is the form's version.
const VERSION: &str = "sealed1";
/// Bytes of plain text that can be sealed. Fields are short, and a row of the table has to hold many.
pub const LONGEST: usize = 16 * 1024;
/// Hexadecimal digits of a key's id.
const KEY_ID_LENGTH: usize = 8;

/// Names a data key within its organization. No secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyId(String);

impl KeyId {
    pub(super) fn of(bytes: [u8; KEY_ID_LENGTH / 2]) -> Self {
        Self(hex::encode(bytes))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A protected value, encrypted. It holds nothing that has to be kept from anybody.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sealed {
    pub(super) key: KeyId,
    pub(super) nonce: [u8; NONCE_LENGTH],
    /// Ciphertext and tag.
    pub(super) content: Vec<u8>,
}

impl Sealed {
    /// The key it was sealed under.
    pub fn key(&self) -> &KeyId {
        &self.key
    }
}

/// Why a text is no sealed value. The text itself is not repeated: it may be what should have been sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealedError {
    #[error("not a sealed value of a known version")]
    Version,
    #[error("a sealed value without a proper key id")]
    KeyId,
    #[error("a sealed value whose content is not proper base64")]
    Encoding,
    #[error("a sealed value of {0} bytes, which none can have")]
    Length(usize),
}

impl FromStr for KeyId {
    type Err = SealedError;

    fn from_str(text: &str) -> Result<Self, SealedError> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() != KEY_ID_LENGTH || !text.bytes().all(is_digit) {
            return Err(SealedError::KeyId);
        }
        Ok(Self(text.to_owned()))
    }
}

impl FromStr for Sealed {
    type Err = SealedError;

    fn from_str(text: &str) -> Result<Self, SealedError> {
        let rest = text.strip_prefix(VERSION).and_then(|rest| rest.strip_prefix('.')).ok_or(SealedError::Version)?;
        let (key, content) = rest.split_once('.').ok_or(SealedError::KeyId)?;
        let bytes = URL_SAFE_NO_PAD.decode(content).map_err(|_| SealedError::Encoding)?;
        let length = SealedError::Length(bytes.len());
        let (nonce, content) = bytes.split_first_chunk().ok_or(length)?;
        if content.len() < TAG_LENGTH || content.len() > LONGEST + TAG_LENGTH {
            return Err(length);
        }
        Ok(Self { key: key.parse()?, nonce: *nonce, content: content.to_vec() })
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [self.nonce.as_slice(), &self.content].concat();
        write!(f, "{VERSION}.{}.{}", self.key, URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<sealed under {}>", self.key)
    }
}

impl TryFrom<String> for KeyId {
    type Error = SealedError;

    fn try_from(text: String) -> Result<Self, SealedError> {
        text.parse()
    }
}

impl TryFrom<String> for Sealed {
    type Error = SealedError;

    fn try_from(text: String) -> Result<Self, SealedError> {
        text.parse()
    }
}

impl From<KeyId> for String {
    fn from(id: KeyId) -> Self {
        id.0
    }
}

impl From<Sealed> for String {
    fn from(sealed: Sealed) -> Self {
        sealed.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn some() -> impl Strategy<Value = Sealed> {
        let content = prop::collection::vec(any::<u8>(), TAG_LENGTH..80);
        (any::<[u8; 4]>(), any::<[u8; NONCE_LENGTH]>(), content).prop_map(|(key, nonce, content)| Sealed {
            key: KeyId::of(key),
            nonce,
            content,
        })
    }

    proptest! {
        #[test]
        fn the_text_form_reads_back(sealed in some()) {
            let text = sealed.to_string();
            prop_assert_eq!(text.parse(), Ok(sealed.clone()));
            let json = serde_json::to_string(&sealed).unwrap();
            prop_assert_eq!(&json, &format!("\"{text}\""));
            prop_assert_eq!(serde_json::from_str::<Sealed>(&json).unwrap(), sealed);
        }

        #[test]
        fn what_parses_prints_as_it_was(text in "sealed[0-2]\\.[0-9a-f]{7,9}\\.[A-Za-z0-9_-]{36,60}=?") {
            if let Ok(sealed) = text.parse::<Sealed>() {
                prop_assert_eq!(sealed.to_string(), text);
            }
        }

        #[test]
        fn other_text_is_refused(text in "\\PC{0,40}") {
            prop_assert!(text.parse::<Sealed>().is_err());
        }
    }

    #[test]
    fn parsing_is_strict() {
        let content = "A".repeat(40);
        let parsed = |text: &str| text.parse::<Sealed>().map(drop);
        assert_eq!(parsed(&format!("sealed1.0123abcd.{content}")), Ok(()));
        assert_eq!(parsed(&format!("sealed2.0123abcd.{content}")), Err(SealedError::Version));
        assert_eq!(parsed(&format!(" sealed1.0123abcd.{content}")), Err(SealedError::Version));
        assert_eq!(parsed(&format!("sealed1.0123ABCD.{content}")), Err(SealedError::KeyId));
        assert_eq!(parsed(&format!("sealed1.0123abc.{content}")), Err(SealedError::KeyId));
        assert_eq!(parsed(&format!("sealed1.{content}")), Err(SealedError::KeyId));
        assert_eq!(parsed(&format!("sealed1.0123abcd.{content}==")), Err(SealedError::Encoding));
        assert_eq!(parsed(&format!("sealed1.0123abcd.{content}.x")), Err(SealedError::Encoding));
        assert_eq!(parsed(&format!("sealed1.0123abcd.{content}\n")), Err(SealedError::Encoding));
        assert_eq!(parsed(&format!("sealed1.0123abcd.{}B", &content[..38])), Err(SealedError::Encoding), "loose bits");
        assert_eq!(parsed("sealed1.0123abcd."), Err(SealedError::Length(0)));
        assert_eq!(parsed(&format!("sealed1.0123abcd.{}", "A".repeat(36))), Err(SealedError::Length(27)));
        let longest = 4 * (NONCE_LENGTH + LONGEST + TAG_LENGTH).div_ceil(3);
        assert!(matches!(parsed(&format!("sealed1.0123abcd.{}", "A".repeat(longest))), Err(SealedError::Length(_))));
    }

    #[test]
    fn a_refusal_does_not_repeat_the_text() {
        let refused = "900-55-0142".parse::<Sealed>().unwrap_err();
        assert_eq!(format!("{refused} {refused:?}"), "not a sealed value of a known version Version");
    }
}
