//! DynamoDB: the database's own request and response types, read from and written to the wire's JSON.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use dynoxide::storage_backend::Clock;
use dynoxide::{Database, DynoxideError};
use http::{Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::Mutex;

use crate::checkpoints::Checkpoints;
use crate::services::{answer, refusal};
use crate::{Error, Storage};

/// Where the table asks for the time.
pub(crate) type ClockFn = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// The file the table is kept in, inside its folder.
const FILE: &str = "table.sqlite";

/// The database. Its calls run on the thread that makes them, which is what keeps a paused clock deterministic.
pub(crate) struct Table {
    database: Database,
    /// The database lets one thread in at a time. Requests wait for it as tasks, so that a runtime's thread that cannot have
    /// it yet does other work.
    turn: Mutex<()>,
    _checkpoints: Option<Checkpoints>,
}

impl Table {
    /// `clock` decides what has expired; a table in a folder always goes by the system's clock.
    pub(crate) fn open(storage: &Storage, clock: ClockFn) -> Result<Self, Error> {
        let unusable = |error: DynoxideError| Error::Table { reason: error.to_string() };
        let (database, checkpoints) = match storage {
            Storage::Memory => (Database::memory_with_clock(Arc::new(HandedIn(clock))).map_err(unusable)?, None),
            Storage::Folder(folder) => {
                std::fs::create_dir_all(folder).map_err(|source| Error::Folder { folder: folder.clone(), source })?;
                let file = folder.join(FILE);
                let path = file.to_str().ok_or_else(|| Error::FolderName { folder: folder.clone() })?;
                let database = Database::new(path).map_err(unusable)?;
                let checkpoints = Checkpoints::of(&file).map_err(|error| Error::Table { reason: error.to_string() })?;
                (database, Some(checkpoints))
            }
        };
        // The name hides what it does: `synchronous = NORMAL`. Each write is in the log before its answer, which outlives
        // this process; only a power cut may take the last moments.
        database.disable_bulk_loading().map_err(unusable)?;
        Ok(Self { database, turn: Mutex::default(), _checkpoints: checkpoints })
    }

    pub(crate) fn sweep_expired(&self) -> Result<usize, Error> {
        self.database.sweep_ttl().map_err(|error| Error::Table { reason: error.to_string() })
    }

    /// Runs one operation of the DynamoDB API.
    pub(crate) async fn answer(&self, operation: &str, body: &[u8]) -> Response<Bytes> {
        let db = &self.database;
        let outcome = match operation {
            "PutItem" => self.run(body, |it| db.put_item(it)).await,
            "GetItem" => self.run(body, |it| db.get_item(it)).await,
            "UpdateItem" => self.run(body, |it| db.update_item(it)).await,
            "DeleteItem" => self.run(body, |it| db.delete_item(it)).await,
            "Query" => self.run(body, |it| db.query(it)).await,
            "Scan" => self.run(body, |it| db.scan(it)).await,
            "BatchGetItem" => self.run(body, |it| db.batch_get_item(it)).await,
            "BatchWriteItem" => self.run(body, |it| db.batch_write_item(it)).await,
            "TransactWriteItems" => self.run(body, |it| db.transact_write_items(it)).await,
            "TransactGetItems" => self.run(body, |it| db.transact_get_items(it)).await,
            "CreateTable" => self.run(body, |it| db.create_table(it)).await,
            "DescribeTable" => self.run(body, |it| db.describe_table(it)).await,
            "UpdateTable" => self.run(body, |it| db.update_table(it)).await,
            "DeleteTable" => self.run(body, |it| db.delete_table(it)).await,
            "ListTables" => self.run(body, |it| db.list_tables(it)).await,
            "UpdateTimeToLive" => self.run(body, |it| db.update_time_to_live(it)).await,
            "DescribeTimeToLive" => self.run(body, |it| db.describe_time_to_live(it)).await,
            "ExecuteStatement" => self.run(body, |it| db.execute_statement(it)).await,
            "TagResource" => self.run(body, |it| db.tag_resource(it)).await,
            "UntagResource" => self.run(body, |it| db.untag_resource(it)).await,
            "ListTagsOfResource" => self.run(body, |it| db.list_tags_of_resource(it)).await,
            _ => return refusal(StatusCode::BAD_REQUEST, "UnknownOperationException", operation),
        };
        match outcome {
            Ok(body) => answer(StatusCode::OK, body),
            Err(error) => {
                let status = StatusCode::from_u16(error.status_code()).unwrap_or(StatusCode::BAD_REQUEST);
                answer(status, error.to_json().into())
            }
        }
    }

    /// Reads a request and writes its answer, both outside the database's turn.
    async fn run<Q, A>(
        &self,
        body: &[u8],
        act: impl FnOnce(Q) -> Result<A, DynoxideError>,
    ) -> Result<Bytes, DynoxideError>
    where
        Q: DeserializeOwned,
        A: Serialize,
    {
        let request = serde_json::from_slice(body).map_err(|error| unreadable(&error.to_string()))?;
        let done = {
            let _turn = self.turn.lock().await;
            act(request)?
        };
        let answer = serde_json::to_vec(&done);
        answer.map(Bytes::from).map_err(|error| DynoxideError::InternalServerError(error.to_string()))
    }
}

/// The database's request types mark what kind of refusal they mean with a capitalised first word; the JSON reader adds
/// a position that AWS does not report.
fn unreadable(message: &str) -> DynoxideError {
    let unplaced = message.rfind(" at line ").map_or(message, |at| message.get(..at).unwrap_or(message));
    match unplaced.split_once(':') {
        Some((mark, rest)) if mark.starts_with("VALIDATION") => DynoxideError::ValidationException(rest.to_owned()),
        Some((mark, rest)) if mark.starts_with("SERIALIZATION") => {
            DynoxideError::SerializationException(rest.to_owned())
        }
        _ => DynoxideError::ValidationException(unplaced.to_owned()),
    }
}

struct HandedIn(ClockFn);

impl HandedIn {
    fn since_epoch(&self) -> std::time::Duration {
        (self.0)().duration_since(UNIX_EPOCH).unwrap_or_default()
    }
}

impl Clock for HandedIn {
    fn now_unix_secs(&self) -> u64 {
        self.since_epoch().as_secs()
    }

    fn now_unix_secs_f64(&self) -> f64 {
        self.since_epoch().as_secs_f64()
    }
}
