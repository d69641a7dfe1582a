//! What a run would do, without doing it.

use crate::{
    Engine, SyncError, compare, onto,
    pull::{self, Pulled},
    push::{self, Foreseen, Push, Reach, Work},
    relate,
};
use lintel_connectors::{records::PageToken, transport::Deadline};
use lintel_domain::{
    ids::{FlowId, RunId},
    records::RecordKey,
    settings::Organization,
    sync::RunKind,
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
    /// The target has it as a record of its own, without our key, which becomes ours.
    TakeOver {
        fields: Vec<&'static str>,
        conflicts: Vec<String>,
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
        let mut foreseen = Foreseen::default();
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
            let push = Push::of(&open, &table, &run, Reach::Both, self.clock.now(), deadline);
            steps(&push, sorted, &freed, &mut foreseen, &mut plan).await?;
        }
        Ok(plan)
    }
}

async fn steps(
    push: &Push<'_>,
    sorted: compare::Sorted,
    freed: &BTreeSet<RecordKey>,
    foreseen: &mut Foreseen,
    plan: &mut Plan,
) -> Result<(), SyncError> {
    plan.unchanged += sorted.unchanged;
    plan.refused += sorted.refused;
    plan.skipped += sorted.repeated + sorted.set_aside + sorted.left_alone;
    plan.records.extend(sorted.quarantine.iter().map(|(record, _)| planned(record, Step::Quarantine)));
    plan.records.extend(sorted.reject.iter().map(|(record, _)| planned(record, Step::Reject)));
    let mut work = sorted.work;
    if let Some(relations) = &push.open.relations {
        let Work { new, begun, changed, .. } = work;
        let begun = begun.into_iter().map(|(record, link)| (record, Some(link)));
        let changed = changed.into_iter().map(|(record, link, _)| (record, Some(link)));
        let records = new.into_iter().chain(begun).chain(changed).collect();
        for (record, step) in relate::planned(push.open, relations, push.table, records).await? {
            plan.add(&record, step);
        }
        return Ok(());
    }
    if let Some(onto) = &push.open.flow.onto {
        let begun = std::mem::take(&mut work.begun).into_iter().map(|(record, link)| (record, Some(link)));
        let first = std::mem::take(&mut work.new).into_iter().chain(begun).collect();
        let (found, waiting) = onto::resolve(onto, push.table, first).await?;
        plan.records.extend(waiting.into_iter().map(|one| PlannedRecord {
            key: one.link.key,
            step: Step::Wait,
            warnings: Vec::new(),
        }));
        work.changed.extend(found);
    }
    let looked_at = (work.changed.len() + work.begun.len() + work.met.len() + work.new.len()) as u64;
    let steps = push.foresee(work, freed, foreseen).await?;
    // The target does not have them any more.
    plan.skipped += looked_at - (steps.len() as u64).min(looked_at);
    for (record, step) in steps {
        plan.add(&record, step);
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
