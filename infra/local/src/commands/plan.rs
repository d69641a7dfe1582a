//! `lintel plan FILE...`: what files would change, worked out by the same rules and written nowhere. A flow's name in place of files plans
//! the flow.

use super::{Common, flows, ingest::content_type};
use crate::session::Session;
use anyhow::{Context, bail};
use clap::Args;
use jiff::Timestamp;
use lintel_domain::{
    ids::FeedId,
    planner::{self, ChangeKind, Input, StayChange},
    snapshot::Snapshot,
};
use lintel_formats::{
    mail,
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
            let snapshots = self.snapshots(&session, file, &bytes, now)?;
            show(&session, snapshots, now).await?;
        }
        Ok(())
    }

    fn snapshots(&self, session: &Session, file: &Path, bytes: &[u8], now: Timestamp) -> anyhow::Result<Vec<Snapshot>> {
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        match file.extension().and_then(|ending| ending.to_str()) {
            Some("csv") => report(session, bytes, now),
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
                Ok(vec![read.snapshot])
            }
            _ => {
                let mail = mail::read(Some(content_type(&name)), bytes, &mail::Limits::default())?;
                let mut snapshots = Vec::new();
                for attachment in mail.attachments.iter().filter(|attachment| attachment.may_be_report()) {
                    if let Some(bytes) = attachment.bytes() {
                        snapshots.extend(report(session, bytes, now)?);
                    }
                }
                Ok(snapshots)
            }
        }
    }
}

fn report(session: &Session, bytes: &[u8], now: Timestamp) -> anyhow::Result<Vec<Snapshot>> {
    let report = reports::read(bytes)?;
    let delivery = Delivery { received: now, dated: None, evidence: "dry-run" };
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
        for attention in &plan.attention {
            println!("  to look at: {} {}", attention.code.as_str(), attention.text);
        }
    }
    println!("  {changes} stays would change; nothing was written");
    Ok(())
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
