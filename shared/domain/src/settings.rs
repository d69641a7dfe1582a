//! What an organization configures: its properties, feeds, connections and the thresholds of the rules.
//!
//! `lintel.toml` is read into these types by `lintel_formats::settings`, which also names line and key of a fault.

use crate::{
    ids::{AddressId, ConnectionId, CustomerId, FeedId, FlowId, JobId, OrgId, PropertyId},
    private::{self, Private},
    records::{Entity, Protection},
    stay::ServiceType,
    sync::Flow,
};
use jiff::{
    Timestamp, ToSpan,
    civil::{Date, Time},
    tz::TimeZone,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// One organization, whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Organization {
    pub id: OrgId,
    pub name: String,
    /// Fields of records that are protected in every flow, beside those that always are.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub protected: BTreeSet<String>,
    #[serde(default)]
    pub rules: Rules,
    #[serde(default)]
    pub absence: AbsenceRules,
    #[serde(default)]
    pub jobs: JobRules,
    #[serde(default)]
    pub mail: MailRules,
    #[serde(default)]
    pub polling: PollRules,
    #[serde(default)]
    pub connections: BTreeMap<ConnectionId, Connection>,
    /// Vendors that the organization describes itself, by the name its connections use.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub vendors: BTreeMap<String, OwnVendor>,
    #[serde(default)]
    pub properties: BTreeMap<PropertyId, Property>,
    #[serde(default)]
    pub feeds: BTreeMap<FeedId, Feed>,
    /// What follows from events, beside and before what follows anyway.
    #[serde(default)]
    pub reactions: BTreeMap<String, Reaction>,
    /// Records that are kept in step between two connections.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub flows: BTreeMap<FlowId, Flow>,
}

/// A vendor's manifest and mappings as an organization wrote them. Read and checked by `lintel_connectors::manifest`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnVendor {
    /// The text of `connector.toml`.
    pub manifest: String,
    /// The text of `mapping.toml`; empty where nothing is mapped.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub mapping: String,
}

impl Organization {
    /// What must be kept of a flow's field, and from whom: what the field says itself, or the organization or the flow by its name.
    pub fn protection(&self, flow: &Flow, entity: Entity, field: &str) -> Protection {
        if self.protected.contains(field) || flow.protected.contains(field) {
            return Protection::Secret;
        }
        entity.field(field).map_or(Protection::Secret, |field| field.protection)
    }

    /// The name of a secret that a connection uses, and one of another vendor as well, or inbound mail. A vendor that an organization
    /// describes itself may not be told what another one is told.
    pub fn foreign_secret(&self, id: &ConnectionId) -> Option<&str> {
        let connection = self.connections.get(id)?;
        let others = self.connections.values().filter(|other| other.vendor != connection.vendor);
        let taken: BTreeSet<&str> = others.flat_map(Connection::secrets).chain(self.mail.secret.as_deref()).collect();
        connection.secrets().find(|name| taken.contains(name) || name.ends_with(KEPT_TOKENS))
    }
}

/// The end of the names under which tokens of connections are kept.
const KEPT_TOKENS: &str = ".tokens";

impl Connection {
    /// The names of its secrets.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.secret.as_str()).chain(self.webhook_secret.as_deref())
    }
}

/// What follows from an event of a vendor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reaction {
    /// The connector's name.
    pub source: String,
    /// Event names; a final `*` stands for any rest: `job.*`.
    pub events: Vec<String>,
    /// A jq expression over the event's content; the reaction follows when it yields something that is neither null nor false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    pub action: ReactionKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReactionKind {
    /// What the event says of a job is taken into the job's file.
    FollowJob,
    /// What people wrote in the office's table is fetched and followed.
    ReadOffice,
    /// The record the event is about is read anew, for every flow it belongs to.
    SyncRecord,
    /// An entry for an operator.
    Notice,
    /// Nothing, and no later reaction either.
    Ignore,
}

/// An account at one vendor. The settings a vendor needs beyond these are text, checked by its connector.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// The connector's name: the folder in `shared/connectors`.
    pub vendor: String,
    /// Name of the secret, relative to `lintel/<stage>/<org>/`.
    pub secret: String,
    /// Name of the secret its webhooks are signed with. Each line of the secret is one that may be in use, so that it can be
    /// changed without losing a delivery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook_secret: Option<String>,
    /// Replaces the manifest's base URL: a sandbox, a proxy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Property {
    pub name: String,
    /// IANA zone the property lies in.
    pub zone: String,
    /// How sources name this property: report source -> the names or listing numbers it uses.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub listed_as: BTreeMap<String, Vec<String>>,
    /// Names of owners, for sources that mark owner stays by name only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owners: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_address: Option<AddressId>,
    /// Service type -> the job whose line items are copied.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub templates: BTreeMap<String, JobId>,
    /// A row of this property whose owner contains `pattern` belongs to the property `to`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owner_overrides: Vec<OwnerOverride>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnerOverride {
    pub pattern: String,
    pub to: PropertyId,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feed {
    pub property: PropertyId,
    /// The address carries a token: a secret.
    #[serde(with = "private::stored")]
    pub url: Private,
    #[serde(default)]
    pub status: FeedStatus,
    /// Words of this feed that mean a block, tried before the generic ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub block_words: Vec<String>,
    #[serde(default)]
    pub unexplained: UnexplainedPolicy,
    /// Whether occurrences of repeating events are stays here.
    #[serde(default)]
    pub recurring: RecurringPolicy,
    /// Where the bookings were made, for people: `Airbnb`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeedStatus {
    #[default]
    Active,
    Inactive,
    /// All its stays become Old; their jobs enter the queue of removed stays with live jobs.
    Remove,
}

