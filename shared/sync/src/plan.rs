//! What a run would do, without doing it.

use crate::{
    Engine, SyncError, compare, onto,
    pull::{self, Pulled},
    push::{self, Push, Reach, Taking, Turn},
    relate,
};
use lintel_connectors::{records::PageToken, transport::Deadline};
use lintel_domain::{
    ids::{FlowId, RunId},
    records::RecordKey,
    settings::Organization,
    sync::{Link, RunKind},
};
use std::collections::BTreeSet;

/// Everything a full run would do now.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    pub read: u64,
    pub unchanged: u64,
    /// Records the flow does not mean, that somebody removed at the target, or that were set aside before.
    pub skipped: u64,
    /// Records the target refused before, and that are as they were then.
    pub refused: u64,
    pub records: Vec<PlannedRecord>,
    /// Protected fields that both ends map: those that are sent because the flow says so, and those that are not.
    pub sent: Vec<&'static str>,
    pub held_back: Vec<&'static str>,
}

/// One record that something would become of. Names fields, never values.
#[derive(Clone, Debug)]
pub struct PlannedRecord {
    pub key: RecordKey,
    pub step: Step,
    pub warnings: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Create {
        fields: Vec<&'static str>,
    },
    /// Without a field to update, conflicts alone wait.
    Update {
        fields: Vec<&'static str>,
        conflicts: Vec<String>,
    },
    /// What it refers to is not at the target yet.
    Wait,
    Quarantine,
    Reject,
}

impl Engine {
    /// Reads everything and says what would follow.
    pub async fn plan(&self, settings: &Organization, flow: &FlowId, deadline: Deadline) -> Result<Plan, SyncError> {
        let open = self.open(settings, flow).await?;
        let (sent, held_back) = (open.sent.names.clone(), open.held_back.clone());
        // Nothing is written on its behalf.
        let run = RunId::new("plan");
        let (mut plan, mut token) = (Plan { sent, held_back, ..Plan::default() }, Some(PageToken::First));
        while let Some(from) = token {
            let page = pull::page(&open, from, None, deadline).await?;
            token = page.next;
            plan.read += page.items.len() as u64;
            let items = page.items.len() as u64;
            let records = pull::read(&open, &page.items);
            plan.skipped += items - (records.len() as u64).min(items);
            let keys: Vec<_> = records.iter().map(|record| record.key.clone()).collect();
            let table = self.table.org(&settings.id);
            let mut links = table.links(&open.id, open.entity(), &keys).await?;
            let freed = push::freed(&open, &table, &records, &links, self.clock.now()).await?;
            let sorted = compare::sort(records, &mut links, &freed, RunKind::Full);
            let push = Push {
                open: &open,
                table: &table,
                run: &run,
                now: self.clock.now(),
                deadline,
                reach: Reach::Both,
                taking: Taking::default(),
                turn: Turn::default(),
            };
            steps(&push, sorted, &freed, &mut plan).await?;
        }
        Ok(plan)
    }
}

async fn steps(
    push: &Push<'_>,
    sorted: compare::Sorted,
    freed: &BTreeSet<RecordKey>,
    plan: &mut Plan,
) -> Result<(), SyncError> {
    plan.unchanged += sorted.unchanged;
    plan.refused += sorted.refused;
    plan.skipped += sorted.repeated + sorted.set_aside + sorted.left_alone;
    plan.records.extend(sorted.quarantine.iter().map(|(record, _)| planned(record, Step::Quarantine)));
    plan.records.extend(sorted.reject.iter().map(|(record, _)| planned(record, Step::Reject)));
    let push::Work { new, begun, changed, met, .. } = sorted.work;
    let begun = begun.into_iter().map(|(record, link)| (record, Some(link)));
    let mut first: Vec<(Pulled, Option<Link>)> = new.into_iter().chain(begun).collect();
    if let Some(relations) = &push.open.relations {
        first.extend(changed.into_iter().map(|(record, link, _)| (record, Some(link))));
        for (record, step) in relate::planned(push.open, relations, push.table, first).await? {
            plan.add(&record, step);
        }
        return Ok(());
    }
    let mut changed = changed;
    if let Some(onto) = &push.open.flow.onto {
        let (found, waiting) = onto::resolve(push.open, onto, push.table, first).await?;
        plan.records.extend(waiting.into_iter().map(|one| PlannedRecord {
            key: one.link.key,
            step: Step::Wait,
            warnings: Vec::new(),
        }));
        changed.extend(found);
        first = Vec::new();
    }
    let fields = |record: &Pulled| record.fields.iter().map(|(name, _)| name).collect();
    for (record, _) in &first {
        plan.add(record, Some(Step::Create { fields: fields(record) }));
    }
    for (record, _) in &met {
        plan.add(record, Some(Step::Update { fields: fields(record), conflicts: Vec::new() }));
    }
    let looked_at = changed.len() as u64;
    let merged = push.merged(changed, freed).await?;
    // The target does not have them any more.
    plan.skipped += looked_at - (merged.len() as u64).min(looked_at);
    for (record, merged) in merged {
        let (fields, conflicts): (Vec<_>, Vec<_>) =
            (merged.to_target.into_keys().collect(), merged.conflicts.into_keys().collect());
        let is_news = !fields.is_empty() || !conflicts.is_empty();
        plan.add(&record, is_news.then_some(Step::Update { fields, conflicts }));
    }
    Ok(())
}

impl Plan {
    /// Without a step there is nothing to do about it.
    fn add(&mut self, record: &Pulled, step: Option<Step>) {
        match step {
            Some(step) => self.records.push(planned(record, step)),
            None => self.unchanged += 1,
        }
    }
}

fn planned(record: &Pulled, step: Step) -> PlannedRecord {
    let warnings = record.faults.iter().map(ToString::to_string).collect();
    PlannedRecord { key: record.key.clone(), step, warnings }
}
