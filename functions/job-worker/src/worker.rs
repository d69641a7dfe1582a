//! One job, from the claim to letting go.

use crate::{carry_out, desk::Desk};
use jiff::{SignedDuration, Timestamp};
use lintel_cloud::{
    batch::{RecordError, SqsRecord},
    messages::{JobsMessage, MirrorMessage},
    store::{Claim, Claimed, JobRow, MirrorMark, OrgTable, Settled},
};
use lintel_connectors::{Retry, roles::FieldService, transport::Deadline};
use lintel_domain::{
    job_file::{JobFile, JobOrder, Step, Trouble, next_step},
    settings::{Organization, Property},
};
use std::time::Duration;

/// Steps in one go; more than any order needs, and an end to any quarrel with a vendor that shows something else each time.
const STEPS: usize = 12;
/// No step is begun with less than this left.
const ROOM: SignedDuration = SignedDuration::from_secs(10);
/// A job that a person has to help is looked at again this much later.
const AFTER_TROUBLE: SignedDuration = SignedDuration::from_hours(6);
/// The longest delay a queue message can have.
const LONGEST_DELAY: SignedDuration = SignedDuration::from_mins(15);

/// Everything about the job in hand.
pub(crate) struct Task<'a> {
    pub(crate) desk: &'a Desk,
    pub(crate) table: OrgTable,
    pub(crate) settings: &'a Organization,
    pub(crate) property: &'a Property,
    pub(crate) service: &'a dyn FieldService,
    pub(crate) claim: Claim,
    pub(crate) row: JobRow,
    pub(crate) deadline: Deadline,
}

pub(crate) async fn work(
    desk: &Desk,
    message: JobsMessage,
    record: &SqsRecord,
    deadline: Timestamp,
) -> Result<(), RecordError> {
    let JobsMessage::V1 { org, property: id, stay } = message;
    let settings = desk.settings.load(&org).await?;
    let Some(property) = settings.properties.get(&id) else {
        return Err(RecordError::discard(format!("property {id} is no longer configured")));
    };
    let service = desk.field_service(&settings).await?;
    let table = desk.table.org(&org);
    let now = desk.clock.now();
    let claim = Claim { token: format!("{}#{:016x}", record.message_id, desk.entropy.next_u64()), until: deadline };
    // Held by another worker: that one lets go of the row as outstanding or done, so this message has nothing to add.
    let Claimed::Won(row) = table.claim_job(&id, &stay, &claim, now).await? else { return Ok(()) };
    let before = row.file.clone();
    let deadline = Deadline::at(deadline - ROOM);
    let mut task =
        Task { desk, table, settings: &settings, property, service: service.as_ref(), claim, row: *row, deadline };
    let settled = task.run().await?;
    task.let_go(settled, &before).await
}

impl Task<'_> {
    /// Takes steps until the job is settled or has to wait.
    async fn run(&mut self) -> Result<Settled, RecordError> {
        for _ in 0..STEPS {
            let now = self.desk.clock.now();
            if self.deadline.is_past(now) {
                return Ok(Settled::Again(now));
            }
            let Some(order) = self.row.order.clone() else { return Ok(Settled::Done) };
            let limit = self.settings.rules.line_limit;
            match next_step(&order, &self.row.file, limit, self.desk.patience, now) {
                Step::Wait { until } => return Ok(Settled::Again(until)),
                Step::Settle { state, details } => {
                    self.row.file.schedule = Some(state);
                    self.row.file.details = details;
                    self.row.file.trouble = None;
                    return Ok(Settled::Done);
                }
                step => {
                    if let Some(settled) = self.take(step, &order).await? {
                        return Ok(settled);
                    }
                }
            }
        }
        Ok(Settled::Again(self.desk.clock.now() + AFTER_TROUBLE))
    }

    /// One step. A failure becomes the row's trouble and the moment to try again.
    async fn take(&mut self, step: Step, order: &JobOrder) -> Result<Option<Settled>, RecordError> {
        match carry_out::carry_out(self, step, order).await {
            Ok(()) => Ok(None),
            Err(carry_out::Failure::Lost(error)) => Err(error),
            Err(carry_out::Failure::Trouble(trouble)) => {
                self.row.file.trouble = Some(trouble);
                Ok(Some(Settled::Again(self.desk.clock.now() + AFTER_TROUBLE)))
            }
            Err(carry_out::Failure::Vendor(error)) => {
                let now = self.desk.clock.now();
                let again = match error.retry() {
                    Retry::Now => now + SignedDuration::from_secs(1),
                    Retry::At(moment) => moment.max(now),
                    Retry::After(pause) => now + SignedDuration::try_from(pause).unwrap_or(AFTER_TROUBLE),
                    Retry::Never | Retry::NeedsPerson => {
                        self.row.file.trouble = Some(Trouble::new(error.code(), error.to_string()));
                        now + AFTER_TROUBLE
                    }
                };
                tracing::warn!(stay = %self.row.stay, error = %error, "a step of a job failed");
                Ok(Some(Settled::Again(again)))
            }
        }
    }

    async fn let_go(&self, settled: Settled, before: &JobFile) -> Result<(), RecordError> {
        let now = self.desk.clock.now();
        let mirror = if self.row.file.looks_like(before) { MirrorMark::Leave } else { MirrorMark::Mark };
        let settled = self.table.settle_job(&self.row, &self.claim, settled, mirror, now).await?;
        let org = self.table.id();
        let (property, stay) = (self.row.property.clone(), self.row.stay.clone());
        if let Settled::Again(due) = settled {
            let delay = due.duration_since(now);
            // Further off than a message can be delayed: the sweeper sends it when it is due.
            if delay <= LONGEST_DELAY {
                let message = JobsMessage::V1 { org: org.clone(), property: property.clone(), stay: stay.clone() };
                let delay = Duration::try_from(delay).unwrap_or_default();
                self.desk.queues.send(&self.desk.jobs, org, &message, delay).await?;
            }
        }
        if mirror == MirrorMark::Mark {
            let message = MirrorMessage::V1 { org: org.clone(), property, stay };
            self.desk.queues.send(&self.desk.mirror, org, &message, Duration::ZERO).await?;
        }
        Ok(())
    }
}
