//! Records that the source does not have any more.

use crate::{
    OpenFlow, SyncError,
    pull::{self, Pulled},
    push::{Push, Pushed, Reach, Work},
    record, relate,
};
use jiff::Timestamp;
use lintel_cloud::store::{LinkHead, MissingPlan, OrgTable, PageOutcome, Problem};
use lintel_connectors::transport::Deadline;
use lintel_domain::{
    ids::RunId,
    records::RecordKey,
    sync::{Changes, Link, LinkState, WhenGone},
};
use serde_json::json;
use std::{collections::BTreeSet, sync::Arc};

/// Share of the linked records that may be gone at once without a person, and the number below which the share does not count.
const MASS_PERCENT: usize = 20;
const MASS_FLOOR: usize = 5;
/// Links of gone records that are held whole at a time.
const AT_ONCE: usize = 1_000;
/// What the problem of too many missing records is listed under.
const MASS_CHANGE: &str = "mass-change";

/// Records that may be let go of, and the plan that is done with then.
struct LetThrough {
    records: Vec<LinkHead>,
    used_up: Option<RunId>,
}

/// Lets go of records in the course of a run.
pub(crate) struct Leaving<'a> {
    pub(crate) open: &'a OpenFlow,
    pub(crate) table: &'a OrgTable,
    pub(crate) run: &'a RunId,
    pub(crate) now: Timestamp,
    pub(crate) deadline: Deadline,
}

