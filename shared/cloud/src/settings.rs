//! An organization's settings as published: an object, and the row that says which one is in force.

use crate::{
    objects::{ObjectError, Objects},
    store::{SettingsPointer, StoreError, Table},
};
use lintel_domain::{ids::OrgId, settings::Organization};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Settings are small; anything larger was not written by us.
const LARGEST: usize = 16 * 1024 * 1024;

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

/// Reads settings with one small read a call: the content itself is read again only when its version changed.
#[derive(Debug)]
pub struct SettingsStore {
    table: Table,
    objects: Objects,
    known: Mutex<BTreeMap<OrgId, (String, Arc<Organization>)>>,
}

impl SettingsStore {
    pub fn new(table: Table, objects: Objects) -> Self {
        Self { table, objects, known: Mutex::new(BTreeMap::new()) }
    }

    pub async fn load(&self, org: &OrgId) -> Result<Arc<Organization>, SettingsError> {
        let pointer = self.table.org(org).settings().await?.ok_or_else(|| SettingsError::Missing(org.clone()))?;
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Published {
    InForce,
    Unchanged,
}
