//! What the account holds, and how it is shown.

use super::State;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A customer with service addresses.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Customer {
    pub id: String,
    pub first_name: String,
    pub last_name: String,
    pub email: Option<String>,
    pub mobile_number: Option<String>,
    pub company: Option<String>,
    pub notes: Option<String>,
    pub addresses: BTreeMap<String, Address>,
    /// Set by the simulator.
    pub created_at: Timestamp,
    /// Set by the simulator.
    pub updated_at: Timestamp,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    pub id: String,
    pub street: String,
    pub street_line_2: Option<String>,
    pub city: String,
    pub state: String,
    pub zip: String,
}

/// Somebody who does the work.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Employee {
    pub id: String,
    pub first_name: String,
    pub last_name: String,
    pub email: String,
}

/// A job nobody works on: its line items are copied.
#[derive(Clone, Debug, PartialEq)]
pub struct TemplateJob {
    pub id: String,
    pub customer: String,
    pub address: String,
    pub line_items: Vec<LineItem>,
}

/// Money in cents.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct LineItem {
    #[serde(rename = "id")]
    pub id: String,
    pub name: String,
    pub description: Option<String>,
    pub unit_price: i64,
    pub unit_cost: i64,
    pub quantity: f64,
    pub kind: String,
    pub taxable: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) id: String,
    pub(crate) sequence: u64,
    pub(crate) invoice: u64,
    pub(crate) customer: String,
    pub(crate) address: String,
    pub(crate) notes: Vec<(String, String)>,
    pub(crate) phase: Phase,
    pub(crate) life: Life,
    pub(crate) on_my_way_at: Option<Timestamp>,
    pub(crate) started_at: Option<Timestamp>,
    pub(crate) completed_at: Option<Timestamp>,
    pub(crate) arrival_window: i64,
    pub(crate) appointments: Vec<Appointment>,
    pub(crate) employees: BTreeSet<String>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) lead_source: Option<String>,
    pub(crate) kind_of_work: Option<String>,
    pub(crate) line_items: Vec<LineItem>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Open,
    InProgress,
    CompleteUnrated,
    CompleteRated,
    UserCanceled,
    ProCanceled,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    Live,
    Archived,
    Deleted,
}

#[derive(Clone, Debug)]
pub(crate) struct Appointment {
    pub(crate) id: String,
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
    pub(crate) arrival_window: i64,
    pub(crate) employees: BTreeSet<String>,
    /// Readable from then on.
    pub(crate) visible_at: Timestamp,
}

impl Job {
    pub(crate) fn is_live(&self) -> bool {
        self.life == Life::Live && !matches!(self.phase, Phase::UserCanceled | Phase::ProCanceled)
    }

    pub(crate) fn start(&self) -> Option<Timestamp> {
        self.appointments.iter().map(|one| one.start).min()
    }

    pub(crate) fn end(&self) -> Option<Timestamp> {
        self.appointments.iter().map(|one| one.end).max()
    }

    /// The live vocabulary, with blanks (section 4).
    pub(crate) fn work_status(&self) -> &'static str {
        match self.phase {
            Phase::Open if self.appointments.is_empty() => "needs scheduling",
            Phase::Open => "scheduled",
            Phase::InProgress => "in progress",
            Phase::CompleteUnrated => "complete unrated",
            Phase::CompleteRated => "complete rated",
            Phase::UserCanceled => "user canceled",
            Phase::ProCanceled => "pro canceled",
        }
    }

    /// The list filter's vocabulary, which is another one.
    pub(crate) fn filter_status(&self) -> &'static str {
        match self.phase {
            Phase::Open if self.appointments.is_empty() => "unscheduled",
            Phase::Open => "scheduled",
            Phase::InProgress => "in_progress",
            Phase::CompleteUnrated | Phase::CompleteRated => "completed",
            Phase::UserCanceled | Phase::ProCanceled => "canceled",
        }
    }

    pub(crate) fn visible(&self, now: Timestamp) -> impl Iterator<Item = &Appointment> {
        self.appointments.iter().filter(move |one| one.visible_at <= now)
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "cents of invented jobs are small"
    )]
    fn total(&self) -> i64 {
        self.line_items.iter().map(|item| (item.unit_price as f64 * item.quantity).round() as i64).sum()
    }
}

