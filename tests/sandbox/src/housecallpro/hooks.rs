//! Webhooks: every change is told, the caller's own ones, too (section 8).

use super::{
    Appointment, HousecallPro, State,
    habits::Fate,
    not_found,
    records::{Expand, Shown, stamp},
};
use crate::{answer::Answer, background::Background, clock::later};
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::Sha256;
use std::{collections::BTreeSet, sync::Arc, time::Duration};

/// A delivery on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    pub event: String,
    /// Not before then. Deliveries overtake each other.
    pub due: Timestamp,
    pub body: Bytes,
    /// `Api-Signature` and `Api-Timestamp`; the check of a new address carries neither.
    pub headers: Vec<(&'static str, String)>,
}

/// Lower-case hexadecimal HMAC-SHA256 over the timestamp, a dot and the raw body.
pub fn signature(secret: &str, timestamp: &str, body: &[u8]) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(timestamp.as_bytes());
    mac.update(b".");
    mac.update(body);
    hex::encode(mac.finalize().into_bytes())
}

/// Ids of employees.
pub(crate) struct Staff(pub(crate) BTreeSet<String>);

impl HousecallPro {
    /// What `POST /webhooks/subscription` does: from now on every change is told.
    pub fn subscribe(&self) {
        self.lock().webhooks_on = true;
    }

    pub fn webhook_secret(&self) -> &str {
        &self.settings.webhook_secret
    }

    /// The deliveries that are due by now, by their time. They leave the queue.
    pub fn take_webhooks(&self) -> Vec<Webhook> {
        let now = self.clock.now();
        let mut state = self.lock();
        let (mut due, later): (Vec<Webhook>, Vec<Webhook>) =
            state.outgoing.drain(..).partition(|webhook| webhook.due <= now);
        state.outgoing.extend(later);
        due.sort_by_key(|webhook| webhook.due);
        state.carrier.order(&mut due);
        due
    }

    /// Deliveries that wait for their time.
    pub fn webhooks_waiting(&self) -> usize {
        self.lock().outgoing.len()
    }

    /// What is posted, unsigned, when somebody types an address into the settings screen.
    pub fn address_check(&self) -> Webhook {
        Webhook {
            event: String::new(),
            due: self.clock.now(),
            body: Bytes::from_static(br#"{"foo":"bar"}"#),
            headers: Vec::new(),
        }
    }

    /// Posts what is due to an address; answers with the status of each, `None` where it could not be reached. The vendor
    /// repeats what was not answered 2xx, which is why that stays in the queue.
    pub async fn send_webhooks(&self, client: &reqwest::Client, target: &str) -> Vec<(Webhook, Option<u16>)> {
        let mut sent = Vec::new();
        for webhook in self.take_webhooks() {
            let mut request = client.post(target).header("content-type", "application/json").body(webhook.body.clone());
            for (name, value) in &webhook.headers {
                request = request.header(*name, value);
            }
            let status = request.send().await.ok().map(|response| response.status().as_u16());
            self.record(&webhook, status);
            sent.push((webhook, status));
        }
        sent
    }

    fn record(&self, webhook: &Webhook, status: Option<u16>) {
        let again = later(self.clock.now(), Duration::from_mins(1));
        let mut state = self.lock();
        state.carrier.counts.sent += 1;
        if status.is_some_and(|status| (200..300).contains(&status)) {
            state.carrier.counts.accepted += 1;
        } else {
            state.outgoing.push_back(Webhook { due: again, ..webhook.clone() });
        }
    }

    /// Posts what is due to an address, every so often, until the answer is dropped.
    pub fn send_webhooks_in_background(
        self: &Arc<Self>,
        client: reqwest::Client,
        target: String,
        pause: Duration,
    ) -> Background {
        let vendor = Arc::clone(self);
        Background::repeat(pause, move || {
            let (vendor, client, target) = (Arc::clone(&vendor), client.clone(), target.clone());
            async move {
                vendor.send_webhooks(&client, &target).await;
            }
        })
    }
}

impl State {
    /// The full record under the key its event's first part names.
    pub(crate) fn tell(&mut self, event: &str, key: &str, record: &Value, now: Timestamp) {
        if !self.webhooks_on {
            return;
        }
        let mut body = json!({ "event": event, "event_occurred_at": stamp(now), "company_id": self.company_id });
        if let Some(map) = body.as_object_mut() {
            map.insert(key.to_owned(), record.clone());
        }
        let body = Bytes::from(body.to_string());
        match self.carrier.fate() {
            Fate::Lost => {}
            Fate::Once => self.dispatch(event, body, now),
            Fate::Twice => {
                self.dispatch(event, body.clone(), now);
                self.dispatch(event, body, now);
            }
        }
    }

    /// One delivery of an event, signed for the time it goes out.
    fn dispatch(&mut self, event: &str, body: Bytes, now: Timestamp) {
        let due = later(now, self.carrier.wait(self.webhook_delay));
        let timestamp = due.as_second().to_string();
        let headers =
            vec![("api-signature", signature(&self.webhook_secret, &timestamp, &body)), ("api-timestamp", timestamp)];
        self.outgoing.push_back(Webhook { event: event.to_owned(), due, body, headers });
    }

    pub(crate) fn tell_of_job(&mut self, event: &str, id: &str, now: Timestamp) {
        let expand = Expand { appointments: Shown::Yes, attachments: Shown::Yes };
        let Some(record) = self.jobs.get(id).map(|job| self.job_json(job, expand, now)) else { return };
        self.tell(event, "job", &record, now);
    }

    pub(crate) fn tell_of_appointments(&mut self, event: &str, id: &str, now: Timestamp) {
        let appointments = self.jobs.get(id).map(|job| job.appointments.clone()).unwrap_or_default();
        for one in &appointments {
            self.tell_of_one(event, id, one, now);
        }
    }

    /// Appointment events carry people as objects, where the REST form has ids.
    pub(crate) fn tell_of_one(&mut self, event: &str, id: &str, one: &Appointment, now: Timestamp) {
        let people: Vec<Value> = one
            .employees
            .iter()
            .filter_map(|id| self.employees.get(id))
            .map(|who| json!({ "id": who.id, "first_name": who.first_name, "last_name": who.last_name, "mobile_number": null }))
            .collect();
        let mut record = one.json();
        if let Some(map) = record.as_object_mut() {
            map.insert("job_id".to_owned(), Value::from(id));
            map.insert("dispatched_employees".to_owned(), Value::from(people));
            map.shift_remove("dispatched_employees_ids");
        }
        self.tell(event, "appointment", &record, now);
    }

    /// Changes who is assigned. A swap is told three times, the last time as a move to the same time.
    pub(crate) fn assign(&mut self, id: &str, staff: &Staff, now: Timestamp) -> Result<(), Answer> {
        let before = self.jobs.get(id).map(|job| job.employees.clone()).ok_or_else(not_found)?;
        let Staff(wanted) = staff;
        if before == *wanted {
            return Ok(());
        }
        let left = before.difference(wanted).next().is_some();
        let joined = wanted.difference(&before).next().is_some();
        self.change(id, now, |job| {
            job.employees.clone_from(wanted);
            for one in &mut job.appointments {
                one.employees.clone_from(wanted);
            }
        })?;
        if left {
            self.tell_of_appointments("job.appointment.appointment_pros_unassigned", id, now);
        }
        if joined {
            self.tell_of_appointments("job.appointment.appointment_pros_assigned", id, now);
        }
        if left && joined {
            self.tell_of_appointments("job.appointment.rescheduled", id, now);
        }
        Ok(())
    }
}
