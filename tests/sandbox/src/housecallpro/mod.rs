//! Housecall Pro, as far as its fact sheet tells: jobs, schedules, customers, limits, webhooks and the people who work in it.

mod appointments;
mod customers;
pub(crate) mod habits;
mod hooks;
mod jobs;
mod line_items;
mod lists;
mod people;
mod records;
mod routes;

pub use habits::{Habits, WebhookCounts};
pub use hooks::{Webhook, signature};
pub use people::{JobView, PeopleError};
pub use records::{Address, Customer, Employee, LineItem, TemplateJob};

use crate::{
    answer::{Answer, Ask, Counters},
    clock::SimClock,
    faults::{FaultScript, Faults, LimitForm},
    front::Simulator,
    limits::{RateRules, Window},
};
use fastrand::Rng;
use habits::Carrier;
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
    /// How a refusal says when to come again; `None`: another form each time, as nobody knows the true one.
    pub limit_form: Option<LimitForm>,
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
            limit: RateRules { calls: 1_000, period: Duration::from_hours(1) },
            limit_form: None,
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
    window: Window,
    jobs: BTreeMap<String, Job>,
    customers: BTreeMap<String, Customer>,
    employees: BTreeMap<String, Employee>,
    job_types: BTreeMap<String, String>,
    tags: BTreeMap<String, String>,
    invoices: BTreeSet<u64>,
    sequence: u64,
    webhooks_on: bool,
    outgoing: VecDeque<Webhook>,
    carrier: Carrier,
    usage: Usage,
}

/// What was asked of the vendor so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Usage {
    /// Those that were answered, by method and route, with `{id}` for ids.
    pub calls: Counters,
    /// All that came in, also what the fault script kept from being done.
    pub asked: u64,
    /// Calls that changed something.
    pub writes: u64,
    /// Calls refused by the limit.
    pub over_limit: u64,
    pub jobs_created: u64,
    pub webhooks: WebhookCounts,
}

impl Usage {
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
            window: Window::new(settings.limit),
            jobs: BTreeMap::new(),
            customers: BTreeMap::new(),
            employees: BTreeMap::new(),
            job_types: BTreeMap::new(),
            tags: BTreeMap::new(),
            invoices: BTreeSet::new(),
            sequence: 0,
            webhooks_on: false,
            outgoing: VecDeque::new(),
            carrier: Carrier::new(seed),
            usage: Usage::default(),
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

    pub fn usage(&self) -> Usage {
        let state = self.lock();
        Usage { webhooks: state.carrier.counts, ..state.usage.clone() }
    }

    /// Notes that stand at more than one living job.
    pub fn duplicates(&self) -> Vec<String> {
        let state = self.lock();
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        for job in state.jobs.values().filter(|job| job.is_live()) {
            for (_, note) in job.notes.iter().filter(|(_, note)| !note.trim().is_empty()) {
                *seen.entry(note.trim()).or_default() += 1;
            }
        }
        seen.into_iter().filter(|(_, times)| *times > 1).map(|(note, _)| note.to_owned()).collect()
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn respond(&self, ask: &Ask) -> Answer {
        let mut state = self.lock();
        let shown = ask.authorization();
        let known = shown.strip_prefix("Token ").or_else(|| shown.strip_prefix("Bearer "));
        if known.is_none_or(|key| key.trim() != self.settings.key) {
            state.count("unauthorized");
            return Answer::json(401, json!({ "error": { "message": "Invalid API key" } }));
        }
        if let Err(wait) = state.window.take(ask.now) {
            let number = usize::try_from(state.usage.over_limit).unwrap_or_default();
            let form = self.settings.limit_form.unwrap_or(LimitForm::ALL[number % LimitForm::ALL.len()]);
            state.usage.over_limit += 1;
            return Answer::json(429, json!({ "error": { "message": "Rate limit exceeded" } }))
                .with_headers(form.headers(ask.now, wait));
        }
        let (route, answer) = routes::answer(&mut state, ask);
        state.count(&route);
        if ask.method != http::Method::GET {
            state.usage.writes += 1;
        }
        answer
    }
}

impl Simulator for HousecallPro {
    fn handle(&self, ask: &Ask) -> Answer {
        let answer = self.faults.around(ask, |ask| self.respond(ask));
        self.lock().usage.asked += 1;
        answer
    }
}

impl State {
    fn count(&mut self, route: &str) {
        *self.usage.calls.entry(route.to_owned()).or_default() += 1;
    }

    fn next_sequence(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence
    }
}

/// For known routes the vendor answers an empty object.
fn not_found() -> Answer {
    Answer::json(404, json!({}))
}

/// 400 with a sentence and the attribute it is about.
fn bad_attribute(attribute: &str, why: &str) -> Answer {
    let sentence = format!("{attribute} {why}");
    let mut body = json!({ "message": sentence });
    if let Some(map) = body.as_object_mut() {
        map.insert(attribute.to_owned(), Value::from(why));
    }
    Answer::json(400, body)
}

fn text<'a>(body: &'a Value, key: &str) -> Option<&'a str> {
    body.get(key).and_then(Value::as_str)
}

fn ids(body: &Value, key: &str) -> Vec<String> {
    let list = body.get(key).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}
