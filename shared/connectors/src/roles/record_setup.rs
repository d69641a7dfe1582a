//! Making a system ready to take records: what has to be there before the first one is written.

use crate::{error::Error, transport::Deadline};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// Fields a mapping writes, by collection. Lintel's own need not be among them.
pub type MappedFields = BTreeMap<String, BTreeSet<String>>;

#[async_trait]
pub trait RecordSetup: std::fmt::Debug + Send + Sync {
    /// Reads what is there and says what is missing. Writes nothing.
    async fn plan(&self, mapped: &MappedFields, deadline: Deadline) -> Result<SetupPlan, Error>;

    /// Makes what is missing and reads again. May be stopped anywhere and be repeated: what is there is left alone, and a
    /// set-up that is complete writes nothing. What one part is refused for is a fault of the report and stops only what builds on
    /// it; an error means that the vendor could not be asked to the end.
    async fn apply(&self, mapped: &MappedFields, deadline: Deadline) -> Result<SetupReport, Error>;
}

/// How much of the records the target can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SetupMode {
    /// People alone.
    ContactsOnly,
    /// Properties and units are both listings.
    ListingsOnly,
    /// Properties are listings, units have a collection of their own.
    Full,
}

/// What the target has and lacks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetupPlan {
    pub mode: SetupMode,
    /// In the order in which they would be made.
    pub missing: Vec<SetupPart>,
    pub already_there: Vec<SetupPart>,
    pub left_out: Vec<LeftOut>,
    pub faults: Vec<SetupFault>,
}

/// What a set-up came to, read from the target after the last write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetupReport {
    pub mode: SetupMode,
    /// What was missing before and is there now.
    pub created: Vec<SetupPart>,
    pub already_there: Vec<SetupPart>,
    pub left_out: Vec<LeftOut>,
    /// None: records can be written.
    pub faults: Vec<SetupFault>,
    pub ids: TargetIds,
}

impl SetupReport {
    pub fn is_ready(&self) -> bool {
        self.faults.is_empty()
    }
}

/// One thing a target has to have.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "part", rename_all = "kebab-case")]
pub enum SetupPart {
    Collection {
        collection: String,
    },
    /// Where people find Lintel's fields together.
    Group {
        collection: String,
        name: String,
    },
    Field {
        collection: String,
        field: String,
    },
    /// Values a field has to offer beside those it has.
    Choices {
        collection: String,
        field: String,
    },
    /// That records of the one can be related to records of the other at all.
    Pair {
        from: String,
        to: String,
    },
    /// A kind of relation, in both directions.
    Relation {
        from: String,
        to: String,
        relation: String,
    },
}

impl fmt::Display for SetupPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Collection { collection } => write!(f, "collection {collection}"),
            Self::Group { collection, name } => write!(f, "{collection}: group {name}"),
            Self::Field { collection, field } => write!(f, "{collection}: field {field}"),
            Self::Choices { collection, field } => write!(f, "{collection}: choices of field {field}"),
            Self::Pair { from, to } => write!(f, "relations from {from} to {to}"),
            Self::Relation { from, to, relation } => write!(f, "relation {relation} from {from} to {to}"),
        }
    }
}

/// Something the set-up does without, because of what the target is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LeftOut {
    pub what: Feature,
    pub why: LeftOutWhy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Feature {
    Listings,
    /// A collection of units beside the listings.
    Units,
    /// Kinds of relations: without them a tenant cannot be told from an owner by the relation.
    Relations,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LeftOutWhy {
    /// The connection's settings say so.
    Chosen,
    /// An administrator of the target has to switch it on, in the target's own screen.
    NotActivated,
    /// The account's plan does not have it.
    NotInPlan,
    /// The account has used up what its plan has of it.
    LimitReached,
    /// It builds on something that is left out.
    NeedsListings,
}

/// Something a person has to mend.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "fault", rename_all = "kebab-case")]
pub enum SetupFault {
    /// One of the scopes is enough.
    #[error("the connection needs the scope {}", .scopes.join(" or "))]
    MissingScope { scopes: Vec<String> },
    /// Types cannot be changed: the field has to be removed, or another one be mapped.
    #[error("{part} is of type {found}, and has to be of type {wanted}")]
    WrongType { part: SetupPart, found: String, wanted: String },
    /// Uniqueness is decided when a field is made.
    #[error("{part} exists and does not have unique values")]
    NotUnique { part: SetupPart },
    #[error("{part} cannot be written by anybody but the vendor")]
    ReadOnly { part: SetupPart },
    #[error("{part} lacks the choices {}, and its choices cannot be changed", .missing.join(", "))]
    ChoicesFixed { part: SetupPart, missing: Vec<String> },
    /// A field that is not Lintel's, and that is written all the same.
    #[error("{part} does not exist")]
    Unknown { part: SetupPart },
    #[error("{part} exists in that direction only: the other one has no label {inverse}")]
    OneWay { part: SetupPart, inverse: String },
    #[error("{part} was refused: {reason}")]
    Refused { part: SetupPart, reason: String },
    #[error("{what} could not be read: {reason}")]
    Unreadable { what: String, reason: String },
    /// Not made, or made and not found again.
    #[error("{part} is not there")]
    NotThere { part: SetupPart },
}

/// What the target calls the things by. They differ from account to account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetIds {
    /// The vendor's id of each collection.
    pub collections: BTreeMap<String, String>,
    pub relations: Vec<RelationId>,
}

/// A kind of relation in one direction.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RelationId {
    pub from: String,
    pub to: String,
    /// Of the set-up; `None` for the relation that says nothing more. The same name stands for both directions.
    pub relation: Option<String>,
    /// As the vendor wants it back beside the id.
    pub category: String,
    pub id: u64,
}

impl TargetIds {
    /// The id a relation is written by, from a collection to another.
    pub fn relation(&self, from: &str, to: &str, relation: Option<&str>) -> Option<&RelationId> {
        self.relations.iter().find(|one| one.from == from && one.to == to && one.relation.as_deref() == relation)
    }
}
