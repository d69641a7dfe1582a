//! What of a flow waits for a person, and what follows from their word.
//!
//! A decision is a row first. Then the record's worker is told, which reads that one record anew and carries it out; a message that
//! is lost is sent again by the dispatcher, and a run that comes by carries it out, too.

use crate::{Streams, SyncError, WorkerQueues, masking::masked};
use jiff::Timestamp;
use lintel_cloud::{
    Environment, StartError,
    messages::SyncMessage,
    queues::Queues,
    store::{
        AUDIT_KEPT, Act, AuditEntry, Decision, FlowRow, Lift, MissingPlan, OrgTable, ProblemRow, Purpose, Table,
        flow_record,
    },
    vault::{KeyId, Vault},
};
use lintel_connectors::surroundings::Clock;
use lintel_domain::{
    ids::{AuditId, FlowId},
    records::{Entity, Protection, RecordKey},
    settings::Organization,
    sync::{FieldConflict, Flow, Link, LinkState, Side, Word},
};
use serde_json::Value;
use std::{collections::BTreeSet, sync::Arc, time::Duration};

/// What the audit keeps of a person's word.
struct Said<'a> {
    /// How they are named.
    who: &'a str,
    /// Tells it from others of the same moment.
    id: String,
    why: String,
    act: Act,
}

/// Looks at flows and takes decisions, on behalf of a person. Opens no connection to a vendor.
#[derive(Debug)]
pub struct Decisions {
    pub(crate) table: Table,
    pub(crate) vault: Vault,
    queues: Queues,
    workers: WorkerQueues,
    clock: Arc<dyn Clock>,
    streams: Streams,
}

/// Where a flow stands.
#[derive(Clone, Debug)]
pub struct FlowStand {
    pub id: FlowId,
    pub flow: Flow,
    pub row: FlowRow,
}

/// A field that waits for a person. Holds the record's values whole, never to be logged; of a protected field hashes that tell nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Conflict {
    pub record: RecordKey,
    pub field: String,
    pub values: FieldConflict,
    pub protection: Protection,
    /// What a person said, and no worker has carried out yet.
    pub decided: Option<Side>,
}

/// Why a word about a record was not taken. Names fields and records, never values.
#[derive(Debug, thiserror::Error)]
pub enum DecisionError {
    #[error("flow {0} is not configured")]
    UnknownFlow(FlowId),
    #[error("flow {flow} has no record {record}")]
    UnknownRecord { flow: FlowId, record: RecordKey },
    #[error("a {entity} has no field {field}")]
    UnknownField { entity: Entity, field: String },
    #[error("{field} of {record} is in no conflict")]
    NothingToSettle { record: RecordKey, field: String },
    #[error("nothing is wrong with {0}")]
    NothingToLift(RecordKey),
    #[error("{0} was not removed at the target")]
    NotGone(RecordKey),
    #[error("no mass change of flow {0} waits for a person")]
    NoMassChange(FlowId),
    #[error("of {field} of {record} no value is kept")]
    NothingKept { record: RecordKey, field: String },
    #[error("{field} of {record} is kept, but its data key {key} was given up or is missing")]
    KeyGone { record: RecordKey, field: String, key: KeyId },
    #[error("{values} values were sealed under {key} still; try again, they are not any more")]
    StillSealed { key: KeyId, values: u64 },
    #[error(transparent)]
    Sync(#[from] SyncError),
}

impl Decisions {
    /// The variables that [`Self::of`] reads.
    pub const REQUIRES: &'static [&'static str] = &[
        "LINTEL_TABLE",
        "LINTEL_STAGE",
        "LINTEL_QUEUE_SYNC_PROPERTIES",
        "LINTEL_QUEUE_SYNC_UNITS",
        "LINTEL_QUEUE_SYNC_PEOPLE",
        "LINTEL_QUEUE_SYNC_LEASES",
    ];

    pub fn new(table: Table, vault: Vault, queues: Queues, workers: WorkerQueues, clock: Arc<dyn Clock>) -> Self {
        Self { table, vault, queues, workers, clock, streams: Streams::default() }
    }

