//! Over a real socket.

use crate::support::{Account, account, new_job};
use lintel_sandbox::{
    Simulator,
    faults::{Fault, FaultRule, FaultScript},
    serve,
};
use serde_json::Value;
use std::{fmt::Write as _, net::SocketAddr, sync::Arc};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// The account on a free port of this machine.
async fn front(account: &Account) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    serve(listener, Arc::clone(&account.vendor) as Arc<dyn Simulator>);
    address
}

/// Sends a request and reads until the other side closes.
async fn exchange(front: SocketAddr, method: &str, path: &str, body: &Value) -> String {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let mut request = format!("{method} {path} HTTP/1.1\r\nhost: sandbox\r\nconnection: close\r\n");
    write!(request, "authorization: Token sandbox-company-key\r\ncontent-length: {}\r\n\r\n{body}", body.len())
        .unwrap();
    let mut stream = TcpStream::connect(front).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A reset after the last byte is a way to be cut.
    let _end = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

fn announced(answer: &str) -> (usize, usize) {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let length =
        head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ").map(str::to_owned));
    (length.unwrap().parse().unwrap(), body.len())
}

#[tokio::test]
async fn an_answer_comes_whole() {
    let account = account();
    let front = front(&account).await;
    let answer = exchange(front, "GET", "/company", &Value::Null).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    let (said, came) = announced(&answer);
    assert_eq!(said, came);
}

#[tokio::test]
async fn connections_are_cut_before_and_after_the_commit() {
    let account = account();
    let front = front(&account).await;
    for (fault, jobs) in [(Fault::CutBeforeCommit, 0), (Fault::CutAfterCommit, 1)] {
        account.vendor.load_faults(FaultScript { seed: 1, rules: vec![FaultRule::on("POST", "/jobs", fault)] });
        assert_eq!(exchange(front, "POST", "/jobs", &new_job("Lintel s1")).await, "");
        assert_eq!(account.vendor.usage().jobs_created, jobs);
    }
}

#[tokio::test]
async fn a_truncated_body_announces_more_than_comes() {
    let account = account();
    let front = front(&account).await;
    let rule = FaultRule::on("GET", "/company", Fault::Truncated { keep_percent: 60 });
    account.vendor.load_faults(FaultScript { seed: 1, rules: vec![rule] });
    let (said, came) = announced(&exchange(front, "GET", "/company", &Value::Null).await);
    assert_eq!(came, said * 60 / 100);
}

#[tokio::test]
async fn a_slow_body_still_comes_whole() {
    let account = account();
    let front = front(&account).await;
    let rules = vec![
        FaultRule::on("GET", "/**", Fault::Latency { ms: 1 }),
        FaultRule::on("GET", "/**", Fault::SlowBody { ms: 1 }),
    ];
    account.vendor.load_faults(FaultScript { seed: 1, rules });
    let (said, came) = announced(&exchange(front, "GET", "/jobs?page_size=200", &Value::Null).await);
    assert_eq!(said, came);
}
