//! What the account holds.

use super::Usage;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};

#[derive(Debug)]
pub(crate) struct State {
    rng: fastrand::Rng,
    pub(crate) jobs: BTreeMap<String, Job>,
    /// Customer to its address and name.
    pub(crate) customers: BTreeMap<String, (String, String)>,
    pub(crate) usage: Usage,
    recent: VecDeque<Timestamp>,
    invoices: u64,
}

#[derive(Clone, Debug)]
pub struct Job {
    pub id: String,
    pub customer: String,
    pub address: String,
    pub notes: Vec<(String, String)>,
    pub status: String,
    pub starts: Option<Timestamp>,
    pub ends: Option<Timestamp>,
    pub arrival_window: u64,
    pub appointment: Option<String>,
    pub items: Vec<LineItem>,
    pub employees: Vec<String>,
    pub created: Timestamp,
    pub updated: Timestamp,
    pub deleted: bool,
    pub invoice: u64,
}

#[derive(Clone, Debug)]
pub struct LineItem {
    pub id: String,
    pub name: String,
    pub rest: serde_json::Map<String, Value>,
}

impl State {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            rng: fastrand::Rng::with_seed(seed),
            jobs: BTreeMap::new(),
            customers: BTreeMap::new(),
            usage: Usage::default(),
            recent: VecDeque::new(),
            invoices: 1_000,
        }
    }

    /// `job_` and 32 hex digits, as the live system writes them.
    pub(crate) fn new_id(&mut self, prefix: &str) -> String {
        format!("{prefix}_{:016x}{:016x}", self.rng.u64(..), self.rng.u64(..))
    }

    pub(crate) fn next_invoice(&mut self) -> u64 {
        self.invoices += 1;
        self.invoices
    }

    /// Counts a call; above the limit, the moment the oldest counted call leaves the hour. Refused calls do not count.
    pub(crate) fn over_limit(&mut self, now: Timestamp, limit: usize) -> Option<Timestamp> {
        let hour = SignedDuration::from_hours(1);
        while self.recent.front().is_some_and(|oldest| *oldest + hour <= now) {
            self.recent.pop_front();
        }
        if self.recent.len() < limit {
            self.recent.push_back(now);
            return None;
        }
        self.usage.over_limit += 1;
        self.recent.front().map(|oldest| *oldest + hour)
    }

    pub(crate) fn add_template(&mut self, id: &str, items: &[(&str, i64)]) {
        let items = items
            .iter()
            .map(|(name, price)| LineItem {
                id: self.new_id("rli"),
                name: (*name).to_owned(),
                rest: [("unit_price".to_owned(), json!(price)), ("quantity".to_owned(), json!(1))]
                    .into_iter()
                    .collect(),
            })
            .collect();
        let job = Job {
            id: id.to_owned(),
            customer: String::new(),
            address: String::new(),
            notes: Vec::new(),
            status: "needs scheduling".to_owned(),
            starts: None,
            ends: None,
            arrival_window: 0,
            appointment: None,
            items,
            employees: Vec::new(),
            created: Timestamp::UNIX_EPOCH,
            updated: Timestamp::UNIX_EPOCH,
            deleted: false,
            invoice: 0,
        };
        self.jobs.insert(id.to_owned(), job);
    }
}

impl Job {
    /// Notes by which Lintel finds its own jobs.
    pub fn markers(&self) -> impl Iterator<Item = &str> {
        self.notes.iter().map(|(_, text)| text.as_str()).filter(|text| text.starts_with("Lintel "))
    }

    /// As the API shows it. Appointments only when asked for, and not at once.
    pub(crate) fn shown(&self, with_appointments: Option<SignedDuration>, now: Timestamp) -> Value {
        let mut schedule = json!({
            "scheduled_start": self.starts,
            "scheduled_end": self.ends,
            // Documents say a number, examples a text: alternate.
            "arrival_window": if self.invoice.is_multiple_of(2) { json!(self.arrival_window) } else { json!(self.arrival_window.to_string()) },
        });
        if let Some(after) = with_appointments {
            schedule["appointments"] = self.appointments(after, now);
        }
        json!({
            "id": self.id,
            "invoice_number": self.invoice.to_string(),
            "description": self.items.first().map(|item| item.name.clone()),
            "customer": { "id": self.customer, "email": null, "mobile_number": null },
            "address": { "id": self.address, "type": "service", "country": "USA" },
            "notes": self.notes.iter().map(|(id, text)| json!({ "id": id, "content": text })).collect::<Vec<_>>(),
            "work_status": self.status,
            "work_timestamps": { "on_my_way_at": null, "started_at": null, "completed_at": null },
            "schedule": schedule,
            "total_amount": 0,
            "outstanding_balance": 0,
            "assigned_employees": self.employees.iter().map(|id| json!({ "id": id, "first_name": "Crew" })).collect::<Vec<_>>(),
            "tags": [],
            "created_at": self.created,
            "updated_at": self.updated,
            "a_key_nobody_knows": true,
        })
    }

    pub(crate) fn appointments(&self, after: SignedDuration, now: Timestamp) -> Value {
        match (&self.appointment, self.starts) {
            (Some(id), Some(starts)) if now >= self.created + after => json!([{
                "id": id,
                "start_time": starts,
                "end_time": self.ends,
                "arrival_window_minutes": self.arrival_window,
                "dispatched_employees_ids": self.employees,
            }]),
            _ => json!([]),
        }
    }

    pub(crate) fn shown_items(&self) -> Value {
        let items: Vec<Value> = self
            .items
            .iter()
            .enumerate()
            .map(|(index, item)| {
                let mut shown = item.rest.clone();
                shown.insert("id".to_owned(), json!(item.id));
                shown.insert("name".to_owned(), json!(item.name));
                shown.insert("order_index".to_owned(), json!(index));
                shown.insert("amount".to_owned(), json!(0));
                Value::Object(shown)
            })
            .collect();
        json!({ "url": format!("/jobs/{}/line_items", self.id), "data": items })
    }
}
