//! The one table, and every way it is read and written.
//!
//! Keys begin with the organization; only the directory of organizations itself does not. No access pattern scans.
//!
//! | what | PK | SK | index 1: outstanding work | index 2: lookup |
//! | --- | --- | --- | --- | --- |
//! | directory | `ORGS` | `ORG#<org>` | | |
//! | settings in force | `ORG#<org>#SETTINGS` | `CURRENT` | | |
//! | earlier version of a stay | `ORG#<org>#PROPERTY#<id>` | `HISTORY#<stay>#<version>` | | |
//! | job of a stay | same | `JOB#<stay>` | `…#WORK#jobs` / due | `…#JOB#<id>` |
//! | mirror of a stay | same | `MIRROR#<stay>` | `…#WORK#mirror` / due | |
//! | removal plan | same | `PLAN#<id>` | `…#WORK#plans` / opened | `…#PLAN#<id>` |
//! | facts of a property | same | `STATE` | | |
//! | stay | same | `STAY#<stay>` | | `…#STAY#<stay>` |
//! | input of a property | `ORG#<org>#INPUT#<id>` | `INPUT` | `…#WORK#stays` / due | |
//! | mail | `ORG#<org>#MAILS` | `MAIL#<id>` | `…#WORK#mail` / due | |
//! | attachment seen | `ORG#<org>#ATTACHMENT#<hash>` | `<day>` | | |
//! | message seen | `ORG#<org>#MESSAGE#<hash>` | `MESSAGE` | | |
//! | feed | `ORG#<org>#FEEDS` | `FEED#<id>` | | |
//! | quarantined row | `ORG#<org>#QUARANTINE` | `<id>` | | |
//! | event | `ORG#<org>#EVENT#<id>` | `EVENT` | `…#WORK#events` / received | |
//! | events that came together | `ORG#<org>#BUNDLES` | `BUNDLE#<received>#<hash>` | | |
//! | work done once | `ORG#<org>#ONCE#<key>` | `ONCE` | | |
//! | call budget, breaker | `ORG#<org>#CONNECTIONS` | `BUDGET#…`, `BREAKER#…` | | |
//! | newest tokens, lease on the next | same | `TOKENS#<connection>` | | |
//! | watch at a vendor | same | `WATCH#<connection>` | | |
//! | ids of a target | same | `TARGET#<connection>` | | |
//! | record of a target that is being taken over | same | `TAKING#<connection>#<stream>#<id>` | | |
//! | where a flow stands | `ORG#<org>#FLOWS` | `FLOW#<flow>` | | |
//! | link of a flow | `ORG#<org>#FLOW#<flow>` | `LINK#<record>` | `…#CONFLICTS#<flow>` / record | `…#TARGET#<flow>#<id>` |
//! | value only one record may have | `ORG#<org>#CLAIMS#<flow>` | `CLAIM#<value>` | | |
//! | relation at a target | `ORG#<org>#EDGES#<flow>` | `EDGE#<relation>` | | |
//! | run of a flow | `ORG#<org>#RUNS#<flow>` | `RUN#<id>` | | |
//! | page of a run | `ORG#<org>#PAGES#<run>` | `PAGE#<number>` | | |
//! | quality report of a run | `ORG#<org>#REPORTS` | `REPORT#<run>` | | |
//! | what a person decided of a record | `ORG#<org>#DECISIONS#<flow>` | `RECORD#<record>#<field>` | | |
//! | plan to let go of records | `ORG#<org>#MISSING#<flow>` | `HEAD`, `PART#<run>#<number>` | | |
//! | record of a flow to look at | `ORG#<org>#PROBLEMS#<flow>` | `RECORD#<record>` | | |
//! | entry for an operator | `ORG#<org>#ATTENTION` | `<code>#<subject>` | | |
//! | audit of a record | `ORG#<org>#AUDIT#<record>` | `<when>#<id>` | | |
//! | audit of many records of a stream at once | `ORG#<org>#AUDITS#<stream>` | `AT#<when>#<id>` | | |
//!
//! | question | served by |
//! | --- | --- |
//! | a property with all that is current | one query: its partition from `JOB#` on (history sorts before) |
//! | a stay by its key, a job by the vendor's id | index 2, one read |
//! | work that is due, by kind | index 1, `due` up to now |
//! | events that came together and wait | one query: their partition up to now |
//! | links of a page's records | batch reads by key |
//! | what is gone at a source | one query: the flow's links, against the keys of the run's pages |
//! | which links there are, and the reports of runs | one query each, without their content |
//! | links of a flow with a field in conflict | index 1, one query |
//! | an organization's feeds, mails, quarantine, attention | one query each |
//! | what was done to a record, and to its protected fields, by whom and why | one query: its audit partition, in order of time |
//!
//! Stays with all that belongs to them leave by their expiry, a configured time after check-out, so that a property's partition
//! holds what is current and not all that ever was.
//!
//! Rows that stand for work carry the keys of index 1 only while work is outstanding, links while a field is in conflict. Audit rows
//! are only added, and leave by their expiry.

mod attention;
mod audit;
mod bundles;
mod claims;
mod decisions;
mod edges;
mod error;
mod events;
mod feeds;
mod idempotency;
mod inputs;
mod item;
mod jobs;
mod keys;
mod links;
mod mails;
mod many;
mod mirror;
mod missing;
mod organizations;
mod packed;
mod problems;
mod properties;
mod reports;
mod runs;
mod taking;
mod targets;
mod tokens;
mod watches;
mod work;

pub use attention::{AttentionRow, QuarantineRow};
pub use audit::{AUDIT_KEPT, Act, AuditEntry, FieldChange, Lift, Purpose, WriteKind, flow_record};
pub use bundles::Arrived;
pub use claims::Claimant;
pub use decisions::Decision;
pub use error::StoreError;
pub use events::{Arrival, EventRow, EventState, Received};
pub use feeds::FeedRow;
pub use idempotency::{Once, OnceError, Request};
pub use inputs::{InputContent, InputRow, InputState};
pub use jobs::{Claim, Claimed, JobRow, MirrorMark, Settled};
pub use links::{FoundLinks, LinkHead};
pub use mails::{Accepted, MailRow, MailState};
pub use mirror::MirrorRow;
pub use missing::MissingPlan;
pub use organizations::SettingsPointer;
pub use problems::{Problem, ProblemRow};
pub use properties::{Commit, Committed, PropertyRows, StayRecord};
pub use reports::{ReportContent, ReportSummary};
pub use runs::{FlowRow, PageOutcome, PageRow};
pub use taking::TargetRecord;
pub use tokens::TokenRow;
pub use watches::WatchRow;
pub use work::{DueWork, WorkKind};

use aws_sdk_dynamodb::Client;
use lintel_domain::ids::OrgId;

/// The table. Everything but the directory is reached through one organization's [`OrgTable`].
#[derive(Clone, Debug)]
pub struct Table {
    client: Client,
    name: String,
}

/// One organization's part of the table: no method reaches another's.
#[derive(Clone, Debug)]
pub struct OrgTable {
    client: Client,
    name: String,
    org: OrgId,
}

impl Table {
    pub fn new(client: Client, name: impl Into<String>) -> Self {
        Self { client, name: name.into() }
    }

    pub fn client(&self) -> &Client {
        &self.client
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn org(&self, org: &OrgId) -> OrgTable {
        OrgTable { client: self.client.clone(), name: self.name.clone(), org: org.clone() }
    }
}

impl OrgTable {
    pub fn id(&self) -> &OrgId {
        &self.org
    }
}
