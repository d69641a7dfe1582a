//! `lintel plan FLOW`: what a first or next full run would do, written nowhere.

use super::{engine, known, patience};
use crate::{counted::counted, session::Session};
use lintel_sync::{PlannedRecord, Step};
use std::collections::BTreeMap;

/// Records shown one by one.
const SHOWN: usize = 20;

pub(crate) async fn show(session: &Session, name: &str) -> anyhow::Result<()> {
    let flow = known(session, name)?;
    let plan = engine(session)?.plan(&session.settings, &flow, patience()).await?;
    let count = |wanted: fn(&Step) -> bool| plan.records.iter().filter(|record| wanted(&record.step)).count();
    println!("{flow}: {} read", counted(plan.read, "record", "records"));
    println!("  {:>7} to create", count(|step| matches!(step, Step::Create { .. })));
    let taken_over = count(|step| matches!(step, Step::TakeOver { .. }));
    let updated = count(|step| matches!(step, Step::Update { fields, .. } if !fields.is_empty()));
    println!("  {:>7} to update", updated + taken_over);
    if taken_over > 0 {
        println!("  {taken_over:>7} of them taken over: the target has them as records of its own");
    }
    let waits_for_a_person = |step: &Step| matches!(step, Step::Update { fields, .. } if fields.is_empty());
    println!("  {:>7} unchanged", plan.unchanged);
    for (count, what) in [
        (count(waits_for_a_person), "only in conflict, which a person decides"),
        (count(|step| *step == Step::Wait), "to wait for what they refer to"),
        (usize::try_from(plan.refused).unwrap_or(usize::MAX), "refused before"),
    ] {
        if count > 0 {
            println!("  {count:>7} {what}");
        }
    }
    println!("  {:>7} to quarantine", count(|step| *step == Step::Quarantine));
    println!("  {:>7} to leave out by a rule", count(|step| *step == Step::Reject));
    println!("  {:>7} skipped", plan.skipped);
    for name in &plan.sent {
        println!("  {name} is protected, and is sent because the flow says so");
    }
    for name in &plan.held_back {
        println!("  {name} is protected, and is not sent: `send_protected = [\"{name}\"]` in the flow would");
    }
    warnings(&plan.records);
    for record in plan.records.iter().take(SHOWN) {
        println!("  {}", told(record));
    }
    if plan.records.len() > SHOWN {
        println!("  and {} more", plan.records.len() - SHOWN);
    }
    println!("nothing was written");
    Ok(())
}

fn warnings(records: &[PlannedRecord]) {
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for warning in records.iter().flat_map(|record| &record.warnings) {
        *times.entry(warning).or_default() += 1;
    }
    for (warning, count) in times {
        println!("  {count:>7} × {warning}");
    }
}

fn told(record: &PlannedRecord) -> String {
    let what = match &record.step {
        Step::Create { fields } => format!("create with {}", counted(fields.len(), "field", "fields")),
        Step::TakeOver { fields, conflicts } => format!("take over and {}", updated(fields, conflicts)),
        Step::Update { fields, conflicts } => updated(fields, conflicts),
        Step::Wait => "wait: what it refers to is not at the target yet".to_owned(),
        Step::Quarantine => "quarantine".to_owned(),
        Step::Reject => "leave out".to_owned(),
    };
    let why = if record.warnings.is_empty() { String::new() } else { format!(" ({})", record.warnings.join("; ")) };
    format!("{} · {what}{why}", record.key)
}

fn updated(fields: &[&str], conflicts: &[String]) -> String {
    let fields = if fields.is_empty() { "nothing".to_owned() } else { fields.join(", ") };
    let conflicts =
        if conflicts.is_empty() { String::new() } else { format!("; in conflict: {}", conflicts.join(", ")) };
    format!("update {fields}{conflicts}")
}
