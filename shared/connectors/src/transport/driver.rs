//! The driver: the one place where a request to a vendor becomes an answer.

use super::{
    Breaker, BudgetKey, Call, CallBudget, CallLog, CallOutcome, Credentials, Deadline, Fault, HttpClient, Limit,
    Permits, SendError, StateError, Told, Verdict, call_log,
    credentials::Proof,
    full_jitter,
    keeper::Errand,
    permits::{Permit, SLICE},
};
use crate::{
    error::Error,
    surroundings::{Clock, Entropy},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use jiff::Timestamp;
use std::{borrow::Cow, fmt, sync::Arc, time::Duration};

/// Tries of a call whose repetition does no harm.
const TRIES: u32 = 4;
const BACKOFF: Duration = Duration::from_millis(400);
const LONGEST_BACKOFF: Duration = Duration::from_secs(8);
/// One exchange never takes longer than this.
const EXCHANGE: Duration = Duration::from_secs(30);
/// Waits, for the budget or because the vendor asks for one, that are worth sitting out inside one call; longer ones give the work
/// back.
const WORTH_WAITING: Duration = Duration::from_secs(5);

/// What the account's plan allows is used up: waiting minutes does not help.
pub(crate) const PLAN_LIMIT: &str = "plan-limit";

/// What repeating a request would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing, or the same again: reads, and writes that set a state.
    Repeatable,
    /// A second thing. After a doubtful outcome the caller has to look first.
    Creates,
}

/// One request, not yet authenticated.
#[derive(Clone, Debug)]
pub struct Ask {
    /// What is being done to what, for errors: `create a job`.
    pub doing: String,
    pub method: Method,
    /// The path with ids left out: `/jobs/{id}`.
    pub route: Cow<'static, str>,
    /// Path and query below the base URL.
    pub target: String,
    pub body: Option<Bytes>,
    pub effect: Effect,
}

/// Reads an answer: status, headers and body to what they mean.
pub trait Reader: fmt::Debug + Send + Sync {
    fn verdict(&self, response: &Response<Bytes>, now: Timestamp) -> Verdict;
}

/// One connection's way to its vendor.
#[derive(Debug)]
pub struct Driver {
    pub vendor: String,
    pub base_url: String,
    /// Sent with every call, beside the proof of who makes it.
    pub headers: HeaderMap,
    pub credentials: Credentials,
    pub key: BudgetKey,
    /// What the manifest says of it.
    pub limit: Limit,
    /// What answers say of it, where they do.
    pub told: Option<Told>,
    pub http: Arc<dyn HttpClient>,
    pub budget: Arc<dyn CallBudget>,
    pub breaker: Arc<dyn Breaker>,
    pub calls: Arc<dyn CallLog>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub reader: Box<dyn Reader>,
    pub permits: Permits,
}

impl Driver {
    /// Asks until there is an answer worth having, the tries or the time are used up, or repeating could do harm.
    /// `Ok(None)` when what was asked for is not there.
    pub async fn ask(&self, ask: &Ask, deadline: Deadline) -> Result<Option<Response<Bytes>>, Error> {
        let mut last = None;
        for attempt in 0..TRIES {
            if attempt > 0 {
                let pause = full_jitter(attempt, BACKOFF, LONGEST_BACKOFF, self.entropy.as_ref());
                if !deadline.allows(pause, self.clock.now()) {
                    break;
                }
                self.clock.sleep(pause).await;
            }
            match self.attempt(ask, deadline).await {
                Err(error) if self.is_worth_repeating(&error, ask.effect, deadline) => last = Some(error),
                other => return other,
            }
        }
        Err(last.unwrap_or_else(|| Error::OutOfTime { vendor: self.name(), doing: ask.doing.clone() }))
    }

    async fn attempt(&self, ask: &Ask, deadline: Deadline) -> Result<Option<Response<Bytes>>, Error> {
        self.permit(ask, deadline).await?;
        let errand = Errand { driver: self, doing: &ask.doing, deadline };
        let mut proof = self.credentials.proof(errand).await?;
        let mut response = self.send(ask, &proof, deadline).await?;
        // Who was not let in has changed nothing, so that also a create may be asked for once more.
        if response.status() == StatusCode::UNAUTHORIZED
            && let Some(another) = self.credentials.another(errand, &proof).await?
        {
            self.permit(ask, deadline).await?;
            proof = another;
            response = self.send(ask, &proof, deadline).await?;
        }
        if response.status().is_success() {
            self.credentials.accepted(&proof);
        }
        self.heed(ask, &response).await?;
        self.judge(ask, response, self.clock.now()).await
    }

    /// Takes in what the answer tells of the limits. Where they leave no room, everybody waits.
    async fn heed(&self, ask: &Ask, response: &Response<Bytes>) -> Result<(), Error> {
        let (Some(told), now) = (&self.told, self.clock.now()) else { return Ok(()) };
        let Some(pause) = told.hear(response.headers(), self.limit, now) else { return Ok(()) };
        self.permits.clear();
        self.budget.silence(&self.key, now + pause).await.map_err(|error| state(&ask.doing, &error))
    }

    /// The limit in force.
    fn limit(&self) -> Limit {
        self.told.as_ref().map_or(self.limit, |told| told.limit(self.limit))
    }

