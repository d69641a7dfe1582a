//! Links of a flow: which record is which on the other side, and what both had when they last agreed.

use super::{
    OrgTable, StoreError,
    item::{Change, Item, Row, get_json, get_text, json, sortable, text},
    keys::Key,
};
use jiff::Timestamp;
use lintel_domain::{
    ids::FlowId,
    records::{Entity, RecordKey},
    sync::{Base, Intent, Link, LinkState},
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

const LINK: &str = "LINK#";

/// Links of some records, and how many of the records somebody else is at.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FoundLinks {
    pub links: BTreeMap<RecordKey, Link>,
    pub held: usize,
}

/// An intent as it is stored: the base is a text of its own form.
#[derive(Serialize, Deserialize)]
struct StoredIntent {
    fields: BTreeSet<String>,
    base: String,
}

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
        Ok(self.found_links(flow, entity, keys, Timestamp::MAX).await?.links)
    }

    /// The links of these records, and how many of them are held at a moment.
    pub async fn found_links(
        &self,
        flow: &FlowId,
        entity: Entity,
        keys: &[RecordKey],
        now: Timestamp,
    ) -> Result<FoundLinks, StoreError> {
        let doing = "read links";
        let keys = keys.iter().map(|key| self.link_key(flow, key)).collect();
        let items = self.get_many(doing, keys).await?;
        let now = sortable(now);
        let held = items.iter().filter(|item| get_text(item, "held_until").is_some_and(|until| until > now.as_str()));
        let held = held.count();
        let links = items.iter().filter_map(|item| link(doing, entity, item).transpose());
        let links = links.map(|link| link.map(|link| (link.key.clone(), link))).collect::<Result<_, _>>()?;
        Ok(FoundLinks { links, held })
    }

    /// Keeps a record for one worker until a moment, whether it has a link yet or not; tells whether it was free. Writing the link
    /// lets go of it.
    pub async fn hold_link(
        &self,
        flow: &FlowId,
        key: &RecordKey,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let change = Change::default().hold(now, until);
        Ok(self.update("hold a link", self.link_key(flow, key), change).await?.is_some())
    }

    pub async fn let_go_of_link(&self, flow: &FlowId, key: &RecordKey) -> Result<(), StoreError> {
        self.update("let go of a link", self.link_key(flow, key), Change::default().let_go()).await.map(drop)
    }

    /// All links of a flow, whole: one query over the flow's partition. For who looks at single flows; a hundred thousand links are more
    /// than a function may hold.
    pub async fn all_links(&self, flow: &FlowId, entity: Entity) -> Result<Vec<Link>, StoreError> {
        let doing = "list links";
        let items = self.query_prefix(doing, self.flow_partition(flow), LINK).await?;
        items.iter().filter_map(|item| link(doing, entity, item).transpose()).collect()
    }

    /// The link of a record, and those of records that stand within it: `tenants/7/emergency` within `tenants/7`.
    pub async fn links_about(&self, flow: &FlowId, entity: Entity, key: &RecordKey) -> Result<Vec<Link>, StoreError> {
        let doing = "list a record's links";
        let mut items = self.query_prefix(doing, self.flow_partition(flow), &format!("{LINK}{key}/")).await?;
        items.extend(self.get(doing, self.link_key(flow, key)).await?);
        items.iter().filter_map(|item| link(doing, entity, item).transpose()).collect()
    }

    /// Which records of a flow are linked, and how. Without what the links hold: a flow may have a hundred thousand.
    pub async fn link_heads(&self, flow: &FlowId) -> Result<Vec<LinkHead>, StoreError> {
        let doing = "list which links there are";
        let parts = ["SK", "state", "target"];
        let heads =
            self.query_parts(doing, self.flow_partition(flow), LINK, &parts, |item| link_head(doing, item)).await?;
        Ok(heads.into_iter().flatten().collect())
    }

    /// The target's ids of those of these records that are there.
    pub async fn targets_of(
        &self,
        flow: &FlowId,
        keys: &[RecordKey],
    ) -> Result<BTreeMap<RecordKey, String>, StoreError> {
        let keys = keys.iter().map(|key| self.link_key(flow, key)).collect();
        let items = self.get_parts("read the target's ids of links", keys, &["SK", "target"]).await?;
        let there = |item: &Item| Some((link_record(item), get_text(item, "target")?.to_owned()));
        Ok(items.iter().filter_map(there).collect())
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
        let written = |base: &Base| {
            base.to_text().map_err(|error| StoreError::Refused { doing: doing.to_owned(), reason: error.to_string() })
        };
        let mut row = Row::new(self.link_key(flow, &link.key))
            .with("state", json(doing, &link.state)?)
            .with("seen", text(&link.seen))
            .with("base", text(written(&link.base)?));
        if !link.ways.is_empty() {
            row = row.with("ways", text(&link.ways));
        }
        if let Some(target) = &link.target {
            row = row.with("target", text(target)).lookup(self.lookup_target(flow, target), "LINK");
        }
        if !link.conflicts.is_empty() {
            row = row.with("conflicts", json(doing, &link.conflicts)?);
            row = row.listed(self.conflicts_partition(flow), link.key.as_str());
        }
        if !link.settled.is_empty() {
            row = row.with("settled", json(doing, &link.settled)?);
        }
        if !link.kept.is_empty() {
            row = row.with("kept", json(doing, &link.kept)?);
        }
        if !link.withheld.is_empty() {
            row = row.with("withheld", json(doing, &link.withheld)?);
        }
        if !link.waits_for.is_empty() {
            row = row.with("waits_for", json(doing, &link.waits_for)?);
        }
        if let Some(intent) = &link.intent {
            let stored = StoredIntent { fields: intent.fields.clone(), base: written(&intent.base)? };
            row = row.with("intent", json(doing, &stored)?);
        }
        Ok(row)
    }

    pub(super) fn flow_partition(&self, flow: &FlowId) -> String {
        self.partition(&format!("FLOW#{flow}"))
    }

    pub(super) fn conflicts_partition(&self, flow: &FlowId) -> String {
        self.partition(&format!("CONFLICTS#{flow}"))
    }

    pub(super) fn link_key(&self, flow: &FlowId, key: &RecordKey) -> Key {
        Key { pk: self.flow_partition(flow), sk: format!("{LINK}{key}") }
    }

    fn lookup_target(&self, flow: &FlowId, target: &str) -> String {
        self.partition(&format!("TARGET#{flow}#{target}"))
    }
}

