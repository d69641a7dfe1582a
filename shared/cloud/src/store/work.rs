//! Outstanding work by kind and due time: what the sweeper and the console read.

use super::{
    OrgTable, StoreError,
    item::{Item, get_text, sortable, text},
};
use jiff::Timestamp;
use lintel_domain::ids::{PropertyId, StayKey};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WorkKind {
    Mail,
    Stays,
    Jobs,
    Mirror,
    Events,
    /// Events that came together and have no rows of their own yet.
    Bundles,
    /// Events that were set aside. Nobody is sent a message about these.
    FailedEvents,
    /// Removal plans waiting for an operator. Nobody is sent a message about these.
    Plans,
}

impl WorkKind {
    /// The kinds a sweeper sends on.
    pub const SWEPT: [Self; 6] = [Self::Mail, Self::Stays, Self::Jobs, Self::Mirror, Self::Bundles, Self::Events];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Stays => "stays",
            Self::Jobs => "jobs",
            Self::Mirror => "mirror",
            Self::Events => "events",
            Self::Bundles => "bundles",
            Self::FailedEvents => "failed-events",
            Self::Plans => "plans",
        }
    }
}

/// One row that stands for work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueWork {
    /// The id of the mail, snapshot, event, bundle or plan; the stay's key for jobs and mirrors.
    pub id: String,
    pub property: Option<PropertyId>,
    pub due: String,
}

impl DueWork {
    pub fn stay(&self) -> StayKey {
        StayKey::new(&self.id)
    }
}

impl OrgTable {
    pub(super) fn work_partition(&self, kind: WorkKind) -> String {
        self.partition(&format!("WORK#{}", kind.as_str()))
    }

    /// Work of a kind that was due by `until`, oldest first, `limit` rows at most.
    pub async fn due_work(&self, kind: WorkKind, until: Timestamp, limit: i32) -> Result<Vec<DueWork>, StoreError> {
        if kind == WorkKind::Bundles {
            return self.due_bundles(until, limit).await;
        }
        let doing = "list outstanding work";
        let mut items = self
            .client
            .query()
            .table_name(&self.name)
            .index_name("GSI1")
            .key_condition_expression("GSI1PK = :pk AND GSI1SK <= :until")
            .expression_attribute_values(":pk", text(self.work_partition(kind)))
            .expression_attribute_values(":until", text(sortable(until)))
            .projection_expression("#id, #property, GSI1SK")
            .expression_attribute_names("#id", "id")
            .expression_attribute_names("#property", "property")
            .limit(limit)
            .into_paginator()
            .items()
            .send();
        let limit = usize::try_from(limit).unwrap_or_default();
        let mut due = Vec::new();
        // A page ends at 1 MB of whole rows, which may be a few large ones.
        while due.len() < limit
            && let Some(item) = items.next().await
        {
            let item = item.map_err(|error| StoreError::from_sdk(doing, &error))?;
            due.extend(due_work(&item));
        }
        Ok(due)
    }
}

fn due_work(item: &Item) -> Option<DueWork> {
    Some(DueWork {
        id: get_text(item, "id")?.to_owned(),
        property: get_text(item, "property").map(PropertyId::new),
        due: get_text(item, "GSI1SK")?.to_owned(),
    })
}
