//! One seed, from a fresh world through everything that can go wrong to quiet.

use crate::{
    crash::Mortal,
    invariants,
    places::{CREDENTIALS, Places},
    surroundings::FeedMood,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::{SignedDuration, Timestamp, ToSpan};
use lintel_cloud::{
    Function, Invocation,
    inputs::NewInput,
    messages::{FeedsMessage, JobsMessage, MailMessage, MirrorMessage, StaysMessage},
    store::{DueWork, WorkKind},
};
use lintel_connectors::surroundings::Clock;
use lintel_domain::{
    ids::{FeedId, InputId, PropertyId},
    planner::Input,
};
use lintel_sandbox::{Home, calendar, faults::Mood};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Arc, PoisonError},
};

/// Homes of a seed's world: all channels, and one feed that does not work.
const HOMES: usize = 6;

/// A promise that was not kept, with what led to it.
#[derive(Debug)]
pub struct Failure {
    pub seed: u64,
    pub what: String,
    pub steps: Vec<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {}: {}", self.seed, self.what)?;
        self.steps.iter().enumerate().try_for_each(|(number, step)| writeln!(f, "  {number:3}  {step}"))
    }
}

/// The simulation under way.
pub(crate) struct Simulation {
    pub(crate) places: Places,
    rng: fastrand::Rng,
    homes: Vec<Home>,
    /// Digests of the mails that were answered 200.
    pub(crate) acknowledged: BTreeSet<String>,
    /// Where people moved jobs to.
    pub(crate) moved: BTreeMap<String, Timestamp>,
    steps: Vec<String>,
}

/// Runs a seed and answers the steps it took. Deterministic: the same seed takes the same ones.
pub async fn run(seed: u64, steps: usize) -> Result<Vec<String>, Box<Failure>> {
    let failed = |what: String, steps: Vec<String>| Box::new(Failure { seed, what, steps });
    let places = Places::open(seed, HOMES).await.map_err(|error| failed(format!("{error:#}"), Vec::new()))?;
    let homes = places.world.homes().to_vec();
    let mut simulation = Simulation {
        places,
        rng: fastrand::Rng::with_seed(seed ^ 0x5eed),
        homes,
        acknowledged: BTreeSet::new(),
        moved: BTreeMap::new(),
        steps: Vec::new(),
    };
    simulation.write_calendars();
    let outcome = async {
        for _ in 0..steps {
            simulation.step().await?;
        }
        simulation.settle().await?;
        invariants::check(&mut simulation).await
    }
    .await;
    match outcome {
        Ok(()) => Ok(simulation.steps),
        Err(error) => Err(failed(format!("{error:#}"), simulation.steps)),
    }
}

impl Simulation {
    async fn step(&mut self) -> anyhow::Result<()> {
        match self.rng.u8(0..100) {
            0..8 => self.post_mail().await?,
            8..60 => self.deliver_some().await?,
            60..68 => self.poll(Luck::Bad).await?,
            68..78 => self.let_time_pass(),
            78..86 => self.change_moods(),
            86..91 => self.person(),
            91..95 => self.change_bookings()?,
            _ => self.garbage().await?,
        }
        Ok(())
    }

    /// A mail by the front door; what is answered 200 has been accepted.
    async fn post_mail(&mut self) -> anyhow::Result<()> {
        let mails = self.places.world.mails();
        let mail = &mails[self.rng.usize(..mails.len())];
        let event = json!({
            "version": "2.0", "rawPath": "/email/sunrise",
            "headers": { "authorization": format!("Basic {}", STANDARD.encode(CREDENTIALS)), "content-type": "application/json" },
            "pathParameters": { "org": "sunrise" },
            "requestContext": { "http": { "method": "POST", "path": "/email/sunrise" } },
            "body": String::from_utf8_lossy(&mail.json), "isBase64Encoded": false,
        });
        let life = self.life();
        self.steps.push(format!("post mail {} (dies after {life:?})", mail.subject));
        let handled = Arc::clone(&self.places.ingest).handle(event, self.invocation());
        if let Some(answer) = Mortal::new(handled, life).await
            && answer?["statusCode"] == 200
        {
            self.acknowledged.insert(hex::encode(Sha256::digest(&mail.json)));
        }
        Ok(())
    }

