//! What of a stay the office's table has been told. The row counts changes; a mirror run notes the count it saw.

use super::{
    OrgTable, StoreError, WorkKind,
    item::{Change, Item, get_json, get_number, json, number, text},
};
use aws_sdk_dynamodb::types::TransactWriteItem;
use jiff::Timestamp;
use lintel_domain::{
    ids::{PropertyId, StayKey},
    stay::OfficeEdits,
};
use std::collections::BTreeMap;

/// The mirror of one stay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MirrorRow {
    pub stay: StayKey,
    pub property: PropertyId,
    /// Grows with every change the office has to hear of.
    pub revision: u64,
    /// Fingerprint of what was last written, by version.
    pub written: BTreeMap<u32, String>,
    /// What the cells that belong to people held in each version's row when it was last read or written. A row begins with
    /// empty ones.
    pub cells: BTreeMap<u32, OfficeEdits>,
}

impl MirrorRow {
    /// What people's edits of a version's row are told from.
    pub fn base(&self, version: u32) -> OfficeEdits {
        self.cells.get(&version).cloned().unwrap_or_default()
    }
}

/// Attributes with cells, one a version, so that two writers of different rows do not undo each other.
const CELLS: &str = "cells_";

impl OrgTable {
    /// The update that marks a stay's mirror as behind; part of the transaction that changed the stay or its job.
    pub(super) fn mark_mirror(
        &self,
        property: &PropertyId,
        stay: &StayKey,
        due: Timestamp,
    ) -> Result<TransactWriteItem, StoreError> {
        let change = Change::default()
            .set("id", text(stay.as_str()))
            .set("property", text(property.as_str()))
            .add("revision", 1)
            .work(self.work_partition(WorkKind::Mirror), due);
        self.transact_update("mark a stay for the mirror", self.mirror_key(property, stay), change)
    }

    pub async fn mirror(&self, property: &PropertyId, stay: &StayKey) -> Result<Option<MirrorRow>, StoreError> {
        let doing = "read a mirror row";
        let Some(item) = self.get(doing, self.mirror_key(property, stay)).await? else { return Ok(None) };
        Ok(Some(MirrorRow {
            stay: stay.clone(),
            property: property.clone(),
            revision: get_number(&item, "revision").unwrap_or_default(),
            written: get_json(doing, &item, "written")?.unwrap_or_default(),
            cells: cells(doing, &item)?,
        }))
    }

    /// Notes what was written. The row stays outstanding when it was marked again meanwhile. The cells of people are noted
    /// apart, by [`Self::note_cells`].
    pub async fn save_mirror(&self, row: &MirrorRow) -> Result<(), StoreError> {
        let doing = "note what was mirrored";
        let key = || self.mirror_key(&row.property, &row.stay);
        let written = json(doing, &row.written)?;
        let done = Change::default()
            .set("written", written.clone())
            .no_work()
            .only_if("revision = :seen", &[(":seen", number(row.revision))]);
        if self.update(doing, key(), done).await?.is_none() {
            self.update(doing, key(), Change::default().set("written", written)).await?;
        }
        Ok(())
    }

    /// Notes what the cells that belong to people hold in a version's row.
    pub async fn note_cells(
        &self,
        property: &PropertyId,
        stay: &StayKey,
        version: u32,
        edits: &OfficeEdits,
    ) -> Result<(), StoreError> {
        let doing = "note what people wrote";
        let change = Change::default().set(&format!("{CELLS}{version}"), json(doing, edits)?);
        self.update(doing, self.mirror_key(property, stay), change).await.map(drop)
    }

    /// Puts a mirror that cannot be written now back to a later moment.
    pub async fn postpone_mirror(&self, row: &MirrorRow, until: Timestamp) -> Result<(), StoreError> {
        let change = Change::default()
            .work(self.work_partition(WorkKind::Mirror), until)
            .only_if("revision = :seen", &[(":seen", number(row.revision))]);
        self.update("postpone a mirror", self.mirror_key(&row.property, &row.stay), change).await.map(drop)
    }
}

fn cells(doing: &str, item: &Item) -> Result<BTreeMap<u32, OfficeEdits>, StoreError> {
    let mut cells = BTreeMap::new();
    for name in item.keys() {
        let Some(version) = name.strip_prefix(CELLS).and_then(|version| version.parse().ok()) else { continue };
        cells.insert(version, get_json(doing, item, name)?.unwrap_or_default());
    }
    Ok(cells)
}
