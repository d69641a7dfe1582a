//! One seed, from a fresh world through everything that can go wrong to quiet.

use crate::{
    crash::Mortal,
    crews::Done,
    invariants, mailroom,
    places::{CREDENTIALS, Places},
    surroundings::FeedMood,
};
use anyhow::Context;
use aws_sdk_sqs::types::Message;
use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::{SignedDuration, ToSpan};
use lintel_cloud::{
    inputs::NewInput,
    store::{DueWork, WorkKind},
};
use lintel_connectors::surroundings::Clock;
use lintel_domain::{
    ids::{InputId, PropertyId, RemovalPlanId, StayKey},
    planner::Input,
};
use lintel_reconciler::{OrgReport, Report};
use lintel_sandbox::{Home, calendar, faults::FaultScript};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::PoisonError,
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
    pub(crate) rng: fastrand::Rng,
    homes: Vec<Home>,
    /// Digests of the mails that were answered 200.
    pub(crate) acknowledged: BTreeSet<String>,
    /// What people did last in the field service's screen, by job.
    pub(crate) done: BTreeMap<String, Done>,
    /// What the office typed last, by stay.
    pub(crate) typed: BTreeMap<StayKey, Value>,
    /// Messages nobody can read.
    pub(crate) garbage: BTreeSet<String>,
    pub(crate) steps: Vec<String>,
}

