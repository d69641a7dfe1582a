//! People in the field service's screen: they move, rename, assign and delete jobs, and the webhooks that tell of it find their way or do
//! not.

use crate::{crash::Mortal, office::writes, run::Simulation};
use anyhow::ensure;
use jiff::{SignedDuration, Timestamp};
use lintel_connectors::surroundings::Clock;
use lintel_domain::{job_file::JobOrder, line};
use lintel_sandbox::housecallpro::{JobView, Webhook};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const CREWS: [&str; 3] = ["pro_1", "pro_2", "pro_3"];

/// What people did last to a job, and what must stand therefore.
#[derive(Clone, Debug, Default)]
pub(crate) struct Done {
    moved: Option<Timestamp>,
    assigned: Option<&'static str>,
    wrote: Option<String>,
}

impl Simulation {
    /// A person in the field service's screen.
    pub(crate) fn person(&mut self) -> anyhow::Result<()> {
        let jobs = ours(self);
        let Some(job) = self.rng.choice(&jobs) else { return Ok(()) };
        let vendor = &self.places.field_service;
        let done = self.done.entry(job.id.clone()).or_default();
        match self.rng.u8(0..10) {
            0..2 => {
                let crew = CREWS[self.rng.usize(..CREWS.len())];
                self.steps.push(format!("{crew} is sent to {} and begins", job.id));
                vendor.reassign(&job.id, &[crew])?;
                vendor.start_job(&job.id)?;
                done.assigned = Some(crew);
            }
            2 => {
                self.steps.push(format!("a person deletes {}", job.id));
                vendor.delete_job(&job.id)?;
            }
            3..5 => {
                let words = format!("Code {}", self.rng.u16(1_000..9_999));
                let line = job.line.as_deref().unwrap_or_default();
                let ours = line.rsplit_once(line::SEPARATOR).map_or(line, |(_, ours)| ours);
                self.steps.push(format!("a person writes {words:?} before the line of {}", job.id));
                vendor.rewrite_line(&job.id, &format!("{words}{}{ours}", line::SEPARATOR))?;
                done.wrote = Some(words);
            }
            _ => {
                let Some(starts) = job.starts else { return Ok(()) };
                let starts = starts + SignedDuration::from_hours(self.rng.i64(1..30));
                self.steps.push(format!("a person moves {}", job.id));
                vendor.move_job(&job.id, starts)?;
                done.moved = Some(starts);
            }
        }
        Ok(())
    }

    /// The field service tells what is due: in any order, some of it twice, some of it never.
    pub(crate) async fn tell(&mut self) -> anyhow::Result<()> {
        let now = self.places.clock.now();
        let mut due = self.places.field_service.take_webhooks();
        // What was held up for longer than its signature is good for is lost.
        due.retain(|webhook| now.duration_since(webhook.due) < SignedDuration::from_mins(4));
        self.rng.shuffle(&mut due);
        self.steps.push(format!("{} webhooks", due.len()));
        for webhook in due {
            if self.rng.u8(0..100) < 10 {
                self.forge(&webhook).await?;
            }
            let times = match self.rng.u8(0..100) {
                0..10 => 0,
                10..25 => 2,
                _ => 1,
            };
            for _ in 0..times {
                let life = self.life();
                let answer = Mortal::new(self.places.invoke("webhook-receiver", delivery(&webhook)), life).await;
                if let Some(answer) = answer.transpose()? {
                    ensure!(answer["statusCode"] == 200, "a true delivery was refused: {answer}");
                }
            }
        }
        Ok(())
    }

    /// Somebody who knows the address, and not the secret, sends the delivery with other content first.
    async fn forge(&mut self, webhook: &Webhook) -> anyhow::Result<()> {
        let mut event = delivery(webhook);
        let body = String::from_utf8_lossy(&webhook.body).replace("scheduled", "pro canceled") + " ";
        event["body"] = json!(body);
        let answer = self.places.invoke("webhook-receiver", event).await?;
        ensure!(answer["statusCode"] == 401, "a forged delivery was answered {answer}");
        Ok(())
    }
}

/// Live jobs that Lintel made or took over.
fn ours(simulation: &Simulation) -> Vec<JobView> {
    let jobs = simulation.places.field_service.jobs().into_iter();
    jobs.filter(|job| !job.notes.is_empty() && job.live && job.starts.is_some()).collect()
}

