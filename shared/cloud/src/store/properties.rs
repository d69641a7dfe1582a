//! A property with all that is current: read in one query, changed in transactions under its version number.

use super::{
    JobRow, OrgTable, StoreError, WorkKind,
    item::{Item, Row, get_json, get_number, get_text, json, number, require_json, seconds, text},
    jobs::job_row,
    keys::{CURRENT_FROM, HISTORY, JOB, PLAN, STATE, STAY},
};
use aws_sdk_dynamodb::types::TransactWriteItem;
use jiff::{SignedDuration, Timestamp};
use lintel_domain::{
    absence::{RemovalPlan, RemovalPlanStatus},
    ids::{FeedId, InputId, PropertyId, RemovalPlanId, SourceId, StayKey},
    job_file::JobOrder,
    planner::{JobFacts, PropertyPlan, PropertyState, StayChange},
    settings::Rules,
    source::SourceFacts,
    stay::Stay,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// DynamoDB takes 100 writes in a transaction; a stay takes up to four, and some room is left for the property's own.
const STAYS_AT_ONCE: usize = 22;
/// A removal plan that was settled is of no use to the rules any more.
const SETTLED_PLAN_KEPT: SignedDuration = SignedDuration::from_hours(24 * 90);

/// A property as it stands.
#[derive(Clone, Debug)]
pub struct PropertyRows {
    pub property: PropertyId,
    /// Grows with every commit; zero before the first.
    pub version: u64,
    pub state: PropertyState,
    pub jobs: BTreeMap<StayKey, JobRow>,
}

/// A stay's stored shape.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "v")]
enum StoredStay {
    #[serde(rename = "1")]
    V1 { stay: Stay },
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "v")]
enum StoredFacts {
    #[serde(rename = "1")]
    V1 { sources: BTreeMap<SourceId, SourceFacts> },
    #[default]
    #[serde(other)]
    Unknown,
}

/// A stay, current or earlier, as the mirror and the console read it.
#[derive(Clone, Debug, PartialEq)]
pub struct StayRecord {
    pub stay: Stay,
    pub job: Option<JobRow>,
    /// Earlier versions, oldest first.
    pub history: Vec<Stay>,
}

/// What a commit left to be told to others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Committed {
    /// Jobs that were ordered, with the moment they are due.
    pub jobs: Vec<(StayKey, Timestamp)>,
    /// Stays whose mirror is behind.
    pub mirror: Vec<StayKey>,
}

/// Everything one commit writes.
#[derive(Debug)]
pub struct Commit<'a> {
    pub plan: &'a PropertyPlan,
    /// Orders that differ from what the job rows hold.
    pub orders: &'a BTreeMap<StayKey, (JobOrder, Timestamp)>,
    /// The input this commit applies.
    pub input: &'a InputId,
    /// Open misses of a feed, where they changed.
    pub open_misses: Option<(&'a FeedId, u32)>,
    /// How long stays are kept.
    pub rules: &'a Rules,
    pub now: Timestamp,
}

impl OrgTable {
    pub async fn property(&self, property: &PropertyId) -> Result<PropertyRows, StoreError> {
        let doing = "read a property";
        let items = self.query(doing, self.property_partition(property), CURRENT_FROM).await?;
        let mut rows = PropertyRows {
            property: property.clone(),
            version: 0,
            state: PropertyState::default(),
            jobs: BTreeMap::new(),
        };
        for item in &items {
            rows.take(doing, item)?;
        }
        Ok(rows)
    }

    /// Writes a plan. Large plans take several transactions; the input counts as applied with the last one only, so that
    /// a run that dies between them is simply repeated.
    pub async fn commit(&self, rows: &PropertyRows, commit: &Commit<'_>) -> Result<Committed, StoreError> {
        let changes: BTreeMap<&StayKey, &StayChange> =
            commit.plan.changes.iter().map(|change| (&change.stay.key, change)).collect();
        let touched: Vec<&StayKey> =
            changes.keys().copied().chain(commit.orders.keys()).collect::<BTreeSet<_>>().into_iter().collect();
        let mut committed = Committed::default();
        let chunks: Vec<&[&StayKey]> =
            if touched.is_empty() { vec![&[]] } else { touched.chunks(STAYS_AT_ONCE).collect() };
        for (version, (index, chunk)) in (rows.version..).zip(chunks.iter().enumerate()) {
            let last = index + 1 == chunks.len();
            let mut writes = Vec::new();
            for key in *chunk {
                let order = commit.orders.get(*key);
                self.stay_writes(&mut writes, rows, key, changes.get(key).copied(), commit)?;
                committed.jobs.extend(order.map(|(_, due)| ((*key).clone(), *due)));
                committed.mirror.extend(changes.get(key).map(|_| (*key).clone()));
            }
            if last {
                self.property_writes(&mut writes, rows, commit)?;
            }
            writes.push(self.state_write(rows, version, last.then_some(commit.plan))?);
            self.transact("commit a property's plan", writes).await?;
        }
        Ok(committed)
    }

