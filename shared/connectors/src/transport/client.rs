//! One HTTP exchange, behind a trait: sockets when deployed, a simulator in the same process when not.

use super::{AddressFault, AddressPolicy};
use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};

/// Sends one request and reads the whole answer. Follows no redirect and retries nothing.
#[async_trait]
pub trait HttpClient: fmt::Debug + Send + Sync {
    async fn send(&self, request: http::Request<Bytes>, timeout: Duration) -> Result<http::Response<Bytes>, SendError>;
}

/// Why there is no whole answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The request never left: nothing can have been done.
    #[error("could not be reached: {0}")]
    NotSent(String),
    /// The request may have been carried out.
    #[error("no whole answer came: {0}")]
    Ambiguous(String),
    /// It was not asked: it is no address that may be.
    #[error("was not asked: {0}")]
    Forbidden(AddressFault),
    /// The answer is longer than anything expected.
    #[error("the answer is larger than {limit} bytes")]
    TooLarge { limit: usize },
}

/// No vendor answers more in one piece.
const LARGEST: usize = 16 * 1024 * 1024;

/// Sockets and TLS by `reqwest`, made when the first request is sent: many functions send none, and to read the system's
/// certificates takes longer than most of what else makes them ready.
#[derive(Clone, Debug, Default)]
pub struct ReqwestClient {
    made: Arc<OnceLock<reqwest::Client>>,
    /// Where it may go, if not everywhere.
    policy: Option<AddressPolicy>,
}

impl ReqwestClient {
    /// One that reaches nothing the policy forbids, for addresses an organization names itself.
    pub fn guarded(policy: AddressPolicy) -> Self {
        Self { policy: Some(policy), ..Self::default() }
    }

    fn client(&self) -> Result<&reqwest::Client, SendError> {
        if let Some(client) = self.made.get() {
            return Ok(client);
        }
        let builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("lintel/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(10));
        let builder = match self.policy {
            // A proxy would resolve names out of our sight.
            Some(policy) => builder.dns_resolver(policy.resolver()).no_proxy(),
            None => builder,
        };
        let client = builder.build().map_err(|error| SendError::NotSent(error.without_url().to_string()))?;
        Ok(self.made.get_or_init(|| client))
    }
}

#[async_trait]
impl HttpClient for ReqwestClient {
    async fn send(&self, request: http::Request<Bytes>, timeout: Duration) -> Result<http::Response<Bytes>, SendError> {
        let mut request =
            reqwest::Request::try_from(request).map_err(|error| SendError::NotSent(error.without_url().to_string()))?;
        if let Some(policy) = self.policy {
            policy.check(request.url()).map_err(SendError::Forbidden)?;
        }
        *request.timeout_mut() = Some(timeout);
        let mut response = self.client()?.execute(request).await.map_err(|error| sort(&error.without_url()))?;
        let mut answer = http::Response::builder().status(response.status());
        for (name, value) in response.headers() {
            answer = answer.header(name, value);
        }
        let mut body = BytesMut::new();
        while let Some(chunk) =
            response.chunk().await.map_err(|error| SendError::Ambiguous(error.without_url().to_string()))?
        {
            if body.len() + chunk.len() > LARGEST {
                return Err(SendError::TooLarge { limit: LARGEST });
            }
            body.extend_from_slice(&chunk);
        }
        answer.body(body.freeze()).map_err(|error| SendError::Ambiguous(error.to_string()))
    }
}

/// Only a failed connection proves that nothing was sent.
fn sort(error: &reqwest::Error) -> SendError {
    if let Some(fault) = AddressFault::of(error) {
        return SendError::Forbidden(fault);
    }
    if error.is_connect() || error.is_builder() {
        SendError::NotSent(error.to_string())
    } else {
        SendError::Ambiguous(error.to_string())
    }
}
