//! Outstanding work by kind and due time: what the sweeper and the console read.

use super::{
    OrgTable, StoreError,
    item::{get_text, sortable, text},
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
    /// Events that were set aside. Nobody is sent a message about these.
    FailedEvents,
    /// Removal plans waiting for an operator. Nobody is sent a message about these.
    Plans,
}

impl WorkKind {
    /// The kinds a sweeper sends on.
    pub const SWEPT: [Self; 5] = [Self::Mail, Self::Stays, Self::Jobs, Self::Mirror, Self::Events];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Stays => "stays",
            Self::Jobs => "jobs",
            Self::Mirror => "mirror",
            Self::Events => "events",
            Self::FailedEvents => "failed-events",
            Self::Plans => "plans",
        }
    }
}

/// One row that stands for work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueWork {
    /// The id of the mail, snapshot or plan; the stay's key for jobs and mirrors.
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
        let doing = "list outstanding work";
        let answer = self
            .client
            .query()
            .table_name(&self.name)
            .index_name("GSI1")
            .key_condition_expression("GSI1PK = :pk AND GSI1SK <= :until")
            .expression_attribute_values(":pk", text(self.work_partition(kind)))
            .expression_attribute_values(":until", text(sortable(until)))
            .limit(limit)
            .send()
            .await
            .map_err(|error| StoreError::from_sdk(doing, &error))?;
        Ok(answer
            .items
            .unwrap_or_default()
            .iter()
            .filter_map(|item| {
                Some(DueWork {
                    id: get_text(item, "id")?.to_owned(),
                    property: get_text(item, "property").map(PropertyId::new),
                    due: get_text(item, "GSI1SK")?.to_owned(),
                })
            })
            .collect())
    }
}