    /// Some outstanding work of one kind, in any order, some of it twice, at times by a function that dies.
    async fn deliver_some(&mut self) -> anyhow::Result<()> {
        let kind = WorkKind::SWEPT[self.rng.usize(..WorkKind::SWEPT.len())];
        let mut due = self.due(kind, self.places.clock.now()).await?;
        self.rng.shuffle(&mut due);
        due.truncate(self.rng.usize(1..8));
        if due.is_empty() {
            return Ok(());
        }
        if self.rng.u8(0..100) < 20 {
            due.push(due[0].clone());
        }
        let life = self.life();
        self.steps.push(format!("{} × {} (dies after {life:?})", due.len(), kind.as_str()));
        let event = event(&self.places.settings.id, kind, &due);
        if self.rng.u8(0..100) < 15 {
            // Two at the same work at the same time.
            let one = Mortal::new(self.handle(kind, event.clone()), life);
            let other = Mortal::new(self.handle(kind, event), None);
            let (one, other) = tokio::join!(one, other);
            one.transpose()?;
            other.transpose()?;
        } else {
            Mortal::new(self.handle(kind, event), life).await.transpose()?;
        }
        Ok(())
    }

    async fn handle(&self, kind: WorkKind, event: Value) -> anyhow::Result<Value> {
        let invocation = self.invocation();
        Ok(match kind {
            WorkKind::Mail => Arc::clone(&self.places.ingest).handle(event, invocation).await?,
            WorkKind::Stays => Arc::clone(&self.places.planner).handle(event, invocation).await?,
            WorkKind::Jobs => Arc::clone(&self.places.worker).handle(event, invocation).await?,
            WorkKind::Mirror => Arc::clone(&self.places.mirror).handle(event, invocation).await?,
            WorkKind::Plans => Value::Null,
        })
    }

    pub(crate) async fn poll(&mut self, luck: Luck) -> anyhow::Result<()> {
        let mood = match (luck, self.rng.u8(0..10)) {
            (Luck::Bad, 0) => FeedMood::LoginPage,
            (Luck::Bad, 1) => FeedMood::Cut,
            (Luck::Bad, 2) => FeedMood::Away,
            _ => FeedMood::Good,
        };
        let life = if luck == Luck::Bad { self.life() } else { None };
        self.steps.push(format!("poll, {mood:?} (dies after {life:?})"));
        *self.places.feeds.mood.lock().unwrap_or_else(PoisonError::into_inner) = mood;
        let feeds: Vec<FeedId> = self.places.settings.feeds.keys().cloned().collect();
        let message = FeedsMessage::V1 { org: self.places.settings.id.clone(), feeds };
        let event = sqs(&[serde_json::to_value(message)?]);
        let handled = Arc::clone(&self.places.poller).handle(event, self.invocation());
        Mortal::new(handled, life).await.transpose()?;
        Ok(())
    }

    fn let_time_pass(&mut self) {
        let by = match self.rng.u8(0..10) {
            0 => SignedDuration::from_hours(self.rng.i64(2..14)),
            1..4 => SignedDuration::from_mins(self.rng.i64(2..60)),
            _ => SignedDuration::from_secs(self.rng.i64(1..180)),
        };
        self.steps.push(format!("{by:#} pass"));
        self.places.clock.jump(by);
    }

    fn change_moods(&mut self) {
        let percent = if self.rng.bool() { self.rng.u8(5..40) } else { 0 };
        self.steps.push(format!("vendors fail {percent} %"));
        self.places.field_service.script.set(Mood::everything(percent));
        self.places.office_table.script.set(Mood::everything(percent / 2));
    }

    /// A person in the field service's screen.
    fn person(&mut self) {
        let jobs: Vec<_> = self
            .places
            .field_service
            .jobs()
            .into_iter()
            .filter(|job| job.markers().next().is_some() && !job.deleted && job.starts.is_some())
            .collect();
        let Some(job) = self.rng.choice(&jobs) else { return };
        if self.rng.u8(0..4) == 0 {
            self.steps.push(format!("a person deletes {}", job.id));
            self.places.field_service.person_deletes(&job.id);
            self.moved.remove(&job.id);
        } else if let Some(starts) = job.starts {
            let starts = starts + SignedDuration::from_hours(self.rng.i64(1..30));
            self.steps.push(format!("a person moves {}", job.id));
            self.places.field_service.person_moves(&job.id, starts);
            self.moved.insert(job.id.clone(), starts);
        }
    }

    /// A guest leaves a day later, or cancels.
    fn change_bookings(&mut self) -> anyhow::Result<()> {
        let home = self.rng.usize(..self.homes.len());
        let stays = &mut self.homes[home].stays;
        if stays.len() > 4 {
            let stay = self.rng.usize(2..stays.len());
            if self.rng.bool() {
                stays.remove(stay);
            } else {
                stays[stay].check_out = stays[stay].check_out.checked_add(1.day())?;
            }
            self.steps.push(format!("a booking of home {home} changes"));
        }
        self.write_calendars();
        Ok(())
    }

