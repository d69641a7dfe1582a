//! Housecall Pro's JSON, as tolerant as the live API asks for: forms differ between the documents and the answers.

use crate::roles;
use jiff::Timestamp;
use lintel_domain::{
    ids::{AddressId, AppointmentId, CustomerId, EmployeeId, JobId},
    job::{JobProgress, JobSeen, WorkTimes},
    reconcile::ListedJob,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// One page of any list; its records stand under the list's own name.
#[derive(Debug, Deserialize)]
pub(super) struct Page {
    pub(super) total_pages: Option<u32>,
    #[serde(flatten)]
    pub(super) lists: Map<String, Value>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Tag {
    pub(super) id: String,
    pub(super) name: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Job {
    id: String,
    work_status: Option<String>,
    schedule: Option<Schedule>,
    #[serde(default)]
    assigned_employees: Vec<Employee>,
    #[serde(default)]
    notes: Value,
    customer: Option<Named>,
    address: Option<Named>,
    #[serde(default)]
    work_timestamps: WorkTimestamps,
    updated_at: Option<Timestamp>,
    line_items: Option<Vec<LineItem>>,
}

#[derive(Debug, Default, Deserialize)]
struct WorkTimestamps {
    #[serde(rename = "on_my_way_at")]
    on_my_way: Option<Timestamp>,
    #[serde(rename = "started_at")]
    started: Option<Timestamp>,
    #[serde(rename = "completed_at")]
    completed: Option<Timestamp>,
}

#[derive(Debug, Deserialize)]
struct Named {
    id: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Schedule {
    scheduled_start: Option<Timestamp>,
    /// Absent unless asked for, and for a moment after creation.
    #[serde(default)]
    appointments: Vec<Appointment>,
}

#[derive(Debug, Deserialize)]
struct Employee {
    id: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Appointments {
    #[serde(default)]
    pub(super) appointments: Vec<Appointment>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Appointment {
    pub(super) id: String,
    #[serde(default)]
    pub(super) dispatched_employees_ids: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct LineItems {
    #[serde(default)]
    pub(super) data: Vec<LineItem>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Company {
    pub(super) id: String,
    pub(super) name: Option<String>,
}

/// A line item. Answers say `id` where requests say `uuid`; what we do not know is sent back as it came.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct LineItem {
    #[serde(alias = "uuid")]
    id: Option<String>,
    #[serde(default)]
    pub(super) name: String,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// What answers add and requests do not take.
const ANSWER_ONLY: [&str; 4] = ["amount", "unit_of_measure", "order_index", "object"];

impl LineItem {
    pub(super) fn named(name: &str) -> Self {
        Self { id: None, name: name.to_owned(), rest: Map::new() }
    }

    /// In the form a bulk update takes.
    pub(super) fn update(&self) -> Value {
        let mut item: Map<String, Value> = self
            .rest
            .iter()
            .filter(|(key, value)| !ANSWER_ONLY.contains(&key.as_str()) && !value.is_null())
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        item.insert("name".to_owned(), json!(self.name));
        if let Some(id) = &self.id {
            item.insert("uuid".to_owned(), json!(id));
        }
        Value::Object(item)
    }
}

impl From<LineItem> for roles::LineItem {
    fn from(item: LineItem) -> Self {
        let text = |key: &str| item.rest.get(key).and_then(Value::as_str).map(str::to_owned);
        let cents = |key: &str| item.rest.get(key).and_then(Value::as_i64).unwrap_or_default();
        Self {
            description: text("description"),
            unit_price: cents("unit_price"),
            unit_cost: cents("unit_cost"),
            quantity: item.rest.get("quantity").and_then(Value::as_f64).unwrap_or(1.0),
            kind: text("kind"),
            taxable: item.rest.get("taxable").and_then(Value::as_bool),
            name: item.name,
        }
    }
}

/// A template's items for a new job: the first one becomes the line crews read.
pub(super) fn new_items(template: &[roles::LineItem], line: &str) -> Vec<Value> {
    let first = template.first().cloned().unwrap_or_default();
    let first = roles::LineItem { name: line.to_owned(), quantity: first.quantity.max(1.0), ..first };
    std::iter::once(&first)
        .chain(template.iter().skip(1))
        .map(|item| {
            let mut value = json!({
                "name": item.name,
                "unit_price": item.unit_price,
                "unit_cost": item.unit_cost,
                "quantity": item.quantity,
            });
            if let (Some(description), Some(fields)) = (&item.description, value.as_object_mut()) {
                fields.insert("description".to_owned(), json!(description));
            }
            value
        })
        .collect()
}

impl Job {
    pub(super) fn seen(self) -> JobSeen {
        let (starts, appointment) = match self.schedule {
            Some(schedule) => (schedule.scheduled_start, schedule.appointments.into_iter().next()),
            None => (None, None),
        };
        JobSeen {
            job: JobId::new(self.id),
            appointment: appointment.map(|appointment| AppointmentId::new(appointment.id)),
            starts,
            progress: progress(self.work_status.as_deref()),
            line: self.line_items.and_then(|items| items.into_iter().next()).map(|item| item.name),
            assignees: self.assigned_employees.into_iter().map(|employee| EmployeeId::new(employee.id)).collect(),
            work: WorkTimes {
                on_my_way: self.work_timestamps.on_my_way,
                started: self.work_timestamps.started,
                completed: self.work_timestamps.completed,
            },
            updated_at: self.updated_at,
        }
    }

    pub(super) fn address_id(&self) -> Option<AddressId> {
        self.address.as_ref().and_then(|address| address.id.as_deref()).map(AddressId::new)
    }

    pub(super) fn listed(self, mark: &str) -> ListedJob {
        let id = |place: Option<&Named>| place.and_then(|place| place.id.clone());
        ListedJob {
            customer: id(self.customer.as_ref()).map(CustomerId::new),
            address: self.address_id(),
            marker: self.marker(mark),
            seen: self.seen(),
        }
    }

    /// What stands behind our mark in the notes.
    fn marker(&self, mark: &str) -> Option<String> {
        let after = |note: &Value| {
            let text = note.get("content").unwrap_or(note).as_str().unwrap_or_default();
            text.lines().find_map(|line| line.trim().strip_prefix(mark)?.strip_prefix(' ').map(str::to_owned))
        };
        match &self.notes {
            Value::Array(notes) => notes.iter().find_map(after),
            note => after(note),
        }
    }

    /// Notes are objects in answers of today and plain text in older documents.
    pub(super) fn notes_hold(&self, mark: &str) -> bool {
        let is_it = |note: &Value| {
            let text = note.get("content").unwrap_or(note).as_str().unwrap_or_default();
            text.lines().any(|line| line.trim() == mark)
        };
        match &self.notes {
            Value::Array(notes) => notes.iter().any(is_it),
            note => is_it(note),
        }
    }
}

/// Live values carry spaces, the documents' underscores. Compared whole: "unscheduled" contains "scheduled".
fn progress(status: Option<&str>) -> JobProgress {
    let raw = status.unwrap_or_default();
    match raw.trim().to_ascii_lowercase().replace('_', " ").as_str() {
        "needs scheduling" | "unscheduled" | "" => JobProgress::Unscheduled,
        "scheduled" => JobProgress::Scheduled,
        "in progress" => JobProgress::InProgress,
        "complete rated" | "complete unrated" | "completed" => JobProgress::Completed,
        "user canceled" | "pro canceled" | "canceled" => JobProgress::Cancelled,
        _ => JobProgress::Unknown(raw.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_compared_whole() {
        for (raw, wanted) in [
            ("needs scheduling", JobProgress::Unscheduled),
            ("unscheduled", JobProgress::Unscheduled),
            ("scheduled", JobProgress::Scheduled),
            ("in progress", JobProgress::InProgress),
            ("in_progress", JobProgress::InProgress),
            ("Complete Unrated", JobProgress::Completed),
            ("pro_canceled", JobProgress::Cancelled),
            ("on hold", JobProgress::Unknown("on hold".to_owned())),
        ] {
            assert_eq!(progress(Some(raw)), wanted, "{raw}");
        }
    }

    #[test]
    fn notes_are_objects_or_text() {
        for notes in
            [json!([{ "id": "n", "content": "Lintel birch.1" }]), json!("Lintel birch.1"), json!(["Lintel birch.1"])]
        {
            let job: Job = serde_json::from_value(json!({ "id": "job_1", "notes": notes })).expect("a job");
            assert!(job.notes_hold("Lintel birch.1"));
            assert!(!job.notes_hold("Lintel birch.12"), "only the whole marker counts");
            assert!(!job.notes_hold("Lintel birch"));
        }
    }

    #[test]
    fn an_update_sends_back_what_it_does_not_know() {
        let item: LineItem = serde_json::from_value(
            json!({ "id": "li_1", "name": "a", "unit_price": 100, "amount": 100, "taxable": true, "description": null }),
        )
        .expect("an item");
        assert_eq!(item.update(), json!({ "unit_price": 100, "taxable": true, "name": "a", "uuid": "li_1" }));
    }
}
