//! The parts of AWS that Lintel uses, inside this process: DynamoDB (on SQLite), SQS and Secrets Manager.
//!
//! Two doors lead to the same three services. [`LocalAws`] listens on one loopback address, so that any AWS client,
//! in this process or another, reaches all of it by setting `AWS_ENDPOINT_URL`. [`InProcessAws`] hands an HTTP
//! connector to the AWS SDK instead: no socket is involved, so tokio's paused clock drives visibility timeouts, delays
//! and long polls at once.
//!
//! What the services do is proven by `tests/conformance`, which runs against any endpoint.
//! Where they differ from AWS:
//! - reads are always strongly consistent, nothing is throttled, and no two transactions ever conflict;
//! - items past their expiry stay until [`LocalAws::sweep_expired`];
//! - a folder keeps the table and the secrets of [`KEPT_SECRETS`]: queues and all other secrets start empty, their owner makes
//!   them again;
//! - an SQS body may hold 256 KiB (AWS: 1 MiB), a delay may be longer than 15 minutes, and message groups on a standard queue are accepted but change nothing;
//! - messages that become visible again at the same instant come back in no particular order.

mod checkpoints;
mod connector;
mod listener;
mod queues;
mod secrets;
mod services;
mod table;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::{
    Credentials, SharedCredentialsProvider, SharedHttpClient, StalledStreamProtectionConfig,
};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::connector::Connector;
use crate::services::Services;
use crate::table::ClockFn;

/// The region every embedded service believes it is in.
pub const REGION: &str = "us-east-1";

/// The account number that appears in embedded queue URLs and ARNs.
pub const ACCOUNT: &str = "000000000000";

/// Secrets whose names begin so are kept in the folder with the table: the keys that parts of it are encrypted under.
pub const KEPT_SECRETS: &str = "lintel-vault/";

/// Why the embedded services did not start or did not do their housekeeping.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The folder for the table could not be made.
    #[error("making the data folder {}", folder.display())]
    Folder {
        /// The folder asked for.
        folder: PathBuf,
        /// What the file system said.
        #[source]
        source: std::io::Error,
    },
    /// The folder's path is not text, which the database needs.
    #[error("opening the table in {}: the path is not valid text", folder.display())]
    FolderName {
        /// The folder asked for.
        folder: PathBuf,
    },
    /// The database did not open, or did not sweep.
    #[error("using the embedded table: {reason}")]
    Table {
        /// What the database said.
        reason: String,
    },
    /// The kept secrets could not be used.
    #[error("using the kept secrets: {reason}")]
    Secrets {
        /// What was wrong with them.
        reason: String,
    },
    /// The address could not be listened on.
    #[error("listening on {address}")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

/// Where the table lives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Storage {
    /// In memory, gone with the process.
    #[default]
    Memory,
    /// In the files `table.sqlite` and `data-keys.json` of this folder, which is made when it does not exist.
    Folder(PathBuf),
}

/// How [`LocalAws::start`] sets the services up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Where the table lives.
    pub storage: Storage,
    /// The address all three services answer on. Port 0 takes any free one.
    pub listen: SocketAddr,
}

impl Default for Options {
    fn default() -> Self {
        Self { storage: Storage::Memory, listen: SocketAddr::from(([127, 0, 0, 1], 0)) }
    }
}

/// The three services behind one address. They stop when this is dropped.
#[derive(Debug)]
pub struct LocalAws {
    services: Arc<Services>,
    address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl LocalAws {
    /// Opens the table, binds the address and begins to answer.
    ///
    /// # Errors
    /// When the folder, the database file or the address cannot be had.
    pub async fn start(options: Options) -> Result<Self, Error> {
        let listener = TcpListener::bind(options.listen)
            .await
            .map_err(|source| Error::Listen { address: options.listen, source })?;
        let address = listener.local_addr().map_err(|source| Error::Listen { address: options.listen, source })?;
        let services = Arc::new(Services::open(&options.storage, system_clock(), address)?);
        let accepting = tokio::spawn(listener::serve(listener, Arc::clone(&services)));
        Ok(Self { services, address, accepting })
    }

    /// The address in the form `AWS_ENDPOINT_URL` takes; it serves all three services.
    pub fn endpoint_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Settings for any AWS client of another process, or one that is to use a real socket.
    pub fn sdk_config(&self) -> SdkConfig {
        config_at(self.endpoint_url())
    }

    /// Settings for AWS clients of this process: the same services, without a socket in between.
    pub fn in_process_config(&self) -> SdkConfig {
        in_process(self.endpoint_url(), &self.services)
    }

    /// How often each operation was asked for so far, by its name: `PutItem`, `SendMessageBatch`.
    pub fn calls(&self) -> BTreeMap<String, u64> {
        self.services.calls()
    }

    /// Deletes the items whose time to live has passed, as AWS does by itself within days. Returns how many.
    ///
    /// # Errors
    /// When the database cannot be read or written.
    pub fn sweep_expired(&self) -> Result<usize, Error> {
        self.services.sweep_expired()
    }
}

impl Drop for LocalAws {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// The three services without a socket, for tests on a paused clock. Cheap to clone; clones share everything.
#[derive(Clone, Debug)]
pub struct InProcessAws {
    services: Arc<Services>,
}

impl InProcessAws {
    /// Empty services in memory on the system's clock. Needs a tokio runtime once a queue is made.
    ///
    /// # Errors
    /// When the in-memory database cannot be opened.
    pub fn start() -> Result<Self, Error> {
        Self::start_with_clock(SystemTime::now)
    }

    /// As [`InProcessAws::start`], with the clock by which items expire. Queues go by tokio's clock.
    ///
    /// # Errors
    /// When the in-memory database cannot be opened.
    pub fn start_with_clock(now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Result<Self, Error> {
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 1));
        Ok(Self { services: Arc::new(Services::open(&Storage::Memory, Arc::new(now), nowhere)?) })
    }

    /// How often each operation was asked for so far, by its name: `PutItem`, `SendMessageBatch`.
    pub fn calls(&self) -> BTreeMap<String, u64> {
        self.services.calls()
    }

    /// Settings for any AWS client that should talk to these services.
    pub fn sdk_config(&self) -> SdkConfig {
        in_process("http://localhost".to_owned(), &self.services)
    }

    /// Deletes the items whose time to live has passed. Returns how many.
    ///
    /// # Errors
    /// When the database cannot be read or written.
    pub fn sweep_expired(&self) -> Result<usize, Error> {
        self.services.sweep_expired()
    }
}

fn in_process(endpoint_url: String, services: &Arc<Services>) -> SdkConfig {
    config_at(endpoint_url)
        .into_builder()
        .http_client(SharedHttpClient::new(Connector::new(Arc::clone(services))))
        .build()
}

fn system_clock() -> ClockFn {
    Arc::new(SystemTime::now)
}

/// Built by hand rather than loaded, so that nothing on this machine (profiles, variables, a metadata service) has a say.
fn config_at(endpoint_url: String) -> SdkConfig {
    let credentials = Credentials::new("local", "local", None, None, "lintel-local-aws");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static(REGION))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .endpoint_url(endpoint_url)
        .build()
}
