//! Writes to the target in its own batches, and what became of each record.
//!
//! In order: read what the target has, merge, claim values only one record may have, write down what is about to be done, do it, and
//! write down what came of it. A stop anywhere in between is made good by the next worker, who finds what was about to be done.
//!
//! A page goes in parts, each through all of that by itself: while the target is told of one, the next is claimed and noted, and the
//! one before is written down.

mod back;
mod foreseen;
mod send;
mod taking;
pub(crate) mod theirs;
mod unique;
mod way;
mod work;

pub(crate) use foreseen::Foreseen;
pub(crate) use unique::freed;
pub(crate) use way::Noted;
pub(crate) use work::{Pushed, Work};

use crate::{OpenFlow, SyncError, pull::Pulled, record};
use futures::{FutureExt, StreamExt, TryStreamExt, lock::Mutex, stream};
use jiff::Timestamp;
use lintel_cloud::store::OrgTable;
use lintel_connectors::transport::Deadline;
use lintel_domain::{
    ids::RunId,
    records::{Fields, RecordKey},
    sync::{Counts, Link, LinkState, Withheld},
};
use send::Sent;
use std::collections::BTreeMap;
use taking::Taking;
use theirs::Theirs;
use way::{Came, Meeting, OnItsWay, Place};
use work::chunks;

/// Parts of a page, and batches of a part, on their way at once. The call budget decides how many that really are.
const TOGETHER: usize = 8;
/// Records that are worth a round of rows of their own.
const PART: usize = 100;

/// One page's way to the target.
pub(crate) struct Push<'a> {
    pub(crate) open: &'a OpenFlow,
    pub(crate) table: &'a OrgTable,
    pub(crate) run: &'a RunId,
    pub(crate) now: Timestamp,
    pub(crate) deadline: Deadline,
    pub(crate) reach: Reach,
    taking: Taking,
    /// Parts claim and note one at a time, in their order: the first is on its way as early as can be, and the next while the target
    /// answers.
    turn: Mutex<()>,
}

/// Which sides are written, where the flow goes both ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    Both,
    /// The source does not have the records any more.
    Target,
}

/// What is left of a part when everything that could be done by itself is written down.
#[derive(Default)]
struct Left {
    counts: Counts,
    /// They go without a value that another record of the page may have let go of by now.
    waiting: Vec<(OnItsWay, Came)>,
    /// Each with the target's record that has what only one may have.
    obstructed: Vec<(OnItsWay, String)>,
}

/// Where a record is that is not listed under its id.
enum Moved {
    Here(Place, Theirs),
    IntoAnothers,
    Nowhere,
}

impl<'a> Push<'a> {
    pub(crate) fn of(
        open: &'a OpenFlow,
        table: &'a OrgTable,
        run: &'a RunId,
        reach: Reach,
        now: Timestamp,
        deadline: Deadline,
    ) -> Self {
        Self { open, table, run, now, deadline, reach, taking: Taking::default(), turn: Mutex::default() }
    }
}

