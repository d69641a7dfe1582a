//! One seed: from a fresh account and an empty portal through everything that can go wrong to quiet.

use super::{
    inbox::{Fate, Inbox, about},
    ledger::PortalLedger,
    places::{Places, flow, org},
    portal::Portal,
    promises,
    rentals::{Rentals, TENANTS},
    shape::Shape,
};
use crate::{Failure, mailroom};
use anyhow::{Context, ensure};
use http::HeaderMap;
use jiff::{SignedDuration, Timestamp};
use lintel_cloud::messages::SyncMessage;
use lintel_domain::{
    records::Entity,
    sync::{Link, Run, RunKind, RunState},
};
use lintel_sandbox::{Ask, Simulator, buildium::Tenant, faults::FaultScript};
use serde_json::{Value, json};
use std::{collections::BTreeSet, sync::Arc};

/// The simulation under way.
pub(crate) struct Simulation {
    pub(crate) places: Places,
    pub(crate) shape: Shape,
    pub(crate) rentals: Rentals,
    pub(crate) portal: Portal,
    inbox: Inbox,
    rng: fastrand::Rng,
    steps: Vec<String>,
}

/// Runs a seed and answers the steps it took. Deterministic: the same seed takes the same ones.
pub async fn run(seed: u64, steps: usize) -> Result<Vec<String>, Box<Failure>> {
    let mut rng = fastrand::Rng::with_seed(seed ^ 0x5eed);
    let shape = Shape::draw(seed, &mut rng);
    let failed =
        |error: &anyhow::Error, steps: Vec<String>| Box::new(Failure { seed, what: format!("{error:#}"), steps });
    let places = Places::open(seed, &shape).await.map_err(|error| failed(&error, vec![shape.to_string()]))?;
    let rentals =
        Rentals { vendor: Arc::clone(&places.source), ledger: Arc::default(), clock: Arc::clone(&places.clock) };
    rentals.mark_everybody();
    let portal = Portal { vendor: Arc::clone(&places.target), ledger: PortalLedger::default() };
    let mut simulation =
        Simulation { places, shape, rentals, portal, inbox: Inbox::default(), rng, steps: vec![shape.to_string()] };
    match simulation.live(steps).await {
        Ok(()) => Ok(simulation.steps),
        Err(error) => Err(failed(&error, simulation.steps)),
    }
}

impl Simulation {
    async fn live(&mut self, steps: usize) -> anyhow::Result<()> {
        for _ in 0..steps {
            self.step().await?;
            self.tell_unseen();
            self.note_agreement().await?;
            promises::on_the_way(self).await?;
        }
        self.steps.push("quiet".to_owned());
        self.settle().await?;
        promises::in_quiet(self).await
    }

    async fn step(&mut self) -> anyhow::Result<()> {
        match self.rng.u8(0..100) {
            0..20 => {
                let told = self.rentals.deed(&mut self.rng);
                self.steps.push(told);
            }
            20..22 => {
                let told = self.rentals.plan(&mut self.rng);
                self.steps.push(told);
            }
            22..25 => self.event().await?,
            25..37 => self.somebody_in_the_portal().await?,
            37..43 => self.dispatch(json!({})).await?,
            43..89 => self.work().await?,
            89..95 => self.let_time_pass().await,
            _ => self.change_moods(),
        }
        Ok(())
    }

    async fn somebody_in_the_portal(&mut self) -> anyhow::Result<()> {
        let linked: BTreeSet<String> = self.links().await?.into_iter().filter_map(|link| link.target).collect();
        let tenants = self.rentals.vendor.ids::<Tenant>().into_iter().filter_map(|id| self.rentals.tenant(id));
        let addresses: Vec<String> = tenants.filter_map(|one| one.email).map(|email| email.to_string()).collect();
        let told = self.portal.deed(&mut self.rng, &linked, &addresses);
        self.steps.push(told);
        Ok(())
    }

    /// The source tells that somebody changed, as the events' router passes it on.
    async fn event(&mut self) -> anyhow::Result<()> {
        let told = self.rentals.deed(&mut self.rng);
        let ledger = self.rentals.ledger.open().touched.clone();
        let Some(id) = ledger.iter().max_by_key(|(_, at)| **at).map(|(id, _)| *id) else { return Ok(()) };
        self.steps.push(format!("{told}; an event about tenant {id}"));
        let message = SyncMessage::V2 { org: org(), flow: flow(), record: id.to_string() };
        let queue = self.places.queues.queues.first().context("there is no queue")?;
        self.places.queues.put(queue, org().as_str(), &serde_json::to_string(&message)?).await
    }