/// Runs a seed and answers the steps it took. Deterministic: the same seed takes the same ones.
pub async fn run(seed: u64, steps: usize) -> Result<Vec<String>, Box<Failure>> {
    let failed = |what: String, steps: Vec<String>| Box::new(Failure { seed, what, steps });
    let opened = Simulation::open(seed).await;
    let mut simulation = opened.map_err(|error| failed(format!("{error:#}"), Vec::new()))?;
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
    /// A fresh world, in which nothing has happened yet.
    pub(crate) async fn open(seed: u64) -> anyhow::Result<Self> {
        let places = Places::open(seed, HOMES).await?;
        let homes = places.world.homes().to_vec();
        let mut simulation = Self {
            places,
            rng: fastrand::Rng::with_seed(seed ^ 0x5eed),
            homes,
            acknowledged: BTreeSet::new(),
            done: BTreeMap::new(),
            typed: BTreeMap::new(),
            garbage: BTreeSet::new(),
            steps: Vec::new(),
        };
        simulation.write_calendars();
        Ok(simulation)
    }

    async fn step(&mut self) -> anyhow::Result<()> {
        match self.rng.u8(0..100) {
            0..8 => self.post_mail().await?,
            8..56 => self.deliver_some().await?,
            56..62 => self.by_schedule("feed-dispatcher").await?,
            62..67 => self.by_schedule("sweeper").await?,
            67 => self.by_schedule("reconciler").await?,
            68..78 => self.let_time_pass().await,
            78..84 => self.change_moods(),
            84..89 => self.person()?,
            89..92 => self.change_bookings()?,
            92..94 => self.tell().await?,
            94..97 => self.type_something()?,
            97 => self.ping().await?,
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
        let handled = self.places.invoke("email-ingest", event);
        if let Some(answer) = Mortal::new(handled, life).await
            && answer?["statusCode"] == 200
        {
            self.acknowledged.insert(hex::encode(Sha256::digest(&mail.json)));
        }
        Ok(())
    }

    /// Some messages of one queue, in any order, some twice or never, at times by a function that dies.
    async fn deliver_some(&mut self) -> anyhow::Result<()> {
        let queue = self.places.queues.queues[self.rng.usize(..self.places.queues.queues.len())].clone();
        let mut messages = self.places.queues.take(&queue, self.rng.i32(1..=10)).await?;
        if messages.is_empty() {
            return Ok(());
        }
        self.rng.shuffle(&mut messages);
        let life = self.life();
        let fate = match self.rng.u8(0..100) {
            0..5 => Fate::Lost,
            5..20 => Fate::AtOnce,
            20..35 => Fate::Again,
            _ => Fate::Once,
        };
        self.steps.push(format!("{} × {} {fate:?} (dies after {life:?})", messages.len(), queue.name));
        let all: Vec<&Message> = messages.iter().collect();
        let event = mailroom::event(&queue, &messages);
        let answer = match fate {
            Fate::Lost => {
                self.garbage.retain(|body| messages.iter().all(|message| message.body() != Some(body)));
                return self.places.queues.forget(&queue, &all).await;
            }
            Fate::AtOnce => {
                let one = Mortal::new(self.places.invoke(queue.reader, event.clone()), life);
                let other = Mortal::new(self.places.invoke(queue.reader, event), None);
                let (one, other) = tokio::join!(one, other);
                one.transpose()?;
                other.transpose()?
            }
            // Handled, and not taken off the queue: it comes again when its time is over.
            Fate::Again => {
                Mortal::new(self.places.invoke(queue.reader, event), life).await.transpose()?;
                None
            }
            Fate::Once => Mortal::new(self.places.invoke(queue.reader, event), life).await.transpose()?,
        };
        self.places.acknowledge(&queue, &messages, answer.as_ref()).await
    }

    /// A function that runs by the clock.
    async fn by_schedule(&mut self, name: &'static str) -> anyhow::Result<()> {
        let life = self.life();
        self.steps.push(format!("{name} (dies after {life:?})"));
        Mortal::new(self.places.invoke(name, json!({})), life).await.transpose()?;
        Ok(())
    }

    /// Every feed in its own time, with all that follows.
    pub(crate) async fn poll(&mut self) -> anyhow::Result<()> {
        self.set_feeds(FeedMood::Good);
        self.places.invoke("feed-dispatcher", json!({})).await?;
        self.settle().await
    }

    fn set_feeds(&self, mood: FeedMood) {
        *self.places.feeds.mood.lock().unwrap_or_else(PoisonError::into_inner) = mood;
    }

    async fn let_time_pass(&mut self) {
        let by = match self.rng.u8(0..10) {
            0 => SignedDuration::from_hours(self.rng.i64(2..14)),
            1..4 => SignedDuration::from_mins(self.rng.i64(2..60)),
            _ => SignedDuration::from_secs(self.rng.i64(1..180)),
        };
        self.steps.push(format!("{by:#} pass"));
        self.places.clock.jump(by).await;
    }

    fn change_moods(&mut self) {
        let percent = if self.rng.bool() { self.rng.u8(5..40) } else { 0 };
        self.steps.push(format!("vendors fail {percent} %"));
        let seed = self.rng.u64(..);
        self.places.field_service.load_faults(FaultScript::everything(percent, seed));
        self.places.office_table.load_faults(FaultScript::everything(percent / 2, seed));
        let mood = match self.rng.u8(0..10) {
            0 => FeedMood::LoginPage,
            1 => FeedMood::Cut,
            2 => FeedMood::Away,
            _ => FeedMood::Good,
        };
        self.steps.push(format!("feeds: {mood:?}"));
        self.set_feeds(mood);
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

    /// A message nobody can read, among those that can be: it stops only itself and is kept.
    async fn garbage(&mut self) -> anyhow::Result<()> {
        let queue = self.places.queues.queues[self.rng.usize(..self.places.queues.queues.len())].clone();
        let body = format!("garbage {}", self.garbage.len());
        self.steps.push(format!("{body} on {}", queue.name));
        self.places.queues.put(&queue, self.places.settings.id.as_str(), &body).await?;
        self.garbage.insert(body);
        Ok(())
    }

    /// Faults stop; everything outstanding is done, however long it takes.
    pub(crate) async fn settle(&mut self) -> anyhow::Result<()> {
        self.places.field_service.load_faults(FaultScript::default());
        self.places.office_table.load_faults(FaultScript::default());
        for _ in 0..2_000 {
            if self.places.drain().await? {
                continue;
            }
            if self.places.outstanding().await?.is_empty() {
                return Ok(());
            }
            self.places.clock.jump(SignedDuration::from_mins(3)).await;
            self.places.invoke("sweeper", json!({})).await?;
        }
        anyhow::bail!("it never comes to rest at {}: {:?}", self.places.clock.now(), self.places.outstanding().await?)
    }

    pub(crate) fn life(&mut self) -> Option<u32> {
        (self.rng.u8(0..100) < 30).then(|| self.rng.u32(1..120))
    }

    /// One run of the reconciler, with all that follows.
    pub(crate) async fn reconcile(&mut self) -> anyhow::Result<OrgReport> {
        let answer = self.places.invoke("reconciler", json!({})).await?;
        self.settle().await?;
        let report: Report = serde_json::from_value(answer)?;
        report.organizations.into_iter().next().context("no organization was reconciled")
    }

    /// An operator lets every removal that waits happen.
    pub(crate) async fn approve_removals(&mut self) -> anyhow::Result<()> {
        let (now, org) = (self.places.clock.now(), self.places.settings.id.clone());
        let waiting = self.places.table.org(&org).due_work(WorkKind::Plans, now, 100).await?;
        let approve = |work: DueWork| {
            let plan = RemovalPlanId::new(&work.id);
            let id = InputId::new(format!("{plan}-approved"));
            Some(NewInput { id, property: work.property?, input: Input::Approve { plan } })
        };
        let inputs: Vec<NewInput> = waiting.into_iter().filter_map(approve).collect();
        self.places.inputs.hand_over(&org, inputs, now).await?;
        self.settle().await
    }

    pub(crate) async fn recompute(&self, property: &PropertyId) -> anyhow::Result<()> {
        let now = self.places.clock.now();
        let id = InputId::new(format!("recompute-{property}-{now}"));
        let new = NewInput { id, property: property.clone(), input: Input::Recompute };
        Ok(self.places.inputs.hand_over(&self.places.settings.id, vec![new], now).await?)
    }
}

/// What becomes of messages that were taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Lost,
    /// Handled, and deleted.
    Once,
    /// Handled, and handed out again later.
    Again,
    /// Handled twice at the same time.
    AtOnce,
}
