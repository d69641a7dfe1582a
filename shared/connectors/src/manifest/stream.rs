//! A vendor's own collections.

use crate::webhooks::Pointer;
use serde::Deserialize;
use std::num::NonZeroU32;

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
    NextUrl {
        next: Pointer,
    },
}