/// RFC 3339, whole seconds, `Z`.
pub(crate) fn stamp(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

impl Appointment {
    pub(crate) fn json(&self) -> Value {
        json!({
            "id": self.id,
            "start_time": stamp(self.start),
            "end_time": stamp(self.end),
            "arrival_window_minutes": self.arrival_window,
            "dispatched_employees_ids": self.employees,
        })
    }
}

impl LineItem {
    /// The form of answers: `id` where the request says `uuid`.
    pub(crate) fn json(&self, order: usize) -> Value {
        let mut shown = json!(self);
        if let Some(map) = shown.as_object_mut() {
            #[expect(clippy::cast_precision_loss, reason = "cents of invented items are small")]
            map.insert("amount".to_owned(), json!(self.unit_price as f64 * self.quantity));
            map.insert("unit_of_measure".to_owned(), Value::Null);
            map.insert("order_index".to_owned(), json!(order));
            map.insert("service_item_id".to_owned(), Value::Null);
            map.insert("service_item_type".to_owned(), Value::Null);
        }
        shown
    }
}

impl Address {
    pub(crate) fn json(&self) -> Value {
        json!({
            "id": self.id, "type": "service", "street": self.street, "street_line_2": self.street_line_2,
            "city": self.city, "state": self.state, "zip": self.zip, "country": "US",
        })
    }
}

/// Which optional arrays a caller asked for; without asking they are absent, not empty.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Expand {
    pub(crate) appointments: Shown,
    pub(crate) attachments: Shown,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Shown {
    Yes,
    #[default]
    No,
}

impl State {
    pub(crate) fn employee_json(&self, id: &str) -> Option<Value> {
        let who = self.employees.get(id)?;
        Some(json!({
            "id": who.id, "first_name": who.first_name, "last_name": who.last_name, "email": who.email,
            "mobile_number": null, "color_hex": "3366CC", "avatar_url": null, "role": "field tech", "tags": [],
            "permissions": {}, "company_name": self.company, "company_id": self.company_id,
        }))
    }

    pub(crate) fn employees_json<'a>(&self, ids: impl IntoIterator<Item = &'a String>) -> Vec<Value> {
        ids.into_iter().filter_map(|id| self.employee_json(id)).collect()
    }

    pub(crate) fn customer_json(&self, customer: &Customer) -> Value {
        json!({
            "id": customer.id, "first_name": customer.first_name, "last_name": customer.last_name,
            "email": customer.email, "mobile_number": customer.mobile_number, "home_number": null,
            "work_number": null, "company": customer.company, "notifications_enabled": true, "lead_source": null,
            "tags": [], "notes": customer.notes, "created_at": stamp(customer.created_at),
            "updated_at": stamp(customer.updated_at), "company_name": self.company, "company_id": self.company_id,
        })
    }

    pub(crate) fn job_json(&self, job: &Job, expand: Expand, now: Timestamp) -> Value {
        let customer = self.customers.get(&job.customer);
        let address = customer.and_then(|customer| customer.addresses.get(&job.address));
        let notes: Vec<Value> = job.notes.iter().map(|(id, content)| json!({ "id": id, "content": content })).collect();
        let tags: Vec<&String> = job.tags.values().collect();
        let mut schedule = json!({
            "scheduled_start": job.start().map(stamp),
            "scheduled_end": job.end().map(stamp),
            "arrival_window": job.arrival_window,
        });
        if let (Shown::Yes, Some(map)) = (expand.appointments, schedule.as_object_mut()) {
            let seen: Vec<Value> = job.visible(now).map(Appointment::json).collect();
            map.insert("appointments".to_owned(), Value::from(seen));
        }
        let job_type =
            job.kind_of_work.as_ref().and_then(|id| Some(json!({ "id": id, "name": self.job_types.get(id)? })));
        let mut shown = json!({
            "id": job.id,
            "invoice_number": job.invoice.to_string(),
            "description": job.line_items.first().map(|item| item.name.as_str()),
            "customer": customer.map(|customer| self.customer_json(customer)),
            "address": address.map(Address::json),
            "notes": notes,
            "work_status": job.work_status(),
            "work_timestamps": {
                "on_my_way_at": job.on_my_way_at.map(stamp),
                "started_at": job.started_at.map(stamp),
                "completed_at": job.completed_at.map(stamp),
            },
            "schedule": schedule,
            "total_amount": job.total(),
            "outstanding_balance": job.total(),
            "assigned_employees": self.employees_json(&job.employees),
            "tags": tags,
            "original_estimate_id": null,
            "lead_source": job.lead_source,
            "job_fields": { "job_type": job_type, "business_unit": null },
            "created_at": stamp(job.created_at),
            "updated_at": stamp(job.updated_at),
            "company_name": self.company,
            "company_id": self.company_id,
        });
        if let (Shown::Yes, Some(map)) = (expand.attachments, shown.as_object_mut()) {
            map.insert("attachments".to_owned(), json!([]));
        }
        shown
    }
}
