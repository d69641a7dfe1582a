//! What people decided about records of a flow, and no worker has carried out yet.
//!
//! Rows of their own: a link is rewritten whole by the worker that is at it, and what was decided meanwhile would be lost.

use super::{
    OrgTable, StoreError,
    item::{Change, Row, json, require_json, text},
    keys::Key,
};
use jiff::Timestamp;
use lintel_domain::{
    ids::FlowId,
    records::{Entity, RecordKey},
    sync::{FieldConflict, Link, Word},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One word about one record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    pub record: RecordKey,
    pub word: Word,
    pub at: Timestamp,
}

impl OrgTable {
    /// Writes a decision down, in place of an earlier one about the same.
    pub async fn decide(&self, flow: &FlowId, decision: &Decision) -> Result<(), StoreError> {
        let doing = "write a decision down";
        let row = Row::new(self.decision_key(flow, decision)).with("decision", json(doing, decision)?);
        self.put(doing, row).await
    }

    /// All that waits to be carried out in a flow: one query, and mostly nothing.
    pub async fn decisions(&self, flow: &FlowId) -> Result<Vec<Decision>, StoreError> {
        self.decided(flow, "RECORD#".to_owned()).await
    }

    /// What waits to be carried out about one record, and about records that stand within it: `tenants/7/emergency` within `tenants/7`.
    pub async fn decisions_about(&self, flow: &FlowId, record: &RecordKey) -> Result<Vec<Decision>, StoreError> {
        let mut decided = self.decided(flow, format!("RECORD#{record}")).await?;
        let within = format!("{record}/");
        decided.retain(|decision| decision.record == *record || decision.record.as_str().starts_with(&within));
        Ok(decided)
    }

    /// Forgets what was carried out. What was decided anew since then stays.
    pub async fn forget_decisions(&self, flow: &FlowId, carried_out: &[Decision]) -> Result<(), StoreError> {
        let doing = "forget a decision";
        for decision in carried_out {
            let same = [(":decision", json(doing, decision)?)];
            self.delete_if(doing, self.decision_key(flow, decision), "decision = :decision", &same).await?;
        }
        Ok(())
    }

    /// The links of a flow with a field in conflict: one query of index 1, however many links there are.
    pub async fn links_in_conflict(&self, flow: &FlowId, entity: Entity) -> Result<Vec<Link>, StoreError> {
        let doing = "list conflicts";
        let items = self
            .client
            .query()
            .table_name(&self.name)
            .index_name("GSI1")
            .key_condition_expression("GSI1PK = :pk")
            .expression_attribute_values(":pk", text(self.conflicts_partition(flow)))
            .into_paginator()
            .items()
            .send()
            .collect::<Result<Vec<_>, _>>()
            .await
            .map_err(|error| StoreError::from_sdk(doing, &error))?;
        items.iter().filter_map(|item| super::links::link(doing, entity, item).transpose()).collect()
    }

    /// Puts other sealings of the same values into a link's conflicts; tells whether the link still had those it was read with.
    pub async fn reseal_conflicts(
        &self,
        flow: &FlowId,
        link: &Link,
        conflicts: &BTreeMap<String, FieldConflict>,
    ) -> Result<bool, StoreError> {
        let doing = "reseal a conflict";
        let change = Change::default()
            .set("conflicts", json(doing, conflicts)?)
            .only_if("conflicts = :read", &[(":read", json(doing, &link.conflicts)?)]);
        Ok(self.update(doing, self.link_key(flow, &link.key), change).await?.is_some())
    }

    async fn decided(&self, flow: &FlowId, prefix: String) -> Result<Vec<Decision>, StoreError> {
        let doing = "list decisions";
        let items = self.query_prefix(doing, self.decisions_partition(flow), &prefix).await?;
        items.iter().map(|item| require_json(doing, item, "decision")).collect()
    }

    fn decisions_partition(&self, flow: &FlowId) -> String {
        self.partition(&format!("DECISIONS#{flow}"))
    }

    fn decision_key(&self, flow: &FlowId, decision: &Decision) -> Key {
        let sk = format!("RECORD#{}#{}", decision.record, decision.word.field().unwrap_or_default());
        Key { pk: self.decisions_partition(flow), sk }
    }
}
