//! The HTTP front of a simulator: a real socket, on which connections are really cut and bodies really end early.

use crate::answer::{SimAnswer, Simulator};
use bytes::Bytes;
use futures::{StreamExt, stream};
use http::{HeaderValue, Request, Response, header};
use http_body_util::{BodyExt, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::{
    body::{Frame, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};

/// Pieces a slow body comes in. Bytes.
const PIECE: usize = 512;
/// What was sent before a cut has to leave the machine first.
const BEFORE_CUT: Duration = Duration::from_millis(20);

/// A simulator on a socket. Dropping it closes the socket and every connection.
#[derive(Debug)]
pub struct Front {
    address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Front {
    /// Serves on a free port of the loopback interface.
    pub async fn start(simulator: Arc<dyn Simulator>) -> io::Result<Self> {
        Self::on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?, simulator)
    }

    /// Serves on a given listener.
    pub fn on(listener: TcpListener, simulator: Arc<dyn Simulator>) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let accepting = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, Arc::clone(&simulator)));
                while connections.try_join_next().is_some() {}
            }
        });
        Ok(Self { address, accepting })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// The connection is to be broken off.
#[derive(Debug, thiserror::Error)]
#[error("cut by the fault script")]
struct Cut;

type Body = UnsyncBoxBody<Bytes, Cut>;

async fn serve(stream: TcpStream, simulator: Arc<dyn Simulator>) {
    let service = service_fn(move |request| answer(request, Arc::clone(&simulator)));
    // A broken connection is what a fault script asked for, or the caller's own doing.
    let _ended = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(request: Request<Incoming>, simulator: Arc<dyn Simulator>) -> Result<Response<Body>, Cut> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Cut)?.to_bytes();
    let mut answer = simulator.handle(Request::from_parts(head, body));
    loop {
        match answer {
            SimAnswer::Delayed(time, then) => {
                tokio::time::sleep(time).await;
                answer = *then;
            }
            SimAnswer::Response(response) => {
                return Ok(response.map(|body| Full::new(body).map_err(|_| Cut).boxed_unsync()));
            }
            SimAnswer::CutBeforeCommit | SimAnswer::CutAfterCommit => return Err(Cut),
            SimAnswer::Truncated(response, keep) => return Ok(truncated(response, keep)),
            SimAnswer::Slow(response, pause) => return Ok(slow(response, pause)),
        }
    }
}

fn truncated(response: Response<Bytes>, keep: usize) -> Response<Body> {
    let (mut head, body) = response.into_parts();
    head.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    let sent = stream::once(async move { Ok(Frame::data(body.slice(..keep.min(body.len())))) });
    let cut = stream::once(async {
        tokio::time::sleep(BEFORE_CUT).await;
        Err(Cut)
    });
    Response::from_parts(head, StreamBody::new(sent.chain(cut)).boxed_unsync())
}

fn slow(response: Response<Bytes>, pause: Duration) -> Response<Body> {
    let (mut head, body) = response.into_parts();
    head.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    let pieces = stream::unfold(body, move |mut rest| async move {
        if rest.is_empty() {
            return None;
        }
        tokio::time::sleep(pause).await;
        let piece = rest.split_to(PIECE.min(rest.len()));
        Some((Ok(Frame::data(piece)), rest))
    });
    Response::from_parts(head, StreamBody::new(pieces).boxed_unsync())
}
