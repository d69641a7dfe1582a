//! One message's work, from what it names to what is announced afterwards.

use crate::orders::changed_orders;
use jiff::Timestamp;
use lintel_cloud::{
    Environment, StartError,
    batch::RecordError,
    inputs::Inputs,
    messages::{JobsMessage, MirrorMessage, StaysMessage},
    queues::{QueueUrl, Queues},
    settings::SettingsStore,
    store::{AttentionRow, Commit, Committed, InputState, OrgTable, PropertyRows, QuarantineRow, Table},
};
use lintel_connectors::surroundings::Clock;
use lintel_domain::{
    attention::Attention,
    ids::{FeedId, InputId, OrgId, PropertyId, QuarantineId},
    planner::{self, Input, PropertyPlan, Rejected},
    private::Private,
    settings::{Organization, Property},
};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// How often a plan is made anew because somebody else changed the property meanwhile.
const TRIES: usize = 8;

/// Everything the planner works with.
#[derive(Debug)]
pub(crate) struct Desk {
    table: Table,
    settings: SettingsStore,
    inputs: Inputs,
    queues: Queues,
    jobs: QueueUrl,
    mirror: QueueUrl,
    clock: Arc<dyn Clock>,
}

/// What a message asks for, once its content was fetched.
struct Task {
    input: Input,
    id: InputId,
}

impl Desk {
    pub(crate) fn open(environment: &Environment) -> Result<Self, StartError> {
        let table = environment.table()?;
        Ok(Self {
            settings: SettingsStore::new(table.clone(), environment.objects()),
            inputs: environment.inputs()?,
            queues: environment.queues(),
            jobs: environment.queue("LINTEL_QUEUE_JOBS")?,
            mirror: environment.queue("LINTEL_QUEUE_MIRROR")?,
            clock: environment.clock(),
            table,
        })
    }

    pub(crate) async fn apply(&self, message: StaysMessage) -> Result<(), RecordError> {
        let StaysMessage::V1 { org, property: id, input } = message;
        let table = self.table.org(&org);
        let settings = self.settings.load(&org).await?;
        let Some(property) = settings.properties.get(&id) else {
            return Err(RecordError::discard(format!("property {id} is no longer configured")));
        };
        let Some(task) = self.task(&table, input).await? else { return Ok(()) };
        let committed = self.decide(&table, &settings, &id, property, &task).await?;
        self.announce(&org, &id, &committed).await
    }

    /// The input, unless it was applied before.
    async fn task(&self, table: &OrgTable, id: InputId) -> Result<Option<Task>, RecordError> {
        match table.input(&id).await? {
            Some(row) if row.state == InputState::Pending => {
                Ok(Some(Task { input: self.inputs.content(row).await?, id }))
            }
            _ => Ok(None),
        }
    }

    /// Plans and commits, again from the start whenever the property changed in between.
    async fn decide(
        &self,
        table: &OrgTable,
        settings: &Organization,
        id: &PropertyId,
        property: &Property,
        task: &Task,
    ) -> Result<Committed, RecordError> {
        for _ in 0..TRIES {
            let now = self.clock.now();
            let rows = table.property(id).await?;
            let plan = planner::plan(id, settings, &rows.state, &task.input, now)
                .map_err(|error| RecordError::discard(format!("plan {id}: {error}")))?;
            self.tell_people(table, id, task, &plan, now).await?;
            match self.commit(table, settings, property, &rows, &plan, task, now).await {
                Err(error) if error.is_conflict() => {}
                other => return Ok(other?),
            }
        }
        Err(RecordError::retry("the property is being changed by too many at once"))
    }

