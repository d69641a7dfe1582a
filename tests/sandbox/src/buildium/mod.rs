//! Buildium's Open API, as far as its fact sheet tells: rentals, units, tenants, leases, owners, associations and
//! listings, lists without a cursor, a limit that counts twice, webhooks with ids and no more, and the people who work in
//! it.

mod calendar;
mod call;
mod deeds;
mod gate;
mod hooks;
mod kept;
mod order;
mod people;
mod planned;
mod posts;
mod query;
mod records;
mod refusals;
mod routes;
mod settings;
mod store;
mod streams;
mod table;
mod usage;
mod world;
mod writes;

pub use crate::housecallpro::{Habits, WebhookCounts};
pub use hooks::{Delivery, signature};
pub use kept::Record;
pub use people::PeopleError;
pub use records::{
    AccountDetails, Address, Association, AssociationOwner, AssociationTenant, AssociationUnit, Cosigner,
    EmergencyContact, Lease, LeaseTenant, Listing, ListingContact, Manager, MoveOut, Owner, OwnershipAccount, Phone,
    Property, TaxId, TaxInformation, Tenant, Unit, Word,
};
pub use settings::{Access, ApiKey, Area, BuildiumSettings, TenantEvents, UndoneMoveOuts};
pub use usage::{OverLimit, Usage};
pub use world::{BuildiumWorld, Size};

use crate::{
    answer::{Answer, Ask},
    clock::{SimClock, later},
    faults::{FaultScript, Faults},
    front::Simulator,
    limits::RateRules,
};
use gate::{Gate, Ticket};
use hooks::Hooks;
use jiff::{civil::Date, tz::TimeZone};
use planned::Planned;
use refusals::Refusal;
use std::{
    cell::Cell,
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use store::Store;

const CLIENT_ID: &str = "x-buildium-client-id";
const CLIENT_SECRET: &str = "x-buildium-client-secret";

/// The simulator. See the module's text.
#[derive(Debug)]
pub struct Buildium {
    clock: Arc<dyn SimClock>,
    faults: Faults,
    latency: Duration,
    webhook_patience: Duration,
    state: Mutex<State>,
    planned: Planned,
}

/// What an account is, holds and has been asked.
#[derive(Debug)]
pub struct State {
    company: String,
    keys: Vec<ApiKey>,
    in_flight: usize,
    starts: RateRules,
    largest_page: usize,
    undone_move_outs: UndoneMoveOuts,
    /// By client id.
    gates: BTreeMap<String, Gate>,
    store: Store,
    hooks: Hooks,
    usage: Usage,
}

/// Whether a call came through the fault script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reached {
    Yes,
    No,
}

impl Buildium {
    /// An account that holds a world's records, on the clock's day.
    pub fn new(settings: BuildiumSettings, clock: Arc<dyn SimClock>, world: BuildiumWorld) -> Self {
        let BuildiumSettings { account_id, webhook_delay, tenant_events, .. } = settings;
        let hooks = Hooks::new(account_id, webhook_delay, tenant_events, world.seed());
        let state = State {
            company: settings.company,
            keys: settings.keys,
            in_flight: settings.in_flight,
            starts: settings.starts,
            largest_page: settings.largest_page,
            undone_move_outs: settings.undone_move_outs,
            gates: BTreeMap::new(),
            store: world.into_store(day(clock.as_ref())),
            hooks,
            usage: Usage::default(),
        };
        Self {
            clock,
            faults: Faults::default(),
            latency: settings.latency,
            webhook_patience: settings.webhook_patience,
            state: Mutex::new(state),
            planned: Planned::default(),
        }
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
        Usage { webhooks: state.hooks.counts(), webhooks_dropped: state.hooks.dropped(), ..state.usage.clone() }
    }

    /// The day it is for leases.
    pub fn today(&self) -> Date {
        day(self.clock.as_ref())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn respond(&self, ask: &Ask) -> Answer {
        let today = self.today();
        let mut state = self.lock();
        let (route, replied) = match state.key(ask).cloned() {
            Some(key) => routes::answer(&mut state, ask, &key, today),
            None => ("unauthorized".to_owned(), Err(Refusal::unauthorized())),
        };
        let answer = replied.unwrap_or_else(Refusal::into_answer);
        state.usage.count(&route, answer.status.as_u16());
        answer
    }

    /// Lets a call of a known client in, or answers it.
    fn enter(&self, ask: &Ask) -> Result<Option<(String, Ticket)>, Answer> {
        let mut state = self.lock();
        state.usage.asked += 1;
        let Some(client) = state.key(ask).map(|key| key.client_id.clone()) else { return Ok(None) };
        let State { gates, in_flight, starts, usage, .. } = &mut *state;
        let gate = gates.entry(client.clone()).or_insert_with(|| Gate::new(*in_flight, *starts));
        match gate.enter(ask.now) {
            Ok(ticket) => Ok(Some((client, ticket))),
            Err(full) => Err(Answer { delay: self.latency, ..refusals::over_limit(usage.refuse(full)) }),
        }
    }
}

fn day(clock: &dyn SimClock) -> Date {
    TimeZone::UTC.to_datetime(clock.now()).date()
}

impl Simulator for Buildium {
    /// The time is the simulator's clock's, whatever the request was stamped with.
    fn handle(&self, ask: &Ask) -> Answer {
        let ask = Ask { now: self.clock.now(), ..ask.clone() };
        let entered = match self.enter(&ask) {
            Ok(entered) => entered,
            Err(refusal) => return refusal,
        };
        let reached = Cell::new(Reached::No);
        let mut answer = self.faults.around(&ask, |ask| {
            reached.set(Reached::Yes);
            self.respond(ask)
        });
        if reached.get() == Reached::No && answer.status == 429 {
            // A scripted 429 has the vendor's body, and the headers of its rule.
            answer.body = refusals::over_limit(0).body;
        }
        answer.delay += self.latency;
        if let Some((client, ticket)) = entered
            && let Some(gate) = self.lock().gates.get_mut(&client)
        {
            gate.leave(ticket, later(ask.now, answer.delay));
        }
        if reached.get() == Reached::Yes {
            self.carry_out_planned(&ask, &answer);
        }
        answer
    }
}

impl State {
    /// The key a call shows, if it is one of this account.
    fn key(&self, ask: &Ask) -> Option<&ApiKey> {
        let shown = |name: &str| ask.headers.get(name).map(http::HeaderValue::as_bytes);
        let (id, secret) = (shown(CLIENT_ID)?, shown(CLIENT_SECRET)?);
        self.keys.iter().find(|key| key.client_id.as_bytes() == id && key.client_secret.as_bytes() == secret)
    }
}
