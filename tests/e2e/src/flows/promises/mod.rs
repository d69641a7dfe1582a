//! The promises, held against both vendors' own truth. Here those of any flow; what is promised of whom stands beside.

pub(crate) mod pair;
pub(crate) mod tenants;

use super::{drive::Drive, places::flow, world::World};
use anyhow::{bail, ensure};
use jiff::SignedDuration;
use lintel_cloud::store::ProblemRow;
use lintel_domain::{
    records::RecordKey,
    sync::{Link, LinkState, RunKind, RunState},
};
use std::collections::BTreeMap;

/// What the engine lists: the links, and the problems nobody settled.
struct Listed {
    links: BTreeMap<RecordKey, Link>,
    problems: BTreeMap<RecordKey, ProblemRow>,
}

impl Listed {
    async fn read(drive: &Drive) -> anyhow::Result<Self> {
        let links = drive.links().await?;
        let problems = drive.places.table().problems(&flow()).await?;
        let open = problems.into_iter().filter(|row| !row.resolved);
        Ok(Self {
            links: links.into_iter().map(|link| (link.key.clone(), link)).collect(),
            problems: open.map(|row| (row.problem.record.clone(), row)).collect(),
        })
    }

    /// No two links write to one contact.
    fn one_contact_is_ones(&self) -> anyhow::Result<()> {
        let mut seen: BTreeMap<&str, &RecordKey> = BTreeMap::new();
        for link in self.links.values().filter(|link| matches!(link.state, LinkState::Linked | LinkState::Refused)) {
            if let Some(other) = link.target.as_deref().and_then(|target| seen.insert(target, &link.key)) {
                bail!("{} and {other} both write to contact {:?}", link.key, link.target);
            }
        }
        Ok(())
    }

    /// Whether so many records are missing that nothing was taken for gone.
    fn has_many_missing(&self) -> bool {
        self.problems.values().any(|row| row.problem.code == "mass-change")
    }

    fn code(&self, key: &RecordKey) -> Option<&str> {
        self.problems.get(key).map(|row| row.problem.code.as_str())
    }
}

/// Faults pass: no run ends because of them.
pub(crate) async fn no_run_is_given_up(drive: &Drive) -> anyhow::Result<()> {
    let Some(run) = drive.last_run().await? else { return Ok(()) };
    if let RunState::Failed { reason, .. } = &run.state {
        // One that takes longer than a day is given up, so that its flow is not stuck for ever.
        let took = run.ended.unwrap_or(run.began).duration_since(run.began);
        ensure!(
            took > SignedDuration::from_hours(24),
            "a run was given up though nothing was wrong for good: {reason}"
        );
    }
    Ok(())
}

/// A second run in quiet writes nothing at either end and no link; one that reads one end alone asks nothing of the other.
pub(crate) async fn quiet_runs_do_nothing<W: World>(drive: &mut Drive) -> anyhow::Result<()> {
    let listed = Listed::read(drive).await?;
    for kind in W::QUIET.iter().copied() {
        let (links, written) = (drive.links().await?, drive.places.records_written());
        let (asked, rows) = (drive.places.asked(), drive.places.rows_written());
        drive.run_once(kind).await?;
        let after = drive.links().await?;
        let changed: Vec<(&Link, &Link)> = links.iter().zip(&after).filter(|(one, other)| one != other).collect();
        ensure!(after == links, "a quiet {kind:?} run changed links: {changed:?}");
        ensure!(drive.places.records_written() == written, "a quiet {kind:?} run wrote records");
        // What an end refused is tried once more: comparing, or looking at what the source is to take.
        let refused = match kind {
            RunKind::Back => listed.problems.values().any(|row| {
                // Whoever is set aside at the source may be what was made for somebody.
                let code = row.problem.code.as_str();
                code.ends_with("-at-source") || matches!(code, "quarantined" | "rejected")
            }),
            _ => links.iter().any(|link| link.state == LinkState::Refused || !link.withheld.is_empty()),
        };
        let tries = kind.asks_the_target() && refused;
        ensure!(tries || drive.places.rows_written() == rows, "a quiet {kind:?} run wrote rows");
        let (source, target) = drive.places.asked();
        let other = if kind == RunKind::Back { source - asked.0 } else { target - asked.1 };
        ensure!(
            tries || kind == RunKind::Compare || other == 0,
            "a quiet {kind:?} run asked the other end {other} times"
        );
    }
    Ok(())
}
