//! The target's side of a two-way flow: what people changed or made there, found by reading its list.

use crate::{
    OpenFlow, SyncError, pull,
    push::theirs::{self, Theirs},
};
use jiff::Timestamp;
use lintel_cloud::store::{OrgTable, Problem};
use lintel_connectors::{
    records::{Item, Outcome, Outgoing, Page, PageAsk, PageToken, WriteKind},
    transport::Deadline,
};
use lintel_domain::{
    ids::FlowId,
    records::RecordKey,
    sync::{Changes, LinkState, WhenNew},
};
use std::collections::{BTreeMap, BTreeSet};

/// What the problem of a record is listed as that was made at the target, and that the source does not make.
const NOT_MADE: &str = "not-made-at-source";

/// What a page of the target's list gives reason to look at.
#[derive(Debug, Default)]
pub(crate) struct Stirred {
    /// Records of the source: the other side of what was changed, and what was made for it.
    pub(crate) items: Vec<Item>,
    /// Of some of them, by their keys, the target's record.
    pub(crate) counterparts: BTreeMap<RecordKey, String>,
    pub(crate) unchanged: u64,
    /// The target's own, or gone at the source: the reads of the source tell that.
    pub(crate) skipped: u64,
    pub(crate) refused: u64,
}

/// Looks at the target's list.
pub(crate) struct Looking<'a> {
    pub(crate) open: &'a OpenFlow,
    pub(crate) table: &'a OrgTable,
    pub(crate) now: Timestamp,
    pub(crate) deadline: Deadline,
}

