//! `lintel events`: what vendors sent that waits or was set aside.

use super::Common;
use crate::counted::counted;
use clap::Args;
use jiff::{SignedDuration, Timestamp};
use lintel_cloud::store::{EventRow, EventState, WorkKind};
use lintel_domain::ids::EventId;

#[derive(Debug, Args)]
pub(crate) struct Events {
    /// Show this event whole, with its content.
    id: Option<String>,
}

impl Events {
    pub(crate) async fn run(&self, common: &Common) -> anyhow::Result<()> {
        let session = common.configured().await?;
        let org = session.org();
        if let Some(id) = &self.id {
            let Some(row) = org.event(&EventId::new(id)).await? else { anyhow::bail!("there is no event {id}") };
            println!("{}", line(&row));
            println!("{}", row.received.content.expose());
            return Ok(());
        }
        let until = Timestamp::now() + SignedDuration::from_hours(1);
        for (kind, [one, many]) in [
            (WorkKind::Events, ["event waits", "events wait"]),
            (WorkKind::FailedEvents, ["event was set aside", "events were set aside"]),
        ] {
            let due = org.due_work(kind, until, 1_000).await?;
            println!("{}", counted(due.len(), one, many));
            for work in due {
                if let Some(row) = org.event(&EventId::new(&work.id)).await? {
                    println!("  {}", line(&row));
                }
            }
        }
        let bundles = org.due_work(WorkKind::Bundles, until, 1_000).await?.len();
        if bundles > 0 {
            let bundles = counted(bundles, "bundle of events", "bundles of events");
            println!("being unpacked: {bundles} that came together");
        }
        println!("`lintel events ID` shows one, `lintel replay ID` works it off again");
        Ok(())
    }
}

fn line(row: &EventRow) -> String {
    let EventRow { id, received, state } = row;
    let state = match state {
        EventState::Pending => "waits".to_owned(),
        EventState::Done { outcome } => format!("done: {outcome}"),
        EventState::Failed { reason } => format!("set aside: {reason}"),
    };
    let record = received.record.as_deref().unwrap_or("no record");
    format!("{id}  {}  {}  {record}  {}  {state}", received.connection, received.name, received.received_at)
}
