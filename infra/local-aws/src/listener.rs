//! The services behind a TCP listener.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::services::{Services, refusal};

/// DynamoDB's own cap on a request, the largest of the three services.
const LARGEST_REQUEST: usize = 16 * 1024 * 1024;

/// Answers connections until it is dropped, which also closes those still open.
pub(crate) async fn serve(listener: TcpListener, services: Arc<Services>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    // Small answers in both directions: waiting to fill a packet costs 40 ms each.
                    let _ = stream.set_nodelay(true);
                    let services = Arc::clone(&services);
                    connections.spawn(async move {
                        let each = service_fn(|request| answer(Arc::clone(&services), request));
                        let served =
                            hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), each);
                        if let Err(error) = served.await {
                            tracing::debug!(%error, "a connection to the embedded services ended early");
                        }
                    });
                }
                Err(error) => {
                    // Out of file handles, most likely: taking the next one at once would only spin.
                    tracing::warn!(%error, "accepting a connection to the embedded services");
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn answer(services: Arc<Services>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let response = match Limited::new(body, LARGEST_REQUEST).collect().await {
        Ok(body) => services.answer(&parts.headers, body.to_bytes()).await,
        Err(error) => refusal(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLargeException", &error.to_string()),
    };
    Ok(response.map(Full::new))
}
