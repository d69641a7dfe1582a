//! A signature scheme as data.

use super::{Pointer, SecretEncoding, Template};
use http::HeaderName;
use serde::Deserialize;

/// How a delivery proves who sent it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Scheme {
    /// A header holds a signature over the delivery.
    Signed(Box<Signed>),
    /// The delivery holds a token that only we and the vendor know.
    Token(TokenField),
    /// HTTP basic authentication; the secret is `user:password`.
    Basic,
}

/// A signature over a message made of the delivery's parts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signed {
    pub algorithm: Algorithm,
    pub message: Template,
    pub signature: SignatureField,
    #[serde(default)]
    pub timestamp: Option<TimestampField>,
    /// Where the id of the delivery stands, for messages that hold `{id}`.
    #[serde(default)]
    pub id: Option<HeaderField>,
    #[serde(default)]
    pub secret: SecretForm,
    /// Tried in order. The raw bytes alone unless the vendor is known to sign something else.
    #[serde(default = "raw")]
    pub body: Vec<BodyForm>,
    /// Characters whose escapes (`%3A`) the vendor undoes in `{url}` before it signs.
    #[serde(default)]
    pub url_unescape: String,
    /// A query parameter that must equal the hex SHA-256 of the body, for schemes that sign the URL alone.
    #[serde(default)]
    pub body_digest_query: Option<String>,
}

fn raw() -> Vec<BodyForm> {
    vec![BodyForm::Raw]
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Algorithm {
    HmacSha1,
    HmacSha256,
    HmacSha512,
    /// A plain digest over a message that holds the secret.
    Sha256,
    Ed25519,
    /// ECDSA on P-256 with SHA-256, the signature in DER.
    EcdsaP256,
    /// RSA PKCS #1 v1.5 with SHA-256, keys from 2048 bits.
    RsaSha256,
}

/// Which bytes `{body}` stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BodyForm {
    Raw,
    /// JSON without the white space between its tokens.
    Minified,
}

/// Where the signature stands and how it is written.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignatureField {
    pub header: HeaderField,
    pub encoding: Encoding,
    #[serde(default)]
    pub layout: Layout,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    Hex,
    Base64,
    Base64url,
}

/// How signatures stand in their header.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// The value is the signature.
    #[default]
    Bare,
    /// This text, then the signature: `sha256=`.
    Prefix(String),
    /// A list parted by spaces of `version,signature`; those of this version count.
    Versions(String),
    /// A list parted by commas of `key=value`; the values of this key are signatures.
    Pairs(String),
}

/// When the vendor says it sent the delivery.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimestampField {
    pub at: TimestampPlace,
    #[serde(default)]
    pub unit: Unit,
    /// How far from now it may be, both ways, in seconds.
    pub tolerance: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TimestampPlace {
    Header(HeaderField),
    /// A key beside the signatures, in a header laid out in pairs.
    Pair(String),
}

/// Of a Unix time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum Unit {
    #[default]
    #[serde(rename = "s")]
    Seconds,
    #[serde(rename = "ms")]
    Milliseconds,
}

/// How a secret becomes a key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SecretForm {
    pub encoding: SecretEncoding,
    /// Taken off before decoding when it is there: `whsec_`.
    pub strip: String,
}

/// Where a token stands.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenField {
    pub at: Place,
    /// Stands before the token; case does not matter: `Bearer `.
    #[serde(default)]
    pub prefix: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    Header(HeaderField),
    Query(String),
    /// The last segment of the path.
    Path,
    /// A member of the JSON object that is the body. The one scheme that has to parse before it knows.
    Json(Pointer),
}

/// A header's name.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct HeaderField(HeaderName);

impl HeaderField {
    pub fn name(&self) -> &HeaderName {
        &self.0
    }
}

impl TryFrom<String> for HeaderField {
    type Error = http::header::InvalidHeaderName;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse().map(Self)
    }
}

impl From<HeaderName> for HeaderField {
    fn from(name: HeaderName) -> Self {
        Self(name)
    }
}