impl Looking<'_> {
    pub(crate) async fn page(&self, token: PageToken, since: Option<Timestamp>) -> Result<Page, SyncError> {
        let fields = theirs::fields(self.open);
        let ask = PageAsk { stream: self.open.writing.stream(), token, changed_since: since, fields: &fields };
        Ok(self.open.target.page(&ask, self.deadline).await?)
    }

    /// Which records of the source a page of the target's list is about.
    pub(crate) async fn stirred(&self, items: &[Item]) -> Result<Stirred, SyncError> {
        let (mut stirred, mut known, mut new) = (Stirred::default(), BTreeMap::new(), Vec::new());
        for item in items {
            match theirs::one(self.open, item) {
                None => stirred.skipped += 1,
                Some(theirs) => match self.key(&theirs) {
                    Some(key) => drop(known.insert(key, (&item.key, theirs))),
                    None if theirs.owner.is_none() => new.push((&item.key, theirs)),
                    None => stirred.skipped += 1,
                },
            }
        }
        let mut wanted = self.changed(known, &mut stirred).await?;
        match self.open.flow.when_new {
            WhenNew::Leave => stirred.skipped += new.len() as u64,
            WhenNew::Make => wanted.extend(self.make(&new, &mut stirred).await?),
        }
        let asked = wanted.len() as u64;
        let fields = pull::vendor_fields(self.open);
        let found = self.open.source.read(self.open.reading.stream(), &wanted, &fields, self.deadline).await?;
        stirred.skipped += asked.saturating_sub(found.len() as u64);
        stirred.items = found.into_iter().map(|(key, content)| Item { key, content }).collect();
        Ok(stirred)
    }

    /// The flow's record that one of the target's belongs to.
    fn key(&self, theirs: &Theirs) -> Option<RecordKey> {
        let ours = theirs.owner.as_ref()?.strip_prefix(self.open.flow.from.as_str())?.strip_prefix('/')?;
        ours.starts_with(&format!("{}/", self.open.reading.name())).then(|| RecordKey::from_text(ours))
    }

    /// The ids at the source of those that are not as their links have them.
    async fn changed(
        &self,
        known: BTreeMap<RecordKey, (&String, Theirs)>,
        stirred: &mut Stirred,
    ) -> Result<Vec<String>, SyncError> {
        let keys: Vec<RecordKey> = known.keys().cloned().collect();
        let links = self.table.links(&self.open.id, self.open.entity(), &keys).await?;
        let mut changed = Vec::new();
        for (key, (id, theirs)) in known {
            let link = links.get(&key).filter(|link| link.state == LinkState::Linked);
            let same = link.is_some_and(|link| {
                let waits = |name: &str| {
                    link.conflicts.get(name).is_some_and(|one| one.target.as_ref() == theirs.fields.get(name))
                };
                let is_known =
                    |name: &&'static str| theirs.fields.get(name) == link.base.target.get(name) || waits(name);
                link.target.as_ref() == Some(id) && self.open.names().iter().all(is_known)
            });
            match (same, link) {
                (true, _) => stirred.unchanged += 1,
                // What is quarantined, gone or refused is the other runs' business.
                (false, None) => stirred.skipped += 1,
                (false, Some(_)) => changed.push(key.id().to_owned()),
            }
        }
        Ok(changed)
    }

    /// Has the source make records, by a key that names the target's: done twice, it is one record. What is there under its key already is
    /// left as it is: somebody may have written to it since. Answers the source's ids.
    async fn make(&self, new: &[(&String, Theirs)], stirred: &mut Stirred) -> Result<Vec<String>, SyncError> {
        let there = self.made_before(new).await?;
        let of = |id: &String, ours: &String| (id.clone(), RecordKey::new(self.open.reading.name(), ours));
        let mut found: Vec<_> = new.iter().filter_map(|(id, _)| Some(of(id, there.get(*id)?))).collect();
        let new: Vec<&(&String, Theirs)> = new.iter().filter(|(id, _)| !there.contains_key(*id)).collect();
        let outgoing: Vec<Outgoing> = new.iter().map(|(id, theirs)| self.made(id, theirs)).collect();
        let stream = self.open.reading.stream();
        let size = self.open.source.batch_size(stream);
        for (batch, ids) in outgoing.chunks(size).zip(new.chunks(size)) {
            let outcomes = self.open.source.write(stream, WriteKind::Upsert, batch, self.deadline).await?;
            for ((id, _), outcome) in ids.iter().zip(outcomes) {
                match outcome {
                    Outcome::Written { id: ours, .. } | Outcome::Refused { in_the_way: Some(ours), .. } => {
                        found.push(of(id, &ours));
                    }
                    Outcome::Refused { code, reason, in_the_way: None } => {
                        stirred.refused += 1;
                        self.note(id, format!("{code} {reason}")).await?;
                    }
                    Outcome::LeftOut => {
                        stirred.refused += 1;
                        self.note(id, "left-out the source's answer does not name it".to_owned()).await?;
                    }
                }
            }
        }
        self.pair(found, stirred).await
    }

    /// The source's ids of what stands there under the keys of the target's records. Of nothing where the source cannot be asked.
    async fn made_before(&self, new: &[(&String, Theirs)]) -> Result<BTreeMap<String, String>, SyncError> {
        if new.is_empty() {
            return Ok(BTreeMap::new());
        }
        let keys: Vec<String> = new.iter().map(|(id, _)| self.open.counterpart_identity(id)).collect();
        let identity: Vec<String> = pull::identity(self.open).map(str::to_owned).into_iter().collect();
        let found = self.open.source.find(self.open.reading.stream(), &keys, &identity, self.deadline).await?;
        let mut found = found.unwrap_or_default();
        let there = new.iter().zip(keys).filter_map(|((id, _), key)| Some(((*id).clone(), found.remove(&key)?.key)));
        Ok(there.collect())
    }

    /// The target's records with those of the source that they are now known to belong to. One that is in step with another of the
    /// target's stays with that one. Answers the source's ids of the others.
    async fn pair(&self, found: Vec<(String, RecordKey)>, stirred: &mut Stirred) -> Result<Vec<String>, SyncError> {
        let keys: BTreeSet<RecordKey> = found.iter().map(|(_, key)| key.clone()).collect();
        let keys: Vec<RecordKey> = keys.into_iter().collect();
        let links = self.table.links(&self.open.id, self.open.entity(), &keys).await?;
        let problems: Vec<RecordKey> = found.iter().map(|(id, _)| self.problem_of(id)).collect();
        let troubled = self.table.troubled(&self.open.id, &problems).await?;
        let mut paired = Vec::with_capacity(found.len());
        for (id, key) in found {
            let link = links.get(&key).filter(|link| link.state != LinkState::TargetGone);
            let linked = link.and_then(|link| link.target.as_ref()).filter(|other| **other != id);
            if let Some(other) = linked.or(stirred.counterparts.get(&key)) {
                stirred.refused += 1;
                self.note(&id, format!("{key} has what only one may have, and is in step with record {other}")).await?;
                continue;
            }
            let problem = self.problem_of(&id);
            if troubled.contains(&problem) {
                self.table.resolve_problem(&self.open.id, &problem).await?;
            }
            paired.push(key.id().to_owned());
            stirred.counterparts.insert(key, id);
        }
        Ok(paired)
    }

    fn made(&self, id: &str, theirs: &Theirs) -> Outgoing {
        let values: Changes = self
            .open
            .taken_back
            .iter()
            .filter_map(|name| Some((*name, Some(theirs.fields.get(name)?.clone()))))
            .collect();
        let key = self.open.counterpart_identity(id);
        let mut values = self.open.reading.write(&self.open.sent.shown(&values, &theirs.plain));
        if let Some(identity) = pull::identity(self.open) {
            values.insert(identity.to_owned(), key.clone().into());
        }
        Outgoing { key, id: None, values }
    }

    /// What the problem of one of the target's own records is listed under.
    fn problem_of(&self, id: &str) -> RecordKey {
        RecordKey::new(self.open.flow.to.as_str(), id)
    }

    async fn note(&self, id: &str, reason: String) -> Result<(), SyncError> {
        let problem = Problem { record: self.problem_of(id), code: NOT_MADE.to_owned(), reason, at: self.now };
        Ok(self.table.note_problem(&self.open.id, &problem).await?)
    }
}

/// Once the target's list was read whole: what was not listed again since then is not to be made any more. Somebody removed it, or it
/// belongs to a record of the source by now.
pub(crate) async fn settle_problems(table: &OrgTable, flow: &FlowId, began: Timestamp) -> Result<(), SyncError> {
    for row in table.problems(flow).await? {
        if !row.resolved && row.problem.code == NOT_MADE && row.problem.at < began {
            table.resolve_problem(flow, &row.problem.record).await?;
        }
    }
    Ok(())
}
