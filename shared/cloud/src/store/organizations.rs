//! The directory of organizations and the settings each has in force.

use super::{
    OrgTable, StoreError, Table,
    item::{Row, get_text, text},
    keys::Key,
};
use lintel_domain::ids::OrgId;

const DIRECTORY: &str = "ORGS";

/// Which settings are in force. The settings themselves lie in the object store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsPointer {
    /// Hash of the content: equal versions are equal settings.
    pub version: String,
    pub object: String,
}

impl Table {
    /// Every organization of this installation.
    pub async fn organizations(&self) -> Result<Vec<OrgId>, StoreError> {
        // The directory has no organization of its own to be reached through.
        let items = self.org(&OrgId::new("")).query("list organizations", DIRECTORY.to_owned(), "ORG#").await?;
        Ok(items.iter().filter_map(|item| get_text(item, "id")).map(OrgId::new).collect())
    }
}

impl OrgTable {
    /// Puts settings in force and the organization into the directory.
    pub async fn put_settings(&self, pointer: &SettingsPointer) -> Result<(), StoreError> {
        let row =
            Row::new(self.settings_key()).with("version", text(&pointer.version)).with("object", text(&pointer.object));
        self.put("put settings in force", row).await?;
        let entry = Key { pk: DIRECTORY.to_owned(), sk: format!("ORG#{}", self.id()) };
        self.put_new("enter an organization", Row::new(entry).with("id", text(self.id().as_str()))).await.map(drop)
    }

    pub async fn settings(&self) -> Result<Option<SettingsPointer>, StoreError> {
        let item = self.get("read which settings are in force", self.settings_key()).await?;
        Ok(item.and_then(|item| {
            Some(SettingsPointer {
                version: get_text(&item, "version")?.to_owned(),
                object: get_text(&item, "object")?.to_owned(),
            })
        }))
    }

    fn settings_key(&self) -> Key {
        Key { pk: self.partition("SETTINGS"), sk: "CURRENT".to_owned() }
    }
}