    pub fn of(environment: &Environment) -> Result<Self, StartError> {
        let (table, vault) = (environment.table()?, environment.vault()?);
        Ok(Self::new(table, vault, environment.queues(), WorkerQueues::of(environment)?, environment.clock()))
    }

    /// Where every flow stands.
    pub async fn flows(&self, settings: &Organization) -> Result<Vec<FlowStand>, DecisionError> {
        let table = self.table.org(&settings.id);
        let mut stands = Vec::with_capacity(settings.flows.len());
        for (id, flow) in &settings.flows {
            let row = table.flow_row(id).await.map_err(SyncError::from)?;
            stands.push(FlowStand { id: id.clone(), flow: flow.clone(), row });
        }
        Ok(stands)
    }

    /// The fields of a flow that wait for a person.
    pub async fn conflicts(&self, settings: &Organization, flow: &FlowId) -> Result<Vec<Conflict>, DecisionError> {
        let entity = self.entity(settings, flow)?;
        let known = configured(settings, flow)?;
        let table = self.table.org(&settings.id);
        let decided = table.decisions(flow).await.map_err(SyncError::from)?;
        let links = table.links_in_conflict(flow, entity).await.map_err(SyncError::from)?;
        let side = |record: &RecordKey, field: &str| {
            decided.iter().find_map(|decision| match &decision.word {
                Word::Take { field: known, side } if decision.record == *record && known == field => Some(*side),
                _ => None,
            })
        };
        let each = |link: Link| {
            let one = |(field, values): (String, FieldConflict)| Conflict {
                decided: side(&link.key, &field),
                record: link.key.clone(),
                protection: settings.protection(known, entity, &field),
                field,
                values,
            };
            link.conflicts.into_iter().map(one).collect::<Vec<_>>()
        };
        // What the source does not have any more is not brought into step.
        Ok(links.into_iter().filter(|link| link.state != LinkState::SourceGone).flat_map(each).collect())
    }

    /// A person says whose value of a field is right. `who` is how they are named in the audit.
    pub async fn settle(
        &self,
        settings: &Organization,
        flow: &FlowId,
        record: &RecordKey,
        (field, side): (&str, Side),
        who: &str,
    ) -> Result<(), DecisionError> {
        let entity = self.entity(settings, flow)?;
        if entity.field(field).is_none() {
            return Err(DecisionError::UnknownField { entity, field: field.to_owned() });
        }
        let link = self.link(settings, flow, entity, record).await?;
        let conflict = link.conflicts.get(field).filter(|_| link.state != LinkState::SourceGone);
        let Some(conflict) = conflict else {
            return Err(DecisionError::NothingToSettle { record: record.clone(), field: field.to_owned() });
        };
        let protection = settings.protection(configured(settings, flow)?, entity, field);
        let shown = |value: &Option<Value>| value.as_ref().map(|value| masked(entity, protection, field, value));
        let act = Act::Decided {
            flow: flow.clone(),
            field: field.to_owned(),
            take: side,
            source: shown(&conflict.source),
            target: shown(&conflict.target),
        };
        let said = Said { who, id: format!("{flow}-{field}"), why: format!("flow {flow}: a conflict"), act };
        self.decide(settings, flow, record, Word::Take { field: field.to_owned(), side }, said).await
    }

    /// A person has a record tried again that was refused, goes without a value, was set aside, or was removed at the target; and,
    /// with [`Lift::MakeAgain`], has one made again that was removed.
    pub async fn lift(
        &self,
        settings: &Organization,
        flow: &FlowId,
        record: &RecordKey,
        lift: Lift,
        who: &str,
    ) -> Result<(), DecisionError> {
        let link = self.link(settings, flow, self.entity(settings, flow)?, record).await?;
        if !is_stuck(&link) {
            return Err(DecisionError::NothingToLift(record.clone()));
        }
        let word = match lift {
            Lift::TryAgain => Word::TryAgain,
            Lift::MakeAgain if link.state == LinkState::TargetGone => Word::MakeAgain,
            Lift::MakeAgain => return Err(DecisionError::NotGone(record.clone())),
        };
        let act = Act::Lifted { flow: flow.clone(), lift };
        let said = Said { who, id: format!("{flow}-lift"), why: format!("flow {flow}: it stood still"), act };
        self.decide(settings, flow, record, word, said).await
    }