    fn stay_writes(
        &self,
        writes: &mut Vec<TransactWriteItem>,
        rows: &PropertyRows,
        key: &StayKey,
        change: Option<&StayChange>,
        commit: &Commit<'_>,
    ) -> Result<(), StoreError> {
        let (doing, property) = ("write a stay", &rows.property);
        let order = commit.orders.get(key);
        let stay = change.map(|change| &change.stay).or_else(|| rows.state.stays.get(key));
        let kept = stay.map(|stay| commit.rules.kept_until(stay.span.check_out()));
        if let (Some(change), Some(kept)) = (change, kept) {
            let row = Row::new(self.stay_key(property, key))
                .lookup(self.lookup_stay(key), "STAY")
                .with("expires_at", seconds(kept))
                .with("stay", json(doing, &StoredStay::V1 { stay: change.stay.clone() })?);
            writes.push(self.transact_put(doing, row)?);
            if let Some(retired) = &change.retired {
                let row = Row::new(self.history_key(property, key, retired.version))
                    .with("expires_at", seconds(kept))
                    .with("stay", json(doing, &StoredStay::V1 { stay: retired.clone() })?);
                writes.push(self.transact_put(doing, row)?);
            }
            writes.push(self.mark_mirror(property, key, commit.now, Some(kept))?);
        }
        match (order, kept) {
            (Some((order, due)), Some(kept)) => writes.push(self.order_job(property, key, order, *due, kept)?),
            // A stay that moved takes its job's row along.
            (None, Some(kept)) if rows.jobs.contains_key(key) => writes.push(self.keep_job(property, key, kept)?),
            _ => {}
        }
        Ok(())
    }

    fn property_writes(
        &self,
        writes: &mut Vec<TransactWriteItem>,
        rows: &PropertyRows,
        commit: &Commit<'_>,
    ) -> Result<(), StoreError> {
        let doing = "write a removal plan";
        for plan in &commit.plan.plans {
            let mut row = Row::new(self.property_key(&rows.property, format!("{PLAN}{}", plan.id)))
                .with("id", text(plan.id.as_str()))
                .with("property", text(rows.property.as_str()))
                .with("plan", json(doing, plan)?)
                .lookup(self.lookup_plan(&plan.id), "PLAN");
            row = match plan.status {
                RemovalPlanStatus::Open => row.work(self.work_partition(WorkKind::Plans), commit.now),
                _ => row.with("expires_at", seconds(commit.now + SETTLED_PLAN_KEPT)),
            };
            writes.push(self.transact_put(doing, row)?);
        }
        writes.push(self.finish_input_with(commit.input, commit.now)?);
        if let Some((feed, misses)) = commit.open_misses {
            writes.push(self.note_open_misses(feed, misses)?);
        }
        Ok(())
    }

    /// The property's own row, under the version that was read. Facts about sources go in with a plan's last part.
    fn state_write(
        &self,
        rows: &PropertyRows,
        version: u64,
        finished: Option<&PropertyPlan>,
    ) -> Result<TransactWriteItem, StoreError> {
        let doing = "write a property's facts";
        let mut sources = rows.state.sources.clone();
        if let Some(plan) = finished {
            sources.extend(plan.sources.clone());
        }
        let change = super::item::Change::default()
            .set("version", number(version + 1))
            .set("facts", json(doing, &StoredFacts::V1 { sources })?);
        let change = if version == 0 {
            change.only_if("attribute_not_exists(version)", &[])
        } else {
            change.only_if("version = :read", &[(":read", number(version))])
        };
        self.transact_update(doing, self.property_key(&rows.property, STATE.to_owned()), change)
    }

