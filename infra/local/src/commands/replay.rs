//! `lintel replay`: what was set aside is read again, or given up.

use super::{Common, flows};
use crate::{counted::counted, session::Session};
use anyhow::{Context, bail};
use clap::Args;
use http::{HeaderMap, Method};
use jiff::Timestamp;
use lintel_cloud::{
    messages::{EventsMessage, FeedsMessage, MailMessage},
    queues::{QueueUrl, Queues},
    store::{Arrived, EventState, FeedRow, Lift, QuarantineRow, WorkKind},
};
use lintel_connectors::{
    manifest::Vendors,
    webhooks::{Delivery, NameAt, read_event},
};
use lintel_domain::{
    ids::{ConnectionId, EventId, FeedId, FlowId, QuarantineId},
    records::RecordKey,
    settings::FeedStatus,
};
use lintel_sync::DecisionError;
use serde::Serialize;
use std::{collections::BTreeMap, time::Duration};

/// Events that are worked off again at once.
const MOST_EVENTS: i32 = 1_000;

#[derive(Debug, Args)]
pub(crate) struct Replay {
    /// The id of a quarantined row or of an event, or `all` that were set aside.
    id: String,
    /// Give it up instead: take it out unread, for what can never be read.
    #[arg(long)]
    drop: bool,
}

impl Replay {
    pub(crate) async fn run(&self, common: &Common) -> anyhow::Result<()> {
        let session = common.configured().await?;
        if self.drop {
            return give_up(&session, &self.id).await;
        }
        session.publish().await?;
        let chosen = Chosen::of(&session, &self.id).await?;
        let count = chosen.events.len() + chosen.rows.len();
        if count == 0 && self.id == "all" {
            println!("nothing waits to be read again");
            return Ok(());
        }
        if count == 0 {
            bail!("there is no quarantined row and no event {}", self.id);
        }
        let faults = Desk::new(&session).read(&chosen).await;
        session.work_off().await?;
        let read = counted(count - faults.len(), "entry was", "entries were");
        println!("{read} read again; `lintel queue` and `lintel events` show what is left");
        if faults.is_empty() {
            return Ok(());
        }
        let lines: Vec<String> = faults.iter().map(|(id, reason)| format!("  {id}: {reason}")).collect();
        bail!("{} not read again, and kept:\n{}", counted(faults.len(), "entry was", "entries were"), lines.join("\n"));
    }
}

async fn give_up(session: &Session, id: &str) -> anyhow::Result<()> {
    let org = session.org();
    if let Some(row) = org.set_aside(&QuarantineId::new(id)).await? {
        org.release(&row.id).await?;
        println!("{id} was taken out unread: {}", row.reason);
        return Ok(());
    }
    let Some(event) = org.event(&EventId::new(id)).await? else {
        bail!("there is no quarantined row and no event {id}; `--drop` takes one of them");
    };
    let EventState::Failed { reason } = event.state else { bail!("event {id} was not set aside") };
    org.finish_event(&event.id, "given up by an operator", Timestamp::now()).await?;
    println!("{id} will not be worked off: {reason}");
    Ok(())
}

/// What is to be read again.
struct Chosen {
    events: Vec<EventId>,
    rows: Vec<QuarantineRow>,
}

impl Chosen {
    async fn of(session: &Session, id: &str) -> anyhow::Result<Self> {
        let org = session.org();
        if id == "all" {
            let failed = org.due_work(WorkKind::FailedEvents, Timestamp::now(), MOST_EVENTS).await?;
            let events = failed.into_iter().map(|work| EventId::new(work.id)).collect();
            return Ok(Self { events, rows: org.quarantined().await? });
        }
        let event = org.event(&EventId::new(id)).await?.map(|row| row.id);
        let row = org.set_aside(&QuarantineId::new(id)).await?;
        Ok(Self { events: event.into_iter().collect(), rows: row.into_iter().collect() })
    }

    /// The rows that one reading serves: those of one mail or of one feed. Others are read each by itself.
    fn readings(&self) -> impl Iterator<Item = Vec<&QuarantineRow>> {
        let mut readings: BTreeMap<(&str, &str), Vec<&QuarantineRow>> = BTreeMap::new();
        for row in &self.rows {
            let shared = matches!(row.origin.split_once(':'), Some(("mail" | "feed", _)));
            readings.entry((&row.origin, if shared { "" } else { row.id.as_str() })).or_default().push(row);
        }
        readings.into_values()
    }
}

/// The id of an entry that could not be read again, and why.
type Fault = (String, String);

struct Desk<'s> {
    session: &'s Session,
    queues: Queues,
}

impl<'s> Desk<'s> {
    fn new(session: &'s Session) -> Self {
        Self { session, queues: Queues::new(aws_sdk_sqs::Client::new(session.sdk())) }
    }

    /// One that cannot be read does not keep the others from it.
    async fn read(&self, chosen: &Chosen) -> Vec<Fault> {
        let mut faults = Vec::new();
        for event in &chosen.events {
            if let Err(error) = self.event(event).await {
                faults.push((event.to_string(), format!("{error:#}")));
            }
        }
        for rows in chosen.readings() {
            if let Err(error) = self.rows(&rows).await {
                faults.extend(rows.iter().map(|row| (row.id.to_string(), format!("{error:#}"))));
            }
        }
        faults
    }

    async fn event(&self, event: &EventId) -> anyhow::Result<()> {
        if !self.session.org().reopen_event(event, Timestamp::now()).await? {
            bail!("it is no longer kept");
        }
        let message = EventsMessage::V1 { org: self.session.settings.id.clone(), event: event.clone() };
        self.announce(&[], self.queue("EventsQueue")?, &[message]).await
    }