impl Leaving<'_> {
    /// Lets go of links whose record is on no page of a whole read; tells of how many. Of none where a page has a record without an id:
    /// that may be any of them.
    pub(crate) async fn missing(&self, outcomes: &[PageOutcome]) -> Result<u64, SyncError> {
        let there: BTreeSet<&str> = outcomes.iter().flat_map(|outcome| &outcome.keys).map(String::as_str).collect();
        let links = self.table.link_heads(&self.open.id).await?;
        let live = links.into_iter().filter(|link| link.state != LinkState::SourceGone);
        let (here, gone): (Vec<LinkHead>, Vec<LinkHead>) = live.partition(|link| there.contains(link.key.as_str()));
        let (mended, gone): (Vec<LinkHead>, Vec<LinkHead>) =
            gone.into_iter().partition(|link| pull::is_without_id(&link.key));
        self.forget(&mended).await?;
        if there.iter().any(|key| pull::is_without_id(&RecordKey::from_text(*key))) {
            return Ok(0);
        }
        let gone = self.let_through(here.len() + gone.len(), gone).await?;
        // What another record was written onto since then is that one's.
        let others = here.into_iter().filter_map(|link| link.target).collect();
        let mut count = 0;
        for heads in gone.records.chunks(AT_ONCE) {
            count += self.let_go(self.links(heads).await?, &others).await?;
        }
        // Only now: a stop before is made good by the same run.
        if let Some(run) = gone.used_up {
            self.table.drop_missing(&self.open.id, &run).await?;
        }
        Ok(count)
    }

    /// Records that had no id are not listed so any more: they have one by now, are gone, or changed.
    async fn forget(&self, mended: &[LinkHead]) -> Result<(), SyncError> {
        for heads in mended.chunks(AT_ONCE) {
            self.let_go(self.links(heads).await?, &BTreeSet::new()).await?;
        }
        Ok(())
    }

    async fn links(&self, heads: &[LinkHead]) -> Result<Vec<Link>, SyncError> {
        let keys: Vec<RecordKey> = heads.iter().map(|link| link.key.clone()).collect();
        Ok(self.table.links(&self.open.id, self.open.entity(), &keys).await?.into_values().collect())
    }

    /// Of what is missing, what is few enough to be believed, or was approved by a person record by record. The rest is put up for one.
    async fn let_through(&self, all: usize, gone: Vec<LinkHead>) -> Result<LetThrough, SyncError> {
        let flow = &self.open.id;
        let plan = self.table.missing_plan(flow).await?;
        let named = match &plan {
            Some(plan) => self.table.missing_records(flow, plan).await?,
            None => BTreeSet::new(),
        };
        let approved = plan.as_ref().is_some_and(|plan| plan.approved);
        let (mut records, rest): (Vec<LinkHead>, Vec<LinkHead>) =
            gone.into_iter().partition(|link| approved && named.contains(&link.key));
        let mass = RecordKey::from_text(MASS_CHANGE);
        let used_up = plan.map(|plan| plan.run);
        if rest.len() <= MASS_FLOOR || rest.len() * 100 <= all * MASS_PERCENT {
            self.table.resolve_problem(flow, &mass).await?;
            records.extend(rest);
            return Ok(LetThrough { records, used_up });
        }
        let missing = rest.len();
        let reason = format!(
            "{missing} of {all} linked records are missing at the source; nothing was taken for gone that nobody approved"
        );
        let problem = Problem { record: mass, code: MASS_CHANGE.to_owned(), reason, at: self.now };
        self.table.note_problem(flow, &problem).await?;
        let keys: BTreeSet<RecordKey> = rest.into_iter().map(|link| link.key).collect();
        // A plan that says the same stands on: somebody may be looking at it.
        if approved || keys != named {
            let plan = MissingPlan {
                run: self.run.clone(),
                missing: missing as u64,
                of: all as u64,
                at: self.now,
                approved: false,
            };
            self.table.propose_missing(flow, &plan, &keys).await?;
        }
        Ok(LetThrough { records, used_up: None })
    }

    /// Notes that records are gone, and says so at the target as far as the flow wants it. Target's records among `others` are left
    /// alone. Tells how many are gone.
    pub(crate) async fn let_go(&self, gone: Vec<Link>, others: &BTreeSet<String>) -> Result<u64, SyncError> {
        if gone.is_empty() {
            return Ok(0);
        }
        let count = gone.len() as u64;
        if let Some(relations) = &self.open.relations {
            let withdrawn = relate::withdraw(self.open, relations, self.table, &gone, self.deadline).await?;
            record::pushed(self.open, self.table, self.run, withdrawn, self.now).await?;
            return Ok(count);
        }
        let marks = self.open.flow.when_gone == WhenGone::Mark;
        let is_marked = |link: &Link| {
            let alone = link.target.as_ref().is_some_and(|id| !others.contains(id));
            marks && alone && link.state != LinkState::TargetGone
        };
        let (marked, silent): (Vec<Link>, Vec<Link>) = gone.into_iter().partition(is_marked);
        self.mark(marked).await?;
        let silent = silent.into_iter().map(|link| Pushed::untold(Some(link.clone()), link).over()).collect();
        record::pushed(self.open, self.table, self.run, silent, self.now).await?;
        Ok(count)
    }

    /// Says at the target that the records are over: as if that were the last thing the source said of them, so that what a person
    /// wrote there stands, and what comes back is merged with what was said.
    async fn mark(&self, gone: Vec<Link>) -> Result<(), SyncError> {
        let marks = [("status", json!("past")), ("active", json!(false))];
        let marks = marks.into_iter().filter(|(name, _)| self.open.writing.vendor_field(name).is_some());
        let marks: Changes = marks.map(|(name, value)| (name, Some(value))).collect();
        let mapped = self.open.names();
        let also = marks.iter().filter(|(name, _)| !mapped.contains(name));
        let also = also.map(|(name, value)| (*name, value.clone())).collect();
        let mut work = Work { also, ..Work::default() };
        for link in gone {
            let mut fields = link.base.source.clone();
            for (name, value) in marks.iter().filter(|(name, _)| mapped.contains(name)) {
                fields.set(name, value.clone());
            }
            if let Some(id) = link.target.clone() {
                let ways = Arc::clone(&self.open.ways);
                work.changed.push((Pulled { fields, ways, ..Pulled::silent(link.key.clone()) }, link, id));
            }
        }
        let Self { open, table, run, now, deadline } = *self;
        Push::of(open, table, run, Reach::Target, now, deadline).all(work).await.map(drop)
    }
}
