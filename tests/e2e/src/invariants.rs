//! The promises, checked when everything has come to rest.

use crate::{crews, office, run::Simulation};
use anyhow::ensure;
use jiff::SignedDuration;
use lintel_cloud::store::MailState;
use lintel_connectors::surroundings::Clock;
use lintel_domain::{
    job_file::{JobOrder, Standing},
    planner::{self, Input},
    schedule,
    stay::VersionStatus,
};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) async fn check(simulation: &mut Simulation) -> anyhow::Result<()> {
    nothing_is_lost(simulation).await?;
    garbage_is_kept(simulation).await?;
    one_job_a_stay(simulation).await?;
    one_active_version(simulation).await?;
    limits_are_kept(simulation)?;
    crews::peoples_word_stands(simulation)?;
    reconciling_ends(simulation).await?;
    crews::jobs_are_as_ordered(simulation).await?;
    office::typed_words_stand(simulation).await?;
    a_quiet_run_writes_nothing(simulation).await?;
    office::an_edit_costs_little(simulation).await?;
    crews::a_move_costs_little(simulation).await
}

async fn nothing_is_lost(simulation: &Simulation) -> anyhow::Result<()> {
    let org = simulation.places.table.org(&simulation.places.settings.id);
    let mails = org.mails().await?;
    for digest in &simulation.acknowledged {
        ensure!(mails.iter().any(|mail| digest.starts_with(&mail.id)), "an acknowledged mail is not known: {digest}");
    }
    for mail in mails {
        ensure!(mail.state != MailState::Pending, "mail {} was never read", mail.id);
    }
    Ok(())
}

async fn garbage_is_kept(simulation: &Simulation) -> anyhow::Result<()> {
    let kept = simulation.places.table.org(&simulation.places.settings.id).quarantined().await?;
    for body in &simulation.garbage {
        ensure!(kept.iter().any(|row| row.content.expose() == body), "nobody can find {body:?}");
    }
    Ok(())
}

async fn one_job_a_stay(simulation: &Simulation) -> anyhow::Result<()> {
    let places = &simulation.places;
    let duplicates = places.field_service.duplicates();
    ensure!(duplicates.is_empty(), "made twice: {duplicates:?}");
    let org = places.table.org(&places.settings.id);
    let now = places.clock.now();
    let mut jobs = BTreeSet::new();
    for property in places.settings.properties.keys() {
        for row in org.property(property).await?.jobs.values() {
            if let Some(seen) = &row.file.seen {
                ensure!(jobs.insert(seen.job.clone()), "{} shares its job with another stay", row.stay);
            }
            if let Some(JobOrder::Keep { desire }) = &row.order
                && schedule::due(desire, places.settings.jobs.ahead_days) <= now
            {
                let settled =
                    row.file.seen.is_some() || row.file.trouble.is_some() || row.file.standing == Standing::Gone;
                ensure!(settled, "{} has neither a job nor a reason", row.stay);
            }
        }
    }
    Ok(())
}

async fn one_active_version(simulation: &Simulation) -> anyhow::Result<()> {
    let places = &simulation.places;
    let org = places.table.org(&places.settings.id);
    for property in places.settings.properties.keys() {
        let rows = org.property(property).await?;
        for key in rows.state.stays.keys() {
            let record = org.stay_at(property, key).await?.ok_or_else(|| anyhow::anyhow!("{key} vanished"))?;
            let versions: Vec<u32> = record.history.iter().map(|stay| stay.version).collect();
            let wanted: Vec<u32> = (1..record.stay.version).collect();
            ensure!(versions == wanted, "{key} version {} has the history {versions:?}", record.stay.version);
            ensure!(
                record.history.iter().all(|stay| stay.status == VersionStatus::Old),
                "{key} has an active version in its history"
            );
        }
        let again = planner::plan(property, &places.settings, &rows.state, &Input::Recompute, places.clock.now())?;
        ensure!(again.changes.is_empty(), "{property} would be worked out otherwise: {:?}", again.changes.first());
    }
    Ok(())
}

fn limits_are_kept(simulation: &Simulation) -> anyhow::Result<()> {
    let over = (simulation.places.field_service.usage().over_limit, simulation.places.office_table.usage().over_limit);
    ensure!(over == (0, 0), "calls over the limits: {over:?}");
    Ok(())
}

/// One run catches up with every delivery that was lost; the next one finds nothing to do, and everything holds.
async fn reconciling_ends(simulation: &mut Simulation) -> anyhow::Result<()> {
    // Pings that were lost for good are made up for once a day.
    simulation.places.clock.jump(SignedDuration::from_hours(25)).await;
    simulation.reconcile().await?;
    let writes = simulation.places.field_service.usage().writes;
    let second = simulation.reconcile().await?;
    ensure!(second.is_quiet(), "a second reconciliation found: {second:?}");
    ensure!(simulation.places.field_service.usage().writes == writes, "a quiet reconciliation wrote at the vendor");
    Ok(())
}

/// After one more good poll has settled, the same again changes nothing at any vendor and at no property.
async fn a_quiet_run_writes_nothing(simulation: &mut Simulation) -> anyhow::Result<()> {
    absences_end(simulation).await?;
    let writes = writes(simulation);
    simulation.poll().await?;
    let more = writes_since(simulation, &writes);
    ensure!(more.is_empty(), "a quiet poll wrote: {more:?}");
    let before = standing(simulation).await?;
    for property in simulation.places.settings.properties.keys().cloned().collect::<Vec<_>>() {
        simulation.recompute(&property).await?;
    }
    simulation.settle().await?;
    let after = standing(simulation).await?;
    ensure!(before == after, "a quiet run wrote: {before:?} became {after:?}");
    Ok(())
}

/// Polls until no stay is being counted as missing: until then a poll that changes nothing at the feed is news. Plans that
/// wait are approved.
async fn absences_end(simulation: &mut Simulation) -> anyhow::Result<()> {
    for _ in 0..12 {
        // Feeds that failed are left alone for hours.
        simulation.places.clock.jump(SignedDuration::from_hours(13)).await;
        simulation.poll().await?;
        let table = simulation.places.table.org(&simulation.places.settings.id);
        simulation.approve_removals().await?;
        if table.feed_rows().await?.iter().all(|(_, row)| row.open_misses == 0) {
            return Ok(());
        }
    }
    anyhow::bail!("stays are missing for days and nothing is decided")
}

/// Operations that change the table.
fn writes(simulation: &Simulation) -> BTreeMap<String, u64> {
    let writes = ["PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"];
    let mut calls = simulation.places.aws.calls();
    calls.retain(|operation, _| writes.contains(&operation.as_str()));
    calls
}

fn writes_since(simulation: &Simulation, before: &BTreeMap<String, u64>) -> BTreeMap<String, u64> {
    let mut after = writes(simulation);
    after.retain(|operation, count| before.get(operation) != Some(count));
    after
}

/// Versions of all properties and calls at all vendors.
async fn standing(simulation: &Simulation) -> anyhow::Result<(Vec<u64>, u64, u64)> {
    let places = &simulation.places;
    let org = places.table.org(&places.settings.id);
    let mut versions = Vec::new();
    for property in places.settings.properties.keys() {
        versions.push(org.property(property).await?.version);
    }
    let calls = |calls: &std::collections::BTreeMap<String, u64>| calls.values().sum::<u64>();
    Ok((versions, calls(&places.field_service.usage().calls), calls(&places.office_table.usage().calls)))
}
