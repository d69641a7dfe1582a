//! What is asked: a route, its parameters, and a body.

use crate::desk::Refusal;
use lintel_cloud::{
    http::HttpCall,
    store::{Lift, Purpose},
};
use lintel_domain::{
    ids::{FlowId, RunId},
    sync::Side,
};
use serde::{Deserialize, de::DeserializeOwned};

/// Stands in paths for the slash of an id such as `7/emergency`.
pub(crate) const SLASH: &str = "~";

/// What a call wants. A body that cannot be read is told after whatever else is wrong with the call.
#[derive(Debug)]
pub(crate) enum Asked {
    Flows,
    Conflicts(FlowId),
    Settle {
        flow: FlowId,
        record: String,
        word: Result<Settling, Refusal>,
    },
    Problems(FlowId),
    Lift {
        flow: FlowId,
        record: String,
        word: Result<Lifting, Refusal>,
    },
    Missing(FlowId),
    Approve {
        flow: FlowId,
        word: Result<Approving, Refusal>,
    },
    Values {
        flow: FlowId,
        record: String,
        word: Result<Opening, Refusal>,
    },
    /// Of a record, or of the flow as a whole.
    Audit {
        flow: FlowId,
        record: Option<String>,
    },
    /// No route leads here.
    Unknown,
}

/// A person's word about one field.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settling {
    pub(crate) field: String,
    pub(crate) take: Side,
    #[serde(default)]
    pub(crate) by: By,
}

/// A person has a record tried or made again.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lifting {
    pub(crate) lift: Lift,
    #[serde(default)]
    pub(crate) by: By,
}

/// A person approves the mass change that this run found.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Approving {
    pub(crate) run: RunId,
    #[serde(default)]
    pub(crate) by: By,
}

/// A person asks to see a protected field, and says why.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Opening {
    pub(crate) field: String,
    pub(crate) why: Words,
    #[serde(default)]
    pub(crate) by: By,
}

/// Who asks, as the office's software names its people.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct By(Option<Words>);

/// A few words for an audit.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Words(String);

impl By {
    pub(crate) fn who(&self) -> String {
        self.0.as_ref().map_or_else(|| "office-api".to_owned(), |by| format!("office-api for {}", by.0))
    }
}

impl Words {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Words {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if Purpose::takes(&text) {
            return Ok(Self(text));
        }
        Err(format!("`by` and `why` have 1 to {} characters, on one line", Purpose::LONGEST))
    }
}

impl Asked {
    pub(crate) fn of(call: &HttpCall) -> Self {
        let record = call.path_parameter("record").map(|record| record.replace(SLASH, "/"));
        let Some(flow) = call.path_parameter("flow").map(FlowId::new) else {
            return if call.route == "GET /orgs/{org}/flows" { Self::Flows } else { Self::Unknown };
        };
        let Some((call_of, place)) = call.route.split_once(" /orgs/{org}/flows/{flow}/") else { return Self::Unknown };
        match (call_of, place, record) {
            ("GET", "conflicts", None) => Self::Conflicts(flow),
            ("POST", "conflicts/{record}", Some(record)) => {
                let wanted = r#"{"field": "...", "take": "source" or "target"}"#;
                Self::Settle { flow, record, word: read(call, wanted) }
            }
            ("GET", "problems", None) => Self::Problems(flow),
            ("POST", "problems/{record}", Some(record)) => {
                let wanted = r#"{"lift": "try-again" or "make-again"}"#;
                Self::Lift { flow, record, word: read(call, wanted) }
            }
            ("GET", "missing", None) => Self::Missing(flow),
            ("POST", "missing", None) => Self::Approve { flow, word: read(call, r#"{"run": "..."}"#) },
            ("POST", "records/{record}/values", Some(record)) => {
                Self::Values { flow, record, word: read(call, r#"{"field": "...", "why": "..."}"#) }
            }
            ("GET", "audit", None) => Self::Audit { flow, record: None },
            ("GET", "records/{record}/audit", Some(record)) => Self::Audit { flow, record: Some(record) },
            _ => Self::Unknown,
        }
    }
}

fn read<T: DeserializeOwned>(call: &HttpCall, wanted: &'static str) -> Result<T, Refusal> {
    serde_json::from_slice(&call.body).map_err(|error| Refusal::Unreadable { wanted, reason: error.to_string() })
}