    /// A stay with its job and history, found by its key alone.
    pub async fn stay(&self, key: &StayKey) -> Result<Option<StayRecord>, StoreError> {
        match self.property_of(key).await? {
            Some(property) => self.stay_at(&property, key).await,
            None => Ok(None),
        }
    }

    /// The property a stay is at.
    pub async fn property_of(&self, key: &StayKey) -> Result<Option<PropertyId>, StoreError> {
        let found = self.lookup("find a stay", self.lookup_stay(key)).await?;
        Ok(found.and_then(|(pk, _)| pk.strip_prefix(&self.partition("PROPERTY#")).map(PropertyId::new)))
    }

    /// A stay with its job and history.
    pub async fn stay_at(&self, property: &PropertyId, key: &StayKey) -> Result<Option<StayRecord>, StoreError> {
        let doing = "read a stay";
        let Some(item) = self.get(doing, self.stay_key(property, key)).await? else { return Ok(None) };
        let job = self.job(property, key).await?;
        let prefix = format!("{HISTORY}{key}#");
        let history = self.query_prefix(doing, self.property_partition(property), &prefix).await?;
        Ok(Some(StayRecord {
            stay: stored_stay(doing, &item)?,
            job,
            history: history.iter().map(|item| stored_stay(doing, item)).collect::<Result<_, _>>()?,
        }))
    }

    /// The property a removal plan belongs to.
    pub async fn plan_property(&self, plan: &RemovalPlanId) -> Result<Option<PropertyId>, StoreError> {
        let found = self.lookup("find a removal plan", self.lookup_plan(plan)).await?;
        Ok(found.and_then(|(pk, _)| pk.strip_prefix(&self.partition("PROPERTY#")).map(PropertyId::new)))
    }

    /// The primary key behind a lookup partition of index 2.
    pub(super) async fn lookup(&self, doing: &str, partition: String) -> Result<Option<(String, String)>, StoreError> {
        let answer = self
            .client
            .query()
            .table_name(&self.name)
            .index_name("GSI2")
            .key_condition_expression("GSI2PK = :pk")
            .expression_attribute_values(":pk", text(partition))
            .limit(1)
            .send()
            .await
            .map_err(|error| StoreError::from_sdk(doing, &error))?;
        Ok(answer
            .items
            .unwrap_or_default()
            .first()
            .and_then(|item| Some((get_text(item, "PK")?.to_owned(), get_text(item, "SK")?.to_owned()))))
    }
}

impl PropertyRows {
    fn take(&mut self, doing: &str, item: &Item) -> Result<(), StoreError> {
        let sk = get_text(item, "SK").unwrap_or_default();
        if sk == STATE {
            self.version = get_number(item, "version").unwrap_or_default();
            match get_json(doing, item, "facts")? {
                Some(StoredFacts::V1 { sources }) => self.state.sources = sources,
                Some(StoredFacts::Unknown) => return Err(unknown_version(doing)),
                None => {}
            }
        } else if let Some(key) = sk.strip_prefix(JOB) {
            let row = job_row(doing, &self.property, &StayKey::new(key), item)?;
            let seen = row.file.seen.as_ref();
            self.state.jobs.insert(
                row.stay.clone(),
                JobFacts { job: seen.map(|seen| seen.job.clone()), progress: seen.map(|seen| seen.progress.clone()) },
            );
            self.jobs.insert(row.stay.clone(), row);
        } else if sk.starts_with(PLAN) {
            let plan: RemovalPlan = require_json(doing, item, "plan")?;
            self.state.plans.insert(plan.id.clone(), plan);
        } else if sk.starts_with(STAY) {
            let stay = stored_stay(doing, item)?;
            self.state.stays.insert(stay.key.clone(), stay);
        }
        Ok(())
    }
}

fn stored_stay(doing: &str, item: &Item) -> Result<Stay, StoreError> {
    let StoredStay::V1 { stay } = require_json(doing, item, "stay")?;
    Ok(stay)
}

fn unknown_version(doing: &str) -> StoreError {
    StoreError::Unreadable {
        doing: doing.to_owned(),
        reason: "facts of a version this program does not know".to_owned(),
    }
}