/// What people did last stands.
pub(crate) fn peoples_word_stands(simulation: &Simulation) -> anyhow::Result<()> {
    for job in ours(simulation) {
        let Some(Done { moved, assigned, wrote }) = simulation.done.get(&job.id) else { continue };
        ensure!(moved.is_none_or(|at| job.starts == Some(at)), "{} was moved by a person and moved again", job.id);
        let crew: Vec<&str> = job.employees.iter().map(String::as_str).collect();
        ensure!(assigned.is_none_or(|one| crew == [one]), "{} was given to {assigned:?}, and {crew:?} have it", job.id);
        let manual = job.line.as_deref().and_then(line::manual_part);
        ensure!(
            wrote.is_none() || manual == wrote.as_deref(),
            "{} had {wrote:?} before its line: {:?}",
            job.id,
            job.line
        );
    }
    Ok(())
}

/// What the crews have is what was ordered, but for what a person said and for work that has begun.
pub(crate) async fn jobs_are_as_ordered(simulation: &Simulation) -> anyhow::Result<()> {
    let table = simulation.places.table.org(&simulation.places.settings.id);
    let jobs: BTreeMap<String, JobView> = ours(simulation).into_iter().map(|job| (job.id.clone(), job)).collect();
    for property in simulation.places.settings.properties.keys() {
        for row in table.property(property).await?.jobs.values().filter(|row| row.file.trouble.is_none()) {
            let job = row.file.seen.as_ref().and_then(|seen| jobs.get(seen.job.as_str()));
            if let (Some(job), Some(order)) = (job.filter(|job| job.work_status == "scheduled"), &row.order) {
                as_ordered(simulation, job, order)?;
            }
        }
    }
    Ok(())
}

fn as_ordered(simulation: &Simulation, job: &JobView, order: &JobOrder) -> anyhow::Result<()> {
    let JobOrder::Keep { desire } = order else {
        ensure!(!matches!(order, JobOrder::Withdraw), "{} is in the crews' schedule, and its stay is gone", job.id);
        return Ok(());
    };
    let moved = simulation.done.get(&job.id).is_some_and(|done| done.moved.is_some());
    ensure!(
        moved || job.starts == Some(desire.starts),
        "{} is at {:?} and was ordered for {}",
        job.id,
        job.starts,
        desire.starts
    );
    let limit = simulation.places.settings.rules.line_limit;
    let line = line::merge_line(job.line.as_deref(), &desire.line, limit);
    ensure!(job.line.as_deref() == Some(line.as_str()), "{} says {:?} in place of {line:?}", job.id, job.line);
    Ok(())
}

/// One more move, told without trouble: it is known, and nothing is written back.
pub(crate) async fn a_move_costs_little(simulation: &mut Simulation) -> anyhow::Result<()> {
    let Some(job) = ours(simulation).into_iter().next() else { return Ok(()) };
    let Some(starts) = job.starts else { return Ok(()) };
    // What was held up until now is no news of this move.
    simulation.places.field_service.take_webhooks();
    let before = writes(simulation);
    simulation.places.field_service.move_job(&job.id, starts + SignedDuration::from_hours(2))?;
    simulation.places.clock.jump(SignedDuration::from_mins(1)).await;
    for webhook in simulation.places.field_service.take_webhooks() {
        simulation.places.invoke("webhook-receiver", delivery(&webhook)).await?;
    }
    simulation.settle().await?;
    let (crews, office) = writes(simulation);
    let (crews, office) = (crews - before.0, office - before.1);
    ensure!(crews == 0 && office <= 2, "one move made {crews} writes at the crews' and {office} at the office's table");
    Ok(())
}

/// The event API Gateway makes of a delivery.
fn delivery(webhook: &Webhook) -> Value {
    let headers: BTreeMap<&str, &str> = webhook.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    json!({
        "version": "2.0", "rawPath": "/webhooks/sunrise.crews", "rawQueryString": "", "headers": headers,
        "pathParameters": { "connection": "sunrise.crews" },
        "requestContext": { "http": { "method": "POST", "path": "/webhooks/sunrise.crews" } },
        "body": String::from_utf8_lossy(&webhook.body), "isBase64Encoded": false,
    })
}
