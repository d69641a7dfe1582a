//! What an operator does: look at what waits, read things again, decide removals.

use super::{Common, flows};
use crate::session::Session;
use anyhow::{Context, bail};
use clap::Args;
use jiff::Timestamp;
use lintel_cloud::{
    inputs::NewInput,
    messages::{EventsMessage, FeedsMessage, MailMessage},
    queues::{QueueUrl, Queues},
    store::{FeedRow, Lift, QuarantineRow, WorkKind},
};
use lintel_domain::{
    ids::{EventId, FeedId, FlowId, InputId, RemovalPlanId},
    planner::Input,
    records::RecordKey,
};
use lintel_sync::DecisionError;
use serde::Serialize;
use std::time::Duration;

#[derive(Debug, Args)]
pub(crate) struct Queue {
    /// As JSON, with the quarantined content.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Replay {
    /// The entry's or the event's id, or `all` entries.
    id: String,
}

#[derive(Debug, Args)]
pub(crate) struct Removals {
    /// Let this plan's removals happen.
    #[arg(long, conflicts_with = "dismiss")]
    approve: Option<String>,
    /// Keep this plan's stays.
    #[arg(long)]
    dismiss: Option<String>,
}

impl Queue {
    pub(crate) async fn run(&self, common: &Common) -> anyhow::Result<()> {
        let session = common.configured().await?;
        let rows = session.org().quarantined().await?;
        let attention = session.org().attention().await?;
        if self.json {
            println!(
                "{}",
                serde_json::to_string_pretty(&serde_json::json!({ "quarantined": rows, "attention": attention }))?
            );
            return Ok(());
        }
        println!("{} quarantined rows", rows.len());
        for row in rows {
            println!("  {}  {}  {}  ({})", row.id, row.code, row.reason, row.origin);
        }
        println!("{} things to look at", attention.len());
        for entry in attention {
            println!("  {}  {}: {}", entry.code, entry.subject, entry.text);
        }
        Ok(())
    }
}

impl Replay {
    pub(crate) async fn run(&self, common: &Common) -> anyhow::Result<()> {
        let session = common.configured().await?;
        session.publish().await?;
        let now = Timestamp::now();
        if session.org().reopen_event(&EventId::new(&self.id), now).await? {
            let message = EventsMessage::V1 { org: session.settings.id.clone(), event: EventId::new(&self.id) };
            let queues = Queues::new(aws_sdk_sqs::Client::new(session.sdk()));
            send(&queues, session.host.queue_url("EventsQueue"), &session.settings.id, &message).await?;
            session.work_off().await?;
            println!("the event was worked off again; `lintel events {}` shows what became of it", self.id);
            return Ok(());
        }
        let rows = session.org().quarantined().await?;
        let chosen: Vec<&QuarantineRow> =
            rows.iter().filter(|row| self.id == "all" || row.id.as_str() == self.id).collect();
        if chosen.is_empty() {
            bail!("there is no quarantined entry {}", self.id);
        }
        let queues = Queues::new(aws_sdk_sqs::Client::new(session.sdk()));
        let org = &session.settings.id;
        for row in &chosen {
            match row.origin.split_once(':') {
                Some(("mail", mail)) => {
                    let known = session.org().reopen_mail(mail, Timestamp::now()).await?;
                    if !known {
                        bail!("mail {mail} is no longer kept");
                    }
                    let message = MailMessage::V1 { org: org.clone(), mail: mail.to_owned() };
                    send(&queues, session.host.queue_url("MailQueue"), org, &message).await?;
                }
                Some(("feed" | "source", feed)) => {
                    let feed = FeedId::new(feed);
                    // What was known of its content is forgotten, so that the same content is read once more.
                    let known = session.org().feed_row(&feed).await?;
                    let row = FeedRow { property: known.property, ..FeedRow::default() };
                    session.org().save_feed_row(&feed, &row).await?;
                    let message = FeedsMessage::V1 { org: org.clone(), feeds: vec![feed] };
                    send(&queues, session.host.queue_url("FeedsQueue"), org, &message).await?;
                }
                Some(("queue", queue)) => {
                    let url = session.host.queue_named(queue).with_context(|| format!("there is no queue {queue}"))?;
                    let body: serde_json::Value = serde_json::from_str(row.content.expose())
                        .with_context(|| format!("{} holds no message that could be sent", row.id))?;
                    queues.send(&QueueUrl::new(url), org, &body, Duration::ZERO).await?;
                }
                Some(("flow", flow)) => {
                    again(&session, &FlowId::new(flow), row).await?;
                    // It leaves the quarantine when it goes through.
                    continue;
                }
                _ => bail!("{} says nothing about where it came from", row.id),
            }
            // What is still unusable is set aside anew.
            session.org().release(&row.id).await?;
        }
        session.work_off().await?;
        println!("{} entries were read again; `lintel queue` shows what is left", chosen.len());
        Ok(())
    }
}

impl Removals {
    pub(crate) async fn run(&self, common: &Common) -> anyhow::Result<()> {
        let session = common.configured().await?;
        let decided = [(&self.approve, "approved"), (&self.dismiss, "dismissed")];
        if let Some((plan, word)) = decided.into_iter().find_map(|(plan, word)| Some((plan.as_ref()?, word))) {
            let plan = RemovalPlanId::new(plan);
            let property =
                session.org().plan_property(&plan).await?.with_context(|| format!("there is no plan {plan}"))?;
            let input = if word == "approved" {
                Input::Approve { plan: plan.clone() }
            } else {
                Input::Dismiss { plan: plan.clone() }
            };
            let new = NewInput { id: InputId::new(format!("{plan}-{word}")), property, input };
            session.inputs()?.hand_over(&session.settings.id, vec![new], Timestamp::now()).await?;
            session.work_off().await?;
            println!("{plan} {word}");
            return Ok(());
        }
        let waiting = session.org().due_work(WorkKind::Plans, Timestamp::now(), 1_000).await?;
        println!("{} removal plans wait", waiting.len());
        for plan in waiting {
            println!(
                "  {}  {}  since {}",
                plan.id,
                plan.property.map(|id| id.to_string()).unwrap_or_default(),
                plan.due
            );
        }
        Ok(())
    }
}

/// Has a flow's record read again from its source, where it may have been mended.
async fn again(session: &Session, flow: &FlowId, row: &QuarantineRow) -> anyhow::Result<()> {
    let content: serde_json::Value =
        serde_json::from_str(row.content.expose()).with_context(|| format!("{} holds no record", row.id))?;
    let record = content["record"].as_str().with_context(|| format!("{} names no record", row.id))?;
    let key = RecordKey::from_text(record);
    match flows::decisions(session)?.lift(&session.settings, flow, &key, Lift::TryAgain, "operator").await {
        Ok(()) => Ok(()),
        // Left over: the record went through since, or its flow is not configured any more.
        Err(DecisionError::NothingToLift(_) | DecisionError::UnknownRecord { .. } | DecisionError::UnknownFlow(_)) => {
            Ok(session.org().release(&row.id).await?)
        }
        Err(error) => Err(error.into()),
    }
}

async fn send<T: Serialize + Sync>(
    queues: &Queues,
    url: Option<&str>,
    org: &lintel_domain::ids::OrgId,
    message: &T,
) -> anyhow::Result<()> {
    let url = url.context("the template has no such queue")?;
    Ok(queues.send(&QueueUrl::new(url), org, message, Duration::ZERO).await?)
}
