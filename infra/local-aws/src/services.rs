//! One request in, one answer out: the header that names the operation also names the service.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};
use http_body_util::BodyExt;

use crate::queues::Queues;
use crate::secrets::Secrets;
use crate::table::{ClockFn, Table};
use crate::{Error, Storage};

/// AWS's JSON protocols carry `Service.Operation` in this header.
const TARGET: &str = "x-amz-target";

/// The request id of every answer: nothing tells two local requests apart better than the log's own context.
pub(crate) const REQUEST_ID: &str = "local";

/// The three services' states.
pub(crate) struct Services {
    table: Table,
    queues: Queues,
    secrets: Secrets,
    calls: Mutex<BTreeMap<String, u64>>,
}

impl std::fmt::Debug for Services {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Services").finish_non_exhaustive()
    }
}

impl Services {
    /// Opens the table and the kept secrets, and makes the queues, which start empty. `address` appears in queue URLs.
    pub(crate) fn open(storage: &Storage, clock: ClockFn, address: SocketAddr) -> Result<Self, Error> {
        Ok(Self {
            table: Table::open(storage, clock)?,
            queues: Queues::new(address),
            secrets: Secrets::open(storage)?,
            calls: Mutex::default(),
        })
    }

    /// Deletes expired items.
    pub(crate) fn sweep_expired(&self) -> Result<usize, Error> {
        self.table.sweep_expired()
    }

    /// How often each operation was asked for, by its name: `PutItem`, `SendMessageBatch`.
    pub(crate) fn calls(&self) -> BTreeMap<String, u64> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn count(&self, target: &str) {
        let operation = target.split_once('.').map_or(target, |(_, operation)| operation);
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        *calls.entry(operation.to_owned()).or_default() += 1;
    }

    /// Answers one request in AWS's JSON protocols.
    pub(crate) async fn answer(&self, headers: &HeaderMap, body: Bytes) -> Response<Bytes> {
        let target = headers.get(TARGET).and_then(|value| value.to_str().ok()).unwrap_or_default();
        self.count(target);
        match target.split_once('.') {
            Some(("DynamoDB_20120810", operation)) => self.table.answer(operation, &body).await,
            Some(("AmazonSQS", _)) => self.queues.answer(headers, body).await,
            Some(("secretsmanager", _)) => self.secrets.answer(headers, body).await,
            _ => refusal(StatusCode::BAD_REQUEST, "UnknownOperationException", target),
        }
    }
}

/// Reads a service's answer into one piece.
pub(crate) async fn whole<B>(response: Response<B>) -> Response<Bytes>
where
    B: hyper::body::Body,
    B::Error: std::fmt::Display,
{
    let (parts, body) = response.into_parts();
    match body.collect().await {
        Ok(body) => Response::from_parts(parts, body.to_bytes()),
        Err(error) => refusal(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", &error.to_string()),
    }
}

/// An error in the shape all three protocols share.
pub(crate) fn refusal(status: StatusCode, kind: &str, message: &str) -> Response<Bytes> {
    answer(status, serde_json::json!({ "__type": kind, "message": message }).to_string().into())
}

/// An answer with a JSON body.
pub(crate) fn answer(status: StatusCode, body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/x-amz-json-1.0"));
    headers.insert("x-amzn-requestid", http::HeaderValue::from_static(REQUEST_ID));
    response
}
