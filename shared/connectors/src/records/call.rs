//! One call for many records, compiled.

use crate::manifest::{BatchCall, Stream, Verb};
use http::Method;
use lintel_formats::expression::{Expression, ExpressionError};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WriteKind {
    /// By our key.
    Upsert,
    /// By the vendor's id.
    Update,
}

/// The calls of one stream.
#[derive(Debug)]
pub(super) struct Calls {
    pub(super) upsert: Compiled,
    pub(super) update: Compiled,
    pub(super) read: Compiled,
    pub(super) failed: Expression,
    pub(super) in_the_way: Option<Expression>,
}

#[derive(Debug)]
pub(super) struct Compiled {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) body: Expression,
    pub(super) done: Expression,
}

impl Calls {
    /// `None` where a stream is only read.
    pub(super) fn compile(stream: &Stream) -> Result<Option<Self>, ExpressionError> {
        let Some(write) = &stream.write else { return Ok(None) };
        Ok(Some(Self {
            upsert: compile(&write.upsert)?,
            update: compile(&write.update)?,
            read: compile(&write.read)?,
            failed: Expression::compile(&write.failed)?,
            in_the_way: write.in_the_way.as_deref().map(Expression::compile).transpose()?,
        }))
    }

    pub(super) fn of(&self, kind: WriteKind) -> &Compiled {
        match kind {
            WriteKind::Upsert => &self.upsert,
            WriteKind::Update => &self.update,
        }
    }
}

fn compile(call: &BatchCall) -> Result<Compiled, ExpressionError> {
    Ok(Compiled {
        method: match call.method {
            Verb::Post => Method::POST,
            Verb::Put => Method::PUT,
            Verb::Patch => Method::PATCH,
        },
        path: call.path.clone(),
        body: Expression::compile(&call.body)?,
        done: Expression::compile(&call.done)?,
    })
}
