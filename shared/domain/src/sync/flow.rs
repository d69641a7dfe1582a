//! A configured sync between two connections' streams.

use super::Rule;
use crate::{
    ids::{ConnectionId, FlowId},
    records::{Currency, RecordKey},
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flow {
    /// Where records come from.
    pub from: ConnectionId,
    /// The source's stream, as its mapping names it.
    pub stream: String,
    /// Where they go.
    pub to: ConnectionId,
    /// The target's stream.
    pub into: String,
    #[serde(default)]
    pub direction: Direction,
    /// Minutes between two looks at what changed.
    #[serde(default = "quarter_of_an_hour")]
    pub every_minutes: u32,
    /// Hours between two reads of everything, which alone show what was deleted.
    #[serde(default = "a_day")]
    pub full_every_hours: u32,
    /// Hours between two looks at everything the target has, which alone show what was changed there and nowhere else.
    #[serde(default = "a_week")]
    pub compare_every_hours: u32,
    /// Who wins where both sides changed a field, for fields without a policy of their own.
    #[serde(default)]
    pub policy: Policy,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub policies: BTreeMap<String, Policy>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
    /// Fields that are protected in this flow, beside those that always are and those the organization names.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub protected: BTreeSet<String>,
    /// Protected fields that are sent all the same, where both ends map them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub send_protected: BTreeSet<String>,
    /// What amounts without a currency are in.
    #[serde(default = "usd")]
    pub currency: Currency,
    #[serde(default)]
    pub when_gone: WhenGone,
    #[serde(default)]
    pub when_new: WhenNew,
    /// For relations: the flows whose records are related, from the near end to the far one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<Ends>,
    /// The flow whose records these are written onto: a lease's dates onto its unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub onto: Option<Onto>,
    /// Single fields that are mapped otherwise than the connectors say.
    #[serde(default, skip_serializing_if = "Overrides::is_empty")]
    pub fields: Overrides,
}

fn quarter_of_an_hour() -> u32 {
    15
}

fn a_day() -> u32 {
    24
}

fn a_week() -> u32 {
    7 * 24
}

fn usd() -> Currency {
    Currency::USD
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    #[default]
    OneWay,
    TwoWay,
}

/// Who wins where both sides changed a field, and in a one-way flow where the target alone did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Policy {
    Source,
    Target,
    /// The side that changed last, where both tell when; a person where one does not.
    Newest,
    /// Lists are united; anything else waits for a person.
    Merge,
    /// It waits for a person.
    #[default]
    Manual,
}

/// What becomes of the target's record when the source's is gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhenGone {
    /// Nothing but a note in the link.
    #[default]
    Keep,
    /// The target's `status` becomes `past` and `active` false, where it has these fields.
    Mark,
}

/// What becomes of a record that somebody made at the target of a two-way flow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhenNew {
    /// It is the target's own.
    #[default]
    Leave,
    /// The source is to have it, too.
    Make,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ends {
    pub from: FlowId,
    pub to: FlowId,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Onto {
    pub flow: FlowId,
    /// The canonical field that holds the key of that flow's record.
    pub by: String,
}

/// Canonical field -> expression (source) or vendor field (target); empty text drops a field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Overrides {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub from: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub to: BTreeMap<String, String>,
}

impl Overrides {
    pub fn is_empty(&self) -> bool {
        self.from.is_empty() && self.to.is_empty()
    }
}

impl Flow {
    /// What names a source's record for good and beyond the flow: at the target, and in the audit.
    pub fn identity(&self, record: &RecordKey) -> String {
        format!("{}/{record}", self.from)
    }

    pub fn policy_of(&self, field: &str) -> Policy {
        self.policies.get(field).copied().unwrap_or(self.policy)
    }
}