    /// Rows of one reading.
    async fn rows(&self, rows: &[&QuarantineRow]) -> anyhow::Result<()> {
        let [first, ..] = rows else { return Ok(()) };
        match first.origin.split_once(':') {
            Some(("mail", mail)) => self.mail(mail, rows).await,
            Some(("feed", feed)) => self.feed(&FeedId::new(feed), rows).await,
            Some(("webhook", connection)) => self.delivery(&ConnectionId::new(connection), first).await,
            Some(("queue", queue)) => self.message(queue, first).await,
            Some(("flow", flow)) => self.record(&FlowId::new(flow), first).await,
            _ => bail!("nothing is known that reads what came from {}", first.origin),
        }
    }

    async fn mail(&self, mail: &str, rows: &[&QuarantineRow]) -> anyhow::Result<()> {
        if !self.session.org().reopen_mail(mail, Timestamp::now()).await? {
            bail!("mail {mail} is no longer kept");
        }
        let message = MailMessage::V1 { org: self.session.settings.id.clone(), mail: mail.to_owned() };
        self.announce(rows, self.queue("MailQueue")?, &[message]).await
    }

    async fn feed(&self, feed: &FeedId, rows: &[&QuarantineRow]) -> anyhow::Result<()> {
        match self.session.settings.feeds.get(feed) {
            Some(configured) if configured.status == FeedStatus::Active => {}
            Some(_) => bail!("feed {feed} is not active, so nobody reads it"),
            None => bail!("feed {feed} is not configured, so nobody reads it"),
        }
        // What was known of its content is forgotten, so that the same content is read once more.
        let known = self.session.org().feed_row(feed).await?;
        let forgotten = FeedRow { property: known.property, ..FeedRow::default() };
        self.session.org().save_feed_row(feed, &forgotten).await?;
        let message = FeedsMessage::V1 { org: self.session.settings.id.clone(), feeds: vec![feed.clone()] };
        self.announce(rows, self.queue("FeedsQueue")?, &[message]).await
    }

    /// A delivery was proven when it came. Of it, the body is kept.
    async fn delivery(&self, connection: &ConnectionId, row: &QuarantineRow) -> anyhow::Result<()> {
        let settings = &self.session.settings;
        let configured = settings.connections.get(connection);
        let vendor = &configured.with_context(|| format!("there is no connection {connection} any more"))?.vendor;
        let manifest = Vendors::of(settings).find(vendor)?;
        let webhook = manifest.webhook()?;
        if matches!(webhook.events.name, NameAt::Header(_)) {
            bail!("{vendor} says in a header what happened, and headers are not kept: `--drop` gives it up");
        }
        let body = row.content.expose().as_bytes();
        let delivery = Delivery { method: &Method::POST, url: "", headers: &HeaderMap::new(), body };
        let events = read_event(webhook, &delivery).context("it still cannot be read (`--drop` gives it up)")?;
        let mut messages = Vec::new();
        for event in &events {
            let arrived = Arrived::of(connection, vendor, event, row.at);
            if self.session.org().keep_event(&arrived.id, &arrived.event).await? {
                messages.push(EventsMessage::V1 { org: settings.id.clone(), event: arrived.id });
            }
        }
        self.announce(&[row], self.queue("EventsQueue")?, &messages).await
    }

    async fn message(&self, queue: &str, row: &QuarantineRow) -> anyhow::Result<()> {
        let url = self.session.host.queue_named(queue).with_context(|| format!("there is no queue {queue}"))?;
        let body: serde_json::Value =
            serde_json::from_str(row.content.expose()).context("it holds no message that could be sent")?;
        self.announce(&[row], QueueUrl::new(url), &[body]).await
    }

    /// Has a flow's record read again from its source, where it may have been mended. The row leaves when the record goes
    /// through.
    async fn record(&self, flow: &FlowId, row: &QuarantineRow) -> anyhow::Result<()> {
        let content: serde_json::Value = serde_json::from_str(row.content.expose()).context("it holds no record")?;
        let key = RecordKey::from_text(content["record"].as_str().context("it names no record")?);
        let settings = &self.session.settings;
        match flows::decisions(self.session)?.lift(settings, flow, &key, Lift::TryAgain, "operator").await {
            Ok(()) => Ok(()),
            // Left over: the record went through since, or its flow is not configured any more.
            Err(
                DecisionError::NothingToLift(_) | DecisionError::UnknownRecord { .. } | DecisionError::UnknownFlow(_),
            ) => Ok(self.session.org().release(&row.id).await?),
            Err(error) => Err(error.into()),
        }
    }

    fn queue(&self, logical: &str) -> anyhow::Result<QueueUrl> {
        Ok(QueueUrl::new(self.session.host.queue_url(logical).context("the template has no such queue")?))
    }

    /// Sends what has the rows read again. They leave before that: one that is still unusable is set aside anew, and must not
    /// meet itself. If nothing can be sent, they are back.
    async fn announce<T: Serialize + Sync>(
        &self,
        rows: &[&QuarantineRow],
        queue: QueueUrl,
        messages: &[T],
    ) -> anyhow::Result<()> {
        let org = self.session.org();
        for row in rows {
            org.release(&row.id).await?;
        }
        for message in messages {
            if let Err(error) = self.queues.send(&queue, org.id(), message, Duration::ZERO).await {
                for row in rows {
                    org.quarantine(row).await?;
                }
                return Err(error.into());
            }
        }
        Ok(())
    }
}