    /// What of a flow somebody has to look at, but for what went through since then.
    pub async fn problems(&self, settings: &Organization, flow: &FlowId) -> Result<Vec<ProblemRow>, DecisionError> {
        configured(settings, flow)?;
        let problems = self.table.org(&settings.id).problems(flow).await.map_err(SyncError::from)?;
        Ok(problems.into_iter().filter(|row| !row.resolved).collect())
    }

    /// What was done to a record of a flow, or without one to the flow as a whole, by whom and why; oldest first.
    pub async fn audit(
        &self,
        settings: &Organization,
        flow: &FlowId,
        record: Option<&RecordKey>,
    ) -> Result<Vec<AuditEntry>, DecisionError> {
        let known = configured(settings, flow)?;
        let subject = record.map_or_else(|| flow_record(flow), |record| known.identity(record));
        Ok(self.table.org(&settings.id).audit_of(&subject).await.map_err(SyncError::from)?)
    }

    /// The records that were missing at the source all at once and wait for a person, with the plan that names them.
    pub async fn missing(
        &self,
        settings: &Organization,
        flow: &FlowId,
    ) -> Result<Option<(MissingPlan, BTreeSet<RecordKey>)>, DecisionError> {
        configured(settings, flow)?;
        let table = self.table.org(&settings.id);
        let Some(plan) = table.missing_plan(flow).await.map_err(SyncError::from)? else { return Ok(None) };
        let records = table.missing_records(flow, &plan).await.map_err(SyncError::from)?;
        Ok(Some((plan, records)))
    }

    /// A person says that it was meant: the next whole read lets go of the records of this plan that are still missing.
    pub async fn approve(
        &self,
        settings: &Organization,
        flow: &FlowId,
        plan: &MissingPlan,
        who: &str,
    ) -> Result<(), DecisionError> {
        if plan.approved {
            return Ok(());
        }
        let act = Act::Approved { flow: flow.clone(), run: plan.run.clone(), missing: plan.missing };
        let said = Said { who, id: format!("{flow}-{}", plan.run), why: format!("flow {flow}: a mass change"), act };
        self.note(settings, flow_record(flow), said, self.clock.now()).await?;
        let approved = self.table.org(&settings.id).approve_missing(flow, &plan.run, self.clock.now()).await;
        let stood = approved.map_err(SyncError::from)?;
        if stood { Ok(()) } else { Err(DecisionError::NoMassChange(flow.clone())) }
    }

    /// The key of a flow's record that has this id at the source.
    pub fn key(&self, settings: &Organization, flow: &FlowId, id: &str) -> Result<RecordKey, DecisionError> {
        Ok(RecordKey::new(&configured(settings, flow)?.stream, id))
    }

    /// Tells the worker again of what was decided before a moment and waits.
    pub async fn remind(
        &self,
        settings: &Organization,
        flow: &FlowId,
        before: Timestamp,
    ) -> Result<usize, DecisionError> {
        let waiting = self.table.org(&settings.id).decisions(flow).await.map_err(SyncError::from)?;
        let records: BTreeSet<RecordKey> =
            waiting.into_iter().filter(|decision| decision.at < before).map(|decision| decision.record).collect();
        for record in &records {
            self.tell(settings, flow, record).await?;
        }
        Ok(records.len())
    }

    async fn decide(
        &self,
        settings: &Organization,
        flow: &FlowId,
        record: &RecordKey,
        word: Word,
        said: Said<'_>,
    ) -> Result<(), DecisionError> {
        let now = self.clock.now();
        // Who decided is known before anything is: what cannot be written down is not done.
        self.note(settings, configured(settings, flow)?.identity(record), said, now).await?;
        let decision = Decision { record: record.clone(), word, at: now };
        self.table.org(&settings.id).decide(flow, &decision).await.map_err(SyncError::from)?;
        // The row stands, so a message that cannot be sent now is the dispatcher's.
        if let Err(error) = self.tell(settings, flow, record).await {
            tracing::warn!(org = %settings.id, %flow, %error, "a decision waits for the dispatcher");
        }
        Ok(())
    }

