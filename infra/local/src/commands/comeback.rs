//! The main job's second act: a crew works a job off and the office types into its table, and both come back as signed
//! webhooks at the real routes.

use crate::{host::Settled, session::Session};
use anyhow::Context;
use lintel_cloud::store::JobRow;
use lintel_domain::{
    ids::ConnectionId,
    job::JobProgress,
    stay::{JobWish, Stay},
};
use lintel_sandbox::{Sandbox, housecallpro::Habits};
use serde_json::{Map, Value, json};
use std::time::Duration;

const OFFICE: &str = "office";
const INSTRUCTIONS: &str = "Bring the spare key";
/// How long news may take before the demo says that they did not come.
const PATIENCE: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(100);

/// A stay whose job is made and waits.
struct Planned {
    stay: Stay,
    job: JobRow,
}

pub(super) async fn play(session: &Session, sandbox: &mut Sandbox, url: &str) -> anyhow::Result<()> {
    println!("\nwhat comes back");
    let Some(planned) = next_planned(session).await? else {
        println!("  no job was made, so nothing comes back");
        return Ok(());
    };
    session.watch(&ConnectionId::new(OFFICE), url).await?;
    sandbox.field_service.set_webhook_habits(Habits { duplicates_percent: 20, losses_percent: 0, shuffle: true });
    sandbox.tell(&format!("{url}/webhooks/{}.crews", session.settings.id));
    sandbox.ping();

    let job = planned.job.file.seen.as_ref().map(|seen| seen.job.to_string()).unwrap_or_default();
    edit(session, sandbox, &planned.stay).await?;
    sandbox.field_service.on_my_way(&job)?;
    sandbox.field_service.start_job(&job)?;
    work(session, sandbox, &planned, &job, &JobProgress::InProgress, "a crew began").await?;
    sandbox.field_service.complete_job(&job)?;
    work(session, sandbox, &planned, &job, &JobProgress::Completed, "the crew finished").await?;
    if session.host.quiet().wait(PATIENCE, |_, _| {}).await? == Settled::StillBusy {
        println!("  still at work after half a minute");
    }
    let usage = sandbox.field_service.usage();
    println!("  webhooks of the field service: {}", serde_json::to_string(&usage.webhooks)?);
    Ok(())
}

async fn next_planned(session: &Session) -> anyhow::Result<Option<Planned>> {
    for property in session.settings.properties.keys() {
        let mut rows = session.org().property(property).await?;
        let stays = std::mem::take(&mut rows.state.stays).into_values();
        for stay in stays.filter(|stay| stay.status.is_active() && stay.findings.job == JobWish::Wanted) {
            if let Some(job) = rows.jobs.remove(&stay.key).filter(|job| job.file.seen.is_some()) {
                return Ok(Some(Planned { stay, job }));
            }
        }
    }
    Ok(None)
}

/// The office types an instruction; the line changes, at the crew's job, too.
async fn edit(session: &Session, sandbox: &Sandbox, stay: &Stay) -> anyhow::Result<()> {
    let records = sandbox.office_table.records_with("Reservation UID", &json!(stay.key));
    let record = records.last().context("the stay has no row in the office's table")?;
    sandbox.office_table.person_edits(record, "Custom Service Line Instructions", json!(INSTRUCTIONS))?;
    let came = until(async || {
        let row = row(sandbox, stay);
        row.get("HCP Service Line Description").and_then(Value::as_str).is_some_and(|line| line.contains(INSTRUCTIONS))
    })
    .await;
    println!("  the office typed {INSTRUCTIONS:?} into the row of {}{}", stay.key, verdict(came));
    let now = session.org().stay(&stay.key).await?.map(|record| record.stay.findings.line).unwrap_or_default();
    println!("    line before: {}\n    line now:    {now}", stay.findings.line);
    Ok(())
}

async fn work(
    session: &Session,
    sandbox: &Sandbox,
    planned: &Planned,
    job: &str,
    wanted: &JobProgress,
    told: &str,
) -> anyhow::Result<()> {
    let stay = &planned.stay;
    let word = if *wanted == JobProgress::Completed { "Completed" } else { "In Progress" };
    let came = until(async || row(sandbox, stay).get("Job Status") == Some(&json!(word))).await;
    println!("  {told} {job}{}", verdict(came));
    let known = session.org().job(&planned.job.property, &stay.key).await?.and_then(|row| row.file.seen);
    if known.is_some_and(|seen| seen.progress == *wanted) {
        println!("    the office's row says {word}");
    }
    Ok(())
}

/// The office's row of the stay's current version.
fn row(sandbox: &Sandbox, stay: &Stay) -> Map<String, Value> {
    let rows = sandbox.office_table.records();
    rows.into_iter().rfind(|row| row.get("Reservation UID") == Some(&json!(stay.key))).unwrap_or_default()
}

async fn until(is_so: impl AsyncFn() -> bool) -> Came {
    let came = tokio::time::timeout(PATIENCE, async {
        while !is_so().await {
            tokio::time::sleep(LOOK).await;
        }
    });
    if came.await.is_ok() { Came::Back } else { Came::Not }
}

#[derive(Clone, Copy)]
enum Came {
    Back,
    Not,
}

fn verdict(came: Came) -> &'static str {
    match came {
        Came::Back => "",
        Came::Not => "; nothing of it came back",
    }
}
