//! A vendor's own collections.

use crate::webhooks::{HeaderField, Pointer};
use serde::Deserialize;
use std::{collections::BTreeMap, num::NonZeroU32};

/// One collection and how it is listed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stream {
    /// Behind the base URL; `{name}` stands for a setting of the connection.
    pub path: String,
    /// Where the list stands in an answer.
    pub items: Pointer,
    /// Where an item's id stands in the item.
    pub key: Pointer,
    /// Where the value stands that grows with every change, for incremental reads.
    #[serde(default)]
    pub cursor: Option<Pointer>,
    pub paging: Paging,
    /// Items asked for at once.
    pub page_size: NonZeroU32,
    /// Items written at once.
    #[serde(default = "one")]
    pub batch: NonZeroU32,
    /// Sent with every list: a stable order, what is to be included.
    #[serde(default)]
    pub query: BTreeMap<String, String>,
    /// How a list is kept to what changed.
    #[serde(default)]
    pub changed: Option<Changed>,
    /// How a list is told which fields are wanted, where it does not send all.
    #[serde(default)]
    pub fields: Option<FieldsParameter>,
    /// The path of one record; `{id}` stands for its id.
    #[serde(default)]
    pub one: Option<String>,
    /// Where the stream's records stand within those that are listed, when they have no list of their own. One that stands in several
    /// comes with each, by the same key.
    #[serde(default)]
    pub within: Option<Pointer>,
    /// With `within`: the stream whose single records they are found in, so that they can be looked at when one of those changed.
    #[serde(default)]
    pub around: Option<String>,
    /// A further call for each record.
    #[serde(default)]
    pub detail: Option<Detail>,
    #[serde(default)]
    pub write: Option<Write>,
}

impl Stream {
    /// The stream through which this one's records change as well.
    pub fn through(&self) -> Option<&Through> {
        self.changed.as_ref()?.through.as_ref()
    }
}

/// What a vendor tells of a record in a call for that record alone. It is made for every record of a page, so a stream with one has small
/// pages, and goes by a schedule of its own.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Detail {
    /// `{id}` stands for the record's id.
    pub path: String,
    /// The member under which the record is given the answer; null where the vendor has none.
    pub under: String,
}

/// A filter by the time of the last change. Whether records carry that time is another matter: a reader keeps a clock of its
/// own (see `cursor`).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Changed {
    /// The parameter; changes of that very moment are included.
    pub since: String,
    #[serde(default)]
    pub form: TimeForm,
    /// Where the stream's records show what another's say, and need not count as changed when only that did.
    #[serde(default)]
    pub through: Option<Through>,
}

/// Another stream whose changes are changes of this one's records, too.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Through {
    pub stream: String,
    /// An expression over one of that stream's records: a list of the ids of this stream's records that show it.
    pub records: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TimeForm {
    /// `2026-07-01T12:00:00Z`.
    #[default]
    Seconds,
    /// Milliseconds since 1970.
    EpochMillis,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldsParameter {
    pub parameter: String,
    pub separator: String,
}

/// How records are written, many at a time.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Write {
    /// The vendor's field with unique values that holds our key of a record.
    pub identity: String,
    /// Further fields of which only one record may have a value.
    #[serde(default)]
    pub unique: Vec<String>,
    /// What is written to empty a field.
    #[serde(default)]
    pub empty: Option<String>,
    /// Where a field's value stands in a record that is read; `{field}` stands for its name.
    pub value: String,
    /// Makes or changes records by our key.
    pub upsert: BatchCall,
    /// Changes records by the vendor's id.
    pub update: BatchCall,
    /// Reads records by the vendor's id.
    pub read: BatchCall,
    /// Reads records by our key: what may have been made is looked for before it is made again.
    #[serde(default)]
    pub find: Option<BatchCall>,
    /// By a field of `unique`: reads records by what they have in it, for a plan to tell which of them a record would meet. An item's
    /// key, and one of `done`, is the value that was asked for.
    #[serde(default)]
    pub find_by: BTreeMap<String, BatchCall>,
    /// An expression over an answer to a write: a list of `{key, code, reason}` of its `errors`. A refusal of a whole batch is
    /// read as the only one of them. Reasons are kept and shown, so they name fields and never repeat values.
    pub failed: String,
    /// An expression over the refusal of one record: the id of the record that holds what only one may hold.
    #[serde(default)]
    pub in_the_way: Option<String>,
}

impl Write {
    /// Where the value of one of the vendor's fields stands in a record, as a JSON pointer.
    pub fn pointer(&self, field: &str) -> String {
        self.value.replace("{field}", field)
    }
}

/// One call for many records.
///
/// The body is an expression over `{items, fields, identity}`, where an item is `{key, id, values}`. `done` is one over the answer
/// and yields a list of `{key, id, created, record}`. Items that stand neither there nor among the failed were left out by the vendor
/// without a word.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchCall {
    pub method: Verb,
    pub path: String,
    pub body: String,
    pub done: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verb {
    Post,
    Put,
    Patch,
}

fn one() -> NonZeroU32 {
    NonZeroU32::MIN
}

/// How one page leads to the next.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Paging {
    /// Numbered from 1.
    Page {
        number: String,
        size: String,
        /// Where the number of pages stands in an answer.
        #[serde(default)]
        pages: Option<Pointer>,
    },
    Offset {
        offset: String,
        limit: String,
        /// The header that tells how many there are.
        #[serde(default)]
        total: Option<HeaderField>,
    },
    /// The answer holds what is sent back for more; none is the end.
    Cursor {
        parameter: String,
        next: Pointer,
        #[serde(default)]
        size: Option<String>,
    },
    /// `Link: <...>; rel="next"` (RFC 8288).
    LinkHeader,
    /// The answer holds the next page's URL.
    NextUrl { next: Pointer },
}
