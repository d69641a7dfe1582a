//! A process that dies at its n-th call: before the call went out, or after it was carried out and before the answer came.

use async_trait::async_trait;
use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
    },
    orchestrator::HttpRequest,
    runtime_components::RuntimeComponents,
};
use bytes::Bytes;
use lintel_connectors::transport::SendError;
use std::{
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::Notify;

/// Counts the edges of calls at AWS and at vendors: an `await` in between can change nothing outside.
#[derive(Debug, Default)]
pub(crate) struct Fuse {
    left: Mutex<Option<u32>>,
    burnt: Notify,
    thawed: Notify,
}

impl Fuse {
    /// Runs a future until it ends or has passed so many edges; `None` when it died.
    pub(crate) async fn survive<F: Future>(&self, future: F, edges: Option<u32>) -> Option<F::Output> {
        self.set(edges);
        let outcome = tokio::select! {
            biased;
            () = self.burnt.notified() => None,
            output = future => Some(output),
        };
        self.set(None);
        // What it had spawned goes on with the next one, as in an instance that was frozen and thawed.
        self.thawed.notify_waiters();
        tokio::task::yield_now().await;
        outcome
    }

    fn set(&self, edges: Option<u32>) {
        *self.left.lock().unwrap_or_else(PoisonError::into_inner) = edges;
    }

    /// Passes an edge, or stands still until the one that died is gone.
    async fn pass(&self) {
        tokio::task::yield_now().await;
        let burnt = {
            let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
            match left.as_mut() {
                Some(0) => true,
                Some(left) => {
                    *left -= 1;
                    false
                }
                None => false,
            }
        };
        if burnt {
            self.burnt.notify_one();
            self.thawed.notified().await;
        }
    }
}

/// A way out with the fuse in it: to the vendors.
#[derive(Debug)]
pub(crate) struct FusedVendors<C> {
    pub(crate) inner: C,
    pub(crate) fuse: Arc<Fuse>,
}

#[async_trait]
impl<C: lintel_connectors::transport::HttpClient> lintel_connectors::transport::HttpClient for FusedVendors<C> {
    async fn send(&self, request: http::Request<Bytes>, timeout: Duration) -> Result<http::Response<Bytes>, SendError> {
        self.fuse.pass().await;
        let answer = self.inner.send(request, timeout).await;
        self.fuse.pass().await;
        answer
    }
}

/// The same to AWS.
#[derive(Clone, Debug)]
pub(crate) struct FusedAws {
    inner: SharedHttpClient,
    fuse: Arc<Fuse>,
}

impl FusedAws {
    pub(crate) fn around(inner: SharedHttpClient, fuse: Arc<Fuse>) -> SharedHttpClient {
        SharedHttpClient::new(Self { inner, fuse })
    }
}

impl HttpClient for FusedAws {
    fn http_connector(&self, settings: &HttpConnectorSettings, parts: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, parts);
        SharedHttpConnector::new(FusedConnector { inner, fuse: Arc::clone(&self.fuse) })
    }
}

#[derive(Debug)]
struct FusedConnector {
    inner: SharedHttpConnector,
    fuse: Arc<Fuse>,
}

impl HttpConnector for FusedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (inner, fuse) = (self.inner.clone(), Arc::clone(&self.fuse));
        HttpConnectorFuture::new(async move {
            fuse.pass().await;
            let answer = inner.call(request).await;
            fuse.pass().await;
            answer
        })
    }
}
