//! Who goes first: callers that wait for an answer go before what waits in queues.
//!
//! Deployed, the functions that answer callers and those that work off queues and schedules have processors of their own.
//! Here all share this machine's, so work gives way where it reaches for the table and the queues: while callers rush in, the
//! calls of all work together go one by one, [`PACE`] apart. That is never nothing, and what was begun is not torn up.
//! Functions that answer callers make their calls at once.

use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
    },
    orchestrator::HttpRequest,
    runtime_components::RuntimeComponents,
};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// Calls of work are this far apart while callers rush in: twenty-five a second are made at least.
const PACE: Duration = Duration::from_millis(40);
/// Callers are counted over this long.
const MOMENT: Duration = Duration::from_millis(50);
/// So many callers within a moment are a rush: a thousand a second.
const RUSH: u32 = 50;

/// Counts the callers that come.
#[derive(Clone, Debug, Default)]
pub(crate) struct Callers(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    came: Mutex<Came>,
    /// When work last made a call while callers rushed in. Who holds it is next; the others wait in the order they came.
    last: tokio::sync::Mutex<Option<Instant>>,
}

/// How many callers came.
#[derive(Clone, Copy, Debug, Default)]
struct Came {
    since: Option<Instant>,
    /// In the moment that began then.
    now: u32,
    /// In the one before.
    before: u32,
}

impl Came {
    /// Goes on to the next moment where this one is over.
    fn at(&mut self, now: Instant) -> &mut Self {
        match self.since.map(|since| (since, now.duration_since(since))) {
            Some((_, age)) if age < MOMENT => {}
            Some((since, age)) if age < MOMENT * 2 => {
                *self = Self { since: Some(since + MOMENT), now: 0, before: self.now };
            }
            _ => *self = Self { since: Some(now), now: 0, before: 0 },
        }
        self
    }
}

impl Callers {
    /// A caller came.
    pub(crate) fn enter(&self) {
        self.came().at(Instant::now()).now += 1;
    }

    fn rush_in(&self) -> bool {
        let mut came = self.came();
        let came = came.at(Instant::now());
        came.now.max(came.before) >= RUSH
    }

    /// Waits for the turn of one call of work.
    async fn give_way(&self) {
        if !self.rush_in() {
            return;
        }
        let mut last = self.0.last.lock().await;
        if self.rush_in()
            && let Some(last) = *last
        {
            tokio::time::sleep_until(last + PACE).await;
        }
        *last = Some(Instant::now());
    }

    fn came(&self) -> MutexGuard<'_, Came> {
        self.0.came.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same AWS for functions that work: their calls give way to callers.
    pub(crate) fn before(&self, sdk: &SdkConfig) -> SdkConfig {
        let Some(inner) = sdk.http_client() else { return sdk.clone() };
        let client = GivingWay { inner, callers: self.clone() };
        sdk.clone().into_builder().http_client(SharedHttpClient::new(client)).build()
    }
}

/// An HTTP client of the SDK whose calls give way to callers.
#[derive(Clone, Debug)]
struct GivingWay<T> {
    inner: T,
    callers: Callers,
}

impl HttpClient for GivingWay<SharedHttpClient> {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(GivingWay { inner, callers: self.callers.clone() })
    }
}

impl HttpConnector for GivingWay<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Self { inner, callers } = self.clone();
        HttpConnectorFuture::new(async move {
            callers.give_way().await;
            inner.call(request).await
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::future::join_all;

    fn rushing() -> Callers {
        let callers = Callers::default();
        (0..RUSH).for_each(|_| callers.enter());
        callers
    }

    /// How long so many calls of work take that come at the same time.
    async fn calls(callers: &Callers, count: u32) -> Duration {
        let began = Instant::now();
        join_all((0..count).map(|_| callers.give_way())).await;
        began.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn work_goes_on_at_once_where_callers_are_few() {
        let callers = Callers::default();
        (1..RUSH).for_each(|_| callers.enter());
        assert_eq!(calls(&callers, 100).await, Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn a_rush_slows_work_down_and_does_not_stop_it() {
        let callers = rushing();
        let rush = tokio::spawn({
            let callers = callers.clone();
            async move {
                loop {
                    tokio::time::sleep(MOMENT / RUSH).await;
                    callers.enter();
                }
            }
        });
        assert_eq!(calls(&callers, 100).await, PACE * 99);
        rush.abort();
        tokio::time::sleep(MOMENT * 2).await;
        assert_eq!(calls(&callers, 100).await, Duration::ZERO, "the rush is over");
    }

    #[tokio::test(start_paused = true)]
    async fn what_waits_when_a_rush_ends_goes_on() {
        let callers = rushing();
        assert!(calls(&callers, 100).await <= MOMENT * 2 + PACE);
    }
}
