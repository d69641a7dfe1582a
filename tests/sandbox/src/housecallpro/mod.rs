//! Housecall Pro, as far as its fact sheet tells: jobs, schedules, customers, limits, webhooks and the people who work in it.

mod appointments;
mod customers;
mod hooks;
mod jobs;
mod line_items;
mod lists;
mod people;
mod records;
mod routes;

pub use hooks::{Webhook, signature};
pub use people::{JobView, PeopleError};
pub use records::{Address, Customer, Employee, LineItem, TemplateJob};

use crate::{
    answer::{Reply, SimAnswer, Simulator, authorization},
    clock::SimClock,
    faults::{FaultScript, Faults, LimitForm},
    limits::{Bucket, RateRules},
};
use bytes::Bytes;
use fastrand::Rng;
use http::{Request, Response};
use jiff::tz::TimeZone;
use records::{Appointment, Job, Life, Phase};
use serde::Serialize;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// How the account behaves. The defaults are the sheet's, where it gives a number.
#[derive(Clone, Debug)]
pub struct HousecallProSettings {
    pub key: String,
    pub webhook_secret: String,
    pub company: String,
    /// IANA zone of the company; times without an offset are read in it.
    pub zone: String,
    pub limit: RateRules,
    pub limit_form: LimitForm,
    /// From a write of a schedule until its appointment can be read.
    pub appointment_delay: Duration,
    /// Deliveries of webhooks wait from this long to twice this long.
    pub webhook_delay: Duration,
}

impl Default for HousecallProSettings {
    fn default() -> Self {
        Self {
            key: "sandbox-company-key".to_owned(),
            webhook_secret: "sandbox-signing-secret".to_owned(),
            company: "Sample Cleaning Company".to_owned(),
            zone: "America/Phoenix".to_owned(),
            limit: RateRules { calls: 1_000, period: Duration::from_hours(1), burst: 100 },
            limit_form: LimitForm::default(),
            appointment_delay: Duration::from_millis(700),
            webhook_delay: Duration::from_secs(1),
        }
    }
}

/// The simulator. See the module's text.
#[derive(Debug)]
pub struct HousecallPro {
    settings: HousecallProSettings,
    clock: Arc<dyn SimClock>,
    faults: Faults,
    state: Mutex<State>,
}

#[derive(Debug)]
pub(crate) struct State {
    rng: Rng,
    zone: TimeZone,
    company: String,
    company_id: String,
    webhook_secret: String,
    webhook_delay: Duration,
    appointment_delay: Duration,
    bucket: Bucket,
    jobs: BTreeMap<String, Job>,
    customers: BTreeMap<String, Customer>,
    employees: BTreeMap<String, Employee>,
    job_types: BTreeMap<String, String>,
    tags: BTreeMap<String, String>,
    invoices: BTreeSet<u64>,
    sequence: u64,
    webhooks_on: bool,
    outgoing: VecDeque<Webhook>,
    counters: Counters,
}

/// What was asked of the vendor so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// By method and route, with `{id}` for ids.
    pub calls: BTreeMap<String, u64>,
    /// Calls that changed something.
    pub writes: u64,
    /// Calls refused by the limit.
    pub over_limit: u64,
    pub jobs_created: u64,
}

impl Counters {
    /// All calls, the refused ones included.
    pub fn total(&self) -> u64 {
        self.calls.values().sum::<u64>() + self.over_limit
    }
}

