//! What of a stay the office's table has been told. The row counts changes; a mirror run notes the count it saw.

use super::{
    OrgTable, StoreError, WorkKind,
    item::{Change, Item, get_json, get_number, json, number, seconds, text},
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
    /// What those cells were seen to hold when an edit of theirs was last taken in hand. Differs from `cells` for as long as the
    /// edit may not have reached the stay: until then nothing is written over what people write.
    pub in_hand: BTreeMap<u32, OfficeEdits>,
}

impl MirrorRow {
    /// What people's edits of a version's row are told from.
    pub fn base(&self, version: u32) -> OfficeEdits {
        self.cells.get(&version).cloned().unwrap_or_default()
    }

    /// What a version's row was last seen to hold.
    pub fn seen(&self, version: u32) -> OfficeEdits {
        self.in_hand.get(&version).cloned().unwrap_or_else(|| self.base(version))
    }
}

/// Attributes with cells, one a version, so that two writers of different rows do not undo each other.
const CELLS: &str = "cells_";
/// Attributes with cells whose edit is in hand, one a version.
const IN_HAND: &str = "in_hand_";

impl OrgTable {
    /// The update that marks a stay's mirror as behind; part of the transaction that changed the stay or its job.
    /// `kept`: until when the row is kept, where the stay itself is written.
    pub(super) fn mark_mirror(
        &self,
        property: &PropertyId,
        stay: &StayKey,
        due: Timestamp,
        kept: Option<Timestamp>,
    ) -> Result<TransactWriteItem, StoreError> {
        let change = kept.map_or_else(Change::default, |kept| Change::default().set("expires_at", seconds(kept)));
        let change = change
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
            cells: cells(doing, &item, CELLS)?,
            in_hand: cells(doing, &item, IN_HAND)?,
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

    /// Notes what people's cells hold before their edit is handed over. A run that dies afterwards leaves a trace by which
    /// nothing is written into the cells until the edit is taken in hand again.
    pub async fn take_cells(
        &self,
        property: &PropertyId,
        stay: &StayKey,
        version: u32,
        edits: &OfficeEdits,
    ) -> Result<(), StoreError> {
        let doing = "take people's cells in hand";
        let change = Change::default().set(&format!("{IN_HAND}{version}"), json(doing, edits)?);
        self.update(doing, self.mirror_key(property, stay), change).await.map(drop)
    }

    /// Notes what the cells that belong to people hold in a version's row, and that no edit of them is in hand.
    pub async fn note_cells(
        &self,
        property: &PropertyId,
        stay: &StayKey,
        version: u32,
        edits: &OfficeEdits,
    ) -> Result<(), StoreError> {
        let doing = "note what people wrote";
        let change = Change::default()
            .set(&format!("{CELLS}{version}"), json(doing, edits)?)
            .remove(&format!("{IN_HAND}{version}"));
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

fn cells(doing: &str, item: &Item, prefix: &str) -> Result<BTreeMap<u32, OfficeEdits>, StoreError> {
    let mut cells = BTreeMap::new();
    for name in item.keys() {
        let Some(version) = name.strip_prefix(prefix).and_then(|version| version.parse().ok()) else { continue };
        cells.insert(version, get_json(doing, item, name)?.unwrap_or_default());
    }
    Ok(cells)
}
