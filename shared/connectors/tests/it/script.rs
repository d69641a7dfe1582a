//! Surroundings under a test's control: answers in order, a clock that moves only by sleeping.

use async_trait::async_trait;
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use lintel_connectors::{
    roles::{self, FieldService, HistoryTable, Parts},
    surroundings::{Clock, Generator},
    transport::{Deadline, HttpClient, MemoryState, NoCallLog, SendError},
};
use lintel_domain::{ids::OrgId, private::Private, settings::Connection};
use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

/// What one exchange comes to.
#[derive(Debug)]
pub(crate) struct Reply(Result<http::Response<Bytes>, SendError>);

/// Answers in order and keeps what was asked. Asking more than was scripted is a failure of the test.
#[derive(Default)]
pub(crate) struct Script {
    replies: Mutex<VecDeque<Reply>>,
    asked: Mutex<Vec<http::Request<Bytes>>>,
}

/// Not what was asked: a request for tokens holds secrets.
impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Script").finish_non_exhaustive()
    }
}

impl Script {
    pub(crate) fn of(replies: impl IntoIterator<Item = Reply>) -> Arc<Self> {
        Arc::new(Self { replies: Mutex::new(replies.into_iter().collect()), asked: Mutex::default() })
    }

    /// Method and path with query of every request so far.
    pub(crate) fn asked(&self) -> Vec<String> {
        let line = |request: &http::Request<Bytes>| {
            format!(
                "{} {}",
                request.method(),
                request.uri().path_and_query().map(ToString::to_string).unwrap_or_default()
            )
        };
        self.asked.lock().unwrap().iter().map(line).collect()
    }

    /// The `Authorization` of every request so far.
    pub(crate) fn proofs(&self) -> Vec<String> {
        let proof = |request: &http::Request<Bytes>| {
            request.headers().get("authorization").map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
        };
        self.asked.lock().unwrap().iter().map(proof).collect()
    }

    /// The fields of every form that was sent so far.
    pub(crate) fn forms(&self) -> Vec<BTreeMap<String, String>> {
        let asked = self.asked.lock().unwrap();
        let is_form = |request: &&http::Request<Bytes>| {
            request.headers().get("content-type").is_some_and(|kind| kind == "application/x-www-form-urlencoded")
        };
        asked
            .iter()
            .filter(is_form)
            .map(|request| url::form_urlencoded::parse(request.body()).into_owned().collect())
            .collect()
    }

    pub(crate) fn bodies(&self) -> Vec<serde_json::Value> {
        let asked = self.asked.lock().unwrap();
        asked.iter().map(|request| serde_json::from_slice(request.body()).unwrap_or_default()).collect()
    }
}

#[async_trait]
impl HttpClient for Script {
    async fn send(&self, request: http::Request<Bytes>, _: Duration) -> Result<http::Response<Bytes>, SendError> {
        self.asked.lock().unwrap().push(request);
        self.replies.lock().unwrap().pop_front().unwrap_or_else(|| panic!("more was asked than the script answers")).0
    }
}

/// Time that passes by sleeping alone.
#[derive(Debug)]
pub(crate) struct Hands {
    now: Mutex<Timestamp>,
    slept: Mutex<Vec<Duration>>,
}

impl Hands {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { now: Mutex::new("2026-07-01T12:00:00Z".parse().unwrap()), slept: Mutex::default() })
    }

    pub(crate) fn slept(&self) -> Vec<Duration> {
        self.slept.lock().unwrap().clone()
    }

    pub(crate) fn pass(&self, by: SignedDuration) {
        *self.now.lock().unwrap() += by;
    }

    pub(crate) fn in_seconds(&self, seconds: i64) -> Deadline {
        Deadline::at(self.now() + SignedDuration::from_secs(seconds))
    }
}

#[async_trait]
impl Clock for Hands {
    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap()
    }

    async fn sleep(&self, pause: Duration) {
        self.slept.lock().unwrap().push(pause);
        self.pass(SignedDuration::try_from(pause).unwrap());
    }
}

pub(crate) fn answer(status: u16, body: &str) -> Reply {
    Reply(Ok(http::Response::builder().status(status).body(Bytes::from(body.to_owned())).unwrap()))
}

pub(crate) fn throttled(header: &str, value: &str) -> Reply {
    Reply(Ok(http::Response::builder().status(429).header(header, value).body(Bytes::new()).unwrap()))
}

pub(crate) fn cut() -> Reply {
    Reply(Err(SendError::Ambiguous("the connection was cut".to_owned())))
}

pub(crate) fn unreachable() -> Reply {
    Reply(Err(SendError::NotSent("no route".to_owned())))
}

pub(crate) fn crews(script: &Arc<Script>, hands: &Arc<Hands>, settings: &[(&str, &str)]) -> Arc<dyn FieldService> {
    let connection = connection("housecallpro", settings);
    roles::field_service(&"crews".into(), &connection, &Private::new("key"), parts(script, hands)).unwrap()
}

pub(crate) fn office(script: &Arc<Script>, hands: &Arc<Hands>) -> Arc<dyn HistoryTable> {
    let connection = connection("airtable", &[("base", "appSample")]);
    roles::history_table(&"office".into(), &connection, &Private::new("token"), parts(script, hands)).unwrap()
}

pub(crate) fn connection(vendor: &str, settings: &[(&str, &str)]) -> Connection {
    Connection {
        vendor: vendor.to_owned(),
        secret: "secret".to_owned(),
        webhook_secret: None,
        base_url: Some("https://vendor.example".to_owned()),
        settings: settings
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect::<BTreeMap<_, _>>(),
    }
}

fn parts(script: &Arc<Script>, hands: &Arc<Hands>) -> Parts {
    parts_with(Arc::clone(script) as _, Arc::clone(hands) as _, &Arc::default(), 7)
}

/// A worker's parts; workers with one state share budget and tokens. No two workers draw the same.
pub(crate) fn parts_with(
    http: Arc<dyn HttpClient>,
    clock: Arc<dyn Clock>,
    state: &Arc<MemoryState>,
    seed: u64,
) -> Parts {
    Parts {
        org: OrgId::new("sample"),
        http,
        budget: Arc::clone(state) as _,
        breaker: Arc::clone(state) as _,
        tokens: Arc::clone(state) as _,
        calls: Arc::new(NoCallLog),
        clock,
        entropy: Arc::new(Generator::seeded(seed)),
    }
}
