//! Records: listing in pages, writing up to ten at once, all or none (section 2).

use super::{
    Record, State,
    changes::{Change, Source},
    columns::{Cells, KeyedBy, Typecast},
    refusals, stamp,
};
use crate::answer::{Answer, Answered, Ask};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const LARGEST_BATCH: usize = 10;

/// What happens to cells a write does not name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Others {
    Kept,
    Cleared,
}

/// One record of a batch, checked.
struct Planned {
    /// `None` creates.
    id: Option<String>,
    cells: Cells,
}

impl State {
    /// `/v0/{base}/{table}` and what is under it.
    pub(super) fn record_route(&mut self, ask: &Ask, rest: &[&str]) -> Answered {
        match (ask.method.as_str(), rest) {
            ("GET", []) => self.list(&super::listing::Wanted::from_query(ask), ask.now),
            ("POST", ["listRecords"]) => self.list(&super::listing::Wanted::from_body(&super::parsed(ask)?), ask.now),
            ("POST", []) => self.create(&super::parsed(ask)?, ask.now),
            ("PATCH", []) => self.update(&super::parsed(ask)?, Others::Kept, ask.now),
            ("PUT", []) => self.update(&super::parsed(ask)?, Others::Cleared, ask.now),
            ("DELETE", []) => {
                let ids = ask.query.iter().filter(|(key, _)| key == "records[]").map(|(_, id)| id.clone()).collect();
                self.delete(ids, ask.now)
            }
            ("GET", [id]) => {
                let keyed = keyed(ask.query("returnFieldsByFieldId") == Some("true"));
                let shown = self.shown(id, &[], keyed);
                Ok(Answer::json(200, shown.ok_or_else(refusals::not_found)?))
            }
            _ => Err(refusals::not_found()),
        }
    }

    /// A record as it is answered.
    pub(super) fn shown(&self, id: &str, wanted: &[&str], keyed: KeyedBy) -> Option<Value> {
        let record = self.records.get(id)?;
        let cells = self.columns.shown(&record.cells, wanted, keyed);
        Some(json!({ "id": id, "createdTime": stamp(record.created), "fields": cells }))
    }

    /// Puts cells into a record, which is made when it is not there; `null` empties a cell.
    pub(super) fn write(&mut self, id: &str, cells: Cells, now: Timestamp) -> Change {
        let known = self.records.contains_key(id);
        let record = self.records.entry(id.to_owned()).or_insert_with(|| Record { created: now, cells: Cells::new() });
        let before = record.cells.clone();
        for (name, value) in cells {
            if value.is_null() {
                record.cells.shift_remove(&name);
            } else {
                record.cells.insert(name, value);
            }
        }
        let (id, after) = (id.to_owned(), record.cells.clone());
        if known { Change::Updated { id, before, after } } else { Change::Created { id, at: now, cells: after } }
    }

    fn create(&mut self, body: &Value, now: Timestamp) -> Answered {
        let alone = body.get("records").is_none() && body["fields"].is_object();
        let records = if alone { vec![body.clone()] } else { batch(body)?.clone() };
        let mut planned = Vec::new();
        for record in &records {
            planned.push(Planned { id: None, cells: self.columns.stored(fields(record)?, typecast(body))? });
        }
        let (ids, _) = self.carry_out(planned, Others::Kept, now);
        let mut shown = self.all_shown(&ids, body);
        Ok(match shown.pop() {
            Some(only) if alone => Answer::json(200, only),
            last => {
                shown.extend(last);
                Answer::json(200, json!({ "records": shown }))
            }
        })
    }

    fn update(&mut self, body: &Value, others: Others, now: Timestamp) -> Answered {
        let upsert = body.get("performUpsert");
        let merge = match upsert {
            Some(upsert) => self.merge_fields(upsert)?,
            None => Vec::new(),
        };
        let (mut planned, mut keys, mut ids) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
        for record in batch(body)? {
            let cells = self.columns.stored(fields(record)?, typecast(body))?;
            let id = match (record["id"].as_str(), upsert) {
                (Some(id), _) if self.records.contains_key(id) => Some(id.to_owned()),
                (Some(id), _) => return Err(refusals::no_row(id)),
                (None, None) => return Err(refusals::missing("id")),
                (None, Some(_)) => {
                    let key: Vec<&Value> = merge_key(&merge, &cells)?;
                    if !keys.insert(json!(key).to_string()) {
                        return Err(refusals::invalid("Two records of the request have the same fields to merge on"));
                    }
                    self.matching(&merge, &key)?
                }
            };
            if id.as_ref().is_some_and(|id| !ids.insert(id.clone())) {
                return Err(refusals::invalid("A record stands twice in the request"));
            }
            planned.push(Planned { id, cells });
        }
        let (ids, created) = self.carry_out(planned, others, now);
        let mut answer = json!({ "records": self.all_shown(&ids, body) });
        if upsert.is_some() {
            let updated: Vec<&String> = ids.iter().filter(|id| !created.contains(id)).collect();
            answer["updatedRecords"] = json!(updated);
            answer["createdRecords"] = json!(created);
        }
        Ok(Answer::json(200, answer))
    }

