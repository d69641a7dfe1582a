//! Records of a flow that were missing at the source all at once. Nothing becomes of them until a person says that it was meant, and
//! then of exactly these.

use super::{
    OrgTable, StoreError,
    item::{Change, Row, get_text, json, require_json, seconds, text},
    keys::Key,
};
use jiff::{SignedDuration, Timestamp};
use lintel_domain::{
    ids::{FlowId, RunId},
    records::RecordKey,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How long a plan waits for a person.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 90);
/// Keys in one row, which holds 400 KB at most.
const KEYS_IN_A_ROW: usize = 3_000;

/// A plan to let go of records; the records themselves stand in rows of their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingPlan {
    /// The run that found them missing, which names the plan.
    pub run: RunId,
    pub missing: u64,
    /// Linked records in all, when it was found.
    pub of: u64,
    pub at: Timestamp,
    #[serde(skip)]
    pub approved: bool,
}

impl OrgTable {
    /// Puts a plan up for a person, in place of the one that stood.
    pub async fn propose_missing(
        &self,
        flow: &FlowId,
        plan: &MissingPlan,
        records: &BTreeSet<RecordKey>,
    ) -> Result<(), StoreError> {
        let doing = "propose a plan";
        let keys: Vec<&RecordKey> = records.iter().collect();
        let part = |(number, keys): (usize, &[&RecordKey])| {
            let key = Key { pk: self.missing_partition(flow), sk: part(&plan.run, number) };
            Ok(Row::new(key).with("keys", json(doing, &keys)?).with("expires_at", seconds(plan.at + KEPT)))
        };
        let parts = keys.chunks(KEYS_IN_A_ROW).enumerate().map(part).collect::<Result<Vec<_>, StoreError>>()?;
        for row in parts {
            self.put(doing, row).await?;
        }
        // The head last: a plan is never seen without its records.
        let head = Row::new(self.missing_head(flow))
            .with("plan", json(doing, plan)?)
            .with("found_by", text(plan.run.as_str()));
        self.put(doing, head.with("expires_at", seconds(plan.at + KEPT))).await
    }

    /// The plan that stands.
    pub async fn missing_plan(&self, flow: &FlowId) -> Result<Option<MissingPlan>, StoreError> {
        let doing = "read a plan";
        let Some(item) = self.get(doing, self.missing_head(flow)).await? else { return Ok(None) };
        let plan: MissingPlan = require_json(doing, &item, "plan")?;
        Ok(Some(MissingPlan { approved: get_text(&item, "approved").is_some(), ..plan }))
    }

    /// The records a plan names.
    pub async fn missing_records(&self, flow: &FlowId, plan: &MissingPlan) -> Result<BTreeSet<RecordKey>, StoreError> {
        let doing = "read a plan's records";
        let items = self.query_prefix(doing, self.missing_partition(flow), &format!("PART#{}#", plan.run)).await?;
        let mut records = BTreeSet::new();
        // A run that ended in two tries may have left more parts than its plan has.
        let parts = usize::try_from(plan.missing).unwrap_or(usize::MAX).div_ceil(KEYS_IN_A_ROW);
        for item in items.iter().take(parts) {
            records.extend(require_json::<Vec<RecordKey>>(doing, item, "keys")?);
        }
        Ok(records)
    }

    /// A person approves this very plan; tells whether it still stood.
    pub async fn approve_missing(&self, flow: &FlowId, run: &RunId, now: Timestamp) -> Result<bool, StoreError> {
        let change = Change::default()
            .set("approved", text(now.to_string()))
            .only_if("found_by = :run", &[(":run", text(run.as_str()))]);
        Ok(self.update("approve a plan", self.missing_head(flow), change).await?.is_some())
    }

    /// Takes this very plan down: it was carried out, or what was missing is back.
    pub async fn drop_missing(&self, flow: &FlowId, run: &RunId) -> Result<(), StoreError> {
        let same = [(":run", text(run.as_str()))];
        self.delete_if("take a plan down", self.missing_head(flow), "found_by = :run", &same).await
    }

    fn missing_partition(&self, flow: &FlowId) -> String {
        self.partition(&format!("MISSING#{flow}"))
    }

    fn missing_head(&self, flow: &FlowId) -> Key {
        Key { pk: self.missing_partition(flow), sk: "HEAD".to_owned() }
    }
}

fn part(run: &RunId, number: usize) -> String {
    format!("PART#{run}#{number:04}")
}
