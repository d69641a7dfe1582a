//! One way to every vendor: budget, breaker, authentication, retries, and a verdict on every answer.

mod addresses;
mod backoff;
mod budget;
mod call_log;
mod client;
mod credentials;
mod deadline;
mod driver;
mod grant;
mod keeper;
mod memory;
mod opening;
mod permits;
mod target;
mod tokens;
mod told;
mod verdict;
mod waiting;

pub use addresses::{AddressFault, AddressPolicy};
pub use backoff::full_jitter;
pub use budget::{BudgetKey, BudgetState, CallBudget, Limit, Reservation, gcra, turn};
pub use call_log::{Call, CallLog, CallOutcome, NoCallLog, counted};
pub use client::{HttpClient, ReqwestClient, SendError};
pub use credentials::Credentials;
pub use deadline::Deadline;
pub(crate) use driver::PLAN_LIMIT;
pub use driver::{Ask, Driver, Effect, Reader};
pub use keeper::TokenKeeper;
pub use memory::MemoryState;
pub(crate) use opening::Account;
pub use permits::Permits;
pub(crate) use target::{encoded, filled};
pub use tokens::{Claim, Lease, TokenKey, TokenStore, Tokens};
pub use told::Told;
pub use verdict::{Fault, Verdict};
pub use waiting::retry_after;

use async_trait::async_trait;
use jiff::Timestamp;

/// The shared state could not be read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct StateError(pub String);

/// Whether a vendor is worth asking, shared by every worker of a connection.
#[async_trait]
pub trait Breaker: std::fmt::Debug + Send + Sync {
    /// `None`: go on. Else the moment a probe is allowed.
    async fn open_until(&self, key: &BudgetKey, now: Timestamp) -> Result<Option<Timestamp>, StateError>;

    async fn record(&self, key: &BudgetKey, outcome: CallOutcome, now: Timestamp) -> Result<(), StateError>;
}