    async fn send(&self, ask: &Ask, proof: &Proof, deadline: Deadline) -> Result<Response<Bytes>, Error> {
        let left = deadline.left(self.clock.now());
        if left.is_zero() {
            return Err(Error::OutOfTime { vendor: self.name(), doing: ask.doing.clone() });
        }
        let request = self.request(ask, proof)?;
        let sent = self.exchange(&ask.doing, &ask.route, request, left.min(EXCHANGE)).await?;
        sent.map_err(|error| Error::of_send(&self.vendor, &ask.doing, &error))
    }

    /// One exchange, of which log and breaker are told.
    pub(super) async fn exchange(
        &self,
        doing: &str,
        route: &str,
        request: Request<Bytes>,
        timeout: Duration,
    ) -> Result<Result<Response<Bytes>, SendError>, Error> {
        let (began, method) = (self.clock.now(), request.method().clone());
        let sent = self.http.send(request, timeout).await;
        let now = self.clock.now();
        let status = sent.as_ref().ok().map(|response| response.status().as_u16());
        call_log::count();
        self.calls.called(&Call {
            vendor: &self.vendor,
            method: method.as_str(),
            route,
            status,
            took: Duration::try_from(now.duration_since(began)).unwrap_or_default(),
        });
        let outcome =
            if status.is_some_and(|status| status < 500) { CallOutcome::Answered } else { CallOutcome::Failed };
        self.breaker.record(&self.key, outcome, now).await.map_err(|error| state(doing, &error))?;
        Ok(sent)
    }

    async fn judge(
        &self,
        ask: &Ask,
        response: Response<Bytes>,
        now: Timestamp,
    ) -> Result<Option<Response<Bytes>>, Error> {
        let (vendor, doing) = (self.name(), ask.doing.clone());
        match self.reader.verdict(&response, now) {
            Verdict::Use => Ok(Some(response)),
            Verdict::Absent => Ok(None),
            Verdict::Throttled { until } => {
                self.permits.clear();
                self.budget.silence(&self.key, until).await.map_err(|error| state(&ask.doing, &error))?;
                Err(Error::Throttled { vendor, doing, until })
            }
            // A failing answer to a create leaves open whether it was made.
            Verdict::Failing { reason } if ask.effect == Effect::Creates => {
                Err(Error::Doubtful { vendor, doing, reason })
            }
            Verdict::Failing { reason } => Err(Error::Weather { vendor, doing, reason }),
            Verdict::Refused { fault: Fault::Settings, code, reason } => {
                Err(Error::Settings { vendor, doing, code, reason })
            }
            Verdict::Refused { reason, .. } => Err(Error::Ours { vendor, doing, reason }),
        }
    }

    /// One permit out of the shared budget, by slices.
    async fn permit(&self, ask: &Ask, deadline: Deadline) -> Result<(), Error> {
        loop {
            let now = self.clock.now();
            if let Some(until) =
                self.breaker.open_until(&self.key, now).await.map_err(|error| state(&ask.doing, &error))?
            {
                return Err(Error::BreakerOpen { vendor: self.name(), doing: ask.doing.clone(), until });
            }
            if self.told.as_ref().is_some_and(|told| told.day_is_used_up(now)) {
                return Err(Error::Settings {
                    vendor: self.name(),
                    doing: ask.doing.clone(),
                    code: PLAN_LIMIT,
                    reason: "the calls of this day are used up".to_owned(),
                });
            }
            let limit = self.limit();
            let slice = SLICE.min(limit.burst);
            let reserve = || self.budget.reserve(&self.key, &limit, slice, now);
            match self.permits.one(now, reserve).await.map_err(|error| state(&ask.doing, &error))? {
                Permit::Given => return Ok(()),
                Permit::ComeBack(until) => {
                    let pause = Duration::try_from(until.duration_since(now)).unwrap_or_default();
                    if pause > WORTH_WAITING || !deadline.allows(pause, now) {
                        let turn = self.budget.line_up(&self.key, &limit, until).await;
                        let until = turn.map_err(|error| state(&ask.doing, &error))?;
                        return Err(Error::Throttled { vendor: self.name(), doing: ask.doing.clone(), until });
                    }
                    self.clock.sleep(pause.max(Duration::from_millis(1))).await;
                }
            }
        }
    }

    fn is_worth_repeating(&self, error: &Error, effect: Effect, deadline: Deadline) -> bool {
        match error {
            Error::Weather { .. } => true,
            Error::Doubtful { .. } => effect == Effect::Repeatable,
            // Who is told to wait was not served. The next try begins with waiting for a permit, and so for the silence's end.
            Error::Throttled { until, .. } => {
                let now = self.clock.now();
                let pause = Duration::try_from(until.duration_since(now)).unwrap_or_default();
                pause <= WORTH_WAITING && deadline.allows(pause, now)
            }
            _ => false,
        }
    }

    fn request(&self, ask: &Ask, proof: &Proof) -> Result<Request<Bytes>, Error> {
        let ours = |reason: String| Error::Ours { vendor: self.name(), doing: ask.doing.clone(), reason };
        let mut request = Request::builder()
            .method(ask.method.clone())
            .uri(format!("{}{}", self.base_url.trim_end_matches('/'), ask.target))
            .body(ask.body.clone().unwrap_or_default())
            .map_err(|error| ours(error.to_string()))?;
        let headers = request.headers_mut();
        headers.extend(self.headers.clone());
        proof.put_into(headers).map_err(|error| ours(error.to_string()))?;
        if ask.body.is_some() {
            headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        Ok(request)
    }

    fn name(&self) -> String {
        self.vendor.clone()
    }
}

fn state(doing: &str, error: &StateError) -> Error {
    Error::State { doing: doing.to_owned(), reason: error.to_string() }
}
