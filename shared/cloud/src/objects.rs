//! The bucket: raw mails, snapshots, settings. S3 when deployed, a folder or memory locally, behind one interface.

use crate::FunctionError;
use aws_lambda_events::event::s3::S3Event;
use bytes::Bytes;
use futures::{TryStreamExt as _, future::ready};
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt, path::Path};
use serde_json::Value;
use std::{fmt, sync::Arc};

#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    #[error("object {0} does not exist")]
    Missing(String),
    #[error("object {key} has {size} bytes, more than the {limit} that are read")]
    TooLarge { key: String, size: u64, limit: usize },
    #[error("{doing} object {key}: {reason}")]
    Unavailable { doing: &'static str, key: String, reason: String },
}

/// An object as a listing shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectHead {
    pub key: String,
    /// In bytes.
    pub size: u64,
    /// Another one whenever the content was written again.
    pub version: Option<String>,
}

#[derive(Clone)]
pub struct Objects(Arc<dyn ObjectStore>);

impl fmt::Debug for Objects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Objects({})", self.0)
    }
}

impl Objects {
    pub fn new(store: Arc<dyn ObjectStore>) -> Self {
        Self(store)
    }

    /// A bucket of S3, or of whatever answers at the endpoint.
    pub fn s3(bucket: &str, endpoint: Option<&str>) -> Result<Self, ObjectError> {
        let mut builder = object_store::aws::AmazonS3Builder::from_env().with_bucket_name(bucket);
        if let Some(endpoint) = endpoint {
            builder = builder.with_endpoint(endpoint).with_allow_http(true);
        }
        let store = builder.build().map_err(|error| unavailable("open", bucket, &error))?;
        Ok(Self(Arc::new(store)))
    }

    /// Writes an object whole; readers see all of it or none.
    pub async fn put(&self, key: &str, content: Bytes) -> Result<(), ObjectError> {
        self.0.put(&Path::from(key), content.into()).await.map(drop).map_err(|error| unavailable("write", key, &error))
    }

    /// Reads an object of at most `limit` bytes.
    pub async fn get(&self, key: &str, limit: usize) -> Result<Bytes, ObjectError> {
        let found = self.0.get(&Path::from(key)).await.map_err(|error| match error {
            object_store::Error::NotFound { .. } => ObjectError::Missing(key.to_owned()),
            other => unavailable("read", key, &other),
        })?;
        let size = found.meta.size;
        if size > limit as u64 {
            return Err(ObjectError::TooLarge { key: key.to_owned(), size, limit });
        }
        found.bytes().await.map_err(|error| unavailable("read", key, &error))
    }

    /// The objects whose keys begin so.
    pub async fn list(&self, prefix: &str) -> Result<Vec<ObjectHead>, ObjectError> {
        let folder = prefix.rsplit_once('/').map(|(folder, _)| Path::from(folder));
        let listed = self.0.list(folder.as_ref()).try_filter(|meta| ready(meta.location.as_ref().starts_with(prefix)));
        let head = |meta: ObjectMeta| ObjectHead { key: meta.location.into(), size: meta.size, version: meta.e_tag };
        listed.map_ok(head).try_collect().await.map_err(|error| unavailable("list", prefix, &error))
    }
}

/// The keys an S3 event says were put, decoded: S3 writes them as in a form, with `+` for a space.
pub fn put_events(event: Value) -> Result<Vec<String>, FunctionError> {
    let event: S3Event =
        serde_json::from_value(event).map_err(|error| FunctionError::Event(format!("not an S3 event: {error}")))?;
    Ok(event
        .records
        .into_iter()
        .filter(|record| record.event_name.as_deref().is_some_and(|name| name.contains("ObjectCreated")))
        .filter_map(|record| record.s3.object.key)
        .map(|key| {
            url::form_urlencoded::parse(format!("key={key}").as_bytes())
                .next()
                .map(|(_, key)| key.into_owned())
                .unwrap_or_default()
        })
        .collect())
}

fn unavailable(doing: &'static str, key: &str, error: &object_store::Error) -> ObjectError {
    ObjectError::Unavailable { doing, key: key.to_owned(), reason: error.to_string() }
}
