//! Airtable (airtable.md): records, upserts that are all or nothing, five requests a second and half a minute's penalty.

use crate::{
    answer::{Answer, Ask, Counters},
    faults::{FaultScript, Faults},
    front::Simulator,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The account's token in the sandbox.
pub const TOKEN: &str = "patSandbox00000001";
pub const BASE: &str = "appSandbox0000001";
pub const TABLE: &str = "Reservations";

/// The office's columns with their types.
const COLUMNS: [(&str, &str); 37] = [
    ("Reservation UID", "singleLineText"),
    ("Version", "number"),
    ("ICS URL", "singleLineText"),
    ("Property Name", "singleLineText"),
    ("Check-in Date", "date"),
    ("Check-out Date", "date"),
    ("Status", "singleSelect"),
    ("Entry Type", "singleSelect"),
    ("Service Type", "singleSelect"),
    ("Overlapping Dates", "checkbox"),
    ("Same-day Turnover", "checkbox"),
    ("Owner Arriving", "checkbox"),
    ("Long Term Guest", "checkbox"),
    ("Next Guest Date", "date"),
    ("iTrip Next Guest Date", "date"),
    ("Custom Service Time", "dateTime"),
    ("Custom Service Line Instructions", "multilineText"),
    ("Final Service Time", "formula"),
    ("Service Time", "dateTime"),
    ("Service Line Description", "singleLineText"),
    ("HCP Service Line Description", "singleLineText"),
    ("Service Job ID", "singleLineText"),
    ("Service Appointment ID", "singleLineText"),
    ("Job Creation Time", "dateTime"),
    ("Job Status", "singleSelect"),
    ("Assignee", "singleLineText"),
    ("On My Way Time", "dateTime"),
    ("Job Started Time", "dateTime"),
    ("Job Completed Time", "dateTime"),
    ("Scheduled Service Time", "dateTime"),
    ("Sync Status", "singleSelect"),
    ("Sync Date and Time", "lastModifiedTime"),
    ("Schedule Sync Details", "multilineText"),
    ("Service Sync Details", "multilineText"),
    ("Missing Count", "number"),
    ("Missing Since", "dateTime"),
    ("Last Updated", "dateTime"),
];

#[derive(Debug)]
pub struct OfficeTable {
    state: Mutex<State>,
    faults: Faults,
}

#[derive(Debug)]
struct State {
    rng: fastrand::Rng,
    records: BTreeMap<String, Map<String, Value>>,
    recent: VecDeque<Timestamp>,
    penalty_until: Option<Timestamp>,
    usage: Usage,
    /// Columns the operator has taken away.
    removed: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    pub calls: Counters,
    /// Calls that came above five a second.
    pub over_limit: u64,
}

impl OfficeTable {
    pub fn new(seed: u64) -> Self {
        let state = State {
            rng: fastrand::Rng::with_seed(seed),
            records: BTreeMap::new(),
            recent: VecDeque::new(),
            penalty_until: None,
            usage: Usage::default(),
            removed: Vec::new(),
        };
        Self { state: Mutex::new(state), faults: Faults::default() }
    }

    /// Puts a fault script in force, in place of the one before.
    pub fn load_faults(&self, script: FaultScript) {
        self.faults.load(script);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn usage(&self) -> Usage {
        self.lock().usage.clone()
    }

    /// Every record's cells.
    pub fn records(&self) -> Vec<Map<String, Value>> {
        self.lock().records.values().cloned().collect()
    }

    /// The operator deletes a column.
    pub fn remove_column(&self, name: &str) {
        self.lock().removed.push(name.to_owned());
    }

    fn answer(&self, ask: &Ask) -> Answer {
        let mut state = self.lock();
        let route = match ask.segments().as_slice() {
            ["v0", "meta", ..] => "/v0/meta/bases/{base}/tables",
            _ => "/v0/{base}/{table}",
        };
        *state.usage.calls.entry(format!("{} {route}", ask.method)).or_default() += 1;
        if ask.authorization() != format!("Bearer {TOKEN}") {
            return error(401, "AUTHENTICATION_REQUIRED", "Authentication required");
        }
        if let Some(answer) = state.over_limit(ask.now) {
            return answer;
        }
        match (ask.method.as_str(), ask.segments().as_slice()) {
            ("GET", ["v0", "meta", "bases", BASE, "tables"]) => state.schema(),
            ("GET", ["v0", BASE, TABLE]) => state.list(ask),
            ("PATCH", ["v0", BASE, TABLE]) => state.upsert(&ask.json()),
            ("GET" | "PATCH", ["v0", BASE, _]) => {
                error(403, "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND", "Invalid permissions, or the model was not found")
            }
            // A bare text, not an object.
            _ => Answer::json(404, json!({ "error": "NOT_FOUND" })),
        }
    }
}

impl Simulator for OfficeTable {
    fn handle(&self, ask: &Ask) -> Answer {
        self.faults.around(ask, |ask| self.answer(ask))
    }
}

impl State {
    /// The sixth call of a second fails, and so does everything for half a minute after it.
    fn over_limit(&mut self, now: Timestamp) -> Option<Answer> {
        let second = SignedDuration::from_secs(1);
        if self.penalty_until.is_none_or(|until| now >= until) {
            while self.recent.front().is_some_and(|oldest| *oldest + second <= now) {
                self.recent.pop_front();
            }
            if self.recent.len() < 5 {
                self.recent.push_back(now);
                return None;
            }
            self.penalty_until = Some(now + SignedDuration::from_secs(30));
        }
        self.usage.over_limit += 1;
        Some(error(429, "RATE_LIMIT_REACHED", "Rate limit exceeded. Please try again later"))
    }

    fn columns(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        COLUMNS.into_iter().filter(|(name, _)| !self.removed.iter().any(|removed| removed == name))
    }

    fn schema(&self) -> Answer {
        let fields: Vec<Value> = self
            .columns()
            .enumerate()
            .map(|(index, (name, kind))| json!({ "id": format!("fld{index:014}"), "name": name, "type": kind }))
            .collect();
        Answer::json(
            200,
            json!({ "tables": [{ "id": "tblSandbox0000001", "name": TABLE, "primaryFieldId": "fld00000000000000",
                                   "fields": fields, "views": [] }] }),
        )
    }

    fn list(&self, ask: &Ask) -> Answer {
        let from: usize =
            ask.query("offset").and_then(|text| text.rsplit('/').next()?.parse().ok()).unwrap_or_default();
        let size = ask.query("pageSize").and_then(|text| text.parse().ok()).unwrap_or(100).min(100);
        let records: Vec<Value> = self
            .records
            .iter()
            .skip(from)
            .take(size)
            .map(|(id, fields)| json!({ "id": id, "createdTime": "2026-01-01T00:00:00.000Z", "fields": fields }))
            .collect();
        let mut body = json!({ "records": records });
        if from + size < self.records.len() {
            body["offset"] = json!(format!("itrSandbox/{}", from + size));
        }
        Answer::json(200, body)
    }

    /// All records or none.
    fn upsert(&mut self, body: &Value) -> Answer {
        let Some(records) = body["records"].as_array() else {
            return error(
                422,
                "INVALID_REQUEST_MISSING_FIELDS",
                "Could not find field \"records\" in the request body",
            );
        };
        if records.len() > 10 {
            return error(422, "INVALID_REQUEST_UNKNOWN", "A maximum of 10 records may be written at once");
        }
        let merge: Vec<&str> = body["performUpsert"]["fieldsToMergeOn"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        if merge.is_empty() || merge.len() > 3 {
            return error(422, "INVALID_REQUEST_UNKNOWN", "fieldsToMergeOn must hold one to three fields");
        }
        let mut planned = Vec::new();
        for record in records {
            let fields = record["fields"].as_object().cloned().unwrap_or_default();
            if let Some(answer) = self.refusal(&fields, &merge) {
                return answer;
            }
            let same = |known: &Map<String, Value>| merge.iter().all(|name| known.get(*name) == fields.get(*name));
            let matches: Vec<String> =
                self.records.iter().filter(|(_, known)| same(known)).map(|(id, _)| id.clone()).collect();
            match matches.as_slice() {
                [] => planned.push((None, fields)),
                [id] => planned.push((Some(id.clone()), fields)),
                _ => {
                    return error(
                        422,
                        "INVALID_REQUEST_UNKNOWN",
                        "More than one record matches the fields to merge on",
                    );
                }
            }
        }
        let (mut created, mut updated, mut shown) = (Vec::new(), Vec::new(), Vec::new());
        for (known, fields) in planned {
            let id = known.clone().unwrap_or_else(|| self.new_id());
            if known.is_some() {
                updated.push(id.clone());
            } else {
                created.push(id.clone());
            }
            let cells = self.records.entry(id.clone()).or_default();
            for (name, value) in fields {
                // Empty values are kept as absent cells.
                if value.is_null() || value == json!(false) || value == json!("") {
                    cells.remove(&name);
                } else {
                    cells.insert(name, value);
                }
            }
            shown.push(json!({ "id": id, "createdTime": "2026-01-01T00:00:00.000Z", "fields": cells }));
        }
        Answer::json(200, json!({ "records": shown, "createdRecords": created, "updatedRecords": updated }))
    }

    fn refusal(&self, fields: &Map<String, Value>, merge: &[&str]) -> Option<Answer> {
        for (name, value) in fields {
            let Some((_, kind)) = self.columns().find(|(known, _)| known == name) else {
                return Some(error(422, "UNKNOWN_FIELD_NAME", &format!("Unknown field name: \"{name}\"")));
            };
            if !fits(kind, value) {
                return Some(error(
                    422,
                    "INVALID_VALUE_FOR_COLUMN",
                    &format!("Field \"{name}\" cannot accept the provided value"),
                ));
            }
        }
        let lacking = merge.iter().find(|name| !fields.contains_key(**name))?;
        Some(error(422, "INVALID_REQUEST_UNKNOWN", &format!("Record lacks the field \"{lacking}\" to merge on")))
    }

    fn new_id(&mut self) -> String {
        let letters: String = (0..14).map(|_| self.rng.alphanumeric()).collect();
        format!("rec{letters}")
    }
}

fn fits(kind: &str, value: &Value) -> bool {
    if value.is_null() {
        return !matches!(kind, "formula" | "lastModifiedTime");
    }
    match kind {
        "number" => value.is_number(),
        "checkbox" => value.is_boolean(),
        "date" => value.as_str().is_some_and(|text| text.parse::<jiff::civil::Date>().is_ok()),
        "dateTime" => value.as_str().is_some_and(|text| text.parse::<Timestamp>().is_ok()),
        "formula" | "lastModifiedTime" => false,
        _ => value.is_string(),
    }
}

fn error(status: u16, kind: &str, message: &str) -> Answer {
    Answer::json(status, json!({ "error": { "type": kind, "message": message } }))
}
