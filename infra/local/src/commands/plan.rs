//! `lintel plan FILE...`: what files would change, worked out by the same rules and written nowhere. A flow's name in place of files plans
//! the flow.

use super::{Common, flows, ingest::content_type};
use crate::{counted::counted, session::Session};
use anyhow::{Context, bail};
use clap::Args;
use jiff::{Timestamp, civil::Date};
use lintel_domain::{
    absence::{RemovalPlan, RemovalPlanStatus, RemovalReason},
    ids::FeedId,
    planner::{self, ChangeKind, Input, Outcome, PropertyPlan, SkipReason, StayChange},
    snapshot::{Observation, Snapshot},
};
use lintel_formats::{
    mail::{self, Attachment, Unused},
    reports::{self, Delivery},
};
use std::{fs, path::Path, path::PathBuf};

#[derive(Debug, Args)]
pub(crate) struct Plan {
    /// Mails (.eml, inbound-mail .json), reports (.csv), calendars (.ics); or a flow.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The feed a calendar belongs to; the file's name without its ending unless given.
    #[arg(long)]
    feed: Option<String>,
}

impl Plan {
    pub(crate) async fn run(&self, common: &Common) -> anyhow::Result<()> {
        let session = common.configured().await?;
        if let [one] = self.files.as_slice()
            && !one.exists()
            && one.extension().is_none()
        {
            return flows::plan(&session, &one.to_string_lossy()).await;
        }
        let now = Timestamp::now();
        for file in &self.files {
            let bytes = fs::read(file).with_context(|| format!("read {}", file.display()))?;
            println!("{}", file.display());
            let reading = || format!("read {}", file.display());
            let snapshots = self.snapshots(&session, file, &bytes, now).with_context(reading)?;
            show(&session, snapshots, now).await?;
        }
        Ok(())
    }

    fn snapshots(&self, session: &Session, file: &Path, bytes: &[u8], now: Timestamp) -> anyhow::Result<Vec<Snapshot>> {
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        match file.extension().and_then(|ending| ending.to_str()) {
            Some("csv") => report(session, bytes, mail::dated(&name), now),
            Some("ics") => {
                let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
                let id = FeedId::new(self.feed.clone().unwrap_or(stem));
                let Some(feed) = session.settings.feeds.get(&id) else {
                    bail!("no feed {id} is configured; name one with --feed");
                };
                let read = lintel_feed_poller::read_calendar(&session.settings, &id, feed, bytes, now)?;
                for rejected in &read.rejected {
                    println!("  set aside: {rejected}");
                }
                if read.outside_window > 0 {
                    let events = counted(read.outside_window, "event", "events");
                    println!("  left out: {events} outside of the window of months that is kept");
                }
                if let Some(doubt) = &read.doubt {
                    println!("  to look at: {doubt}");
                }
                Ok(vec![read.snapshot])
            }
            _ => {
                let mail = mail::read(Some(content_type(&name)), bytes, &mail::Limits::default())?;
                if !mail.matches_senders(&session.settings.mail.senders) {
                    bail!("it would be set aside: {}", Unused::UnknownSender);
                }
                of_attachments(session, &mail.attachments, now)
            }
        }
    }
}

fn of_attachments(session: &Session, attachments: &[Attachment], now: Timestamp) -> anyhow::Result<Vec<Snapshot>> {
    let (mut snapshots, mut reports) = (Vec::new(), 0);
    for attachment in attachments {
        let Some(bytes) = attachment.bytes() else {
            println!("  set aside: {}", Unused::AttachmentElsewhere);
            continue;
        };
        if attachment.may_be_report() {
            snapshots.extend(report(session, bytes, attachment.dated(), now)?);
            reports += 1;
        }
    }
    if reports == 0 {
        println!("  {}", Unused::NoReport);
    }
    Ok(snapshots)
}

fn report(session: &Session, bytes: &[u8], dated: Option<Date>, now: Timestamp) -> anyhow::Result<Vec<Snapshot>> {
    let report = reports::read(bytes)?;
    let delivery = Delivery { received: now, dated, evidence: "dry-run" };
    let assigned = reports::assign(report, &session.settings, delivery);
    for rejected in &assigned.rejected {
        println!("  set aside: line {}: {}", rejected.line, rejected.reason);
    }
    Ok(assigned.snapshots)
}

async fn show(session: &Session, snapshots: Vec<Snapshot>, now: Timestamp) -> anyhow::Result<()> {
    let mut changes = 0;
    for snapshot in snapshots {
        let property = snapshot.property.clone();
        let rows = session.org().property(&property).await?;
        let plan = planner::plan(&property, &session.settings, &rows.state, &Input::Snapshot { snapshot }, now)?;
        for change in plan.changes.iter().filter(|change| change.kind != ChangeKind::Evidence) {
            changes += 1;
            println!("  {}", told(change));
        }
        for left in left_out(&plan) {
            println!("  {left} ({property})");
        }
        for attention in &plan.attention {
            println!("  to look at: {} {}", attention.code.as_str(), attention.text);
        }
    }
    println!("  {} would change; nothing was written", counted(changes, "stay", "stays"));
    Ok(())
}

/// What of a source makes no change, and why.
fn left_out(plan: &PropertyPlan) -> Vec<String> {
    let mut left = Vec::new();
    if plan.outcome == Outcome::Superseded {
        left.push("left out: a later read of the same source was applied before".to_owned());
    }
    let rejected = plan.rejected.iter();
    left.extend(rejected.map(|one| format!("set aside: {}: {}", days(&one.observation), one.reason.text())));
    let skipped = plan.skipped.iter();
    left.extend(skipped.map(|one| format!("left out: {}: {}", days(&one.observation), skip_reason(one.reason))));
    left.extend(plan.plans.iter().map(removal));
    left
}

fn days(observation: &Observation) -> String {
    format!("{} to {}", observation.span.check_in(), observation.span.check_out())
}

fn skip_reason(reason: SkipReason) -> &'static str {
    match reason {
        SkipReason::Repeated => "it is listed twice in the same words",
        SkipReason::PartOfLongerStay => "it begins or ends a stay that is listed as a whole",
        SkipReason::OutsideWindow => "it is new, and outside of the window of months that is kept",
        SkipReason::CancelledUnseen => "it was cancelled before it was ever seen listed",
    }
}

fn removal(plan: &RemovalPlan) -> String {
    let stays = counted(plan.stays.len(), "stay", "stays");
    let RemovalReason::MassChange { missing, upcoming } = plan.reason;
    match plan.status {
        RemovalPlanStatus::Open => {
            format!(
                "to approve: the removal of {stays} of {}: {missing} of {upcoming} upcoming are missing",
                plan.source
            )
        }
        RemovalPlanStatus::Approved => format!("approved: the removal of {stays} of {}", plan.source),
        RemovalPlanStatus::Dismissed => format!("dismissed: the removal of {stays} of {}", plan.source),
        RemovalPlanStatus::Withdrawn => format!("withdrawn: the removal of {stays} of {}", plan.source),
    }
}

fn told(change: &StayChange) -> String {
    let stay = &change.stay;
    format!(
        "{:?} {} · {} to {} · {} · {}",
        change.kind,
        stay.key,
        stay.span.check_in(),
        stay.span.check_out(),
        stay.findings.service_at.strftime("%F %H:%M"),
        stay.findings.line
    )
}