    #[expect(clippy::too_many_arguments, reason = "one commit needs the whole desk's view")]
    async fn commit(
        &self,
        table: &OrgTable,
        settings: &Organization,
        property: &Property,
        rows: &PropertyRows,
        plan: &PropertyPlan,
        task: &Task,
        now: Timestamp,
    ) -> Result<Committed, lintel_cloud::store::StoreError> {
        let mut after = rows.state.clone();
        after.apply(plan);
        let orders = changed_orders(settings, property, &after.stays, &rows.jobs, &task.input, now);
        let open_misses = open_misses(settings, plan);
        if plan.is_empty() && orders.is_empty() {
            table.finish_input(&task.id, now).await?;
            return Ok(Committed::default());
        }
        let commit = Commit {
            plan,
            orders: &orders,
            input: &task.id,
            open_misses: open_misses.as_ref().map(|(feed, misses)| (feed, *misses)),
            rules: &settings.rules,
            now,
        };
        table.commit(rows, &commit).await
    }

    /// Entries a person can find. Written before the commit: a run that dies in between writes the same ones again.
    async fn tell_people(
        &self,
        table: &OrgTable,
        id: &PropertyId,
        task: &Task,
        plan: &PropertyPlan,
        now: Timestamp,
    ) -> Result<(), RecordError> {
        for rejected in &plan.rejected {
            table.quarantine(&set_aside(&task.input, rejected, now)).await?;
        }
        for attention in &plan.attention {
            let entry = AttentionRow {
                code: attention.code.as_str().to_owned(),
                subject: subject(id, attention),
                text: attention.text.clone(),
                at: now,
            };
            table.notice(&entry).await?;
        }
        Ok(())
    }

    async fn announce(&self, org: &OrgId, property: &PropertyId, committed: &Committed) -> Result<(), RecordError> {
        let now = self.clock.now();
        let jobs: Vec<JobsMessage> = committed
            .jobs
            .iter()
            .filter(|(_, due)| *due <= now)
            .map(|(stay, _)| JobsMessage::V1 { org: org.clone(), property: property.clone(), stay: stay.clone() })
            .collect();
        let mirror: Vec<MirrorMessage> = committed
            .mirror
            .iter()
            .map(|stay| MirrorMessage::V1 { org: org.clone(), property: property.clone(), stay: stay.clone() })
            .collect();
        self.queues.send_all(&self.jobs, org, &jobs).await?;
        self.queues.send_all(&self.mirror, org, &mirror).await?;
        Ok(())
    }
}

/// Open misses of the feed this plan read, where they changed: the poller counts an unchanged read only while there are some.
fn open_misses(settings: &Organization, plan: &PropertyPlan) -> Option<(FeedId, u32)> {
    plan.sources
        .iter()
        .map(|(source, facts)| (FeedId::new(source.as_str()), facts.open_misses))
        .find(|(feed, _)| settings.feeds.contains_key(feed))
}

/// What an entry is about: the stay, else the source at this property.
fn subject(property: &PropertyId, attention: &Attention) -> String {
    match (&attention.stay, &attention.source) {
        (Some(stay), _) => stay.to_string(),
        (None, Some(source)) => format!("{property}/{source}"),
        (None, None) => property.to_string(),
    }
}

/// The entry's id follows from the observation, so the same one read again is the same entry. It is of a feed: rows of a report that
/// can be no stay are set aside with their mail, before they come here.
fn set_aside(input: &Input, rejected: &Rejected, now: Timestamp) -> QuarantineRow {
    let content = serde_json::to_string(&rejected.observation).unwrap_or_default();
    let (source, property) = match input {
        Input::Snapshot { snapshot } => (snapshot.source.as_str(), snapshot.property.as_str()),
        _ => ("unknown", "unknown"),
    };
    let digest = hex::encode(Sha256::digest(format!("{property}/{source}/{content}")));
    QuarantineRow {
        id: QuarantineId::new(digest.chars().take(24).collect::<String>()),
        origin: format!("feed:{source}"),
        code: "unusable-entry".to_owned(),
        reason: format!("{source} at {property}: {}", rejected.reason.text()),
        content: Private::new(content),
        at: now,
    }
}
