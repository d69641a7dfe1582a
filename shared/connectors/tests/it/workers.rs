//! Several workers of one connection that need a token at the same time.

use crate::{
    oauth::{CONSENT, LIST, Office, PEOPLE, TOKEN, consented, list, people, token},
    script::{connection, parts_with},
};
use async_trait::async_trait;
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use lintel_connectors::{
    Retry,
    records::RecordClient,
    surroundings::Clock,
    transport::{Deadline, HttpClient, MemoryState, SendError},
};
use lintel_domain::private::Private;
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::sync::Notify;

/// A token endpoint that answers the first who asks only once another sleeps, asks as well, or says so.
#[derive(Debug)]
struct Slow {
    answer: Notify,
    now: Mutex<Timestamp>,
    asked: Mutex<Vec<String>>,
}

impl Slow {
    fn new() -> Arc<Self> {
        let now = "2026-07-01T12:00:00Z".parse().unwrap();
        Arc::new(Self { answer: Notify::new(), now: Mutex::new(now), asked: Mutex::default() })
    }

    fn worker(self: &Arc<Self>, seed: u64, state: &Arc<MemoryState>) -> RecordClient {
        let parts = parts_with(Arc::clone(self) as _, Arc::clone(self) as _, state, seed);
        RecordClient::open(consented(), &"crm".into(), &connection("x", &[]), &Private::new(CONSENT), parts).unwrap()
    }

    fn in_a_minute(&self) -> Deadline {
        Deadline::at(self.now() + SignedDuration::from_secs(60))
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

#[async_trait]
impl Clock for Slow {
    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap()
    }

    async fn sleep(&self, pause: Duration) {
        *self.now.lock().unwrap() += SignedDuration::try_from(pause).unwrap();
        self.answer.notify_one();
        tokio::task::yield_now().await;
    }
}

#[async_trait]
impl HttpClient for Slow {
    async fn send(&self, request: http::Request<Bytes>, _: Duration) -> Result<http::Response<Bytes>, SendError> {
        let line = format!("{} {}", request.method(), request.uri().path());
        let first = {
            let mut asked = self.asked.lock().unwrap();
            asked.push(line.clone());
            asked.iter().filter(|other| **other == line).count() == 1
        };
        let body = match (line.as_str(), first) {
            (TOKEN, true) => {
                self.answer.notified().await;
                r#"{"access_token":"one","expires_in":1800}"#
            }
            (TOKEN, false) => {
                self.answer.notify_one();
                r#"{"access_token":"two","expires_in":1800}"#
            }
            _ => PEOPLE,
        };
        Ok(http::Response::new(Bytes::from(body)))
    }
}

#[tokio::test]
async fn two_workers_at_once_make_one_refresh() {
    let (slow, state) = (Slow::new(), Arc::default());
    let (first, second) = (slow.worker(1, &state), slow.worker(2, &state));
    let deadline = slow.in_a_minute();
    let (one, other) = tokio::join!(list(&first, deadline), list(&second, deadline));
    one.unwrap();
    other.unwrap();
    assert_eq!(slow.asked(), [TOKEN, "GET /people", "GET /people"]);
}

#[tokio::test]
async fn two_tasks_of_one_worker_make_one_refresh() {
    let slow = Slow::new();
    let worker = slow.worker(1, &Arc::default());
    let deadline = slow.in_a_minute();
    let answered = async {
        tokio::task::yield_now().await;
        slow.answer.notify_one();
    };
    let (one, other, ()) = tokio::join!(list(&worker, deadline), list(&worker, deadline), answered);
    one.unwrap();
    other.unwrap();
    assert_eq!(slow.asked(), [TOKEN, "GET /people", "GET /people"]);
    assert_eq!(slow.in_a_minute(), deadline, "nobody had to sleep");
}

#[tokio::test]
async fn a_worker_that_vanished_holds_the_others_up_for_a_minute_at_most() {
    let office = Office::of([token("one", 1800), people()]);
    let slow = Slow::new();
    // Dropped while the endpoint is being asked.
    let gone = slow.worker(1, &office.state);
    tokio::select! {
        biased;
        _ = list(&gone, slow.in_a_minute()) => panic!("nobody answers it"),
        () = tokio::task::yield_now() => {}
    }
    let until = slow.now() + SignedDuration::from_secs(60);
    let next = office.worker(2);
    let error = office.list(&next).await.unwrap_err();
    assert_eq!(error.retry(), Retry::At(until), "{error}");
    office.hands.pass(until.duration_since(office.hands.now()));
    office.list(&next).await.unwrap();
    assert_eq!(office.script.asked(), [TOKEN, LIST]);
}

#[tokio::test]
async fn with_a_token_that_works_nobody_waits_for_another_worker() {
    let office = Office::of([token("one", 1800), people(), people()]);
    office.list(&office.worker(1)).await.unwrap();
    let slow = Slow::new();
    let early = SignedDuration::from_secs(1500);
    *slow.now.lock().unwrap() += early;
    office.hands.pass(early);
    // At the endpoint, for as long as this takes.
    let (renewing, other) = (slow.worker(2, &office.state), office.worker(3));
    tokio::select! {
        biased;
        _ = list(&renewing, slow.in_a_minute()) => panic!("nobody answers it"),
        done = office.list(&other) => done.unwrap(),
    }
    assert_eq!(slow.asked(), [TOKEN]);
    assert_eq!(office.script.proofs(), ["", "Bearer one", "Bearer one"]);
    assert!(office.hands.slept().is_empty());
}
