//! Airtable (airtable.md): records, upserts that are all or nothing, webhooks with payloads, people who edit the same
//! table, five requests a second and half a minute's penalty.

mod changes;
mod columns;
mod formula;
mod listing;
mod people;
mod pings;
mod records;
mod refusals;
mod webhooks;

pub use people::EditError;
pub use pings::{CONTENT_MAC, Ping, PingCounts, content_mac};

use crate::{
    answer::{Answer, Answered, Ask, Counters},
    clock::SimClock,
    faults::{FaultScript, Faults},
    front::Simulator,
};
use columns::{Cells, Columns};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use webhooks::Webhook;

/// The account's token in the sandbox.
pub const TOKEN: &str = "patSandbox00000001";
pub const BASE: &str = "appSandbox0000001";
pub const TABLE: &str = "Reservations";
/// The table's id, which stands for its name in addresses and is the only name it has in payloads.
pub const TABLE_ID: &str = "tblSandbox0000001";

#[derive(Debug)]
pub struct OfficeTable {
    clock: Arc<dyn SimClock>,
    state: Mutex<State>,
    faults: Faults,
}

#[derive(Debug)]
struct State {
    rng: fastrand::Rng,
    columns: Columns,
    records: BTreeMap<String, Record>,
    webhooks: Vec<Webhook>,
    /// Writes so far: what payloads call `baseTransactionNumber`.
    transactions: u64,
    /// Listings that can be continued, with the moment they no longer can.
    iterators: BTreeMap<String, Timestamp>,
    recent: VecDeque<Timestamp>,
    penalty_until: Option<Timestamp>,
    usage: Usage,
}

#[derive(Clone, Debug)]
struct Record {
    created: Timestamp,
    cells: Cells,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    pub calls: Counters,
    /// Calls that came above five a second.
    pub over_limit: u64,
    pub pings: PingCounts,
}

impl OfficeTable {
    pub fn new(clock: Arc<dyn SimClock>, seed: u64) -> Self {
        let state = State {
            rng: fastrand::Rng::with_seed(seed),
            columns: Columns::of_the_office(),
            records: BTreeMap::new(),
            webhooks: Vec::new(),
            transactions: 0,
            iterators: BTreeMap::new(),
            recent: VecDeque::new(),
            penalty_until: None,
            usage: Usage::default(),
        };
        Self { clock, state: Mutex::new(state), faults: Faults::default() }
    }

    /// Puts a fault script in force, in place of the one before.
    pub fn load_faults(&self, script: FaultScript) {
        self.faults.load(script);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn usage(&self) -> Usage {
        self.lock().usage.clone()
    }

    /// Every record's cells.
    pub fn records(&self) -> Vec<Map<String, Value>> {
        self.lock().records.values().map(|record| record.cells.clone()).collect()
    }

    /// Ids of the records whose cell holds this value.
    pub fn records_with(&self, column: &str, value: &Value) -> Vec<String> {
        let state = self.lock();
        let matching = state.records.iter().filter(|(_, record)| record.cells.get(column) == Some(value));
        matching.map(|(id, _)| id.clone()).collect()
    }

    /// The operator deletes a column.
    pub fn remove_column(&self, name: &str) {
        self.lock().columns.remove(name);
    }

    /// The vendor forgets where listings stand, as it does some minutes after their last page.
    pub fn expire_offsets(&self) {
        self.lock().iterators.clear();
    }

    fn answer(&self, ask: &Ask) -> Answered {
        let mut state = self.lock();
        let segments = ask.segments();
        *state.usage.calls.entry(format!("{} {}", ask.method, route(&segments))).or_default() += 1;
        authorized(ask)?;
        state.over_limit(ask.now)?;
        match segments.as_slice() {
            ["v0", "meta", "bases", BASE, "tables"] if ask.method == http::Method::GET => Ok(state.schema()),
            ["v0", "bases", BASE, "webhooks", rest @ ..] => state.webhook_route(ask, rest),
            ["v0", BASE, table, rest @ ..] if names_table(table) => state.record_route(ask, rest),
            ["v0", "bases", _, "webhooks", ..] | ["v0", _, _] | ["v0", "meta", "bases", _, "tables"] => {
                Err(refusals::no_such_model())
            }
            _ => Err(refusals::not_found()),
        }
    }
}

impl Simulator for OfficeTable {
    fn handle(&self, ask: &Ask) -> Answer {
        self.faults.around(ask, |ask| self.answer(ask).unwrap_or_else(|refusal| refusal))
    }
}

impl State {
    /// The sixth call of a second fails, and so does everything for half a minute after it.
    fn over_limit(&mut self, now: Timestamp) -> Result<(), Answer> {
        let second = SignedDuration::from_secs(1);
        if self.penalty_until.is_none_or(|until| now >= until) {
            while self.recent.front().is_some_and(|oldest| *oldest + second <= now) {
                self.recent.pop_front();
            }
            if self.recent.len() < 5 {
                self.recent.push_back(now);
                return Ok(());
            }
            self.penalty_until = Some(now + SignedDuration::from_secs(30));
        }
        self.usage.over_limit += 1;
        Err(refusals::error(429, "RATE_LIMIT_REACHED", "Rate limit exceeded. Please try again later"))
    }

    fn schema(&self) -> Answer {
        let fields = self.columns.described();
        let primary = fields.first().map(|field| field["id"].clone());
        Answer::json(
            200,
            json!({ "tables": [{ "id": TABLE_ID, "name": TABLE, "primaryFieldId": primary, "fields": fields, "views": [] }] }),
        )
    }

    /// A prefix and 14 letters or digits.
    fn new_id(&mut self, prefix: &str) -> String {
        let letters: String = (0..14).map(|_| self.rng.alphanumeric()).collect();
        format!("{prefix}{letters}")
    }
}

/// No token is refused with an object, a wrong one with a bare word: both forms are seen.
fn authorized(ask: &Ask) -> Result<(), Answer> {
    match ask.authorization() {
        "" => Err(refusals::error(401, "AUTHENTICATION_REQUIRED", "Authentication required")),
        shown if shown == format!("Bearer {TOKEN}") => Ok(()),
        _ => Err(refusals::bare(401, "UNAUTHORIZED")),
    }
}

/// Tables are named by id or by their percent-encoded name.
fn names_table(segment: &str) -> bool {
    segment == TABLE || segment == TABLE_ID
}

/// A call's route with its variable parts as placeholders.
fn route(segments: &[&str]) -> String {
    match segments {
        ["v0", "meta", ..] => "/v0/meta/bases/{base}/tables".to_owned(),
        ["v0", "bases", _, "webhooks"] => "/v0/bases/{base}/webhooks".to_owned(),
        ["v0", "bases", _, "webhooks", _] => "/v0/bases/{base}/webhooks/{webhook}".to_owned(),
        ["v0", "bases", _, "webhooks", _, what, ..] => format!("/v0/bases/{{base}}/webhooks/{{webhook}}/{what}"),
        ["v0", _, _, "listRecords"] => "/v0/{base}/{table}/listRecords".to_owned(),
        ["v0", _, _, _, ..] => "/v0/{base}/{table}/{record}".to_owned(),
        _ => "/v0/{base}/{table}".to_owned(),
    }
}

/// A body, which has to be JSON.
fn parsed(ask: &Ask) -> Result<Value, Answer> {
    let unparsable = |_| refusals::error(400, "INVALID_REQUEST_UNKNOWN", "The request body is not valid JSON");
    serde_json::from_slice(&ask.body).map_err(unparsable)
}

/// `2026-01-01T17:15:00.000Z`.
fn stamp(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}
