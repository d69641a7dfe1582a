//! Links of a flow: which record is which on the other side, and what both had when they last agreed.

use super::{
    OrgTable, StoreError,
    item::{Item, Row, get_json, get_text, json, text},
    keys::Key,
};
use lintel_domain::{
    ids::FlowId,
    records::{Entity, RecordKey},
    sync::{Base, Link, LinkState},
};
use std::collections::BTreeMap;

const LINK: &str = "LINK#";

/// What tells a link from others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkHead {
    pub key: RecordKey,
    pub state: LinkState,
    /// The target's id.
    pub target: Option<String>,
}

impl OrgTable {
    /// The links of these records that there are.
    pub async fn links(
        &self,
        flow: &FlowId,
        entity: Entity,
        keys: &[RecordKey],
    ) -> Result<BTreeMap<RecordKey, Link>, StoreError> {
        let doing = "read links";
        let keys = keys.iter().map(|key| self.link_key(flow, key)).collect();
        let items = self.get_many(doing, keys).await?;
        items.iter().map(|item| link(doing, entity, item).map(|link| (link.key.clone(), link))).collect()
    }

    /// All links of a flow, whole: one query over the flow's partition. For who looks at single flows; a hundred thousand links are more
    /// than a function may hold.
    pub async fn all_links(&self, flow: &FlowId, entity: Entity) -> Result<Vec<Link>, StoreError> {
        let doing = "list links";
        let items = self.query_prefix(doing, self.flow_partition(flow), LINK).await?;
        items.iter().map(|item| link(doing, entity, item)).collect()
    }

    /// Which records of a flow are linked, and how. Without what the links hold: a flow may have a hundred thousand.
    pub async fn link_heads(&self, flow: &FlowId) -> Result<Vec<LinkHead>, StoreError> {
        let doing = "list which links there are";
        let parts = ["SK", "state", "target"];
        self.query_parts(doing, self.flow_partition(flow), LINK, &parts, |item| link_head(doing, item)).await
    }

    /// The record that is linked with a target's.
    pub async fn linked_with(&self, flow: &FlowId, target: &str) -> Result<Option<RecordKey>, StoreError> {
        let doing = "find a link by the target's id";
        let answer = self
            .client
            .query()
            .table_name(&self.name)
            .index_name("GSI2")
            .key_condition_expression("GSI2PK = :pk")
            .expression_attribute_values(":pk", text(self.lookup_target(flow, target)))
            .limit(1)
            .send()
            .await
            .map_err(|error| StoreError::from_sdk(doing, &error))?;
        let found = answer.items.unwrap_or_default();
        let key = found.first().and_then(|item| get_text(item, "SK")).and_then(|sort| sort.strip_prefix(LINK));
        Ok(key.map(RecordKey::from_text))
    }

    pub async fn save_links(&self, flow: &FlowId, links: &[Link]) -> Result<(), StoreError> {
        let doing = "write links";
        let rows = links.iter().map(|link| self.link_row(doing, flow, link)).collect::<Result<Vec<_>, _>>()?;
        self.put_many(doing, rows).await
    }

    fn link_row(&self, doing: &str, flow: &FlowId, link: &Link) -> Result<Row, StoreError> {
        let base = link.base.to_text();
        let base = base.map_err(|error| StoreError::Refused { doing: doing.to_owned(), reason: error.to_string() })?;
        let mut row = Row::new(self.link_key(flow, &link.key))
            .with("state", json(doing, &link.state)?)
            .with("seen", text(&link.seen))
            .with("base", text(base));
        if let Some(target) = &link.target {
            row = row.with("target", text(target)).lookup(self.lookup_target(flow, target), "LINK");
        }
        if !link.conflicts.is_empty() {
            row = row.with("conflicts", json(doing, &link.conflicts)?);
        }
        if !link.settled.is_empty() {
            row = row.with("settled", json(doing, &link.settled)?);
        }
        Ok(row)
    }

    /// Values that only one record of the target may have, and the records they went to.
    pub async fn claims(&self, flow: &FlowId, values: &[String]) -> Result<BTreeMap<String, RecordKey>, StoreError> {
        let keys = values.iter().map(|value| self.claim_key(flow, value)).collect();
        let items = self.get_many("read claims", keys).await?;
        let claim = |item: &Item| {
            let value = get_text(item, "SK")?.strip_prefix("CLAIM#")?.to_owned();
            Some((value, RecordKey::from_text(get_text(item, "record")?)))
        };
        Ok(items.iter().filter_map(claim).collect())
    }

    pub async fn save_claims(&self, flow: &FlowId, claims: &BTreeMap<String, RecordKey>) -> Result<(), StoreError> {
        let rows = claims
            .iter()
            .map(|(value, record)| Row::new(self.claim_key(flow, value)).with("record", text(record.as_str())))
            .collect();
        self.put_many("write claims", rows).await
    }

    pub(super) fn flow_partition(&self, flow: &FlowId) -> String {
        self.partition(&format!("FLOW#{flow}"))
    }

    fn link_key(&self, flow: &FlowId, key: &RecordKey) -> Key {
        Key { pk: self.flow_partition(flow), sk: format!("{LINK}{key}") }
    }

    fn claim_key(&self, flow: &FlowId, value: &str) -> Key {
        Key { pk: self.partition(&format!("CLAIMS#{flow}")), sk: format!("CLAIM#{value}") }
    }

    fn lookup_target(&self, flow: &FlowId, target: &str) -> String {
        self.partition(&format!("TARGET#{flow}#{target}"))
    }
}

fn link_head(doing: &str, item: &Item) -> Result<LinkHead, StoreError> {
    Ok(LinkHead {
        key: link_record(item),
        state: get_json(doing, item, "state")?.unwrap_or(LinkState::Linked),
        target: get_text(item, "target").map(str::to_owned),
    })
}

fn link_record(item: &Item) -> RecordKey {
    RecordKey::from_text(get_text(item, "SK").and_then(|sort| sort.strip_prefix(LINK)).unwrap_or_default())
}

fn link(doing: &str, entity: Entity, item: &Item) -> Result<Link, StoreError> {
    let unreadable = |reason: String| StoreError::Unreadable { doing: doing.to_owned(), reason };
    let base = Base::from_text(entity, get_text(item, "base").unwrap_or("{\"source\":{}}"));
    Ok(Link {
        key: link_record(item),
        state: get_json(doing, item, "state")?.unwrap_or(LinkState::Linked),
        target: get_text(item, "target").map(str::to_owned),
        seen: get_text(item, "seen").unwrap_or_default().to_owned(),
        base: base.map_err(|error| unreadable(error.to_string()))?,
        conflicts: get_json(doing, item, "conflicts")?.unwrap_or_default(),
        settled: get_json(doing, item, "settled")?.unwrap_or_default(),
    })
}
