//! Relations between a vendor's records, and what a canonical record says of them.

use super::Verb;
use lintel_domain::records::Entity;
use serde::Deserialize;
use std::num::NonZeroU32;

/// Relations that follow from records of an entity: who rents what follows from leases.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Relation {
    pub entity: Entity,
    /// The collections at both ends, as set-up calls them.
    pub from: String,
    pub to: String,
    /// An expression over the canonical fields: a list of `{record, kind}`, the keys of the records at the near end and the kind of
    /// relation of each.
    pub each: String,
    /// An expression over the canonical fields: the key of the record at the far end.
    pub with: String,
    /// Relations written at once.
    pub batch: NonZeroU32,
    pub add: RelationCall,
    pub remove: RelationCall,
}

/// One call for many relations. The body is an expression over a list of `{from, to, category, id}`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelationCall {
    pub method: Verb,
    pub path: String,
    pub body: String,
    /// An expression over the answer: a list of `{from, to, reason}` of what was refused.
    #[serde(default)]
    pub failed: Option<String>,
}
