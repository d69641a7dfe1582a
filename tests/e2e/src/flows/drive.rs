//! What goes on around the records, whatever they are: the dispatcher's ticks, messages that are lost and repeated, workers that die,
//! vendors' moods, and time.

use super::{
    inbox::{Fate, Inbox, about},
    places::{Places, flow, org},
};
use crate::mailroom;
use anyhow::{Context, ensure};
use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use lintel_cloud::messages::SyncMessage;
use lintel_domain::{
    records::Entity,
    sync::{Link, Run, RunKind, RunState},
};
use lintel_sandbox::faults::FaultScript;
use serde_json::{Value, json};

pub(crate) struct Drive {
    pub(crate) places: Places,
    pub(crate) rng: Rng,
    /// What happened, told in words.
    pub(crate) steps: Vec<String>,
    inbox: Inbox,
}

/// Why the dispatcher looks.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Asked {
    ByTheClock,
    For(RunKind),
}

impl Asked {
    fn event(self) -> Value {
        match self {
            Self::ByTheClock => json!({}),
            Self::For(kind) => json!({ "org": org(), "flow": flow(), "kind": kind }),
        }
    }
}

impl Drive {
    pub(crate) fn new(places: Places, rng: Rng, beginning: String) -> Self {
        Self { places, rng, steps: vec![beginning], inbox: Inbox::default() }
    }

    /// A vendor tells that somebody changed, as the events' router passes it on.
    pub(crate) async fn event(&mut self, told: String, record: Option<String>) -> anyhow::Result<()> {
        let Some(record) = record else {
            self.steps.push(told);
            return Ok(());
        };
        self.steps.push(format!("{told}; an event about record {record}"));
        let message = SyncMessage::V2 { org: org(), flow: flow(), record };
        let queue = self.places.queues.queues.first().context("there is no queue")?;
        self.places.queues.put(queue, org().as_str(), &serde_json::to_string(&message)?).await
    }

    /// The dispatcher, by the clock or because somebody asks.
    pub(crate) async fn dispatch(&mut self, asked: Asked) -> anyhow::Result<()> {
        let (life, event) = (self.life(), asked.event());
        let handled = self.places.fuse.survive(self.places.invoke("sync-dispatcher", event.clone()), life).await;
        let told = match handled.transpose()? {
            Some(answer) => {
                ensure!(answer["failed"] == json!([]), "a flow was left out: {answer}");
                answer["begun"].to_string()
            }
            None => {
                self.start_anew("sync-dispatcher").await?;
                "it dies".to_owned()
            }
        };
        self.steps.push(format!("dispatch {} {told}", event["kind"]));
        Ok(())
    }

    /// A run goes on, or another one is asked for.
    pub(crate) async fn work(&mut self, kinds: &[RunKind]) -> anyhow::Result<()> {
        if self.deliver_some().await? {
            return Ok(());
        }
        if self.places.table().flow_row(&flow()).await?.running.is_some() {
            // A message was lost, or waits: in time the dispatcher sends what stood still again.
            let pause = SignedDuration::from_mins(self.rng.i64(1..25));
            self.pass(pause).await;
            return self.dispatch(Asked::ByTheClock).await;
        }
        let kind = self.rng.choice(kinds).copied().context("there is no kind of run")?;
        self.dispatch(Asked::For(kind)).await
    }

    /// Some messages, in any order, some twice or never, at times to a worker that dies. Tells whether there were any.
    async fn deliver_some(&mut self) -> anyhow::Result<bool> {
        let queue = self.places.queues.queues.first().cloned().context("there is no queue")?;
        self.inbox.fetch(&self.places, &queue).await?;
        let most = self.rng.usize(1..=10);
        let messages = self.inbox.draw(&mut self.rng, most, self.places.now());
        if messages.is_empty() {
            return Ok(false);
        }
        let life = self.life();
        let fate = match self.rng.u8(0..100) {
            0..5 => Fate::Lost,
            5..20 => Fate::AtOnce,
            20..30 => Fate::Again,
            _ => Fate::Once,
        };
        let pages: Vec<String> = messages.iter().map(about).collect();
        let event = mailroom::event(&queue, &messages);
        let places = &self.places;
        let work = || places.invoke(queue.reader, event.clone());
        let answer = match fate {
            Fate::Lost => Some(json!({})),
            Fate::AtOnce => {
                let both = async { tokio::try_join!(work(), work()) };
                places.fuse.survive(both, life).await.transpose()?.map(|(one, _)| one)
            }
            Fate::Again | Fate::Once => places.fuse.survive(work(), life).await.transpose()?,
        };
        let died = answer.is_none();
        let end = if died { ", and it dies" } else { "" };
        self.steps.push(format!("work at pages {} {fate:?}{end}", pages.join(" ")));
        if died {
            self.start_anew("sync-people").await?;
        }
        self.inbox.put_back(messages, fate, answer.as_ref(), self.places.now());
        Ok(true)
    }