impl Push<'_> {
    /// Brings everything to the target and writes down what became of it.
    pub(crate) async fn all(&self, work: Work) -> Result<Counts, SyncError> {
        let counts = self.parts(work).await;
        self.let_go().await?;
        counts
    }

    async fn parts(&self, work: Work) -> Result<Counts, SyncError> {
        let batch = self.open.target.batch_size(self.open.writing.stream()).max(1);
        let parts = work.parts(batch * PART.div_ceil(batch));
        let parts: Vec<_> = parts.into_iter().map(|part| self.part(part).boxed()).collect();
        let parts: Vec<Left> = stream::iter(parts).buffered(TOGETHER).try_collect().await?;
        let mut left = Left::default();
        for part in parts {
            left.counts += part.counts;
            left.waiting.extend(part.waiting);
            left.obstructed.extend(part.obstructed);
        }
        left.waiting.extend(self.clear(left.obstructed).await?);
        let late = self.catch_up(left.waiting).await?;
        left.counts += self.write_down(late).await?;
        Ok(left.counts)
    }

    async fn part(&self, work: Work) -> Result<Left, SyncError> {
        let (mut pushed, mut ways) = self.changed(work.changed).await?;
        for way in &mut ways {
            way.merged.to_target.extend(work.also.clone());
        }
        ways.extend(self.begun(work.begun).await?);
        ways.extend(self.met(work.met).await?);
        ways.extend(work.new.into_iter().map(|(record, was)| self.new_one(record, was)));
        let Sent { done, obstructed } = self.bring(ways).await?;
        let (waiting, done): (Vec<_>, Vec<_>) = done.into_iter().partition(|(way, came)| waits(way, came));
        pushed.extend(done.into_iter().map(|(way, came)| way.pushed(came)));
        Ok(Left { counts: self.write_down(pushed).await?, waiting, obstructed })
    }

    async fn write_down(&self, pushed: Vec<Pushed>) -> Result<Counts, SyncError> {
        let pushed = match self.reach {
            Reach::Both => pushed,
            Reach::Target => pushed.into_iter().map(Pushed::over).collect(),
        };
        record::pushed(self.open, self.table, self.run, pushed, self.now).await
    }

    fn new_one(&self, record: Pulled, was: Option<Link>) -> OnItsWay {
        self.way(Meeting { record, was, place: Place::New, theirs: Theirs::default(), base: None })
    }

    fn way(&self, meeting: Meeting) -> OnItsWay {
        let mut way = OnItsWay::of(self.open, meeting, self.now);
        if self.reach == Reach::Target {
            way.leave_source();
        }
        way
    }

    /// Pairs that are to be in step from now on. What is not there any more is as good as new.
    async fn met(&self, records: Vec<(Pulled, String)>) -> Result<Vec<OnItsWay>, SyncError> {
        if records.is_empty() {
            return Ok(Vec::new());
        }
        let kept: Vec<_> = records.iter().map(|(record, id)| self.keep(id, &record.key).boxed()).collect();
        let kept: Vec<RecordKey> = stream::iter(kept).buffered(TOGETHER).try_collect().await?;
        let ids: Vec<String> = records
            .iter()
            .zip(kept)
            .filter(|((one, _), kept)| one.key == *kept)
            .map(|((_, id), _)| id.clone())
            .collect();
        self.paired(records, &ids).await
    }

    /// Each with the target's record of its id, if that is among these, there, and nobody else's; what it is not is as good as new.
    async fn paired(&self, records: Vec<(Pulled, String)>, ids: &[String]) -> Result<Vec<OnItsWay>, SyncError> {
        let mut read = theirs::read(self.open, ids, self.deadline).await?;
        let one = |(record, id): (Pulled, String)| match read.remove(&id) {
            Some(theirs) if !self.is_anothers(&record.key, &theirs) => {
                let place = if theirs.owner.is_some() { Place::At(id) } else { Place::TakenOver(id) };
                self.way(Meeting { record, was: None, place, theirs, base: None })
            }
            _ => self.new_one(record, None),
        };
        Ok(records.into_iter().map(one).collect())
    }

    /// Records that may have been made: looked for by our key. What was about to take over the record it was made for goes on with that.
    async fn begun(&self, records: Vec<(Pulled, Link)>) -> Result<Vec<OnItsWay>, SyncError> {
        if records.is_empty() {
            return Ok(Vec::new());
        }
        let keys: Vec<RecordKey> = records.iter().map(|(record, _)| record.key.clone()).collect();
        let mut found = theirs::find(self.open, &keys, self.deadline).await?;
        let (mut ways, mut met) = (Vec::with_capacity(records.len()), Vec::new());
        for (record, link) in records {
            let counterpart = record.counterpart.as_ref().map(|counterpart| counterpart.id().to_owned());
            match (found.remove(&record.key), counterpart) {
                (Some((id, theirs)), _) => ways.push(self.at(record, link, Place::At(id), theirs)),
                (None, Some(id)) => met.push((record, id)),
                (None, None) => ways.push(self.new_one(record, Some(link))),
            }
        }
        ways.extend(self.met(met).await?);
        Ok(ways)
    }

    /// A record and its link, with what the target has of it.
    fn at(&self, record: Pulled, link: Link, place: Place, theirs: Theirs) -> OnItsWay {
        let base = link.base_beside(&self.open.mapped, &theirs.fields);
        self.way(Meeting { record, was: Some(link), place, theirs, base })
    }

    /// Records that are linked: those that are not there any more are done with, the others are on their way.
    async fn changed(&self, records: Vec<(Pulled, Link, String)>) -> Result<(Vec<Pushed>, Vec<OnItsWay>), SyncError> {
        let size = self.open.target.batch_size(self.open.writing.stream());
        let reads: Vec<_> = chunks(records, size).into_iter().map(|batch| self.read_batch(batch).boxed()).collect();
        let read: Vec<(Vec<Pushed>, Vec<OnItsWay>)> = stream::iter(reads).buffered(TOGETHER).try_collect().await?;
        let (mut pushed, mut ways) = (Vec::new(), Vec::new());
        for (gone, there) in read {
            pushed.extend(gone);
            ways.extend(there);
        }
        Ok((pushed, ways))
    }

    async fn read_batch(&self, batch: Vec<(Pulled, Link, String)>) -> Result<(Vec<Pushed>, Vec<OnItsWay>), SyncError> {
        let ids: Vec<String> = batch.iter().map(|(_, _, id)| id.clone()).collect();
        let mut read = theirs::read(self.open, &ids, self.deadline).await?;
        let (mut gone, mut there) = (Vec::new(), Vec::new());
        for (record, link, id) in batch {
            match read.remove(&id) {
                Some(theirs) if self.is_anothers(&record.key, &theirs) => {
                    gone.push(self.gone(record, link, "merged", "its record belongs to another one").await?);
                }
                Some(theirs) => there.push(self.at(record, link, Place::At(id), theirs)),
                None => match self.moved(&record.key, &id).await? {
                    Moved::IntoAnothers => {
                        let reason = format!("record {id} was merged into another one's");
                        gone.push(self.gone(record, link, "merged", &reason).await?);
                    }
                    Moved::Here(place, theirs) => there.push(self.at(record, link, place, theirs)),
                    Moved::Nowhere => {
                        let reason = format!("record {id} was removed at the target; it is not made again");
                        gone.push(self.gone(record, link, "target-gone", &reason).await?);
                    }
                },
            }
        }
        Ok((gone, there))
    }

    /// Whether the target's record stands under another key. What is written onto another flow's record bears that one's.
    fn is_anothers(&self, key: &RecordKey, theirs: &Theirs) -> bool {
        let owner = theirs.owner.as_ref().filter(|_| self.open.flow.onto.is_none());
        owner.is_some_and(|owner| *owner != self.open.identity(key))
    }

    /// Where a record that is not listed under its id is now: it may have been merged into another.
    async fn moved(&self, key: &RecordKey, id: &str) -> Result<Moved, SyncError> {
        let Some(winner) = theirs::follow(self.open, id, self.deadline).await? else { return Ok(Moved::Nowhere) };
        // Somebody else's record may have been merged into the same one.
        let is_kept = self.open.flow.onto.is_some() || self.keep(&winner, key).await? == *key;
        let theirs = theirs::read(self.open, std::slice::from_ref(&winner), self.deadline).await?.remove(&winner);
        Ok(match theirs {
            None => Moved::Nowhere,
            Some(theirs) if !is_kept || self.is_anothers(key, &theirs) => Moved::IntoAnothers,
            Some(theirs) => {
                let ours = theirs.owner.is_some() || self.open.flow.onto.is_some();
                Moved::Here(if ours { Place::At(winner) } else { Place::TakenOver(winner) }, theirs)
            }
        })
    }

    /// Somebody took the record away at the target.
    async fn gone(&self, record: Pulled, was: Link, code: &'static str, reason: &str) -> Result<Pushed, SyncError> {
        unique::release(self.open, self.table, &record.key, &was.base.target, &Fields::default()).await?;
        let link = Link {
            state: LinkState::TargetGone,
            seen: record.seen(),
            conflicts: BTreeMap::new(),
            withheld: BTreeMap::new(),
            intent: None,
            ..was.clone()
        };
        Ok(Pushed { problem: Some((code, reason.to_owned())), ..Pushed::untold(Some(was), link) })
    }

    /// Claims, writes down what is about to be done, and does it.
    async fn bring(&self, mut ways: Vec<OnItsWay>) -> Result<Sent, SyncError> {
        let turn = self.turn.lock().await;
        unique::settle(self.open, self.table, &mut ways, self.now, self.deadline).await?;
        let (mut ways, quiet): (Vec<_>, Vec<_>) = ways.into_iter().partition(|way| way.outgoing(self.open).is_some());
        self.note(&ways).await?;
        drop(turn);
        for way in &mut ways {
            way.noted = Noted::Yes;
        }
        let Sent { mut done, obstructed } = self.send(ways).await?;
        done.extend(quiet.into_iter().map(|way| (way, Came::Nothing)));
        self.follow_up(&mut done).await?;
        Ok(Sent { done, obstructed })
    }

    /// Brings what something of the target's own is in the way of. One after the other: two may find the same record in their way.
    async fn clear(&self, obstructed: Vec<(OnItsWay, String)>) -> Result<Vec<(OnItsWay, Came)>, SyncError> {
        let mut done = Vec::new();
        for (way, other) in obstructed {
            done.push(self.take_over(way, other).await?);
        }
        self.follow_up(&mut done).await?;
        Ok(done)
    }

    /// Lets go of values that are free now, and tells the source what it is to take.
    async fn follow_up(&self, brought: &mut [(OnItsWay, Came)]) -> Result<(), SyncError> {
        for (way, came) in &*brought {
            unique::give_up(self.open, self.table, way).await?;
            if matches!(came, Came::Written { .. }) {
                let after = &way.merged.base.target;
                let changed: Vec<&'static str> = way.merged.to_target.keys().copied().collect();
                let before = way.theirs.only(&changed);
                unique::release(self.open, self.table, &way.record.key, &before, after).await?;
            }
        }
        self.take_back(brought).await
    }

    /// Writes down what is about to be done.
    async fn note(&self, ways: &[OnItsWay]) -> Result<(), SyncError> {
        let begun: Vec<Link> = ways.iter().map(OnItsWay::begun).collect();
        Ok(self.table.save_links(&self.open.id, &begun).await?)
    }

    /// A value that another record of the page let go of is written after all: two that swapped theirs.
    async fn catch_up(&self, brought: Vec<(OnItsWay, Came)>) -> Result<Vec<Pushed>, SyncError> {
        let (waiting, done): (Vec<_>, Vec<_>) = brought.into_iter().partition(|(way, came)| waits(way, came));
        let mut pushed: Vec<Pushed> = done.into_iter().map(|(way, came)| way.pushed(came)).collect();
        let records: Vec<Pulled> = waiting.iter().map(|(way, _)| way.record.clone()).collect();
        let first: Vec<Pushed> = waiting.into_iter().map(|(way, came)| way.pushed(came)).collect();
        let links = first.iter().map(|one| (one.link.key.clone(), one.link.clone())).collect();
        let freed = unique::freed(self.open, self.table, &records, &links, self.now).await?;
        let (again, rest): (Vec<_>, Vec<_>) = first.into_iter().partition(|one| freed.contains(&one.link.key));
        pushed.extend(rest);
        if again.is_empty() {
            return Ok(pushed);
        }
        let mut records: BTreeMap<RecordKey, Pulled> = records.into_iter().map(|one| (one.key.clone(), one)).collect();
        let (mut ways, mut first) = (Vec::new(), BTreeMap::new());
        for one in again {
            if let (Some(record), Some(id)) = (records.remove(&one.link.key), one.link.target.clone()) {
                let mut fields = one.before.clone();
                for name in one.changes.keys().copied() {
                    fields.set(name, one.link.base.target.get(name).cloned());
                }
                let theirs = Theirs { fields, ..Theirs::default() };
                ways.push(self.at(record, one.link.clone(), Place::At(id), theirs));
            }
            first.insert(one.link.key.clone(), one);
        }
        let Sent { mut done, obstructed } = self.bring(ways).await?;
        done.extend(self.clear(obstructed).await?);
        for (way, came) in done {
            let second = way.pushed(came);
            match first.remove(&second.link.key) {
                Some(one) => pushed.push(one.and(second)),
                None => pushed.push(second),
            }
        }
        pushed.extend(first.into_values());
        Ok(pushed)
    }
}

/// Whether a record goes without a value that it may yet have.
fn waits(way: &OnItsWay, came: &Came) -> bool {
    let claimed = way.withheld.values().any(|(why, _)| *why == Withheld::Claimed);
    claimed && !matches!(came, Came::Refused { .. })
}
