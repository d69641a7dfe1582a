//! Protected values that are kept, sealed: those of conflicts, and of records that are set aside. Opened for a person who asks, with
//! an audit row before it is done, and sealed anew when the organization's data key is changed.

use crate::{DecisionError, Decisions, SyncError, decisions::configured, protected::place, record::quarantine_id};
use lintel_cloud::{
    store::{OrgTable, Purpose, QuarantineRow},
    vault::{KeyId, Protected, Sealed, VaultError},
};
use lintel_domain::{
    ids::{FlowId, OrgId},
    private::Private,
    records::RecordKey,
    settings::Organization,
    sync::{Link, Side},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What resealing came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resealed {
    /// Values found under other keys than the current one. All of them are sealed anew, but for those of `changed`.
    pub found: BTreeMap<KeyId, u64>,
    /// Values whose row somebody else was writing at the same time.
    pub changed: u64,
    /// Values that no key opens any more.
    pub lost: u64,
}

/// A record that is set aside, as its row holds it.
#[derive(Serialize, Deserialize)]
struct SetAside {
    record: RecordKey,
    fields: Map<String, Value>,
    #[serde(default)]
    sealed: BTreeMap<String, String>,
}

/// Where values of an organization's flows are kept: conflicts, and records that were set aside.
#[derive(Default)]
struct Keeping {
    links: Vec<(FlowId, Link)>,
    rows: Vec<(FlowId, QuarantineRow)>,
}

impl Decisions {
    /// What is kept of a protected field of a record: both sides' values of a conflict, or the source's of a record that is set
    /// aside. A side that had none is left out. That they were opened is in the record's audit, with who asked and why.
    pub async fn protected_values(
        &self,
        settings: &Organization,
        flow: &FlowId,
        (record, field): (&RecordKey, &str),
        purpose: &Purpose,
    ) -> Result<BTreeMap<Side, Protected>, DecisionError> {
        let link = self.link(settings, flow, self.entity(settings, flow)?, record).await?;
        let mut sealed = link.conflicts.get(field).map(|conflict| conflict.sealed.clone()).unwrap_or_default();
        if sealed.is_empty()
            && let Some(row) =
                self.org(settings).set_aside(&quarantine_id(flow, record)).await.map_err(SyncError::from)?
            && let Some(text) = content(&row).and_then(|mut one| one.sealed.remove(field))
        {
            sealed.insert(Side::Source, text);
        }
        let nothing = || DecisionError::NothingKept { record: record.clone(), field: field.to_owned() };
        let identity = configured(settings, flow)?.identity(record);
        let (mut opened, mut gone) = (BTreeMap::new(), None);
        for (side, text) in sealed {
            let sealed: Sealed = text.parse().map_err(|_| nothing())?;
            match self.vault.open(&settings.id, &place(&identity, field, side), &sealed, purpose).await {
                Ok(plain) => drop(opened.insert(side, plain)),
                Err(VaultError::Retired { key, .. } | VaultError::UnknownKey { key, .. }) => gone = Some(key),
                Err(error) => return Err(SyncError::from(error).into()),
            }
        }
        match gone {
            // Not the same as nothing: it can be had again with the key.
            Some(key) if opened.is_empty() => {
                Err(DecisionError::KeyGone { record: record.clone(), field: field.to_owned(), key })
            }
            _ if opened.is_empty() => Err(nothing()),
            _ => Ok(opened),
        }
    }

    /// How many values are kept under which key, whether the key is held or not.
    pub async fn kept(&self, settings: &Organization) -> Result<BTreeMap<KeyId, u64>, DecisionError> {
        let Keeping { links, rows } = self.keeping(settings).await?;
        let conflicts = links.into_iter().flat_map(|(_, link)| link.conflicts.into_values());
        let aside = rows.iter().filter_map(|(_, row)| content(row));
        let texts: Vec<String> = conflicts
            .flat_map(|conflict| conflict.sealed.into_values())
            .chain(aside.flat_map(|aside| aside.sealed.into_values()))
            .collect();
        let mut kept = BTreeMap::new();
        for sealed in texts.iter().filter_map(|text| text.parse::<Sealed>().ok()) {
            *kept.entry(sealed.key().clone()).or_default() += 1;
        }
        Ok(kept)
    }

    /// Seals everything that is kept under the current key.
    pub async fn reseal(&self, settings: &Organization) -> Result<Resealed, DecisionError> {
        let mut resealed = Resealed::default();
        let Keeping { links, rows } = self.keeping(settings).await?;
        for (flow, link) in &links {
            self.reseal_link(settings, flow, link, &mut resealed).await?;
        }
        for (flow, row) in &rows {
            self.reseal_row(settings, flow, row, &mut resealed).await?;
        }
        Ok(resealed)
    }

    async fn keeping(&self, settings: &Organization) -> Result<Keeping, DecisionError> {
        let mut keeping = Keeping::default();
        for flow in settings.flows.keys() {
            let links = self.org(settings).links_in_conflict(flow, self.entity(settings, flow)?).await;
            keeping.links.extend(links.map_err(SyncError::from)?.into_iter().map(|link| (flow.clone(), link)));
        }
        for row in self.org(settings).quarantined().await.map_err(SyncError::from)? {
            let flow = row.origin.strip_prefix("flow:").map(FlowId::new);
            if let Some(flow) = flow.filter(|flow| settings.flows.contains_key(flow)) {
                keeping.rows.push((flow, row));
            }
        }
        Ok(keeping)
    }

    /// Gives a data key up once nothing is sealed under it.
    pub async fn retire(&self, settings: &Organization, key: &KeyId, purpose: &Purpose) -> Result<(), DecisionError> {
        let Resealed { found, changed, .. } = self.reseal(settings).await?;
        let values = found.get(key).copied().unwrap_or_default() + changed;
        if values > 0 {
            return Err(DecisionError::StillSealed { key: key.clone(), values });
        }
        Ok(self.vault.retire(&settings.id, key, purpose).await.map_err(SyncError::from)?)
    }

    async fn reseal_link(
        &self,
        settings: &Organization,
        flow: &FlowId,
        link: &Link,
        resealed: &mut Resealed,
    ) -> Result<(), DecisionError> {
        let identity = configured(settings, flow)?.identity(&link.key);
        let (mut conflicts, before) = (link.conflicts.clone(), resealed.count());
        for (field, conflict) in &mut conflicts {
            for (side, text) in &mut conflict.sealed {
                self.reseal_text(&settings.id, (&identity, field, *side), text, resealed).await?;
            }
        }
        let values = resealed.count() - before;
        if values > 0 {
            let stood = self.org(settings).reseal_conflicts(flow, link, &conflicts).await.map_err(SyncError::from)?;
            resealed.changed += if stood { 0 } else { values };
        }
        Ok(())
    }

    async fn reseal_row(
        &self,
        settings: &Organization,
        flow: &FlowId,
        row: &QuarantineRow,
        resealed: &mut Resealed,
    ) -> Result<(), DecisionError> {
        let Some(mut aside) = content(row) else { return Ok(()) };
        let identity = configured(settings, flow)?.identity(&aside.record);
        let before = resealed.count();
        for (field, text) in &mut aside.sealed {
            self.reseal_text(&settings.id, (&identity, field, Side::Source), text, resealed).await?;
        }
        let values = resealed.count() - before;
        if values > 0
            && let Ok(text) = serde_json::to_string(&aside)
        {
            let stood = self.org(settings).requarantine(row, Private::new(text)).await.map_err(SyncError::from)?;
            resealed.changed += if stood { 0 } else { values };
        }
        Ok(())
    }

    async fn reseal_text(
        &self,
        org: &OrgId,
        (record, field, side): (&str, &str, Side),
        text: &mut String,
        resealed: &mut Resealed,
    ) -> Result<(), DecisionError> {
        let Ok(sealed) = text.parse::<Sealed>() else { return Ok(()) };
        match self.vault.reseal(org, &place(record, field, side), &sealed).await {
            Ok(None) => {}
            Ok(Some(anew)) => {
                *resealed.found.entry(sealed.key().clone()).or_default() += 1;
                *text = anew.to_string();
            }
            Err(VaultError::Retired { .. } | VaultError::UnknownKey { .. } | VaultError::Damaged { .. }) => {
                resealed.lost += 1;
            }
            Err(error) => return Err(SyncError::from(error).into()),
        }
        Ok(())
    }

    fn org(&self, settings: &Organization) -> OrgTable {
        self.table.org(&settings.id)
    }
}

impl Resealed {
    fn count(&self) -> u64 {
        self.found.values().sum()
    }
}

fn content(row: &QuarantineRow) -> Option<SetAside> {
    serde_json::from_str(row.content.expose()).ok()
}
