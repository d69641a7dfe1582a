//! One call for many records, compiled.

use crate::manifest::{BatchCall, Relation, RelationCall, Stream, Verb};
use http::Method;
use lintel_domain::records::Fields;
use lintel_formats::expression::{Expression, ExpressionError};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

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
    pub(super) find: Option<Compiled>,
    pub(super) find_by: BTreeMap<String, Compiled>,
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
            find: write.find.as_ref().map(compile).transpose()?,
            find_by: write
                .find_by
                .iter()
                .map(|(field, call)| Ok((field.clone(), compile(call)?)))
                .collect::<Result<_, _>>()?,
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

/// What says a relation and the calls that write it.
#[derive(Debug)]
pub struct Relating {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) batch: usize,
    pub(super) add: CompiledRelation,
    pub(super) remove: CompiledRelation,
    each: Expression,
    with: Expression,
}

#[derive(Debug)]
pub(super) struct CompiledRelation {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) body: Expression,
    pub(super) failed: Option<Expression>,
}

/// What one record says of relations.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Said {
    /// The keys at the near end, with the kind of each relation.
    pub each: Vec<Near>,
    /// The key at the far end.
    pub with: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct Near {
    pub record: String,
    pub kind: String,
}

impl Relating {
    /// Relations in one call, at most.
    pub fn batch_size(&self) -> usize {
        self.batch
    }

    pub(super) fn compile(relation: &Relation) -> Result<Self, ExpressionError> {
        let call = |call: &RelationCall| {
            Ok(CompiledRelation {
                method: method(call.method),
                path: call.path.clone(),
                body: Expression::compile(&call.body)?,
                failed: call.failed.as_deref().map(Expression::compile).transpose()?,
            })
        };
        Ok(Self {
            from: relation.from.clone(),
            to: relation.to.clone(),
            batch: relation.batch.get() as usize,
            add: call(&relation.add)?,
            remove: call(&relation.remove)?,
            each: Expression::compile(&relation.each)?,
            with: Expression::compile(&relation.with)?,
        })
    }

    /// What a record's canonical fields say.
    pub fn said(&self, fields: &Fields) -> Said {
        let fields = Value::Object(fields.to_json());
        let each = self.each.evaluate(&fields).ok().and_then(|each| serde_json::from_value(each).ok());
        let with = self.with.evaluate(&fields).ok().and_then(|with| with.as_str().map(str::to_owned));
        Said { each: each.unwrap_or_default(), with }
    }
}

fn method(verb: Verb) -> Method {
    match verb {
        Verb::Post => Method::POST,
        Verb::Put => Method::PUT,
        Verb::Patch => Method::PATCH,
    }
}

fn compile(call: &BatchCall) -> Result<Compiled, ExpressionError> {
    Ok(Compiled {
        method: method(call.method),
        path: call.path.clone(),
        body: Expression::compile(&call.body)?,
        done: Expression::compile(&call.done)?,
    })
}
