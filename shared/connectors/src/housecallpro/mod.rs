//! Housecall Pro as the system that holds jobs. Facts and their sources: the README beside this file.

mod answers;
mod directory;
pub(crate) mod news;
mod wire;

use crate::{
    error::{Error, JOB_MISSING},
    manifest,
    roles::{
        FieldService, Found, Health, JobSearch, LineItem, Marked, NewJob, OpenError, Parts, Reading, ScheduleChange,
        Template,
    },
    transport::{Account, Ask, Deadline, Driver, Effect},
};
use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderValue, Method, Response};
use jiff::{SignedDuration, Timestamp};
use lintel_domain::{
    ids::{ConnectionId, EmployeeId, JobId},
    job::JobSeen,
    private::Private,
    reconcile::ListedJob,
    settings::{Connection, NotifyPolicy},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;
use std::{collections::BTreeMap, num::NonZeroU32};

/// Stands before the marker in a job's notes.
const MARK: &str = "Lintel";

#[derive(Debug)]
pub(crate) struct HousecallPro {
    driver: Driver,
    page_size: NonZeroU32,
}

impl HousecallPro {
    pub(crate) const NAME: &'static str = "housecallpro";

    pub(crate) fn open(
        id: &ConnectionId,
        connection: &Connection,
        secret: &Private,
        parts: Parts,
    ) -> Result<Self, OpenError> {
        let manifest = manifest::find(Self::NAME)?;
        let account = Account { id, connection, secret };
        let mut driver = Driver::open(&manifest, account, "all", answers::Answers, parts)?;
        driver.headers.insert(http::header::ACCEPT, HeaderValue::from_static("application/json"));
        driver.limit.calls = account.positive("calls_per_hour", driver.limit.calls)?;
        driver.limit.burst = account.positive("burst", driver.limit.burst)?.min(driver.limit.calls);
        Ok(Self { driver, page_size: manifest.stream("jobs")?.page_size })
    }

    async fn call(&self, ask: Ask, deadline: Deadline) -> Result<Option<Response<Bytes>>, Error> {
        self.driver.ask(&ask, deadline).await
    }

    async fn get<T: DeserializeOwned>(
        &self,
        doing: &str,
        route: &'static str,
        target: String,
        deadline: Deadline,
    ) -> Result<Option<T>, Error> {
        let ask = ask(doing, Method::GET, route, target, None, Effect::Repeatable);
        self.call(ask, deadline).await?.map(|response| self.read_body(doing, &response)).transpose()
    }

    async fn send<T: Serialize>(
        &self,
        doing: &str,
        method: Method,
        route: &'static str,
        target: String,
        body: &T,
        deadline: Deadline,
    ) -> Result<Option<Response<Bytes>>, Error> {
        let body = self.body(doing, body)?;
        self.call(ask(doing, method, route, target, Some(body), Effect::Repeatable), deadline).await
    }

    /// Makes something that would be there twice if it were sent twice.
    async fn make<T: Serialize>(
        &self,
        doing: &str,
        route: &'static str,
        target: String,
        body: &T,
        deadline: Deadline,
    ) -> Result<Option<Response<Bytes>>, Error> {
        let body = self.body(doing, body)?;
        self.call(ask(doing, Method::POST, route, target, Some(body), Effect::Creates), deadline).await
    }

    fn body<T: Serialize>(&self, doing: &str, body: &T) -> Result<Bytes, Error> {
        serde_json::to_vec(body).map(Bytes::from).map_err(|error| self.ours(doing, error.to_string()))
    }

    fn read_body<T: DeserializeOwned>(&self, doing: &str, response: &Response<Bytes>) -> Result<T, Error> {
        let mut reader = serde_json::Deserializer::from_slice(response.body());
        serde_path_to_error::deserialize(&mut reader)
            .map_err(|error| self.ours(doing, format!("unexpected answer at {}", error.path())))
    }

    fn ours(&self, doing: &str, reason: String) -> Error {
        Error::Ours { vendor: self.driver.vendor.clone(), doing: doing.to_owned(), reason }
    }

    /// Every page of a list; `None` when there is no such list. `key` is where the answer holds its records.
    async fn pages<T: DeserializeOwned>(
        &self,
        doing: &str,
        route: &'static str,
        target: &str,
        key: &str,
        deadline: Deadline,
    ) -> Result<Option<Vec<T>>, Error> {
        let joint = if target.contains('?') { '&' } else { '?' };
        let mut all = Vec::new();
        for page in 1.. {
            let target = format!("{target}{joint}page={page}&page_size={}", self.page_size);
            let answer: Option<wire::Page> = self.get(doing, route, target, deadline).await?;
            let Some(mut answer) = answer else { return Ok(None) };
            let records = answer.lists.remove(key).unwrap_or_default();
            let records: Vec<T> = serde_path_to_error::deserialize(records)
                .map_err(|error| self.ours(doing, format!("unexpected answer at {key}.{}", error.path())))?;
            let last = records.is_empty() || page >= answer.total_pages.unwrap_or(1);
            all.extend(records);
            if last {
                break;
            }
        }
        Ok(Some(all))
    }

    async fn new_tag(&self, name: &str, deadline: Deadline) -> Result<wire::Tag, Error> {
        let doing = "make a tag";
        let body = json!({ "name": name });
        let made = self.make(doing, "/tags", "/tags".to_owned(), &body, deadline).await?;
        let made = made.ok_or_else(|| self.ours(doing, "the route is not there".to_owned()))?;
        self.read_body(doing, &made)
    }

    async fn line_items(&self, job: &JobId, deadline: Deadline) -> Result<Vec<wire::LineItem>, Error> {
        let doing = "read a job's line items";
        let items: Option<wire::LineItems> =
            self.get(doing, "/jobs/{id}/line_items", format!("/jobs/{job}/line_items"), deadline).await?;
        items.map(|items| items.data).ok_or_else(|| missing(doing, job))
    }

    /// The spec refuses the schedule call for jobs with several appointments; those move through the appointment.
    async fn appointments(&self, job: &JobId, deadline: Deadline) -> Result<Vec<wire::Appointment>, Error> {
        let doing = "read a job's appointments";
        let found: Option<wire::Appointments> =
            self.get(doing, "/jobs/{id}/appointments", format!("/jobs/{job}/appointments"), deadline).await?;
        Ok(found.map(|found| found.appointments).unwrap_or_default())
    }
}

#[async_trait]
impl FieldService for HousecallPro {
    async fn template(&self, job: &JobId, deadline: Deadline) -> Result<Template, Error> {
        let items = self.line_items(job, deadline).await?;
        Ok(Template { items: items.into_iter().map(LineItem::from).collect() })
    }

    async fn create(&self, new: &NewJob, deadline: Deadline) -> Result<JobSeen, Error> {
        let doing = "create a job";
        let ends = end(new.starts, new.minutes);
        let body = json!({
            "customer_id": new.customer,
            "address_id": new.address,
            "schedule": {
                "scheduled_start": new.starts,
                "scheduled_end": ends,
                "arrival_window": new.arrival_window_minutes,
            },
            "assigned_employee_ids": new.assignees,
            "line_items": wire::new_items(&new.template.items, &new.line),
            "notes": format!("{MARK} {}", new.marker),
        });
        let response = self.make(doing, "/jobs", "/jobs".to_owned(), &body, deadline).await?;
        let response = response.ok_or_else(|| self.ours(doing, "the route is not there".to_owned()))?;
        // An unreadable answer to a create that worked leaves the id unknown: the marker finds it.
        let job: wire::Job = serde_json::from_slice(response.body()).map_err(|_| Error::Doubtful {
            vendor: self.driver.vendor.clone(),
            doing: doing.to_owned(),
            reason: "the answer could not be read".to_owned(),
        })?;
        let mut seen = job.seen();
        seen.line = seen.line.or_else(|| Some(new.line.clone()));
        Ok(seen)
    }

    async fn read(&self, job: &JobId, deadline: Deadline) -> Result<Reading, Error> {
        let target = format!("/jobs/{job}?expand[]=appointments");
        let read: Option<wire::Job> = self.get("read a job", "/jobs/{id}", target, deadline).await?;
        Ok(read.map_or(Reading::Gone, |job| Reading::Present(Box::new(job.seen()))))
    }

    async fn find(&self, search: &JobSearch, deadline: Deadline) -> Result<Vec<Found>, Error> {
        let mark = format!("{MARK} {}", search.marker);
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("customer_id", search.customer.as_str())
            .append_pair("scheduled_start_min", &search.from.to_string())
            .append_pair("scheduled_start_max", &search.to.to_string())
            .finish();
        let target = format!("/jobs?{query}&expand[]=appointments");
        let jobs: Option<Vec<wire::Job>> = self.pages("search for a job", "/jobs", &target, "jobs", deadline).await?;
        let found = jobs.unwrap_or_default().into_iter().map(|job| Found {
            marked: if job.notes_hold(&mark) { Marked::Ours } else { Marked::Unmarked },
            address: job.address_id(),
            seen: job.seen(),
        });
        Ok(found.collect())
    }

    async fn list(&self, from: Timestamp, to: Timestamp, deadline: Deadline) -> Result<Vec<ListedJob>, Error> {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("scheduled_start_min", &from.to_string())
            .append_pair("scheduled_start_max", &to.to_string())
            .append_pair("sort_by", "created_at")
            .append_pair("sort_direction", "asc")
            .finish();
        let target = format!("/jobs?{query}&expand[]=appointments");
        let jobs: Option<Vec<wire::Job>> = self.pages("list the jobs", "/jobs", &target, "jobs", deadline).await?;
        // A page that moved while it was read may show a job twice.
        let jobs = jobs.unwrap_or_default().into_iter().map(|job| job.listed(MARK));
        let by_id: BTreeMap<JobId, ListedJob> = jobs.map(|job| (job.seen.job.clone(), job)).collect();
        Ok(by_id.into_values().collect())
    }

    async fn schedule(&self, job: &JobSeen, change: &ScheduleChange, deadline: Deadline) -> Result<(), Error> {
        let doing = "move a job";
        let id = &job.job;
        let ends = end(change.starts, change.minutes);
        let appointments = self.appointments(id, deadline).await?;
        let done = match appointments.as_slice() {
            [_, _, ..] => {
                let wanted = job.appointment.as_ref();
                let chosen = appointments.iter().find(|one| wanted.is_some_and(|id| one.id == id.as_str()));
                let Some(one) = chosen.or_else(|| appointments.first()) else { return Ok(()) };
                let body = json!({
                    "start_time": change.starts,
                    "end_time": ends,
                    "arrival_window_minutes": change.arrival_window_minutes,
                    "dispatched_employees_ids": one.dispatched_employees_ids,
                });
                let target = format!("/jobs/{id}/appointments/{}", one.id);
                self.send(doing, Method::PUT, "/jobs/{id}/appointments/{id}", target, &body, deadline).await?
            }
            // Without `dispatched_employees` the present assignments stay.
            _ => {
                let body = json!({
                    "start_time": change.starts,
                    "end_time": ends,
                    "arrival_window_in_minutes": change.arrival_window_minutes,
                    "notify": change.notify == NotifyPolicy::CrewAndCustomer,
                    "notify_pro": change.notify != NotifyPolicy::Silent,
                });
                self.send(doing, Method::PUT, "/jobs/{id}/schedule", format!("/jobs/{id}/schedule"), &body, deadline)
                    .await?
            }
        };
        done.map(drop).ok_or_else(|| missing(doing, id))
    }

    async fn first_line(&self, job: &JobId, deadline: Deadline) -> Result<Option<String>, Error> {
        let items = self.line_items(job, deadline).await?;
        Ok(items.into_iter().next().map(|item| item.name))
    }

    async fn set_line(&self, job: &JobId, line: &str, deadline: Deadline) -> Result<(), Error> {
        let doing = "rewrite a job's service line";
        // The bulk update replaces: whatever is not sent is deleted, so everything is sent.
        let mut items = self.line_items(job, deadline).await?;
        match items.first_mut() {
            Some(first) => line.clone_into(&mut first.name),
            None => items.push(wire::LineItem::named(line)),
        }
        let body = json!({ "line_items": items.iter().map(wire::LineItem::update).collect::<Vec<_>>() });
        let target = format!("/jobs/{job}/line_items/bulk_update");
        let route = "/jobs/{id}/line_items/bulk_update";
        self.send(doing, Method::PUT, route, target, &body, deadline)
            .await?
            .map(drop)
            .ok_or_else(|| missing(doing, job))
    }

    async fn dispatch(&self, job: &JobId, crew: &[EmployeeId], deadline: Deadline) -> Result<(), Error> {
        let doing = "send a crew to a job";
        let crew: Vec<_> = crew.iter().map(|employee| json!({ "employee_id": employee })).collect();
        let body = json!({ "dispatched_employees": crew });
        let target = format!("/jobs/{job}/dispatch");
        let sent = self.send(doing, Method::PUT, "/jobs/{id}/dispatch", target, &body, deadline).await?;
        sent.map(drop).ok_or_else(|| missing(doing, job))
    }

    async fn mark(&self, job: &JobId, marker: &str, deadline: Deadline) -> Result<(), Error> {
        let doing = "mark a job";
        let mark = format!("{MARK} {marker}");
        // Notes have no key: one that is there already is not written again.
        let target = format!("/jobs/{job}");
        let read: Option<wire::Job> = self.get(doing, "/jobs/{id}", target, deadline).await?;
        if read.ok_or_else(|| missing(doing, job))?.notes_hold(&mark) {
            return Ok(());
        }
        let body = json!({ "content": mark });
        let target = format!("/jobs/{job}/notes");
        let noted = self.make(doing, "/jobs/{id}/notes", target, &body, deadline).await?;
        noted.map(drop).ok_or_else(|| missing(doing, job))
    }

    async fn tag(&self, job: &JobId, tag: &str, deadline: Deadline) -> Result<(), Error> {
        let doing = "tag a job";
        let known: Option<Vec<wire::Tag>> = self.pages(doing, "/tags", "/tags", "tags", deadline).await?;
        let known = known.unwrap_or_default().into_iter().find(|known| known.name.eq_ignore_ascii_case(tag));
        let id = match known {
            Some(tag) => tag.id,
            None => self.new_tag(tag, deadline).await?.id,
        };
        let target = format!("/jobs/{job}/tags");
        let tagged =
            self.send(doing, Method::POST, "/jobs/{id}/tags", target, &json!({ "tag_id": id }), deadline).await?;
        tagged.map(drop).ok_or_else(|| missing(doing, job))
    }

    async fn withdraw_schedule(&self, job: &JobId, deadline: Deadline) -> Result<(), Error> {
        let target = format!("/jobs/{job}/schedule");
        let ask =
            ask("take a job's schedule back", Method::DELETE, "/jobs/{id}/schedule", target, None, Effect::Repeatable);
        self.call(ask, deadline).await.map(drop)
    }

    async fn check(&self, deadline: Deadline) -> Result<Health, Error> {
        let doing = "read the company";
        let company: Option<wire::Company> = self.get(doing, "/company", "/company".to_owned(), deadline).await?;
        let company = company.ok_or_else(|| self.ours(doing, "the route is not there".to_owned()))?;
        Ok(Health { account: company.name.unwrap_or(company.id) })
    }
}

fn ask(doing: &str, method: Method, route: &'static str, target: String, body: Option<Bytes>, effect: Effect) -> Ask {
    Ask { doing: doing.to_owned(), method, route: route.into(), target, body, effect }
}

fn end(starts: Timestamp, minutes: u32) -> Timestamp {
    starts.saturating_add(SignedDuration::from_mins(i64::from(minutes))).unwrap_or(starts)
}

fn missing(doing: &str, job: &JobId) -> Error {
    Error::Settings {
        vendor: HousecallPro::NAME.to_owned(),
        doing: doing.to_owned(),
        code: JOB_MISSING,
        reason: format!("there is no job {job}, or it was deleted"),
    }
}
