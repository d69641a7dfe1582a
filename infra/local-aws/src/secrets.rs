//! Secrets Manager: one request at a time, and those secrets kept that nobody could make again.
//!
//! The engine looks whether a secret is there and then makes it; AWS does both at once. Taking one request after
//! another makes it the same.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};
use rustack_secretsmanager_core::config::SecretsManagerConfig;
use rustack_secretsmanager_core::handler::RustackSecretsManagerHandler;
use rustack_secretsmanager_core::provider::RustackSecretsManager;
use rustack_secretsmanager_http::dispatch::SecretsManagerHandler;
use rustack_secretsmanager_http::response::error_to_response;
use rustack_secretsmanager_http::router::resolve_operation;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::services::{REQUEST_ID, refusal, whole};
use crate::{ACCOUNT, Error, KEPT_SECRETS, REGION, Storage};

/// The file kept secrets lie in, beside the table that is worth nothing without them.
const FILE: &str = "data-keys.json";

/// All secrets of the embedded account.
pub(crate) struct Secrets {
    engine: Arc<RustackSecretsManager>,
    handler: RustackSecretsManagerHandler,
    /// Held while a request is answered.
    kept: Mutex<Kept>,
}

/// Secrets that outlive the process, by name: their current values.
struct Kept {
    file: Option<PathBuf>,
    values: BTreeMap<String, String>,
}

impl Secrets {
    /// Makes the service, with the secrets the folder has kept.
    pub(crate) fn open(storage: &Storage) -> Result<Self, Error> {
        let engine = Arc::new(RustackSecretsManager::new(SecretsManagerConfig {
            skip_signature_validation: true,
            default_region: REGION.to_owned(),
            default_account_id: ACCOUNT.to_owned(),
        }));
        let kept = Kept::open(storage)?;
        for (name, value) in &kept.values {
            let unusable = |reason: String| Error::Secrets { reason: format!("make {name} again: {reason}") };
            let request = json!({ "Name": name, "SecretString": value });
            let request = serde_json::from_value(request).map_err(|error| unusable(error.to_string()))?;
            engine.handle_create_secret(request).map_err(|error| unusable(error.to_string()))?;
        }
        let handler = RustackSecretsManagerHandler::new(Arc::clone(&engine));
        Ok(Self { engine, handler, kept: Mutex::new(kept) })
    }

    pub(crate) async fn answer(&self, headers: &HeaderMap, body: Bytes) -> Response<Bytes> {
        let mut kept = self.kept.lock().await;
        let touched = kept.touched(&body);
        let answered = match resolve_operation(headers) {
            Ok(operation) => self.handler.handle_operation(operation, body).await,
            Err(error) => Err(error),
        };
        let response = whole(answered.unwrap_or_else(|error| error_to_response(&error, REQUEST_ID))).await;
        let Some(name) = touched.filter(|_| response.status().is_success()) else { return response };
        match kept.keep(&name, self.current(&name)) {
            Ok(()) => response,
            Err(error) => refusal(StatusCode::INTERNAL_SERVER_ERROR, "InternalServiceError", &error.to_string()),
        }
    }

    fn current(&self, name: &str) -> Option<String> {
        let request = serde_json::from_value(json!({ "SecretId": name })).ok()?;
        self.engine.handle_get_secret_value(&request).ok()?.secret_string
    }
}

impl Kept {
    fn open(storage: &Storage) -> Result<Self, Error> {
        let Storage::Folder(folder) = storage else { return Ok(Self { file: None, values: BTreeMap::new() }) };
        let file = folder.join(FILE);
        let unusable = |reason: String| Error::Secrets { reason: format!("read {}: {reason}", file.display()) };
        let values = match std::fs::read(&file) {
            // What the parser says may quote a key.
            Ok(content) => {
                serde_json::from_slice(&content).map_err(|_| unusable("not as it was written".to_owned()))?
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(unusable(error.to_string())),
        };
        Ok(Self { file: Some(file), values })
    }

    /// The secret that a request is about, if it is one that is kept.
    fn touched(&self, body: &[u8]) -> Option<String> {
        self.file.as_ref()?;
        let request: Value = serde_json::from_slice(body).ok()?;
        let name = request.get("SecretId").or_else(|| request.get("Name"))?.as_str()?;
        name.starts_with(KEPT_SECRETS).then(|| name.to_owned())
    }

    /// Notes a secret's value; writes only what differs.
    fn keep(&mut self, name: &str, value: Option<String>) -> std::io::Result<()> {
        let Some(file) = self.file.as_ref().filter(|_| self.values.get(name) != value.as_ref()) else { return Ok(()) };
        match value {
            Some(value) => self.values.insert(name.to_owned(), value),
            None => self.values.remove(name),
        };
        write(file, &serde_json::to_vec(&self.values)?)
    }
}

/// Writes a file only its owner may read, whole or not at all.
fn write(file: &Path, content: &[u8]) -> std::io::Result<()> {
    let unfinished = file.with_extension("new");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut opened = options.open(&unfinished)?;
    opened.write_all(content)?;
    opened.sync_all()?;
    std::fs::rename(&unfinished, file)
}