/// What busy time without any explanation is taken for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnexplainedPolicy {
    /// A stay that gets its job and a look.
    #[default]
    Reservation,
    /// No job until a person has looked.
    Review,
    Block,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecurringPolicy {
    /// Set aside with an alert.
    #[default]
    Quarantine,
    Accept,
}

/// Thresholds of the stay rules. The defaults are csv-reports.md section 5.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rules {
    /// Nights from which a guest counts as long-term.
    pub long_term_nights: u32,
    /// Days between check-out and an owner's check-in that still mean "owner arriving".
    pub owner_arrival_gap_days: u32,
    pub service_time: Time,
    pub same_day_service_time: Time,
    pub owner_arriving_service_time: Time,
    pub service_minutes: u32,
    /// Characters, not bytes.
    pub line_limit: usize,
    pub instructions_limit: usize,
    /// Nights above which busy time without a code is most likely a block.
    pub review_nights: u32,
    /// Entries are kept when check-in lies within this many months before and after today.
    pub window_months_before: u32,
    pub window_months_after: u32,
    /// Days for which a stay, its versions and its job are kept after its check-out. Never so short that an entry the window
    /// still takes in would come back as a new stay.
    pub kept_days: u32,
    /// Share of re-keyed entries from which, in two reads, a source's uids count as unstable. Percent.
    pub churn_percent: u32,
    /// Sources whose own next-booking date outranks ours, and whose stays win over a double from another source.
    pub source_order: Vec<String>,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            long_term_nights: 14,
            owner_arrival_gap_days: 1,
            service_time: Time::constant(10, 15, 0, 0),
            same_day_service_time: Time::constant(10, 0, 0, 0),
            owner_arriving_service_time: Time::constant(10, 0, 0, 0),
            service_minutes: 60,
            line_limit: 200,
            instructions_limit: 200,
            review_nights: 30,
            window_months_before: 2,
            window_months_after: 12,
            kept_days: 400,
            churn_percent: 20,
            source_order: Vec::new(),
        }
    }
}

impl Rules {
    /// When what is stored about a stay may go.
    pub fn kept_until(&self, check_out: Date) -> Timestamp {
        let window = self.window_months_before.saturating_add(1).saturating_mul(31);
        let days = i64::from(self.kept_days.max(window));
        let last = check_out.saturating_add(days.days());
        last.to_zoned(TimeZone::UTC).map_or(Timestamp::MAX, |midnight| midnight.timestamp())
    }
}

/// When absence becomes removal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AbsenceRules {
    pub misses: u32,
    pub hours: u32,
    /// Share of a source's upcoming stays that may go at once without an operator. Percent.
    pub mass_change_percent: u32,
    /// From this many upcoming stays on, the share is applied; below it, losing all or more than half asks.
    pub mass_change_floor: u32,
    /// Check-outs nearer than this are never removed by absence.
    pub checkout_margin_days: u32,
    /// Days before the furthest check-out a source ever showed from which its absence says nothing. Zero, since the furthest
    /// stay of a quiet house could else never be cancelled; above zero for feeds that cut their far end.
    pub horizon_slack_days: u32,
    /// Whether the schedule of a removed stay's job is withdrawn without a person.
    pub withdraw: WithdrawPolicy,
}

impl Default for AbsenceRules {
    fn default() -> Self {
        Self {
            misses: 3,
            hours: 12,
            mass_change_percent: 20,
            mass_change_floor: 5,
            checkout_margin_days: 1,
            horizon_slack_days: 0,
            withdraw: WithdrawPolicy::Ask,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WithdrawPolicy {
    #[default]
    Ask,
    Automatic,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct JobRules {
    /// The connection jobs are created in.
    pub connection: Option<ConnectionId>,
    /// Where the history is mirrored.
    pub mirror: Option<ConnectionId>,
    /// Jobs are created this many days ahead of their service date.
    pub ahead_days: u32,
    pub arrival_window_minutes: u32,
    pub notify: NotifyPolicy,
    /// Templates used where a property names none: service type -> job.
    pub templates: BTreeMap<String, JobId>,
    /// Service types that never get a job.
    pub without_job: Vec<ServiceType>,
}

impl Default for JobRules {
    fn default() -> Self {
        Self {
            connection: None,
            mirror: None,
            ahead_days: 120,
            arrival_window_minutes: 0,
            notify: NotifyPolicy::Silent,
            templates: BTreeMap::new(),
            without_job: vec![ServiceType::NoService],
        }
    }
}

/// Whether a schedule change tells customer and crew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotifyPolicy {
    #[default]
    Silent,
    Crew,
    CrewAndCustomer,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MailRules {
    /// Addresses or domains reports may come from, matched against header and envelope sender.
    pub senders: Vec<String>,
    /// Secret holding `user:password` for the inbound hook, relative to `lintel/<stage>/<org>/`.
    pub secret: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PollRules {
    pub at_once: usize,
    pub per_host: usize,
    pub timeout_seconds: u64,
    pub tries: u32,
    pub pause_seconds: u64,
    pub max_bytes: usize,
}

impl Default for PollRules {
    fn default() -> Self {
        Self { at_once: 20, per_host: 2, timeout_seconds: 15, tries: 3, pause_seconds: 2, max_bytes: 5 * 1024 * 1024 }
    }
}
