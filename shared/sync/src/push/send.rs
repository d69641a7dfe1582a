//! Batches on their way, and what is done about refusals: a record goes without the values that are at fault, and a record of the
//! target's own that is in the way is taken over.

use super::{
    Push, TOGETHER, theirs, unique,
    way::{Came, Meeting, OnItsWay, Place},
    work::chunks,
};
use crate::SyncError;
use futures::{FutureExt, StreamExt, TryStreamExt, stream};
use lintel_connectors::{
    mapping::Mapping,
    records::{Outcome, Outgoing, WriteKind},
};
use lintel_domain::sync::Withheld;
use std::collections::BTreeMap;

/// Tries of a batch, each without the values the one before was refused for.
pub(super) const TRIES: usize = 4;

/// What came of a batch.
#[derive(Debug, Default)]
pub(super) struct Sent {
    pub(super) done: Vec<(OnItsWay, Came)>,
    /// Each with the target's record that has what only one may have.
    pub(super) obstructed: Vec<(OnItsWay, String)>,
}

impl Push<'_> {
    /// Everything that has something to write.
    pub(super) async fn send(&self, ways: Vec<OnItsWay>) -> Result<Sent, SyncError> {
        let size = self.open.target.batch_size(self.open.writing.stream());
        let (made, changed): (Vec<_>, Vec<_>) = ways.into_iter().partition(|way| way.kind() == WriteKind::Upsert);
        let batches = chunks(changed, size).into_iter().chain(chunks(made, size));
        let sent: Vec<_> = batches.map(|batch| self.send_batch(batch).boxed()).collect();
        let sent: Vec<Sent> = stream::iter(sent).buffered(TOGETHER).try_collect().await?;
        let mut all = Sent::default();
        for Sent { done, obstructed } in sent {
            all.done.extend(done);
            all.obstructed.extend(obstructed);
        }
        Ok(all)
    }

    /// One batch of one kind of write.
    async fn send_batch(&self, mut waiting: Vec<OnItsWay>) -> Result<Sent, SyncError> {
        let Sent { mut done, mut obstructed } = Sent::default();
        for attempt in 1..=TRIES {
            let (mut sending, mut outgoing) = (Vec::new(), Vec::new());
            for way in std::mem::take(&mut waiting) {
                match way.outgoing(self.open) {
                    Some(values) => {
                        outgoing.push(values);
                        sending.push(way);
                    }
                    None => done.push((way, Came::Nothing)),
                }
            }
            if attempt > 1 {
                // Something else than was noted: what is emptied now is not to look like a person's doing.
                self.note(&sending).await?;
            }
            let outcomes = self.write(&sending, &outgoing).await?;
            for (mut way, outcome) in sending.into_iter().zip(outcomes) {
                match outcome {
                    Outcome::Written { id, created } => done.push((way, Came::Written { id, created })),
                    Outcome::LeftOut => done.push((way, Came::LeftOut)),
                    Outcome::Refused { in_the_way: Some(other), .. } if way.place == Place::New => {
                        obstructed.push((way, other));
                    }
                    Outcome::Refused { code, reason, in_the_way } => {
                        let faults = self.faults(&way, &reason, in_the_way.as_ref());
                        if faults.is_empty() || attempt == TRIES {
                            done.push((way, Came::Refused { code, reason }));
                            continue;
                        }
                        for (name, (why, told)) in faults {
                            way.withhold(name, why, told);
                        }
                        waiting.push(way);
                    }
                }
            }
            if waiting.is_empty() {
                break;
            }
        }
        Ok(Sent { done, obstructed })
    }

    async fn write(&self, ways: &[OnItsWay], outgoing: &[Outgoing]) -> Result<Vec<Outcome>, SyncError> {
        let Some(kind) = ways.first().map(OnItsWay::kind) else { return Ok(Vec::new()) };
        Ok(self.open.target.write(self.open.writing.stream(), kind, outgoing, self.deadline).await?)
    }

    /// The values a record was refused for: those only one may have, or those the reason names.
    pub(super) fn faults(
        &self,
        way: &OnItsWay,
        reason: &str,
        in_the_way: Option<&String>,
    ) -> BTreeMap<&'static str, (Withheld, String)> {
        let sent = |name: &&'static str| matches!(way.merged.to_target.get(name), Some(Some(_)));
        if in_the_way.is_some() {
            let taken = unique::fields(self.open).into_iter().filter(sent);
            return taken.map(|name| (name, (Withheld::Taken, "another record has it".to_owned()))).collect();
        }
        let named = self.open.names().into_iter().filter(sent).filter_map(|name| {
            let said = said_of(&self.open.writing, name, reason)?;
            Some((name, (Withheld::Unfit, format!("the target does not take it ({said})"))))
        });
        named.collect()
    }

    /// A record of the target's own holds what only one may hold. One that is no other record's is taken over and merged with;
    /// else ours goes without the value.
    pub(super) async fn take_over(&self, mut way: OnItsWay, other: String) -> Result<(OnItsWay, Came), SyncError> {
        // Whoever of this page was before has written their key by now.
        self.keep(&other, &way.record.key).await?;
        let theirs = theirs::read(self.open, std::slice::from_ref(&other), self.deadline).await?.remove(&other);
        let way = match theirs.filter(|theirs| !self.is_anothers(&way.record.key, theirs)) {
            Some(theirs) => {
                let OnItsWay { record, was, noted, .. } = way;
                let place = Place::TakenOver(other);
                let meeting = Meeting { record, was, place, theirs, base: None };
                OnItsWay { noted, ..self.way(meeting) }
            }
            None => {
                for (name, (why, told)) in self.faults(&way, "", Some(&other)) {
                    way.withhold(name, why, told);
                }
                way
            }
        };
        self.note(std::slice::from_ref(&way)).await?;
        let Sent { mut done, obstructed } = self.send_batch(vec![way]).await?;
        match (done.pop(), obstructed.into_iter().next()) {
            (Some(done), _) => Ok(done),
            // Its key alone is in the way of itself: nothing that could be left out.
            (None, Some((way, _))) => {
                let reason = "another record of the target has what only one may have".to_owned();
                Ok((way, Came::Refused { code: "in-the-way".to_owned(), reason }))
            }
            (None, None) => {
                Err(SyncError::Misfit { flow: self.open.id.clone(), reason: "a write came to nothing".to_owned() })
            }
        }
    }
}

/// What a refusal's reason says of a field: reasons are lists of `field: code`.
pub(super) fn said_of<'r>(mapping: &Mapping, name: &str, reason: &'r str) -> Option<&'r str> {
    let field = mapping.vendor_field(name)?;
    reason.split(", ").find_map(|part| part.strip_prefix(field)?.strip_prefix(": "))
}