    fn merge_fields(&self, upsert: &Value) -> Result<Vec<&'static str>, Answer> {
        let named: Vec<&str> =
            upsert["fieldsToMergeOn"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        if named.is_empty() || named.len() > 3 {
            return Err(refusals::invalid("fieldsToMergeOn must hold one to three fields"));
        }
        named.into_iter().map(|name| self.columns.mergeable(name)).collect()
    }

    /// The record an upsert means: none, or the only one.
    fn matching(&self, merge: &[&'static str], key: &[&Value]) -> Result<Option<String>, Answer> {
        let same = |cells: &Cells| {
            merge.iter().zip(key).all(|(name, value)| cells.get(*name).unwrap_or(&Value::Null) == *value)
        };
        let mut matches = self.records.iter().filter(|(_, record)| same(&record.cells)).map(|(id, _)| id.clone());
        let found = matches.next();
        if matches.next().is_some() {
            return Err(refusals::invalid("More than one record matches the fields to merge on"));
        }
        Ok(found)
    }

    /// Writes a checked batch as one transaction; answers with all ids in order, and with the created ones.
    fn carry_out(&mut self, planned: Vec<Planned>, others: Others, now: Timestamp) -> (Vec<String>, Vec<String>) {
        let (mut ids, mut created, mut changes) = (Vec::new(), Vec::new(), Vec::new());
        for Planned { id: known, mut cells } in planned {
            let id = known.clone().unwrap_or_else(|| self.new_id("rec"));
            match known.and_then(|id| self.records.get(&id)) {
                Some(record) if others == Others::Cleared => {
                    for name in record.cells.keys() {
                        cells.entry(name.clone()).or_insert(Value::Null);
                    }
                }
                Some(_) => {}
                None => created.push(id.clone()),
            }
            changes.push(self.write(&id, cells, now));
            ids.push(id);
        }
        self.tell(&changes, Source::PublicApi, now);
        (ids, created)
    }

    fn delete(&mut self, ids: Vec<String>, now: Timestamp) -> Answered {
        if ids.is_empty() || ids.len() > LARGEST_BATCH {
            return Err(refusals::invalid("records[] must hold one to ten ids"));
        }
        if let Some(missing) = ids.iter().find(|id| !self.records.contains_key(*id)) {
            return Err(refusals::no_row(missing));
        }
        let deleted: Vec<Value> = ids.iter().map(|id| json!({ "id": id, "deleted": true })).collect();
        self.records.retain(|id, _| !ids.contains(id));
        let changes: Vec<Change> = ids.into_iter().map(|id| Change::Destroyed { id }).collect();
        self.tell(&changes, Source::PublicApi, now);
        Ok(Answer::json(200, json!({ "records": deleted })))
    }

    fn all_shown(&self, ids: &[String], body: &Value) -> Vec<Value> {
        let keyed = keyed(body["returnFieldsByFieldId"] == json!(true));
        ids.iter().filter_map(|id| self.shown(id, &[], keyed)).collect()
    }
}

fn batch(body: &Value) -> Result<&Vec<Value>, Answer> {
    let records = body["records"].as_array().ok_or_else(|| refusals::missing("records"))?;
    if records.is_empty() || records.len() > LARGEST_BATCH {
        return Err(refusals::invalid("One to ten records may be written at once"));
    }
    Ok(records)
}

fn fields(record: &Value) -> Result<&Cells, Answer> {
    record["fields"].as_object().ok_or_else(|| refusals::missing("fields"))
}

/// The values an upsert compares, every one of which a record without an id has to carry.
fn merge_key<'a>(merge: &[&'static str], cells: &'a Cells) -> Result<Vec<&'a Value>, Answer> {
    let value = |name: &&'static str| {
        let lacking = || refusals::invalid(&format!("Record lacks the field \"{name}\" to merge on"));
        cells.get(*name).ok_or_else(lacking)
    };
    merge.iter().map(value).collect()
}

fn typecast(body: &Value) -> Typecast {
    if body["typecast"] == json!(true) { Typecast::On } else { Typecast::Off }
}

pub(super) fn keyed(by_id: bool) -> KeyedBy {
    if by_id { KeyedBy::FieldId } else { KeyedBy::Name }
}