    /// The dispatcher, by the clock or because somebody asks.
    async fn dispatch(&mut self, event: Value) -> anyhow::Result<()> {
        let life = self.life();
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
    async fn work(&mut self) -> anyhow::Result<()> {
        if self.deliver_some().await? {
            return Ok(());
        }
        if self.places.table().flow_row(&flow()).await?.running.is_some() {
            // A message was lost, or waits: in time the dispatcher sends what stood still again.
            let pause = SignedDuration::from_mins(self.rng.i64(1..25));
            self.pass(pause).await;
            return self.dispatch(json!({})).await;
        }
        let kind = [RunKind::Full, RunKind::Changes, RunKind::Changes, RunKind::Compare][self.rng.usize(..4)];
        self.dispatch(asked(kind)).await
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

    async fn let_time_pass(&mut self) {
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

    fn change_moods(&mut self) {
        let mut percent = || if self.rng.bool() { self.rng.u8(5..40) } else { 0 };
        let (source, target) = (percent(), percent());
        self.steps.push(format!("the source fails {source} %, the portal {target} %"));
        let seed = self.rng.u64(..);
        self.places.source.load_faults(FaultScript::everything(source, seed));
        self.places.target.load_faults(FaultScript::everything(target, seed));
    }

    /// Edges of calls until the process dies, if it does.
    fn life(&mut self) -> Option<u32> {
        (self.rng.u8(0..100) < 35).then(|| match self.rng.u8(0..3) {
            0 => self.rng.u32(0..12),
            1 => self.rng.u32(12..80),
            _ => self.rng.u32(80..400),
        })
    }

    fn tell_unseen(&mut self) {
        let unseen = std::mem::take(&mut self.rentals.ledger.open().unseen);
        self.steps.extend(unseen.into_iter().map(|told| format!("    between two pages: {told}")));
    }

    /// Words of people that the source has come to say, too.
    async fn note_agreement(&mut self) -> anyhow::Result<()> {
        for link in self.links().await? {
            let tenant = link.key.id().parse().ok().and_then(|id| self.rentals.tenant(id));
            let contact = link.target.as_deref().and_then(|id| self.portal.contact(id));
            if let (Some(tenant), Some(contact)) = (tenant, contact) {
                self.portal.ledger.note_agreement(&tenant, &contact);
            }
        }
        Ok(())
    }

    pub(crate) async fn links(&self) -> anyhow::Result<Vec<Link>> {
        Ok(self.places.table().all_links(&flow(), Entity::Person).await?)
    }

    /// The last run that began.
    pub(crate) async fn last_run(&self) -> anyhow::Result<Option<Run>> {
        Ok(self.places.table().runs(&flow()).await?.into_iter().max_by_key(|run| run.began))
    }

    /// Faults stop; everything outstanding is done, and everything is looked at until nothing changes any more.
    async fn settle(&mut self) -> anyhow::Result<()> {
        self.places.source.load_faults(FaultScript::default());
        self.places.target.load_faults(FaultScript::default());
        self.let_plans_happen()?;
        self.tell_unseen();
        self.rest().await?;
        self.until_nothing_changes(RunKind::Full).await?;
        // What somebody claimed and never wrote is free after a while.
        self.places.pass(SignedDuration::from_hours(2)).await;
        self.until_nothing_changes(RunKind::Compare).await
    }

    /// What was to happen between two pages happens now.
    fn let_plans_happen(&self) -> anyhow::Result<()> {
        let mut headers = HeaderMap::new();
        headers.insert("x-buildium-client-id", "sandbox-client-id".parse()?);
        headers.insert("x-buildium-client-secret", "sandbox-client-secret".parse()?);
        for _ in 0..6 {
            let ask = Ask::new("GET", TENANTS, headers.clone(), bytes::Bytes::new(), self.places.now());
            self.places.source.handle(&ask.context("no request")?);
        }
        Ok(())
    }

    /// Delivers until no run is on and no message waits.
    async fn rest(&mut self) -> anyhow::Result<()> {
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
        let answer = self.places.invoke("sync-dispatcher", asked(kind)).await?;
        self.rest().await?;
        let run = self.last_run().await?.context("no run began")?;
        ensure!(run.kind == kind, "{answer} began {:?} in place of {kind:?}", run.kind);
        ensure!(run.state == RunState::Done, "a quiet run ended as {:?}", run.state);
        self.steps.push(format!("{kind:?} run {:?}", run.counts));
        Ok(run)
    }

    /// Records that were written at the target so far, whether it changed them or not. What was refused is none.
    pub(crate) fn writes(&self) -> u64 {
        let usage = self.places.target.usage();
        usage.records_created + usage.records_changed + usage.records_unchanged
    }

    async fn until_nothing_changes(&mut self, kind: RunKind) -> anyhow::Result<()> {
        let mut last = Vec::new();
        for _ in 0..6 {
            let (links, writes) = (self.links().await?, self.writes());
            self.run_once(kind).await?;
            let after = self.links().await?;
            if after == links && self.writes() == writes {
                return Ok(());
            }
            last = after.into_iter().filter(|link| !links.contains(link)).collect();
        }
        anyhow::bail!("{kind:?} runs never come to an end: {last:?}")
    }
}

/// A run that somebody asks for.
fn asked(kind: RunKind) -> Value {
    json!({ "org": org(), "flow": flow(), "kind": kind })
}
