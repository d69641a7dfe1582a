//! HubSpot's CRM, as far as its fact sheet tells: contacts, listings and custom objects, their properties, associations
//! and labels, batches that fail in part or in silence, limits by tier, a search that is late, signed webhooks and the
//! people who work in it.

mod associations;
mod auth;
mod batches;
mod hooks;
mod labels;
mod linking;
mod natives;
mod objects;
mod people;
mod portal;
mod posts;
mod properties;
mod property_calls;
mod rates;
mod records;
mod replies;
mod routes;
mod schemas;
mod search;
mod settings;
mod singles;
mod usage;
mod values;
mod writes;

pub use crate::housecallpro::{Habits, WebhookCounts};
pub use hooks::{Delivery, signature_v1, signature_v3};
pub use people::{LabelIds, PeopleError, RecordView};
pub use settings::{Activation, Allowance, ConflictForm, MalformedAddress, PortalSettings, SecondaryEmails, Tier};
pub use usage::{OverLimit, Usage};
pub use writes::ValidationRule;

use crate::{
    answer::{Answer, Ask},
    clock::SimClock,
    faults::{FaultScript, Faults},
    front::Simulator,
    ids::uuid,
};
use associations::Links;
use auth::Tokens;
use hooks::Hooks;
use jiff::Timestamp;
use labels::{Category, LinkTypes};
use objects::{Kind, ObjectType};
use rates::{App, Endpoint, Policy, Rates};
use replies::Refusal;
use std::{
    cell::Cell,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// The simulator. See the module's text.
#[derive(Debug)]
pub struct HubSpot {
    clock: Arc<dyn SimClock>,
    faults: Faults,
    latency: Duration,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    settings: PortalSettings,
    rng: fastrand::Rng,
    /// Draws what no caller depends on, so that errors change nothing else of a seed's run.
    correlations: fastrand::Rng,
    rates: Rates,
    tokens: Tokens,
    objects: Vec<ObjectType>,
    link_types: LinkTypes,
    links: Links,
    rules: Vec<(Kind, String, ValidationRule)>,
    hooks: Hooks,
    last_id: u64,
    usage: Usage,
}

impl HubSpot {
    /// The seed draws what differs per portal: type ids of labels and of custom objects.
    pub fn new(settings: PortalSettings, clock: Arc<dyn SimClock>, seed: u64) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed);
        let objects = ObjectType::natives(&settings);
        let mut link_types = LinkTypes::default();
        for from in 0..objects.len() {
            for to in from..objects.len() {
                link_types.allow(&mut rng, (Kind(from), Kind(to)), Category::HubSpotDefined);
            }
        }
        let state = State {
            correlations: fastrand::Rng::with_seed(seed),
            rates: Rates::new(&settings),
            tokens: Tokens::default(),
            objects,
            link_types,
            links: Links::default(),
            rules: Vec::new(),
            hooks: Hooks::new(seed),
            last_id: 100_000 + rng.u64(..1_000_000),
            usage: Usage::default(),
            rng,
            settings,
        };
        Self { clock, faults: Faults::default(), latency: state.settings.latency, state: Mutex::new(state) }
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
        Usage { webhooks: state.hooks.counts(), ..state.usage.clone() }
    }

    fn now(&self) -> Timestamp {
        whole_milliseconds(self.clock.now())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn respond(&self, ask: &Ask) -> Answer {
        let mut state = self.lock();
        if let ["oauth", "v1" | "2026-03" | "2026-09", "token"] = ask.segments().as_slice() {
            state.usage.count("POST /oauth/token");
            let replied = auth::token(&mut state, ask);
            return state.finish(replied);
        }
        let app = match state.tokens.who(&state.settings, ask) {
            Ok(app) => app,
            Err(refusal) => {
                state.usage.count("unauthorized");
                return state.finish(Err(refusal));
            }
        };
        let endpoint = routes::endpoint(ask);
        if let Err(policy) = state.rates.take(app, endpoint, ask.now) {
            return state.over_limit(policy, app, endpoint, ask.now);
        }
        let (route, replied) = routes::answer(&mut state, ask);
        state.usage.count(&route);
        if !routes::only_reads(ask) {
            state.usage.writes += 1;
        }
        let answer = state.finish(replied);
        state.with_headers(answer, app, endpoint, ask.now)
    }
}

impl Simulator for HubSpot {
    /// The time is the simulator's clock's, whatever the request was stamped with.
    fn handle(&self, ask: &Ask) -> Answer {
        let ask = Ask { now: self.now(), ..ask.clone() };
        let reached = Cell::new(Reached::No);
        let answer = self.faults.around(&ask, |ask| {
            reached.set(Reached::Yes);
            self.respond(ask)
        });
        let mut state = self.lock();
        state.usage.asked += 1;
        let answer = if reached.get() == Reached::No && answer.status == 429 {
            // A scripted 429 has the vendor's body, and the headers of its rule.
            let own = state.finish(Err(Policy::TenSecondlyRolling.refusal()));
            Answer { body: own.body, ..answer }
        } else {
            answer
        };
        Answer { delay: answer.delay + self.latency, ..answer }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reached {
    Yes,
    No,
}

impl State {
    fn object(&self, kind: Kind) -> &ObjectType {
        &self.objects[kind.0]
    }

    fn object_mut(&mut self, kind: Kind) -> &mut ObjectType {
        &mut self.objects[kind.0]
    }

    fn next_id(&mut self) -> u64 {
        self.last_id += self.rng.u64(1..20);
        self.last_id
    }

    fn finish(&mut self, replied: replies::Replied) -> Answer {
        let correlation = uuid(&mut self.correlations);
        let answer = match replied {
            Ok(reply) => reply.into_answer(),
            Err(refusal) => refusal.into_answer(&correlation),
        };
        answer.with_header("x-hubspot-correlation-id", &correlation)
    }

    fn over_limit(&mut self, policy: Policy, app: App, endpoint: Endpoint, now: Timestamp) -> Answer {
        self.usage.over_limit.count(policy);
        let refusal: Refusal = policy.refusal();
        let answer = self.finish(Err(refusal));
        self.with_headers(answer, app, endpoint, now)
    }

    fn with_headers(&mut self, answer: Answer, app: App, endpoint: Endpoint, now: Timestamp) -> Answer {
        match endpoint {
            Endpoint::Search => answer,
            Endpoint::Other => answer.with_headers(self.rates.headers(app, now)),
        }
    }
}

/// The vendor's clock has no finer steps.
fn whole_milliseconds(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}
