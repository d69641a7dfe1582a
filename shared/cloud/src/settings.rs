//! An organization's settings as published: an object, and the row that says which one is in force.

use crate::{
    gathering::{Gathering, Unanswered},
    objects::{ObjectError, Objects},
    store::{SettingsPointer, StoreError, Table},
};
use futures::future::join_all;
use lintel_domain::{ids::OrgId, settings::Organization};
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

/// Settings are small; anything larger was not written by us.
const LARGEST: usize = 16 * 1024 * 1024;
/// Callers that share reads.
const READ_FOR: usize = 256;

#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("organization {0} has no settings")]
    Missing(OrgId),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Object(#[from] ObjectError),
    #[error("the settings of {0} are larger than {LARGEST} bytes")]
    TooLarge(OrgId),
    #[error("read the settings of {org}: {reason}")]
    Unreadable { org: OrgId, reason: String },
}

/// Reads settings with one small read a call: the content itself is read again only when its version changed. Calls at the same
/// time share a read that begins after they came.
#[derive(Debug)]
pub struct SettingsStore {
    table: Table,
    objects: Objects,
    pointers: Gathering<OrgId, Result<Option<SettingsPointer>, StoreError>>,
    known: Mutex<BTreeMap<OrgId, (String, Arc<Organization>)>>,
}

impl SettingsStore {
    pub fn new(table: Table, objects: Objects) -> Self {
        let read = table.clone();
        let pointers = Gathering::new(READ_FOR, move |orgs| {
            let table = read.clone();
            async move { pointers(&table, orgs).await }
        });
        Self { table, objects, pointers, known: Mutex::new(BTreeMap::new()) }
    }

    pub async fn load(&self, org: &OrgId) -> Result<Arc<Organization>, SettingsError> {
        let unanswered = |error: Unanswered| StoreError::Unavailable {
            doing: "read which settings are in force".to_owned(),
            reason: error.to_string(),
        };
        let pointer = self.pointers.ask(org.clone()).await.map_err(unanswered)??;
        let pointer = pointer.ok_or_else(|| SettingsError::Missing(org.clone()))?;
        if let Some(known) = self.known(org, &pointer.version) {
            return Ok(known);
        }
        let content = self.objects.get(&pointer.object, LARGEST).await?;
        let settings: Organization = serde_json::from_slice(&content)
            .map_err(|error| SettingsError::Unreadable { org: org.clone(), reason: error.to_string() })?;
        let settings = Arc::new(settings);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(org.clone(), (pointer.version, Arc::clone(&settings)));
        Ok(settings)
    }

    /// Puts settings in force; tells whether they differ from what was.
    pub async fn publish(&self, settings: &Organization) -> Result<Published, SettingsError> {
        let org = &settings.id;
        let content = serde_json::to_vec(settings)
            .map_err(|error| SettingsError::Unreadable { org: org.clone(), reason: error.to_string() })?;
        if content.len() > LARGEST {
            return Err(SettingsError::TooLarge(org.clone()));
        }
        let version = hex::encode(Sha256::digest(&content));
        let table = self.table.org(org);
        if table.settings().await?.is_some_and(|standing| standing.version == version) {
            return Ok(Published::Unchanged);
        }
        let object = format!("settings/{org}/{version}.json");
        self.objects.put(&object, content.into()).await?;
        table.put_settings(&SettingsPointer { version, object }).await?;
        Ok(Published::InForce)
    }

    fn known(&self, org: &OrgId, version: &str) -> Option<Arc<Organization>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(org).filter(|(held, _)| held == version).map(|(_, settings)| Arc::clone(settings))
    }
}

/// Which settings are in force, read once for each organization.
async fn pointers(table: &Table, orgs: Vec<OrgId>) -> Vec<Result<Option<SettingsPointer>, StoreError>> {
    let each: BTreeSet<&OrgId> = orgs.iter().collect();
    let read = join_all(each.into_iter().map(|org| async move { (org, table.org(org).settings().await) })).await;
    let read: BTreeMap<_, _> = read.into_iter().collect();
    orgs.iter().filter_map(|org| read.get(org).cloned()).collect()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Published {
    InForce,
    Unchanged,
}
