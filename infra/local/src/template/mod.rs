//! Reads `infra/template.yaml`: which function runs on what, which queue redrives where, which table has which keys.
//!
//! Pure: text and parameters in, [`Wiring`] out. Format: AWS SAM specification 2016-10-31 and the CloudFormation
//! intrinsic functions `Ref`, `Fn::Sub`, `Fn::GetAtt` and `Fn::Join`.

mod node;
mod read;
mod resolve;
mod schedule;
mod yaml;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

pub use read::read;
pub use schedule::{Schedule, ScheduleError};
pub use yaml::plain;

/// A resource's own name within the template.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogicalId(String);

impl LogicalId {
    pub(crate) fn new(id: &str) -> Self {
        Self(id.to_owned())
    }

    /// The name as written in the template.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LogicalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a host needs to know of a template.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wiring {
    /// Every Lambda function.
    pub functions: BTreeMap<LogicalId, FunctionWiring>,
    /// Every queue, dead-letter queues included.
    pub queues: BTreeMap<LogicalId, QueueWiring>,
    /// Every table.
    pub tables: BTreeMap<LogicalId, TableWiring>,
    /// Every bucket with its name.
    pub buckets: BTreeMap<LogicalId, String>,
    /// Secrets the template itself makes, with their names.
    pub secrets: BTreeMap<LogicalId, String>,
}

/// One function and everything that calls it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionWiring {
    /// The binary it runs, which is the last folder of its `CodeUri`.
    pub binary: String,
    /// How long one invocation may take.
    pub timeout: Duration,
    /// Memory in MiB.
    pub memory: u32,
    /// Its environment, the template's globals included.
    pub environment: BTreeMap<String, EnvValue>,
    /// HTTP routes that call it.
    pub routes: Vec<Route>,
    /// Schedules that call it.
    pub schedules: Vec<ScheduleTrigger>,
    /// Queues it reads.
    pub queues: Vec<QueueTrigger>,
    /// Buckets whose new objects call it.
    pub objects: Vec<ObjectTrigger>,
}

/// The value of an environment variable. A queue's is its URL, a table's and a bucket's its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnvValue {
    /// Plain text, resolved.
    Text(String),
    /// The name of a table.
    Table(LogicalId),
    /// The name of a bucket.
    Bucket(LogicalId),
    /// The URL of a queue.
    Queue(LogicalId),
}

/// One HTTP route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The method in capitals, or `ANY`.
    pub method: String,
    /// The path, with `{name}` where a part of it varies.
    pub path: String,
}

/// One schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleTrigger {
    /// When.
    pub schedule: Schedule,
    /// The event handed over, when the template sets one.
    pub input: Option<String>,
}

/// One event source mapping from a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueTrigger {
    /// The queue read.
    pub queue: LogicalId,
    /// Messages in one invocation, at most.
    pub batch_size: usize,
    /// How long a batch may be gathered.
    pub window: Duration,
    /// Invocations at the same time, at most.
    pub max_concurrency: Option<usize>,
    /// What a failed message does to its batch.
    pub failures: Failures,
}

/// How a function tells of failures within a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failures {
    /// The answer names the messages that failed (`ReportBatchItemFailures`).
    Reported,
    /// The whole batch fails together.
    WholeBatch,
}

/// New objects of a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectTrigger {
    /// The bucket.
    pub bucket: LogicalId,
    /// Only objects whose key starts so.
    pub prefix: String,
}

/// One queue. Durations have whole seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueWiring {
    /// Its name in the account.
    pub name: String,
    /// How long a received message stays hidden.
    pub visibility: Duration,
    /// How long a message is kept.
    pub retention: Duration,
    /// How long a sent message stays hidden at first.
    pub delay: Duration,
    /// Where messages go that were received too often.
    pub redrive: Option<Redrive>,
}

/// When a message is given up on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redrive {
    /// The queue that takes it.
    pub dead_letters: LogicalId,
    /// After this many receives.
    pub max_receive_count: u32,
}

/// One table; every key is text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableWiring {
    /// Its name in the account.
    pub name: String,
    /// The primary key.
    pub key: Key,
    /// Its global secondary indexes by name.
    pub indexes: BTreeMap<String, IndexWiring>,
    /// The attribute that holds the second of an item's expiry.
    pub expiry: Option<String>,
}

/// A partition key with a sort key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The partition key's attribute.
    pub partition: String,
    /// The sort key's attribute.
    pub sort: Option<String>,
}

/// A global secondary index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexWiring {
    /// Its key.
    pub key: Key,
    /// `ALL` or `KEYS_ONLY`.
    pub projection: String,
}

/// Why a template could not be read. `at` is the path of the place, such as `Table.Properties.KeySchema`.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum TemplateError {
    /// It is not YAML.
    #[error("reading the template as yaml: {0}")]
    Yaml(String),
    /// Something required is absent.
    #[error("reading the template: {at} is missing")]
    Missing {
        /// The place.
        at: String,
    },
    /// Something is there in another form.
    #[error("reading the template: {at} should be {wanted}")]
    Wrong {
        /// The place.
        at: String,
        /// What was expected there.
        wanted: &'static str,
    },
    /// A reference to nothing.
    #[error("reading the template: {at} refers to {name}, which the template does not have")]
    Dangling {
        /// The place.
        at: String,
        /// What it names.
        name: String,
    },
    /// A parameter given that the template does not declare, or declared and given no value.
    #[error("reading the template: the parameter {0} has no value or no declaration")]
    Parameter(String),
    /// A schedule that cannot be understood.
    #[error("reading the template: {at}: {source}")]
    Schedule {
        /// The place.
        at: String,
        /// What is wrong with it.
        #[source]
        source: ScheduleError,
    },
}
