//! What is queued. Every shape is a versioned enum: an old reader names what it does not know instead of guessing.
//!
//! Messages carry ids, never content: the row in the table is what counts.

use crate::batch::RecordError;
use lintel_domain::ids::{BundleId, EventId, FeedId, FlowId, InputId, OrgId, PropertyId, RunId, StayKey};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// A stored mail waits to be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "v")]
pub enum MailMessage {
    #[serde(rename = "1")]
    V1 { org: OrgId, mail: String },
}

/// Feeds are due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "v")]
pub enum FeedsMessage {
    #[serde(rename = "1")]
    V1 { org: OrgId, feeds: Vec<FeedId> },
}

/// An input waits to be applied to a property.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "v")]
pub enum StaysMessage {
    #[serde(rename = "1")]
    V1 { org: OrgId, property: PropertyId, input: InputId },
}

/// A job is outstanding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "v")]
pub enum JobsMessage {
    #[serde(rename = "1")]
    V1 { org: OrgId, property: PropertyId, stay: StayKey },
}

/// The office's table is behind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "v")]
pub enum MirrorMessage {
    #[serde(rename = "1")]
    V1 { org: OrgId, property: PropertyId, stay: StayKey },
}

/// An event of a vendor waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "v")]
pub enum EventsMessage {
    #[serde(rename = "1")]
    V1 { org: OrgId, event: EventId },
    /// Events that came together wait for rows of their own.
    #[serde(rename = "2")]
    V2 { org: OrgId, bundle: BundleId },
}

/// A flow has something to do: a page of a run, or, without one, a run that may be over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "v")]
pub enum SyncMessage {
    #[serde(rename = "1")]
    V1 { org: OrgId, flow: FlowId, run: RunId, page: Option<u64> },
    /// One record changed at the source, by the vendor's id of it.
    #[serde(rename = "2")]
    V2 { org: OrgId, flow: FlowId, record: String },
    /// One record of another stream changed, through which the flow's own change.
    #[serde(rename = "3")]
    V3 { org: OrgId, flow: FlowId, through: String, record: String },
}

macro_rules! parsed {
    ($($message:ty),+) => {$(
        impl $message {
            /// Reads a message's body. What cannot be read never will be: it is acknowledged, as the row it may have
            /// been about is outstanding anyway.
            pub fn parse(body: &str) -> Result<Self, RecordError> {
                parse(body, stringify!($message))
            }
        }
    )+};
}

parsed!(MailMessage, FeedsMessage, StaysMessage, JobsMessage, MirrorMessage, EventsMessage, SyncMessage);

fn parse<T: DeserializeOwned>(body: &str, what: &str) -> Result<T, RecordError> {
    serde_json::from_str(body).map_err(|error| RecordError::discard(format!("unreadable {what}: {error}")))
}
