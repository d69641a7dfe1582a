//! Listing records in pages (section 2). Sorting and views are not simulated, and refused.

use super::{State, formula::Formula, records::keyed, refusals};
use crate::answer::{Answer, Answered, Ask};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::ops::Bound;

const LARGEST_PAGE: usize = 100;
/// How long an offset keeps. The vendor does not say.
const OFFSET_LIFE: SignedDuration = SignedDuration::from_mins(5);

/// What a caller wants to list.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
    fields: Vec<String>,
    formula: Option<String>,
    offset: Option<String>,
    page: Option<u64>,
    by_field_id: bool,
    unsupported: Option<String>,
}

impl Wanted {
    pub(super) fn from_query(ask: &Ask) -> Self {
        let mut wanted = Self::default();
        for (key, value) in &ask.query {
            let value = match key.as_str() {
                "pageSize" => value.parse::<u64>().map_or_else(|_| json!(value), Value::from),
                "returnFieldsByFieldId" => json!(value == "true"),
                _ => json!(value),
            };
            wanted.take(key.strip_suffix("[]").unwrap_or(key), &value);
        }
        wanted
    }

    pub(super) fn from_body(body: &Value) -> Self {
        let mut wanted = Self::default();
        for (key, value) in body.as_object().into_iter().flatten() {
            wanted.take(key, value);
        }
        wanted
    }

    fn take(&mut self, key: &str, value: &Value) {
        let text = || value.as_str().map(str::to_owned);
        match key {
            "fields" => match value {
                Value::Array(names) => self.fields.extend(names.iter().filter_map(Value::as_str).map(str::to_owned)),
                _ => self.fields.extend(text()),
            },
            "filterByFormula" => self.formula = text().filter(|text| !text.is_empty()),
            "offset" => self.offset = text(),
            // Zero is refused below, as is what is no number.
            "pageSize" => self.page = Some(value.as_u64().unwrap_or(0)),
            "returnFieldsByFieldId" => self.by_field_id = value == &json!(true),
            other => self.unsupported = Some(other.to_owned()),
        }
    }
}

impl State {
    pub(super) fn list(&mut self, wanted: &Wanted, now: Timestamp) -> Answered {
        if let Some(parameter) = &wanted.unsupported {
            return Err(refusals::invalid(&format!("The sandbox does not simulate the parameter {parameter}")));
        }
        let fields: Vec<&str> =
            wanted.fields.iter().map(|name| self.columns.name_of(name)).collect::<Result<_, _>>()?;
        let formula = wanted.formula.as_deref().map(|text| Formula::parse(text, &self.columns)).transpose()?;
        let size = match wanted.page {
            None => LARGEST_PAGE,
            Some(0) => return Err(refusals::invalid("pageSize must be from 1 to 100")),
            Some(size) => usize::try_from(size).unwrap_or(LARGEST_PAGE).min(LARGEST_PAGE),
        };
        let from = match &wanted.offset {
            None => Bound::Unbounded,
            Some(offset) => Bound::Included(self.resume(offset, now)?),
        };
        let mut matching = self
            .records
            .range::<String, _>((from, Bound::Unbounded))
            .filter(|(id, record)| formula.as_ref().is_none_or(|formula| formula.holds(id, &record.cells)))
            .map(|(id, _)| id.clone());
        let page: Vec<String> = matching.by_ref().take(size).collect();
        let next = matching.next();
        let keyed = keyed(wanted.by_field_id);
        let records: Vec<Value> = page.iter().filter_map(|id| self.shown(id, &fields, keyed)).collect();
        let mut body = json!({ "records": records });
        if let Some(next) = next {
            let iterator = self.new_id("itr");
            body["offset"] = json!(format!("{iterator}/{next}"));
            self.iterators.insert(iterator, now + OFFSET_LIFE);
        }
        Ok(Answer::json(200, body))
    }

    /// The record an offset goes on with.
    fn resume(&mut self, offset: &str, now: Timestamp) -> Result<String, Answer> {
        self.iterators.retain(|_, until| *until > now);
        match offset.split_once('/') {
            Some((iterator, record)) if self.iterators.contains_key(iterator) => Ok(record.to_owned()),
            _ => Err(refusals::error(
                422,
                "LIST_RECORDS_ITERATOR_NOT_AVAILABLE",
                "The listing can no longer be continued; start again without an offset",
            )),
        }
    }
}
