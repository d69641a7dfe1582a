//! The signed message: literal text and what stands for parts of the delivery.

use super::{Delivery, MAX_PARAMETERS, Refusal};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;

/// What a `{name}` in a template stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Timestamp,
    Id,
    Method,
    Url,
    /// Path and query.
    Path,
    Body,
    BodyBase64,
    /// Name and value of every form parameter, sorted by name.
    SortedParameters,
    /// The secret itself, for plain digests.
    Secret,
}

impl Part {
    const NAMES: [(&'static str, Self); 9] = [
        ("ts", Self::Timestamp),
        ("id", Self::Id),
        ("method", Self::Method),
        ("url", Self::Url),
        ("path", Self::Path),
        ("body", Self::Body),
        ("body_b64", Self::BodyBase64),
        ("sorted_params", Self::SortedParameters),
        ("secret", Self::Secret),
    ];

    fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, part)| *part)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Part(Part),
}

/// A message template such as `{id}.{ts}.{body}`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Template(Vec<Piece>);

/// A template that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    #[error(
        "`{{{0}}}` stands for nothing; there are {{ts}}, {{id}}, {{method}}, {{url}}, {{path}}, {{body}}, {{body_b64}}, {{sorted_params}} and {{secret}}"
    )]
    Unknown(String),
    #[error("a `{{` is not closed")]
    Unclosed,
    #[error("is empty")]
    Empty,
}

impl TryFrom<String> for Template {
    type Error = TemplateError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let mut pieces = Vec::new();
        let mut rest = text.as_str();
        while let Some((literal, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').ok_or(TemplateError::Unclosed)?;
            if !literal.is_empty() {
                pieces.push(Piece::Literal(literal.to_owned()));
            }
            pieces.push(Piece::Part(Part::named(name).ok_or_else(|| TemplateError::Unknown(name.to_owned()))?));
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Literal(rest.to_owned()));
        }
        if pieces.is_empty() { Err(TemplateError::Empty) } else { Ok(Self(pieces)) }
    }
}

/// What the parts come to for one delivery, one form of its body and one secret.
#[derive(Clone, Copy)]
pub(super) struct Filling<'f> {
    pub(super) delivery: &'f Delivery<'f>,
    pub(super) url: &'f str,
    pub(super) body: &'f [u8],
    pub(super) timestamp: &'f str,
    pub(super) id: &'f str,
    pub(super) secret: &'f [u8],
}

impl Template {
    pub fn has(&self, part: Part) -> bool {
        self.0.contains(&Piece::Part(part))
    }

    /// The bytes that are signed.
    pub(super) fn render(&self, filling: &Filling<'_>) -> Result<Vec<u8>, Refusal> {
        let mut message = Vec::with_capacity(filling.body.len() + 256);
        for piece in &self.0 {
            match piece {
                Piece::Literal(text) => message.extend_from_slice(text.as_bytes()),
                Piece::Part(part) => render_part(*part, filling, &mut message)?,
            }
        }
        Ok(message)
    }
}

fn render_part(part: Part, filling: &Filling<'_>, message: &mut Vec<u8>) -> Result<(), Refusal> {
    match part {
        Part::Timestamp => message.extend_from_slice(filling.timestamp.as_bytes()),
        Part::Id => message.extend_from_slice(filling.id.as_bytes()),
        Part::Method => message.extend_from_slice(filling.delivery.method.as_str().as_bytes()),
        Part::Url => message.extend_from_slice(filling.url.as_bytes()),
        Part::Path => message.extend_from_slice(filling.delivery.path_and_query().as_bytes()),
        Part::Body => message.extend_from_slice(filling.body),
        Part::BodyBase64 => message.extend_from_slice(STANDARD.encode(filling.body).as_bytes()),
        Part::SortedParameters => sorted_parameters(filling.body, message)?,
        Part::Secret => message.extend_from_slice(filling.secret),
    }
    Ok(())
}

/// A name and value that come twice count once, as in Twilio's own validators.
fn sorted_parameters(body: &[u8], message: &mut Vec<u8>) -> Result<(), Refusal> {
    let mut parameters: Vec<_> = url::form_urlencoded::parse(body).take(MAX_PARAMETERS + 1).collect();
    if parameters.len() > MAX_PARAMETERS {
        return Err(Refusal::TooManyParameters);
    }
    parameters.sort();
    parameters.dedup();
    for (name, value) in parameters {
        message.extend_from_slice(name.as_bytes());
        message.extend_from_slice(value.as_bytes());
    }
    Ok(())
}
