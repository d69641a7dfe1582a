//! A connector under test, and what it is tested with.

use crate::{airtable::Office, housecallpro::Crews, time::Time};
use async_trait::async_trait;
use jiff::SignedDuration;
use lintel_connectors::{Error, surroundings::Clock, transport::Deadline};
use lintel_domain::settings::Connection;
use lintel_sandbox::{Answer, Ask, ManualClock, SimClock, Simulator, faults::FaultScript, serve};
use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

/// What wrong credentials look like. Nobody may ever read them.
pub(crate) const WRONG: &str = "a-wrong-secret-nobody-may-read";

/// One connector with its vendor.
#[async_trait]
pub(crate) trait Subject: fmt::Debug {
    fn name(&self) -> &'static str;

    fn load_faults(&self, script: FaultScript);

    /// Calls the vendor refused for its own limit.
    fn over_limit(&self) -> u64;

    /// Reads something. Repeating it does no harm.
    async fn read(&self, deadline: Deadline) -> Result<(), Error>;

    /// Makes the one thing of this number, as a worker would: what is there already is not made again.
    async fn make(&self, number: usize, deadline: Deadline) -> Result<(), Error>;

    /// How many things of this number the vendor holds.
    fn made(&self, number: usize) -> usize;

    /// Numbers of all things, by walking the vendor's pages.
    async fn walk(&self, deadline: Deadline) -> Result<Vec<usize>, Error>;
}

/// Every connector, with a vendor of its own that knows no call yet.
pub(crate) async fn all(credentials: Credentials) -> Vec<(Box<dyn Subject>, Arc<Time>)> {
    let (crews, office) = (Time::new(), Time::new());
    vec![
        (Box::new(Crews::open(&crews, credentials).await) as Box<dyn Subject>, crews),
        (Box::new(Office::open(&office, credentials).await), office),
    ]
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Credentials {
    Right,
    Wrong,
}

impl Time {
    fn new() -> Arc<Self> {
        Arc::new(Self(Arc::new(ManualClock::new("2026-07-01T12:00:00Z".parse().unwrap()))))
    }

    pub(crate) fn within(&self, span: SignedDuration) -> Deadline {
        Deadline::at(Clock::now(self) + span)
    }

    pub(crate) fn pass(&self, by: Duration) {
        self.0.advance(by);
    }
}

/// A vendor that goes by the test's time, though requests come over real sockets.
#[derive(Debug)]
struct Timed {
    vendor: Arc<dyn Simulator>,
    clock: Arc<ManualClock>,
}

impl Simulator for Timed {
    fn handle(&self, ask: &Ask) -> Answer {
        self.vendor.handle(&Ask { now: self.clock.now(), ..ask.clone() })
    }
}

/// Serves a simulator for as long as the test's runtime lives; answers with its address.
pub(crate) async fn front(vendor: Arc<dyn Simulator>, time: &Time) -> String {
    let simulator = Arc::new(Timed { vendor, clock: Arc::clone(&time.0) });
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    serve(listener, simulator);
    format!("http://{address}")
}

pub(crate) fn connection(vendor: &str, base_url: String, settings: &[(&str, &str)]) -> Connection {
    let settings = settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    Connection {
        vendor: vendor.to_owned(),
        secret: "secret".to_owned(),
        webhook_secret: None,
        base_url: Some(base_url),
        settings: settings.collect::<BTreeMap<_, _>>(),
    }
}
