//! Time, the vendors' HTTP and the feeds, all inside this process.

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use jiff::{SignedDuration, Timestamp};
use lintel_cloud::metrics::MetricSink;
use lintel_connectors::{
    surroundings::Clock,
    transport::{HttpClient, SendError},
};
use lintel_domain::private::Private;
use lintel_feed_poller::{Fetch, FetchFault, FetchLimits, Fetched, Validators};
use lintel_sandbox::{Answer, Arrival, Ask, Simulator};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// The longest anything waits in a queue. A longer jump shows the queues no more than this: they look around every second,
/// and days of that are slow.
const LONGEST_WAIT: Duration = Duration::from_hours(1);

/// Tokio's paused time from a fixed moment on: what the queues go by, too.
#[derive(Debug)]
pub(crate) struct SimClock {
    base: Mutex<Timestamp>,
    began: Instant,
}

impl SimClock {
    pub(crate) fn from(base: Timestamp) -> Self {
        Self { base: Mutex::new(base), began: Instant::now() }
    }

    /// Time passes without anybody waiting for it.
    pub(crate) async fn jump(&self, by: SignedDuration) {
        self.jump_over(by, LONGEST_WAIT).await;
    }

    /// As [`SimClock::jump`], of which the queues see no more than `seen`.
    pub(crate) async fn jump_over(&self, by: SignedDuration, seen: Duration) {
        let by = Duration::try_from(by).unwrap_or_default();
        *self.base.lock().unwrap_or_else(PoisonError::into_inner) += by.saturating_sub(seen);
        tokio::time::advance(by.min(seen)).await;
    }
}

#[async_trait]
impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        let slept = SignedDuration::try_from(self.began.elapsed()).unwrap_or_default();
        *self.base.lock().unwrap_or_else(PoisonError::into_inner) + slept
    }

    async fn sleep(&self, pause: Duration) {
        tokio::time::sleep(pause).await;
    }
}

/// The vendors' clocks show the same.
impl lintel_sandbox::SimClock for SimClock {
    fn now(&self) -> Timestamp {
        Clock::now(self)
    }
}

/// What functions counted, by name.
#[derive(Debug, Default)]
pub(crate) struct Tallied(Mutex<BTreeMap<String, u64>>);

impl Tallied {
    /// Every count whose name begins so.
    pub(crate) fn named(&self, prefix: &str) -> BTreeMap<String, u64> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        counts.retain(|name, _| name.starts_with(prefix));
        counts
    }
}

impl MetricSink for Tallied {
    fn write(&self, line: &str) {
        let line: Value = serde_json::from_str(line).unwrap_or_default();
        let name = line["_aws"]["CloudWatchMetrics"][0]["Metrics"][0]["Name"].as_str().unwrap_or_default().to_owned();
        let count = line[&name].as_u64().unwrap_or_default();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(name).or_default() += count;
    }
}

/// Vendors by host name, without sockets.
#[derive(Debug)]
pub(crate) struct Vendors {
    pub(crate) clock: Arc<SimClock>,
    pub(crate) hosts: BTreeMap<&'static str, Arc<dyn Simulator>>,
}

#[async_trait]
impl HttpClient for Vendors {
    async fn send(&self, request: Request<Bytes>, timeout: Duration) -> Result<Response<Bytes>, SendError> {
        let uri = request.uri();
        let simulator = uri.host().and_then(|host| self.hosts.get(host));
        let Some(simulator) = simulator else { return Err(SendError::NotSent("no such host".to_owned())) };
        let target = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        let ask = Ask::new(
            request.method().as_str(),
            target,
            request.headers().clone(),
            request.body().clone(),
            self.clock.now(),
        );
        let Some(ask) = ask else { return Err(SendError::NotSent("no request".to_owned())) };
        // The world goes on between a request and its answer.
        tokio::task::yield_now().await;
        let answer = simulator.handle(&ask);
        tokio::task::yield_now().await;
        if answer.delay > timeout {
            self.clock.sleep(timeout).await;
            return Err(SendError::Ambiguous("timed out".to_owned()));
        }
        self.clock.sleep(answer.delay + Duration::from_millis(30)).await;
        arrived(answer)
    }
}

fn arrived(answer: Answer) -> Result<Response<Bytes>, SendError> {
    if matches!(answer.arrival, Arrival::Cut | Arrival::Truncated(_)) {
        return Err(SendError::Ambiguous("the connection was cut".to_owned()));
    }
    let mut response = Response::new(answer.body);
    *response.status_mut() = answer.status;
    *response.headers_mut() = *answer.headers;
    Ok(response)
}

/// What a feed answers at the moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FeedMood {
    Good,
    LoginPage,
    Cut,
    Away,
}

/// Feeds whose bodies the simulation holds.
#[derive(Debug)]
pub(crate) struct Bodies {
    pub(crate) mood: Mutex<FeedMood>,
    /// By the last part of the address.
    pub(crate) calendars: Mutex<BTreeMap<String, String>>,
}

#[async_trait]
impl Fetch for Bodies {
    async fn fetch(&self, url: &Private, _known: &Validators, _limits: FetchLimits, _now: Timestamp) -> Fetched {
        tokio::task::yield_now().await;
        let name = url.expose().rsplit('/').next().unwrap_or_default().to_owned();
        let body =
            self.calendars.lock().unwrap_or_else(PoisonError::into_inner).get(&name).cloned().unwrap_or_default();
        let mood = self.mood.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let bytes = match mood {
            FeedMood::Good => body.into_bytes(),
            FeedMood::LoginPage => b"<html>Please sign in</html>".to_vec(),
            FeedMood::Cut => body.into_bytes().into_iter().take(700).collect(),
            FeedMood::Away => return Fetched::Failed(FetchFault::Unreachable),
        };
        Fetched::Body { bytes: Bytes::from(bytes), validators: Validators::default(), moved_to: None }
    }
}
