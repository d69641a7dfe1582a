//! Calls about one record, and the list (section 3).

use super::{
    State,
    objects::{Key, Kind},
    records::{Record, passed},
    replies::{Refusal, Replied, Reply},
    routes::Call,
};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::{collections::HashSet, time::Duration};

/// How long what was archived can be restored and listed.
pub(super) const RESTORABLE: Duration = Duration::from_hours(90 * 24);

const LARGEST_PAGE: usize = 100;

pub(super) fn create(state: &mut State, kind: Kind, call: &Call<'_>) -> Replied {
    let mut plan = state.plan(kind, None, &call.body["properties"], call.version)?;
    plan.links = state.links_of(kind, &call.body["associations"])?;
    let written = plan.written.clone();
    if let Some(collision) = state.collision(kind, &plan, &HashSet::new()) {
        return Err(state.conflict(kind, &collision));
    }
    let id = state.commit(kind, plan, call.origin, call.now);
    Ok(Reply::json(201, state.written(kind, id, &written)))
}

pub(super) fn read(state: &State, kind: Kind, name: &str, call: &Call<'_>) -> Replied {
    let object = state.object(kind);
    let key = object.key(call.query("idProperty"), "read")?;
    let id = single(state, kind, key, name).ok_or_else(Refusal::no_object)?;
    let record = object.records.get(&id).ok_or_else(Refusal::no_object)?;
    if !shows(record, call) {
        return Err(Refusal::no_object());
    }
    let mut shown =
        object.read_json(state.settings.portal_id, id, record, record.now(), &object.shown(call.listed("properties")));
    if let (Some(links), Some(map)) = (state.shown_links(kind, id, call)?, shown.as_object_mut()) {
        map.insert("associations".to_owned(), links);
    }
    Ok(Reply::json(200, shown))
}

pub(super) fn update(state: &mut State, kind: Kind, name: &str, call: &Call<'_>) -> Replied {
    let key = state.object(kind).key(call.query("idProperty"), "update")?;
    let id = single(state, kind, key, name).filter(|id| state.object(kind).live(*id).is_some());
    let id = id.ok_or_else(Refusal::no_object)?;
    let plan = state.plan(kind, Some(id), &call.body["properties"], call.version)?;
    if let Some(collision) = state.collision(kind, &plan, &HashSet::new()) {
        return Err(state.conflict(kind, &collision));
    }
    let written = plan.written.clone();
    state.commit(kind, plan, call.origin, call.now);
    Ok(Reply::json(200, state.written(kind, id, &written)))
}

/// Archives. Doing it again changes nothing.
pub(super) fn archive(state: &mut State, kind: Kind, name: &str, call: &Call<'_>) -> Replied {
    let id = single(state, kind, Key::Id, name).ok_or_else(Refusal::no_object)?;
    state.archive(kind, id, call.origin, call.now);
    Ok(Reply::nothing())
}

pub(super) fn merge(state: &mut State, kind: Kind, call: &Call<'_>) -> Replied {
    let id = |key: &str| id_text(&call.body[key]).and_then(|text| text.parse::<u64>().ok());
    let (Some(winner), Some(loser)) = (id("primaryObjectId"), id("objectIdToMerge")) else {
        return Err(Refusal::unreadable("primaryObjectId and objectIdToMerge are needed"));
    };
    state.merge(kind, winner, loser, call.origin, call.now)?;
    let record = state.object(kind).live(winner).ok_or_else(Refusal::no_object)?;
    let object = state.object(kind);
    let shown = object.read_json(state.settings.portal_id, winner, record, record.now(), &object.shown([]));
    Ok(Reply::json(200, shown))
}

