//! The HTTP front: real sockets, real delays, connections that are really cut.

use crate::answer::{Answer, Arrival, Ask};
use bytes::Bytes;
use http::HeaderMap;
use jiff::Timestamp;
use std::fmt::Write as _;
use std::{fmt, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// One vendor without sockets: a request in, an answer out, all state inside.
pub trait Simulator: fmt::Debug + Send + Sync + 'static {
    fn handle(&self, ask: &Ask) -> Answer;
}

/// Pieces a slow body comes in. Bytes.
const PIECE: usize = 512;
const LARGEST_HEAD: usize = 64 * 1024;

/// Serves a simulator on a listener until the task is aborted.
pub fn serve(listener: TcpListener, simulator: Arc<dyn Simulator>) -> JoinHandle<()> {
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let simulator = Arc::clone(&simulator);
            tokio::spawn(async move {
                // A client that hangs up ends its own connection only.
                let _ = connection(stream, simulator.as_ref()).await;
            });
        }
    })
}

/// HTTP/1.1 by hand, because no server library cuts a connection in the middle of an answer on request.
async fn connection(mut stream: TcpStream, simulator: &dyn Simulator) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut read = Vec::new();
    loop {
        let Some(ask) = next_request(&mut stream, &mut read).await? else { return Ok(()) };
        let answer = simulator.handle(&ask);
        if !answer.delay.is_zero() {
            tokio::time::sleep(answer.delay).await;
        }
        let last = ask.headers.get(http::header::CONNECTION).is_some_and(|value| value.as_bytes() == b"close");
        if !send(&mut stream, &answer).await? || last {
            return Ok(());
        }
    }
}

async fn next_request(stream: &mut TcpStream, read: &mut Vec<u8>) -> std::io::Result<Option<Ask>> {
    let head_end = loop {
        if let Some(at) = read.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        if read.len() > LARGEST_HEAD || !more(stream, read).await? {
            return Ok(None);
        }
    };
    let head = String::from_utf8_lossy(&read[..head_end]).into_owned();
    let mut lines = head.split("\r\n");
    let mut first = lines.next().unwrap_or_default().split(' ');
    let (method, target) = (first.next().unwrap_or_default(), first.next().unwrap_or_default());
    let mut headers = HeaderMap::new();
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        if let (Ok(name), Ok(value)) = (name.trim().parse::<http::HeaderName>(), value.trim().parse()) {
            headers.append(name, value);
        }
    }
    let length = headers.get("content-length").and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok());
    let end = head_end + length.unwrap_or(0_usize);
    while read.len() < end {
        if !more(stream, read).await? {
            return Ok(None);
        }
    }
    let body = Bytes::copy_from_slice(&read[head_end..end]);
    read.drain(..end);
    Ok(Ask::new(method, target, headers, body, Timestamp::now()))
}

async fn more(stream: &mut TcpStream, read: &mut Vec<u8>) -> std::io::Result<bool> {
    Ok(stream.read_buf(read).await? > 0)
}

/// Sends an answer as it arrives; tells whether the connection lives on.
async fn send(stream: &mut TcpStream, answer: &Answer) -> std::io::Result<bool> {
    let mut head = format!("HTTP/1.1 {}\r\n", answer.status);
    // Writing to a String cannot fail.
    let _ = match answer.arrival {
        Arrival::Repeated(_) => write!(head, "connection: close\r\n"),
        _ => write!(head, "content-length: {}\r\n", answer.body.len()),
    };
    for (name, value) in answer.headers.iter() {
        let _ = write!(head, "{name}: {}\r\n", String::from_utf8_lossy(value.as_bytes()));
    }
    head += "\r\n";
    let arrived = match answer.arrival {
        Arrival::Cut => return Ok(false),
        Arrival::Truncated(bytes) => &answer.body[..bytes.min(answer.body.len())],
        Arrival::Whole | Arrival::Slow(_) | Arrival::Repeated(_) => &answer.body[..],
    };
    stream.write_all(head.as_bytes()).await?;
    match answer.arrival {
        Arrival::Slow(pause) => {
            for piece in arrived.chunks(PIECE) {
                tokio::time::sleep(pause).await;
                stream.write_all(piece).await?;
            }
        }
        Arrival::Repeated(bytes) => {
            let mut sent = 0;
            while sent < bytes && !arrived.is_empty() {
                stream.write_all(arrived).await?;
                sent += arrived.len() as u64;
            }
        }
        Arrival::Whole | Arrival::Cut | Arrival::Truncated(_) => stream.write_all(arrived).await?,
    }
    stream.flush().await?;
    if matches!(answer.arrival, Arrival::Cut | Arrival::Truncated(_) | Arrival::Repeated(_)) {
        // Give the bytes a moment to arrive before the connection goes.
        tokio::time::sleep(Duration::from_millis(5)).await;
        return Ok(false);
    }
    Ok(true)
}
