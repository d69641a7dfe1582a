//! Webhooks as data: how a delivery proves who sent it. No vendor is named in code; a recipe is a TOML table.
//!
//! A delivery is judged over the raw bytes that arrived, before anything in it is parsed.

mod algorithm;
mod body;
mod delivery;
mod refusal;
mod scheme;
mod secret;
mod signature;
mod template;
mod verify;

pub use delivery::Delivery;
pub use refusal::{Refusal, Verified};
pub use scheme::{
    Algorithm, BodyForm, Encoding, HeaderField, Layout, Place, Scheme, SecretForm, SignatureField, Signed,
    TimestampField, TimestampPlace, TokenField, Unit,
};
pub use secret::{Secret, SecretEncoding};
pub use template::{Part, Template, TemplateError};
pub use verify::verify;

/// The longest header value that is looked at, in bytes.
pub const MAX_HEADER: usize = 8 * 1024;
/// The largest body any scheme looks at, in bytes: what API Gateway lets through.
pub const MAX_BODY: usize = 10 * 1024 * 1024;
/// The most signatures of one delivery that are tried.
pub const MAX_SIGNATURES: usize = 16;
/// The most parameters of a form or a query that are looked at.
pub const MAX_PARAMETERS: usize = 1_000;