    /// What died is started anew, with nothing in its memory; or another of its kind, which has been up for long, takes over.
    async fn start_anew(&mut self, name: &'static str) -> anyhow::Result<()> {
        if self.rng.u8(0..4) == 0 { self.places.start(name).await } else { Ok(()) }
    }

    pub(crate) async fn let_time_pass(&mut self) {
        let by = match self.rng.u8(0..10) {
            0 => SignedDuration::from_hours(self.rng.i64(2..30)),
            1..5 => SignedDuration::from_mins(self.rng.i64(2..40)),
            _ => SignedDuration::from_secs(self.rng.i64(1..180)),
        };
        self.pass(by).await;
    }

    async fn pass(&mut self, by: SignedDuration) {
        self.steps.push(format!("{by:#} pass"));
        self.places.pass(by).await;
    }

    pub(crate) fn change_moods(&mut self) {
        let mut percent = || if self.rng.bool() { self.rng.u8(5..40) } else { 0 };
        let (source, target) = (percent(), percent());
        self.steps.push(format!("the source fails {source} %, the target {target} %"));
        let seed = self.rng.u64(..);
        self.places.load_faults(&FaultScript::everything(source, seed), &FaultScript::everything(target, seed));
    }

    /// Edges of calls until the process dies, if it does.
    fn life(&mut self) -> Option<u32> {
        (self.rng.u8(0..100) < 35).then(|| match self.rng.u8(0..3) {
            0 => self.rng.u32(0..12),
            1 => self.rng.u32(12..80),
            _ => self.rng.u32(80..400),
        })
    }

    pub(crate) async fn links(&self) -> anyhow::Result<Vec<Link>> {
        Ok(self.places.table().all_links(&flow(), Entity::Person).await?)
    }

    /// The last run that began.
    pub(crate) async fn last_run(&self) -> anyhow::Result<Option<Run>> {
        Ok(self.places.table().runs(&flow()).await?.into_iter().max_by_key(|run| run.began))
    }

    /// Delivers until no run is on and no message waits.
    pub(crate) async fn rest(&mut self) -> anyhow::Result<()> {
        for _ in 0..200 {
            for _ in 0..200 {
                if !self.deliver_all().await? {
                    break;
                }
            }
            if self.places.table().flow_row(&flow()).await?.running.is_none() {
                return Ok(());
            }
            self.places.pass(SignedDuration::from_mins(31)).await;
            self.places.invoke("sync-dispatcher", json!({})).await?;
        }
        anyhow::bail!("it never comes to rest: {:?}", self.last_run().await?)
    }

    async fn deliver_all(&mut self) -> anyhow::Result<bool> {
        let queue = self.places.queues.queues.first().cloned().context("there is no queue")?;
        self.inbox.fetch(&self.places, &queue).await?;
        let messages = self.inbox.draw(&mut self.rng, 10, Timestamp::MAX);
        if messages.is_empty() {
            return Ok(false);
        }
        let answer = self.places.invoke(queue.reader, mailroom::event(&queue, &messages)).await?;
        self.inbox.put_back(messages, Fate::Once, Some(&answer), self.places.now());
        Ok(true)
    }

    /// One whole run in quiet.
    pub(crate) async fn run_once(&mut self, kind: RunKind) -> anyhow::Result<Run> {
        self.places.pass(SignedDuration::from_mins(3)).await;
        let answer = self.places.invoke("sync-dispatcher", Asked::For(kind).event()).await?;
        self.rest().await?;
        let run = self.last_run().await?.context("no run began")?;
        ensure!(run.kind == kind, "{answer} began {:?} in place of {kind:?}", run.kind);
        ensure!(run.state == RunState::Done, "a quiet run ended as {:?}", run.state);
        self.steps.push(format!("{kind:?} run {:?}", run.counts));
        Ok(run)
    }

    /// Looks at everything until nothing changes any more.
    pub(crate) async fn until_nothing_changes(&mut self, kinds: &[RunKind]) -> anyhow::Result<()> {
        let mut last = Vec::new();
        for _ in 0..6 {
            let (links, written) = (self.links().await?, self.places.records_written());
            for kind in kinds {
                self.run_once(*kind).await?;
            }
            let after = self.links().await?;
            if after == links && self.places.records_written() == written {
                return Ok(());
            }
            last = after.into_iter().filter(|link| !links.contains(link)).collect();
        }
        anyhow::bail!("{kinds:?} runs never come to an end: {last:?}")
    }
}