/// `None` where a row only says that somebody is at the record.
fn link_head(doing: &str, item: &Item) -> Result<Option<LinkHead>, StoreError> {
    let Some(state) = get_json(doing, item, "state")? else { return Ok(None) };
    let target = get_text(item, "target").map(str::to_owned);
    Ok(Some(LinkHead { key: link_record(item), state, target }))
}

fn link_record(item: &Item) -> RecordKey {
    RecordKey::from_text(get_text(item, "SK").and_then(|sort| sort.strip_prefix(LINK)).unwrap_or_default())
}

/// `None` where a row only says that somebody is at the record.
pub(super) fn link(doing: &str, entity: Entity, item: &Item) -> Result<Option<Link>, StoreError> {
    let Some(state) = get_json::<LinkState>(doing, item, "state")? else { return Ok(None) };
    let read = |text: &str| {
        Base::from_text(entity, text)
            .map_err(|error| StoreError::Unreadable { doing: doing.to_owned(), reason: error.to_string() })
    };
    let intent = get_json::<StoredIntent>(doing, item, "intent")?;
    let intent = intent.map(|one| Ok(Intent { fields: one.fields, base: read(&one.base)? })).transpose()?;
    Ok(Some(Link {
        key: link_record(item),
        state,
        target: get_text(item, "target").map(str::to_owned),
        seen: get_text(item, "seen").unwrap_or_default().to_owned(),
        base: read(get_text(item, "base").unwrap_or("{\"source\":{}}"))?,
        ways: get_text(item, "ways").unwrap_or_default().to_owned(),
        conflicts: get_json(doing, item, "conflicts")?.unwrap_or_default(),
        settled: get_json(doing, item, "settled")?.unwrap_or_default(),
        kept: get_json(doing, item, "kept")?.unwrap_or_default(),
        withheld: get_json(doing, item, "withheld")?.unwrap_or_default(),
        waits_for: get_json(doing, item, "waits_for")?.unwrap_or_default(),
        intent,
    }))
}