pub(super) fn list(state: &State, kind: Kind, call: &Call<'_>) -> Replied {
    let limit = call.limit(10, LARGEST_PAGE)?.min(state.settings.largest_page);
    let after = match call.query("after") {
        None => 0,
        Some(text) => text.parse::<u64>().map_err(|_| Refusal::invalid("after is not a cursor of this list"))?,
    };
    let object = state.object(kind);
    let places = object.shown(call.listed("properties"));
    let mut page = object.records.range(after + 1..).filter(|(_, record)| shows(record, call));
    let mut results = Vec::new();
    let mut last = after;
    for (id, record) in page.by_ref().take(limit) {
        let mut shown = object.read_json(state.settings.portal_id, *id, record, record.now(), &places);
        if let (Some(links), Some(map)) = (state.shown_links(kind, *id, call)?, shown.as_object_mut()) {
            map.insert("associations".to_owned(), links);
        }
        results.push(shown);
        last = *id;
    }
    let mut body = json!({ "results": results });
    if let (Some(_), Some(map)) = (page.next(), body.as_object_mut()) {
        map.insert("paging".to_owned(), json!({ "next": { "after": last.to_string() } }));
    }
    Ok(Reply::json(200, body))
}

/// Ids come as text, and now and then as numbers.
pub(super) fn id_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The record a single call means: merged-away ids lead to the winner.
fn single(state: &State, kind: Kind, key: Key, name: &str) -> Option<u64> {
    let object = state.object(kind);
    match key {
        Key::Id => name.parse().ok().map(|id| object.follow(id)).filter(|id| object.records.contains_key(id)),
        Key::Property(_) => object.find(key, name),
    }
}

/// Archived records are shown only to who asks for them, and not for ever.
fn shows(record: &Record, call: &Call<'_>) -> bool {
    match record.archived {
        None => call.query("archived") != Some("true"),
        Some(at) => call.query("archived") == Some("true") && !passed(at, RESTORABLE, call.now),
    }
}

impl State {
    pub(super) fn written(&self, kind: Kind, id: u64, written: &[usize]) -> Value {
        let object = self.object(kind);
        let record = object.records.get(&id);
        record.map_or(Value::Null, |record| object.written_json(self.settings.portal_id, id, record, written))
    }

    /// Does not touch the time of the last change (section 3).
    pub(super) fn archive(&mut self, kind: Kind, id: u64, origin: super::records::Origin, now: Timestamp) {
        if self.object(kind).live(id).is_none() {
            return;
        }
        let object = self.object_mut(kind);
        object.release(id);
        if let Some(record) = object.records.get_mut(&id) {
            record.archived = Some(now);
        }
        self.tell_of_end(kind, id, origin, now);
    }

    /// The loser's values fill the winner's gaps, its addresses become secondary ones, its associations move over.
    pub(super) fn merge(
        &mut self,
        kind: Kind,
        winner: u64,
        loser: u64,
        origin: super::records::Origin,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let object = self.object(kind);
        let (Some(kept), Some(lost)) = (object.live(winner), object.live(loser)) else {
            return Err(Refusal::no_object());
        };
        if winner == loser {
            return Err(Refusal::invalid("A record cannot be merged with itself"));
        }
        let mut values = kept.values.clone();
        for (place, value) in lost.values.iter().filter(|(place, _)| kept.values.get(*place).is_none()) {
            values.set(place, Some(value));
        }
        if let (Some(email), Some(more)) =
            (object.properties.place("email"), object.properties.place("hs_additional_emails"))
        {
            let both = [kept, lost].into_iter().flat_map(|one| [one.values.get(email), one.values.get(more)]);
            let mut all: Vec<&str> = both.flatten().flat_map(|list| list.split(';')).collect();
            all.retain(|one| values.get(email) != Some(*one));
            all.dedup();
            let all = all.join(";");
            values.set(more, (!all.is_empty()).then_some(all.as_str()));
        }
        let lag = self.settings.search_lag;
        let object = self.object_mut(kind);
        object.release(winner);
        object.release(loser);
        object.records.remove(&loser);
        object.merged.insert(loser, winner);
        if let Some(record) = object.records.get_mut(&winner) {
            record.replace(values, now, lag);
        }
        object.claim(winner);
        self.links.move_all((kind, loser), (kind, winner));
        self.tell_of_merge(kind, winner, loser, origin, now);
        Ok(())
    }
}
