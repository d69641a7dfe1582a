//! Values that only one record of the target may have: who has claimed one, and who has to go without.

use super::{theirs, way::OnItsWay};
use crate::{OpenFlow, SyncError, pull::Pulled};
use jiff::{SignedDuration, Timestamp};
use lintel_cloud::store::{Claimant, OrgTable};
use lintel_connectors::{mapping::Mapping, records::RecordClient, transport::Deadline};
use lintel_domain::{
    records::{Fields, RecordKey},
    sync::{Base, Link, LinkState, Withheld},
};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// A claim younger than this may be of somebody who is on the way to write it.
const ON_THE_WAY: SignedDuration = SignedDuration::from_hours(1);

/// Canonical fields of which the target lets only one record have a value.
pub(super) fn fields(open: &OpenFlow) -> Vec<&'static str> {
    let unique = of(&open.target, &open.writing);
    open.names().into_iter().filter(|name| unique.contains(name)).collect()
}

/// The same of either end, whether the flow maps them or not.
pub(super) fn of(end: &RecordClient, mapping: &Mapping) -> Vec<&'static str> {
    let Some(stream) = end.manifest().streams.get(mapping.stream()) else { return Vec::new() };
    let unique = stream.write.as_ref().map(|write| write.unique.as_slice()).unwrap_or_default();
    let is_unique =
        |name: &&'static str| mapping.vendor_field(name).is_some_and(|field| unique.iter().any(|one| one == field));
    mapping.written().map(|(name, _)| name).filter(is_unique).collect()
}

/// A value as its claim is stored. Hashed: it is personal.
fn claim(field: &str, value: &Value) -> Option<String> {
    let digest = Sha256::digest(format!("{field}={}", value.as_str()?));
    Some(hex::encode(digest.get(..16).unwrap_or(&digest)))
}

