//! The job of a stay: ordered by the planner, carried out by the worker, each writing attributes of its own.

use super::{
    OrgTable, StoreError, WorkKind,
    item::{Change, Item, get_json, get_number, json, number, seconds, text},
};
use aws_sdk_dynamodb::types::TransactWriteItem;
use jiff::Timestamp;
use lintel_domain::{
    ids::{JobId, PropertyId, StayKey},
    job_file::{JobFile, JobOrder},
};

#[derive(Clone, Debug, PartialEq)]
pub struct JobRow {
    pub stay: StayKey,
    pub property: PropertyId,
    pub order: Option<JobOrder>,
    pub file: JobFile,
    /// Grows with every change of the file.
    pub revision: u64,
}

/// A worker's hold on a job. Ends by itself, so that a worker that died blocks nobody for long: until then the job
/// waits, which is bearable because a stay's service lies days ahead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    pub token: String,
    pub until: Timestamp,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Claimed {
    Won(Box<JobRow>),
    /// Somebody else is at it, or there is no such job.
    Held,
}

/// How a worker leaves a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    Done,
    /// More is to be done from this moment on.
    Again(Timestamp),
}

/// Whether the office's table has to hear of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MirrorMark {
    Mark,
    Leave,
}

impl OrgTable {
    /// The update by which a plan orders a job; part of the plan's transaction.
    pub(super) fn order_job(
        &self,
        property: &PropertyId,
        stay: &StayKey,
        order: &JobOrder,
        due: Timestamp,
        kept: Timestamp,
    ) -> Result<TransactWriteItem, StoreError> {
        let doing = "order a job";
        let change = Change::default()
            .set("expires_at", seconds(kept))
            .set("id", text(stay.as_str()))
            .set("property", text(property.as_str()))
            .set("job_order", json(doing, order)?)
            .work(self.work_partition(WorkKind::Jobs), due);
        self.transact_update(doing, self.job_key(property, stay), change)
    }

    /// The update by which a job's row is kept for as long as its stay; part of the plan's transaction.
    pub(super) fn keep_job(
        &self,
        property: &PropertyId,
        stay: &StayKey,
        kept: Timestamp,
    ) -> Result<TransactWriteItem, StoreError> {
        let change = Change::default().set("expires_at", seconds(kept)).only_if("attribute_exists(PK)", &[]);
        self.transact_update("keep a job", self.job_key(property, stay), change)
    }

    /// Takes hold of a job unless another worker has it.
    pub async fn claim_job(
        &self,
        property: &PropertyId,
        stay: &StayKey,
        claim: &Claim,
        now: Timestamp,
    ) -> Result<Claimed, StoreError> {
        let doing = "claim a job";
        let change =
            Change::default().set("claim", text(&claim.token)).set("claim_until", seconds(claim.until)).only_if(
                "attribute_exists(job_order) AND (attribute_not_exists(claim) OR claim_until < :now)",
                &[(":now", seconds(now))],
            );
        match self.update(doing, self.job_key(property, stay), change).await? {
            Some(item) => Ok(Claimed::Won(Box::new(job_row(doing, property, stay, &item)?))),
            None => Ok(Claimed::Held),
        }
    }

    /// Keeps what was done so far without letting go. Fails with a conflict when the hold was lost.
    pub async fn note_job(&self, row: &JobRow, claim: &Claim) -> Result<(), StoreError> {
        let doing = "note a job's progress";
        let change = self.file_change(doing, &row.file)?.only_if("claim = :claim", &[(":claim", text(&claim.token))]);
        match self.update(doing, self.job_key(&row.property, &row.stay), change).await? {
            Some(_) => Ok(()),
            None => Err(StoreError::Conflict { doing: doing.to_owned() }),
        }
    }

