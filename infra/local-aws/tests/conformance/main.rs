//! The behaviours of AWS that Lintel relies on, one test each: on the embedded services, or on whatever
//! `AWS_ENDPOINT_URL` names, so that another implementation agrees with what is claimed here.
#![expect(clippy::unwrap_used, reason = "the helpers are test code too")]

mod queues;
mod secrets;
mod table;

use aws_config::{BehaviorVersion, SdkConfig};
use lintel_local_aws::{LocalAws, Options};
use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

/// The services under test. Embedded ones end with it.
struct Endpoint {
    config: SdkConfig,
    _embedded: Option<LocalAws>,
}

impl Endpoint {
    async fn open() -> Self {
        if std::env::var_os("AWS_ENDPOINT_URL").is_some() {
            return Self { config: aws_config::load_defaults(BehaviorVersion::latest()).await, _embedded: None };
        }
        let embedded = LocalAws::start(Options::default()).await.unwrap();
        Self { config: embedded.sdk_config(), _embedded: Some(embedded) }
    }
}

/// A name nobody has used: a shared endpoint keeps what others made.
fn unique(what: &str) -> String {
    static MADE: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
    format!("{what}-{now}-{}", MADE.fetch_add(1, Ordering::Relaxed))
}