/// What the records are to be written with, by claim. Of two with the same value the first wins.
fn wanted(names: &[&'static str], ways: &[OnItsWay]) -> BTreeMap<String, RecordKey> {
    let mut wanted = BTreeMap::new();
    for way in ways {
        for name in names {
            if let Some(Some(value)) = way.merged.to_target.get(name)
                && let Some(claim) = claim(name, value)
            {
                wanted.entry(claim).or_insert_with(|| way.record.key.clone());
            }
        }
    }
    wanted
}

/// Claims what the records are to be written with. A record whose value another one has goes without.
pub(super) async fn settle(
    open: &OpenFlow,
    table: &OrgTable,
    ways: &mut [OnItsWay],
    now: Timestamp,
    deadline: Deadline,
) -> Result<(), SyncError> {
    let names = fields(open);
    let wanted = wanted(&names, ways);
    if wanted.is_empty() {
        return Ok(());
    }
    let mut holders = table.claim_values(&open.id, &wanted, now).await?;
    let contested = contested(&holders, &wanted);
    for value in free_again(open, table, &contested, now, deadline).await? {
        if let (Some(from), Some(to)) = (contested.get(&value), wanted.get(&value))
            && table.hand_claim_over(&open.id, &value, &from.record, to, now).await?
        {
            holders.insert(value, Claimant { record: to.clone(), at: now });
        }
    }
    let holders = holders.into_iter().map(|(value, holder)| (value, holder.record)).collect();
    go_without(&names, ways, &holders);
    Ok(())
}

/// The same without a claim, for a plan. `claimed` are the values that its records would have so far.
pub(super) async fn foresee(
    open: &OpenFlow,
    table: &OrgTable,
    ways: &mut [OnItsWay],
    claimed: &mut BTreeMap<String, RecordKey>,
    now: Timestamp,
    deadline: Deadline,
) -> Result<(), SyncError> {
    let names = fields(open);
    let wanted = wanted(&names, ways);
    if wanted.is_empty() {
        return Ok(());
    }
    let values: Vec<String> = wanted.keys().cloned().collect();
    let holders = table.claims(&open.id, &values).await?;
    let mut contested = contested(&holders, &wanted);
    for value in free_again(open, table, &contested, now, deadline).await? {
        contested.remove(&value);
    }
    for (value, key) in wanted {
        let holder = contested.remove(&value).map_or(key, |holder| holder.record);
        claimed.entry(value).or_insert(holder);
    }
    go_without(&names, ways, claimed);
    Ok(())
}

/// Of wanted values those that another record has claimed.
fn contested(holders: &BTreeMap<String, Claimant>, wanted: &BTreeMap<String, RecordKey>) -> BTreeMap<String, Claimant> {
    let is_anothers =
        |(value, holder): &(&String, &Claimant)| wanted.get(*value).is_some_and(|key| *key != holder.record);
    holders.iter().filter(is_anothers).map(|(value, holder)| (value.clone(), holder.clone())).collect()
}

/// Values go to the records that hold them; the others go without.
fn go_without(names: &[&'static str], ways: &mut [OnItsWay], holders: &BTreeMap<String, RecordKey>) {
    for way in ways {
        for name in names.iter().copied() {
            let Some(Some(value)) = way.merged.to_target.get(name) else { continue };
            let holder = claim(name, value).and_then(|claim| holders.get(&claim));
            if holder.is_some_and(|holder| *holder != way.record.key) {
                // Of several that want what none of them gets, whoever tries at the moment does not show in the others.
                let same = way.was.as_ref().filter(|link| link.seen == way.record.seen());
                let was = same.and_then(|link| link.withheld.get(name)).copied();
                let why = was.filter(|why| is_nobodys(*why)).unwrap_or(Withheld::Claimed);
                way.withhold(name, why, "another record has it".to_owned());
            }
        }
    }
}

/// Of contested values those that whoever claimed them does not have any more.
async fn free_again(
    open: &OpenFlow,
    table: &OrgTable,
    contested: &BTreeMap<String, Claimant>,
    now: Timestamp,
    deadline: Deadline,
) -> Result<BTreeSet<String>, SyncError> {
    let Contested { mut free, unsure } = contest(open, table, contested, now).await?;
    free.extend(left_behind(open, unsure, deadline).await?);
    Ok(free)
}

/// What the links of those who claimed them tell of values that others want.
#[derive(Default)]
struct Contested {
    /// The record does not want them any more.
    free: BTreeSet<String>,
    /// The record had them when it last went through. It has not since, so the target alone knows.
    unsure: BTreeMap<String, RecordKey>,
}

async fn contest(
    open: &OpenFlow,
    table: &OrgTable,
    claims: &BTreeMap<String, Claimant>,
    now: Timestamp,
) -> Result<Contested, SyncError> {
    let old = claims.iter().filter(|(_, holder)| now.duration_since(holder.at) > ON_THE_WAY);
    let old: Vec<(&String, &RecordKey)> = old.map(|(value, holder)| (value, &holder.record)).collect();
    let keys: BTreeSet<&RecordKey> = old.iter().map(|(_, key)| *key).collect();
    let keys: Vec<RecordKey> = keys.into_iter().cloned().collect();
    let links = table.links(&open.id, open.entity(), &keys).await?;
    let names = fields(open);
    let mut contested = Contested::default();
    for (value, key) in old {
        match links.get(key).filter(|link| wants(&names, link, value)) {
            None => drop(contested.free.insert(value.clone())),
            Some(link) if stood_still(link) => drop(contested.unsure.insert(value.clone(), key.clone())),
            Some(_) => {}
        }
    }
    Ok(contested)
}

/// Of values whose records stood still, those that the target's records do not have any more: a person changed them there.
async fn left_behind(
    open: &OpenFlow,
    unsure: BTreeMap<String, RecordKey>,
    deadline: Deadline,
) -> Result<BTreeSet<String>, SyncError> {
    if unsure.is_empty() {
        return Ok(BTreeSet::new());
    }
    let keys: BTreeSet<RecordKey> = unsure.values().cloned().collect();
    let found = theirs::find(open, &keys.into_iter().collect::<Vec<_>>(), deadline).await?;
    let names = fields(open);
    let has = |key: &RecordKey, value: &str| {
        found.get(key).is_some_and(|(_, theirs)| names.iter().any(|name| is_it(name, theirs.fields.get(name), value)))
    };
    Ok(unsure.into_iter().filter(|(value, key)| !has(key, value)).map(|(value, _)| value).collect())
}

fn is_it(name: &str, one: Option<&Value>, value: &str) -> bool {
    one.and_then(|one| claim(name, one)).is_some_and(|one| one == value)
}

/// Whether a record is not compared with the target's for as long as it stays as it is, or its base is not brought up to date then.
fn stood_still(link: &Link) -> bool {
    matches!(link.state, LinkState::Quarantined | LinkState::Refused)
}

/// Whether a record still has, or is to have, a value, as far as its link tells. What both sides of a conflict have left behind is
/// nobody's, though the base remembers it; what the source said before it said something unusable is nobody's either.
fn wants(names: &[&'static str], link: &Link, value: &str) -> bool {
    let gone = matches!(link.state, LinkState::SourceGone | LinkState::TargetGone);
    let says = |name: &str, source: Option<&Value>, target: Option<&Value>| {
        let source = source.filter(|_| !stood_still(link));
        is_it(name, source, value) || is_it(name, target, value)
    };
    let has = |name: &&'static str| {
        let in_base = |base: &Base| says(name, base.source.get(name), base.target.get(name));
        let stands = match link.conflicts.get(*name) {
            Some(conflict) => says(name, conflict.source.as_ref(), conflict.target.as_ref()),
            None => in_base(&link.base),
        };
        stands || link.intent.as_ref().is_some_and(|intent| in_base(&intent.base))
    };
    !gone && names.iter().any(has)
}

/// Of records that go without a value another one had: those that may have it now.
pub(crate) async fn freed(
    open: &OpenFlow,
    table: &OrgTable,
    records: &[Pulled],
    links: &BTreeMap<RecordKey, Link>,
    now: Timestamp,
) -> Result<BTreeSet<RecordKey>, SyncError> {
    let mut waiting: BTreeMap<String, Vec<&RecordKey>> = BTreeMap::new();
    for record in records {
        let withheld = links.get(&record.key).into_iter().flat_map(|link| &link.withheld);
        for (name, _) in withheld.filter(|(_, why)| **why == Withheld::Claimed) {
            if let Some(value) = record.fields.get(name).and_then(|value| claim(name, value)) {
                waiting.entry(value).or_default().push(&record.key);
            }
        }
    }
    if waiting.is_empty() {
        return Ok(BTreeSet::new());
    }
    let values: Vec<String> = waiting.keys().cloned().collect();
    let holders = table.claims(&open.id, &values).await?;
    let Contested { free, .. } = contest(open, table, &holders, now).await?;
    let may = |value: &String, key: &RecordKey| {
        free.contains(value) || holders.get(value).is_none_or(|holder| holder.record == *key)
    };
    let freed = waiting.iter().flat_map(|(value, keys)| keys.iter().filter(|key| may(value, key)).copied());
    Ok(freed.cloned().collect())
}

/// Whether the target gives a value to none of the flow's records: one of its own has it, or it does not take it.
fn is_nobodys(why: Withheld) -> bool {
    matches!(why, Withheld::Taken | Withheld::Unfit)
}

/// Lets go of what a record claimed and the target did not give it.
pub(super) async fn give_up(open: &OpenFlow, table: &OrgTable, way: &OnItsWay) -> Result<(), SyncError> {
    for (name, _) in way.withheld.iter().filter(|(_, (why, _))| is_nobodys(*why)) {
        if let Some(value) = way.record.fields.get(name).and_then(|value| claim(name, value)) {
            table.release_claim(&open.id, &value, &way.record.key).await?;
        }
    }
    Ok(())
}

/// Lets go of what a record had before, or of all it has when nothing is left of it at the target.
pub(super) async fn release(
    open: &OpenFlow,
    table: &OrgTable,
    key: &RecordKey,
    before: &Fields,
    after: &Fields,
) -> Result<(), SyncError> {
    for name in fields(open) {
        let Some(old) = before.get(name).filter(|old| after.get(name) != Some(*old)) else { continue };
        if let Some(value) = claim(name, old) {
            table.release_claim(&open.id, &value, key).await?;
        }
    }
    Ok(())
}
