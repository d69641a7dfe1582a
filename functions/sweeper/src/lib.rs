//! Sends again what has stood still: the table is the truth, a queued message only a hint.
//!
//! Rows that stand for work are found by kind and due time. Young ones are left to the message that announced them.

use jiff::SignedDuration;
use lintel_cloud::{
    Environment, Function, FunctionError, Invocation, StartError,
    messages::{EventsMessage, JobsMessage, MailMessage, MirrorMessage, StaysMessage},
    metrics::Metrics,
    queues::{QueueUrl, Queues},
    store::{DueWork, Table, WorkKind},
};
use lintel_connectors::surroundings::Clock;
use lintel_domain::ids::{BundleId, EventId, InputId, OrgId};
use serde_json::{Value, json};
use std::sync::Arc;

/// Work due longer ago than this has lost its message, or its worker.
const PATIENCE: SignedDuration = SignedDuration::from_mins(2);
/// Rows of one kind and organization sent in one run; the rest follows in the next.
const AT_ONCE: i32 = 1_000;

#[derive(Debug)]
pub struct Sweeper {
    table: Table,
    queues: Queues,
    mail: QueueUrl,
    stays: QueueUrl,
    jobs: QueueUrl,
    mirror: QueueUrl,
    events: QueueUrl,
    clock: Arc<dyn Clock>,
    metrics: Metrics,
}

impl Function for Sweeper {
    const NAME: &'static str = "sweeper";
    const REQUIRES: &'static [&'static str] = &[
        "LINTEL_TABLE",
        "LINTEL_QUEUE_MAIL",
        "LINTEL_QUEUE_STAYS",
        "LINTEL_QUEUE_JOBS",
        "LINTEL_QUEUE_MIRROR",
        "LINTEL_QUEUE_EVENTS",
    ];

    async fn start(environment: &Environment) -> Result<Self, StartError> {
        Ok(Self {
            table: environment.table()?,
            queues: environment.queues(),
            mail: environment.queue("LINTEL_QUEUE_MAIL")?,
            stays: environment.queue("LINTEL_QUEUE_STAYS")?,
            jobs: environment.queue("LINTEL_QUEUE_JOBS")?,
            mirror: environment.queue("LINTEL_QUEUE_MIRROR")?,
            events: environment.queue("LINTEL_QUEUE_EVENTS")?,
            clock: environment.clock(),
            metrics: environment.metrics(),
        })
    }

    async fn handle(self: Arc<Self>, _event: Value, _invocation: Invocation) -> Result<Value, FunctionError> {
        let until = self.clock.now() - PATIENCE;
        let mut sent = 0;
        for org in self.table.organizations().await? {
            for kind in WorkKind::SWEPT {
                let due = self.table.org(&org).due_work(kind, until, AT_ONCE).await?;
                sent += due.len();
                self.metrics.count(Self::NAME, &org, "work_resent_count", due.len());
                self.send(&org, kind, due).await?;
            }
        }
        Ok(json!({ "sent": sent }))
    }
}

impl Sweeper {
    async fn send(&self, org: &OrgId, kind: WorkKind, due: Vec<DueWork>) -> Result<(), FunctionError> {
        let org = || org.clone();
        match kind {
            WorkKind::Mail => {
                let messages: Vec<_> =
                    due.into_iter().map(|work| MailMessage::V1 { org: org(), mail: work.id }).collect();
                self.queues.send_all(&self.mail, &org(), &messages).await?;
            }
            WorkKind::Stays => {
                let messages: Vec<_> = due
                    .into_iter()
                    .filter_map(|work| {
                        let input = InputId::new(work.id);
                        Some(StaysMessage::V1 { org: org(), property: work.property?, input })
                    })
                    .collect();
                self.queues.send_all(&self.stays, &org(), &messages).await?;
            }
            WorkKind::Jobs => {
                let messages: Vec<_> = due
                    .into_iter()
                    .filter_map(|work| {
                        let stay = work.stay();
                        Some(JobsMessage::V1 { org: org(), property: work.property?, stay })
                    })
                    .collect();
                self.queues.send_all(&self.jobs, &org(), &messages).await?;
            }
            WorkKind::Mirror => {
                let messages: Vec<_> = due
                    .into_iter()
                    .filter_map(|work| {
                        let stay = work.stay();
                        Some(MirrorMessage::V1 { org: org(), property: work.property?, stay })
                    })
                    .collect();
                self.queues.send_all(&self.mirror, &org(), &messages).await?;
            }
            WorkKind::Events => {
                let messages: Vec<_> = due
                    .into_iter()
                    .map(|work| EventsMessage::V1 { org: org(), event: EventId::new(work.id) })
                    .collect();
                self.queues.send_all(&self.events, &org(), &messages).await?;
            }
            WorkKind::Bundles => {
                let messages: Vec<_> = due
                    .into_iter()
                    .map(|work| EventsMessage::V2 { org: org(), bundle: BundleId::new(work.id) })
                    .collect();
                self.queues.send_all(&self.events, &org(), &messages).await?;
            }
            WorkKind::FailedEvents | WorkKind::Plans => {}
        }
        Ok(())
    }
}