    /// Lets go of a job, and marks its mirror in the same transaction when the office should see a difference. When
    /// the order changed meanwhile the job stays outstanding, due at once.
    pub async fn settle_job(
        &self,
        row: &JobRow,
        claim: &Claim,
        settled: Settled,
        mirror: MirrorMark,
        now: Timestamp,
    ) -> Result<Settled, StoreError> {
        let doing = "settle a job";
        let token = (":claim", text(&claim.token));
        let order = (":order", json(doing, &row.order)?);
        let released = self.file_change(doing, &row.file)?.remove("claim").remove("claim_until");
        let as_ordered = match settled {
            Settled::Done => released.no_work(),
            Settled::Again(due) => released.work(self.work_partition(WorkKind::Jobs), due),
        }
        .only_if("claim = :claim AND job_order = :order", &[token.clone(), order]);
        match self.write_settled(doing, row, as_ordered, mirror, now).await {
            Err(StoreError::Conflict { .. }) => {
                let ordered_anew = self
                    .file_change(doing, &row.file)?
                    .remove("claim")
                    .remove("claim_until")
                    .work(self.work_partition(WorkKind::Jobs), now)
                    .only_if("claim = :claim", &[token]);
                self.write_settled(doing, row, ordered_anew, mirror, now).await.map(|()| Settled::Again(now))
            }
            other => other.map(|()| settled),
        }
    }

    /// Writes what was told of a job, unless a worker holds it or the file changed since it was read; tells whether it was
    /// written. What remains to be done is due from `again` on; `None`: as it was.
    pub async fn tell_job(
        &self,
        before: &JobRow,
        after: &JobFile,
        again: Option<Timestamp>,
        mirror: MirrorMark,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let doing = "take what was told of a job";
        let row = JobRow { file: after.clone(), ..before.clone() };
        let change = self.file_change(doing, after)?;
        let change = match again {
            Some(due) => change.work(self.work_partition(WorkKind::Jobs), due),
            None => change,
        }
        .only_if(
            "(revision = :read OR (:read = :none AND attribute_not_exists(revision)))
             AND (attribute_not_exists(claim) OR claim_until < :now)",
            &[(":read", number(before.revision)), (":none", number(0_u64)), (":now", seconds(now))],
        );
        match self.write_settled(doing, &row, change, mirror, now).await {
            Ok(()) => Ok(true),
            Err(StoreError::Conflict { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The job the vendor knows by this id, in one read.
    pub async fn job_by_vendor_id(&self, job: &JobId) -> Result<Option<(PropertyId, StayKey)>, StoreError> {
        let found = self.lookup("find a job by its vendor's id", self.lookup_job(job)).await?;
        Ok(found.and_then(|(pk, sk)| {
            let property = pk.strip_prefix(&self.partition("PROPERTY#"))?;
            Some((PropertyId::new(property), StayKey::new(sk.strip_prefix(super::keys::JOB)?)))
        }))
    }

    pub async fn job(&self, property: &PropertyId, stay: &StayKey) -> Result<Option<JobRow>, StoreError> {
        let doing = "read a job";
        self.get(doing, self.job_key(property, stay))
            .await?
            .map(|item| job_row(doing, property, stay, &item))
            .transpose()
    }

    async fn write_settled(
        &self,
        doing: &str,
        row: &JobRow,
        change: Change,
        mirror: MirrorMark,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut writes = vec![self.transact_update(doing, self.job_key(&row.property, &row.stay), change)?];
        if mirror == MirrorMark::Mark {
            writes.push(self.mark_mirror(&row.property, &row.stay, now, None)?);
        }
        self.transact(doing, writes).await
    }

    fn file_change(&self, doing: &str, file: &JobFile) -> Result<Change, StoreError> {
        let change = Change::default().set("job_file", json(doing, file)?).add("revision", 1);
        Ok(match &file.seen {
            Some(seen) => change.set("GSI2PK", text(self.lookup_job(&seen.job))).set("GSI2SK", text("JOB")),
            None => change,
        })
    }
}

/// A job row as it stands; shared with the read of a whole property.
pub(super) fn job_row(doing: &str, property: &PropertyId, stay: &StayKey, item: &Item) -> Result<JobRow, StoreError> {
    Ok(JobRow {
        stay: stay.clone(),
        property: property.clone(),
        order: get_json(doing, item, "job_order")?,
        file: get_json(doing, item, "job_file")?.unwrap_or_default(),
        revision: get_number(item, "revision").unwrap_or_default(),
    })
}