    fn write_calendars(&mut self) {
        let now = self.places.clock.now();
        let mut calendars = self.places.feeds.calendars.lock().unwrap_or_else(PoisonError::into_inner);
        for home in &self.homes {
            calendars.insert(format!("{}.ics", home.index), calendar(home, now));
        }
    }

    /// Messages nobody can read: they are acknowledged and stop nobody.
    async fn garbage(&mut self) -> anyhow::Result<()> {
        self.steps.push("garbage".to_owned());
        let event = sqs(&[json!("not a message"), json!({ "v": "9" })]);
        let answer = self.handle(WorkKind::Stays, event).await?;
        anyhow::ensure!(answer["batchItemFailures"] == json!([]), "garbage is not to come again: {answer}");
        Ok(())
    }

    /// Faults stop; everything outstanding is done, however long it takes.
    pub(crate) async fn settle(&mut self) -> anyhow::Result<()> {
        self.places.field_service.script.set(Mood::default());
        self.places.office_table.script.set(Mood::default());
        for _ in 0..600 {
            let now = self.places.clock.now();
            let mut worked = false;
            for kind in WorkKind::SWEPT {
                let due = self.due(kind, now).await?;
                for together in due.chunks(10) {
                    worked = true;
                    self.handle(kind, event(&self.places.settings.id, kind, together)).await?;
                }
            }
            if worked {
                self.places.clock.jump(SignedDuration::from_secs(2));
                continue;
            }
            // Nothing is due; what waits for its moment within the day gets it.
            let mut waiting = false;
            for kind in WorkKind::SWEPT {
                waiting |= !self.due(kind, now + SignedDuration::from_hours(8)).await?.is_empty();
            }
            if !waiting {
                return Ok(());
            }
            self.places.clock.jump(SignedDuration::from_mins(5));
        }
        let mut left = Vec::new();
        for kind in WorkKind::SWEPT {
            let due = self.due(kind, self.places.clock.now() + SignedDuration::from_hours(8)).await?;
            left.extend(due.first().map(|first| format!("{} × {}, first {first:?}", due.len(), kind.as_str())));
        }
        anyhow::bail!("it never comes to rest at {}: {left:?}", self.places.clock.now())
    }

    async fn due(&self, kind: WorkKind, until: Timestamp) -> anyhow::Result<Vec<DueWork>> {
        Ok(self.places.table.org(&self.places.settings.id).due_work(kind, until, 500).await?)
    }

    fn life(&mut self) -> Option<u32> {
        (self.rng.u8(0..100) < 30).then(|| self.rng.u32(1..120))
    }

    fn invocation(&self) -> Invocation {
        let now = self.places.clock.now();
        Invocation { request_id: now.to_string(), deadline: now + SignedDuration::from_mins(5) }
    }

    pub(crate) async fn recompute(&self, property: &PropertyId) -> anyhow::Result<()> {
        let now = self.places.clock.now();
        let id = InputId::new(format!("recompute-{property}-{now}"));
        let new = NewInput { id, property: property.clone(), input: Input::Recompute };
        Ok(self.places.inputs.hand_over(&self.places.settings.id, vec![new], now).await?)
    }
}

/// Whether feeds may misbehave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Luck {
    Good,
    Bad,
}

fn event(org: &lintel_domain::ids::OrgId, kind: WorkKind, due: &[DueWork]) -> Value {
    let bodies: Vec<Value> = due
        .iter()
        .filter_map(|work| {
            let (org, property) = (org.clone(), work.property.clone());
            match kind {
                WorkKind::Mail => serde_json::to_value(MailMessage::V1 { org, mail: work.id.clone() }),
                WorkKind::Stays => {
                    serde_json::to_value(StaysMessage::V1 { org, property: property?, input: InputId::new(&work.id) })
                }
                WorkKind::Jobs => serde_json::to_value(JobsMessage::V1 { org, property: property?, stay: work.stay() }),
                WorkKind::Mirror => {
                    serde_json::to_value(MirrorMessage::V1 { org, property: property?, stay: work.stay() })
                }
                WorkKind::Plans => return None,
            }
            .ok()
        })
        .collect();
    sqs(&bodies)
}

fn sqs(bodies: &[Value]) -> Value {
    let records: Vec<Value> = bodies
        .iter()
        .enumerate()
        .map(|(number, body)| {
            json!({ "messageId": number.to_string(), "body": body.to_string(), "attributes": {}, "messageAttributes": {},
                    "eventSource": "aws:sqs" })
        })
        .collect();
    json!({ "Records": records })
}
