//! `lintel audit FLOW [RECORD]`: who did what to a record, or to the flow as a whole, and why.

use super::super::Common;
use super::{decisions, known};
use clap::Args;
use lintel_cloud::store::{Act, AuditEntry, FieldChange, Lift, WriteKind};
use lintel_domain::{mask::Masked, records::RecordKey};

#[derive(Debug, Args)]
pub(crate) struct Audit {
    flow: String,
    /// As `lintel flows FLOW` shows it: `tenants/7`. Without one, what was decided of the flow as a whole.
    record: Option<String>,
}

impl Audit {
    pub(crate) async fn run(&self, common: &Common) -> anyhow::Result<()> {
        let session = common.configured().await?;
        let flow = known(&session, &self.flow)?;
        let record = self.record.as_ref().map(RecordKey::from_text);
        let entries = decisions(&session)?.audit(&session.settings, &flow, record.as_ref()).await?;
        if entries.is_empty() {
            println!("nothing was done");
        }
        for entry in &entries {
            println!("{}", told(entry));
        }
        Ok(())
    }
}

pub(super) fn told(entry: &AuditEntry) -> String {
    let at = entry.at.strftime("%F %H:%M:%S UTC");
    format!("{at} · {} · {} · {}", entry.purpose.who, act(&entry.act), entry.purpose.why)
}

fn act(act: &Act) -> String {
    match act {
        Act::Opened { field, .. } => format!("{field} was opened"),
        Act::Refused { field, reason, .. } => format!("{field} was not opened: {reason}"),
        Act::KeyRotated { key } => format!("data key {key} took effect"),
        Act::KeyRetired { key } => format!("data key {key} was given up"),
        Act::Written { connection, vendor_id, write, changes } => {
            let word = match write {
                WriteKind::Created => "created",
                WriteKind::Updated => "updated",
                WriteKind::Deleted => "deleted",
            };
            let changes: Vec<String> = changes.iter().map(change).collect();
            // Relations have no id of their own.
            let what = if vendor_id.is_empty() { "relations" } else { vendor_id };
            format!("{word} {what} at {connection}: {}", changes.join(", "))
        }
        Act::Decided { field, take, source, target, .. } => {
            format!(
                "{field}: {} is right (source {}, target {})",
                take.as_str(),
                shown(source.as_ref()),
                shown(target.as_ref())
            )
        }
        Act::Lifted { lift: Lift::TryAgain, .. } => "to be tried again".to_owned(),
        Act::Lifted { lift: Lift::MakeAgain, .. } => "to be made again".to_owned(),
        Act::Approved { run, missing, .. } => {
            format!("approved: to let go of the {missing} records that run {run} found missing")
        }
    }
}

fn change(change: &FieldChange) -> String {
    format!("{} {} → {}", change.field, shown(change.before.as_ref()), shown(change.after.as_ref()))
}

fn shown(value: Option<&Masked>) -> &str {
    value.map_or("nothing", Masked::as_str)
}
