//! Identifiers. Each is a type of its own, so that one cannot stand where another belongs.
//!
//! One property's id stands in every of its stays and rows, so identifiers are shared rather than copied, and short ones, as
//! suppliers number their stays by, stand where they are used.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::{borrow::Cow, fmt};

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(SmolStr);

        impl $name {
            pub fn new(text: impl AsRef<str>) -> Self {
                Self(SmolStr::new(text))
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }
    )+};
}

id! {
    /// A customer of Lintel. Every row, secret and log line belongs to exactly one.
    OrgId;
    /// An organization's account at one vendor, as named in its configuration.
    ConnectionId;
    /// A property, as named in the organization's configuration.
    PropertyId;
    /// A calendar feed, as named in the organization's configuration.
    FeedId;
    /// Where observations come from: a feed, or one kind of supplier report. Doubles as the history table's feed key.
    SourceId;
    /// A stay's one canonical identity within its organization.
    StayKey;
    /// The identifier a source gave an entry. May be reused over properties and may change from read to read.
    SourceUid;
    /// A booking platform's confirmation code. Survives date changes where a uid may not.
    ConfirmationCode;
    /// One read of one source for one property; what decisions cite as evidence.
    SnapshotId;
    /// Something to react to at a property: a read, an operator's choice, an office's edit.
    InputId;
    /// An event a vendor sent.
    EventId;
    /// Events that came at the same moment, until each is written down by itself.
    BundleId;
    /// A vendor's own id of one row of the office's table.
    RecordId;
    /// A registration at a vendor that tells of changes.
    WatchId;
    /// A removal plan waiting for an operator.
    RemovalPlanId;
    /// A quarantined row or message.
    QuarantineId;
    /// One entry of an audit.
    AuditId;
    /// A job in the field-service system.
    JobId;
    /// An appointment of a job.
    AppointmentId;
    /// A customer record in the field-service system.
    CustomerId;
    /// A service address of such a customer.
    AddressId;
    /// A person who does the work.
    EmployeeId;
    /// A configured sync of records, as named in the organization's configuration.
    FlowId;
    /// One execution of a flow.
    RunId;
}

/// Stable name of a rule, as it appears in decisions: `same-day.next-check-in`. Rules are known by heart, so naming one costs
/// nothing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RuleId(Cow<'static, str>);

impl RuleId {
    pub fn new(name: impl Into<Self>) -> Self {
        name.into()
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&'static str> for RuleId {
    fn from(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }
}

impl From<String> for RuleId {
    fn from(name: String) -> Self {
        Self(Cow::Owned(name))
    }
}
