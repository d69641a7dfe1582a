//! What a run would do, without doing it.

use crate::{
    Engine, SyncError, compare, pull,
    push::{self, Push, Reach, Taking},
};
use lintel_connectors::{records::PageToken, transport::Deadline};
use lintel_domain::{
    ids::{FlowId, RunId},
    records::RecordKey,
    settings::Organization,
    sync::RunKind,
};

/// Everything a full run would do now.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    pub read: u64,
    pub unchanged: u64,
    /// Records the flow does not mean, or that somebody removed at the target.
    pub skipped: u64,
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
    Create { fields: Vec<&'static str> },
    Update { fields: Vec<&'static str>, conflicts: Vec<String> },
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
            };
            steps(&push, sorted, &mut plan).await?;
        }
        Ok(plan)
    }
}

async fn steps(push: &Push<'_>, sorted: compare::Sorted, plan: &mut Plan) -> Result<(), SyncError> {
    plan.unchanged += sorted.unchanged;
    plan.skipped += sorted.set_aside + sorted.left_alone;
    let planned = |record: &pull::Pulled, step| PlannedRecord {
        key: record.key.clone(),
        step,
        warnings: record.faults.iter().map(ToString::to_string).collect(),
    };
    let begun = sorted.work.begun.iter().map(|(record, _)| record);
    for record in sorted.work.new.iter().map(|(record, _)| record).chain(begun) {
        let fields = record.fields.iter().map(|(name, _)| name).collect();
        plan.records.push(planned(record, Step::Create { fields }));
    }
    plan.records.extend(sorted.quarantine.iter().map(|(record, _)| planned(record, Step::Quarantine)));
    plan.records.extend(sorted.reject.iter().map(|(record, _)| planned(record, Step::Reject)));
    if push.open.relations.is_some() {
        let step = || Step::Update { fields: vec!["relations"], conflicts: Vec::new() };
        plan.records.extend(sorted.work.changed.iter().map(|(record, ..)| planned(record, step())));
        return Ok(());
    }
    for (record, merged) in push.merged(sorted.work.changed).await? {
        let (fields, conflicts) = (merged.to_target.into_keys().collect(), merged.conflicts.into_keys().collect());
        plan.records.push(planned(&record, Step::Update { fields, conflicts }));
    }
    Ok(())
}
