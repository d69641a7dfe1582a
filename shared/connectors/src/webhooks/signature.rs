//! Reading the signature header.

use super::{Encoding, Layout, MAX_SIGNATURES, Refusal, SignatureField};
use base64::{
    Engine as _,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD},
};

const URL_SAFE_ANY_PADDING: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

impl SignatureField {
    /// The decoded signatures in a header's value: at least one, each of at least one byte.
    pub(super) fn read(&self, value: &str) -> Result<Vec<Vec<u8>>, Refusal> {
        let written = self.layout.signatures(value)?;
        if written.is_empty() {
            return Err(Refusal::NoSignature);
        }
        let decoded: Vec<_> =
            written.into_iter().take(MAX_SIGNATURES).filter_map(|text| self.encoding.decode(text)).collect();
        if decoded.is_empty() { Err(Refusal::BadEncoding) } else { Ok(decoded) }
    }
}

impl Layout {
    fn signatures<'v>(&self, value: &'v str) -> Result<Vec<&'v str>, Refusal> {
        Ok(match self {
            Self::Bare => vec![value],
            Self::Prefix(prefix) => vec![value.strip_prefix(prefix.as_str()).ok_or(Refusal::BadEncoding)?],
            Self::Versions(version) => {
                let items = value.split_ascii_whitespace().filter_map(|item| item.split_once(','));
                items.filter(|(found, _)| found == version).map(|(_, signature)| signature).collect()
            }
            Self::Pairs(key) => pairs(value, key).collect(),
        })
    }
}

/// The values of one key in a list of `key=value` parted by commas.
pub(super) fn pairs<'v>(value: &'v str, key: &str) -> impl Iterator<Item = &'v str> {
    let items = value.split(',').filter_map(|item| item.trim().split_once('='));
    items.filter(move |(found, _)| *found == key).map(|(_, value)| value)
}

impl Encoding {
    fn decode(self, text: &str) -> Option<Vec<u8>> {
        let bytes = match self {
            Self::Hex => hex::decode(text).ok()?,
            Self::Base64 => STANDARD.decode(text).ok()?,
            Self::Base64url => URL_SAFE_ANY_PADDING.decode(text).ok()?,
        };
        if bytes.is_empty() { None } else { Some(bytes) }
    }
}