    async fn note(
        &self,
        settings: &Organization,
        record: String,
        Said { who, id, why, act }: Said<'_>,
        at: Timestamp,
    ) -> Result<(), DecisionError> {
        let entry = AuditEntry { id: AuditId::new(id), at, record, purpose: Purpose::new(who, why), act };
        self.table.org(&settings.id).append_audit(&entry, AUDIT_KEPT).await.map_err(SyncError::from)?;
        Ok(())
    }

    async fn tell(&self, settings: &Organization, flow: &FlowId, record: &RecordKey) -> Result<(), DecisionError> {
        let mapping = self.mapping(settings, flow)?;
        let Some(id) = mapping.read_by(record) else { return Ok(()) };
        let message = SyncMessage::V2 { org: settings.id.clone(), flow: flow.clone(), record: id };
        let queue = self.workers.for_entity(mapping.entity);
        self.queues.send(queue, &settings.id, &message, Duration::ZERO).await.map_err(SyncError::from)?;
        Ok(())
    }

    pub(crate) async fn link(
        &self,
        settings: &Organization,
        flow: &FlowId,
        entity: Entity,
        record: &RecordKey,
    ) -> Result<Link, DecisionError> {
        let table: OrgTable = self.table.org(&settings.id);
        let mut links = table.links(flow, entity, std::slice::from_ref(record)).await.map_err(SyncError::from)?;
        let unknown = || DecisionError::UnknownRecord { flow: flow.clone(), record: record.clone() };
        links.remove(record).ok_or_else(unknown)
    }

    /// What a flow carries.
    pub(crate) fn entity(&self, settings: &Organization, flow: &FlowId) -> Result<Entity, DecisionError> {
        Ok(self.mapping(settings, flow)?.entity)
    }

    fn mapping(&self, settings: &Organization, flow: &FlowId) -> Result<Mapped, DecisionError> {
        let known = configured(settings, flow)?;
        let misfit = |reason: String| SyncError::Misfit { flow: flow.clone(), reason };
        let source = settings.connections.get(&known.from);
        let source = source.ok_or_else(|| misfit(format!("connection {} is not configured", known.from)))?;
        let vendor = self.streams.of(settings, &source.vendor).map_err(SyncError::from)?;
        let mapping = vendor.1.get(&known.stream);
        let unknown = || misfit(format!("{} maps no stream {}", source.vendor, known.stream));
        let mapping = mapping.ok_or_else(unknown)?;
        let stream = vendor.0.streams.get(mapping.stream.as_deref().unwrap_or(&known.stream));
        let keys = match (stream.is_some_and(|stream| stream.one.is_some()), &mapping.key) {
            (false, _) => Keys::Unread,
            (true, Some(_)) => Keys::Within,
            (true, None) => Keys::OfTheStream,
        };
        Ok(Mapped { entity: mapping.entity, keys })
    }
}

/// The flow of that name.
pub(crate) fn configured<'s>(settings: &'s Organization, flow: &FlowId) -> Result<&'s Flow, DecisionError> {
    settings.flows.get(flow).ok_or_else(|| DecisionError::UnknownFlow(flow.clone()))
}

/// Whether the engine stopped at a record, or at a value of it, until somebody does something.
fn is_stuck(link: &Link) -> bool {
    match link.state {
        LinkState::Quarantined | LinkState::Refused | LinkState::TargetGone | LinkState::Begun => true,
        // Of relations that wait or were refused nothing is known as seen.
        LinkState::Linked => !link.withheld.is_empty() || link.seen.is_empty(),
        LinkState::SourceGone => false,
    }
}

/// What a source's mapping says of a flow's records.
struct Mapped {
    entity: Entity,
    keys: Keys,
}

/// What records are named by.
enum Keys {
    OfTheStream,
    /// They stand within records of the stream, whose id their key begins with: `7/emergency`.
    Within,
    /// The vendor has no call for one of them: a full run comes by them.
    Unread,
}

impl Mapped {
    /// The id of the stream's record that has to be read to see this one.
    fn read_by(&self, record: &RecordKey) -> Option<String> {
        let id = record.id();
        match self.keys {
            Keys::OfTheStream => Some(id.to_owned()),
            Keys::Within => id.split('/').next().map(str::to_owned),
            Keys::Unread => None,
        }
    }
}