impl HousecallPro {
    pub fn new(settings: HousecallProSettings, clock: Arc<dyn SimClock>, seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let state = State {
            zone: TimeZone::get(&settings.zone).unwrap_or(TimeZone::UTC),
            company: settings.company.clone(),
            company_id: crate::ids::uuid(&mut rng),
            webhook_secret: settings.webhook_secret.clone(),
            webhook_delay: settings.webhook_delay,
            appointment_delay: settings.appointment_delay,
            bucket: Bucket::full(settings.limit, clock.now()),
            jobs: BTreeMap::new(),
            customers: BTreeMap::new(),
            employees: BTreeMap::new(),
            job_types: BTreeMap::new(),
            tags: BTreeMap::new(),
            invoices: BTreeSet::new(),
            sequence: 0,
            webhooks_on: false,
            outgoing: VecDeque::new(),
            counters: Counters::default(),
            rng,
        };
        Self { settings, clock, faults: Faults::default(), state: Mutex::new(state) }
    }

    /// The company key a client has to show.
    pub fn key(&self) -> &str {
        &self.settings.key
    }

    /// Puts a fault script in force, in place of the one before.
    pub fn load_faults(&self, script: FaultScript) {
        self.faults.load(script);
    }

    /// How often the fault script struck.
    pub fn faults_struck(&self) -> u64 {
        self.faults.struck()
    }

    pub fn counters(&self) -> Counters {
        self.lock().counters.clone()
    }

    /// Live jobs that double another one: the same marker in the notes, or the same customer, address and start. Each
    /// entry is the ids that fell together.
    pub fn duplicates(&self) -> Vec<Vec<String>> {
        let state = self.lock();
        let mut groups: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for job in state.jobs.values().filter(|job| job.is_live()) {
            for (_, note) in job.notes.iter().filter(|(_, note)| !note.trim().is_empty()) {
                groups.entry(format!("note {}", note.trim())).or_default().insert(job.id.clone());
            }
            if let Some(start) = job.start() {
                let place = format!("at {} {} {start}", job.customer, job.address);
                groups.entry(place).or_default().insert(job.id.clone());
            }
        }
        let doubles: BTreeSet<Vec<String>> =
            groups.into_values().filter(|ids| ids.len() > 1).map(|ids| ids.into_iter().collect()).collect();
        doubles.into_iter().collect()
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn respond(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let now = self.clock.now();
        let mut state = self.lock();
        let known = authorization(request)
            .and_then(|text| text.strip_prefix("Token ").or_else(|| text.strip_prefix("Bearer ")))
            .is_some_and(|key| key.trim() == self.settings.key);
        if !known {
            state.count("unauthorized");
            return Reply::json(401, json!({ "error": { "message": "Invalid API key" } })).into_response();
        }
        if let Err(wait) = state.bucket.take(now) {
            state.counters.over_limit += 1;
            return Reply::json(429, json!({ "error": { "message": "Rate limit exceeded" } }))
                .headers(self.settings.limit_form.headers(now, wait))
                .into_response();
        }
        let (route, reply) = routes::answer(&mut state, request, now);
        state.count(&route);
        if request.method() != http::Method::GET {
            state.counters.writes += 1;
        }
        reply.into_response()
    }
}

impl Simulator for HousecallPro {
    fn handle(&self, request: Request<Bytes>) -> SimAnswer {
        self.faults.around(request, self.clock.now(), |request| self.respond(&request))
    }
}

impl State {
    fn count(&mut self, route: &str) {
        *self.counters.calls.entry(route.to_owned()).or_default() += 1;
    }

    fn next_sequence(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence
    }
}

/// For known routes the vendor answers an empty object.
fn not_found() -> Reply {
    Reply::json(404, json!({}))
}

/// 400 with a sentence and the attribute it is about.
fn bad_attribute(attribute: &str, why: &str) -> Reply {
    let sentence = format!("{attribute} {why}");
    let mut body = json!({ "message": sentence });
    if let Some(map) = body.as_object_mut() {
        map.insert(attribute.to_owned(), Value::from(why));
    }
    Reply::json(400, body)
}

fn text<'a>(body: &'a Value, key: &str) -> Option<&'a str> {
    body.get(key).and_then(Value::as_str)
}

fn ids(body: &Value, key: &str) -> Vec<String> {
    let list = body.get(key).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}
