//! Webhooks as data: how a delivery proves who sent it, and what it says. No vendor is named in code.
//!
//! The order is always [`trial`], [`challenge`], [`Webhook::verify`], [`read_event`]: a delivery is judged over the raw bytes that
//! arrived before anything in it is parsed.

mod algorithm;
mod answers;
mod body;
mod delivery;
mod events;
mod handshake;
mod pointer;
mod refusal;
mod scheme;
mod secret;
mod signature;
mod template;
mod verify;
mod webhook;

pub use answers::{Answers, Habit};
pub use delivery::Delivery;
pub use events::{
    Content, DeliveryAt, DeliveryId, Event, EventError, EventForm, MAX_EVENTS, NameAt, TimeAt, TimeForm, read_event,
};
pub use handshake::{Handshake, ProbeMethod, Reply, challenge, trial};
pub(crate) use pointer::text;
pub use pointer::{Pointer, PointerError};
pub use refusal::{Refusal, Verified};
pub use scheme::{
    Algorithm, BodyForm, Encoding, HeaderField, Layout, Place, Scheme, SecretForm, SignatureField, Signed,
    TimestampField, TimestampPlace, TokenField, Unit,
};
pub use secret::{Secret, SecretEncoding, SecretLineError, secrets};
pub use template::{Part, Template, TemplateError};
pub use verify::verify;
pub use webhook::Webhook;

/// The longest header value that is looked at, in bytes.
pub const MAX_HEADER: usize = 8 * 1024;
/// The largest body any scheme looks at, in bytes: what API Gateway lets through.
pub const MAX_BODY: usize = 10 * 1024 * 1024;
/// The most signatures of one delivery that are tried.
pub const MAX_SIGNATURES: usize = 16;
/// The most parameters of a form or a query that are looked at.
pub const MAX_PARAMETERS: usize = 1_000;
/// How deep JSON may be nested.
pub const MAX_DEPTH: usize = 64;
