//! The office's table on a clock that stands still.

use bytes::Bytes;
use http::HeaderMap;
use lintel_sandbox::{
    Ask, ManualClock, SimClock, Simulator,
    office_table::{OfficeTable, TOKEN},
};
use serde_json::{Map, Value};
use std::{sync::Arc, time::Duration};

pub(crate) struct Office {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) table: OfficeTable,
}

pub(crate) fn office() -> Office {
    let clock = Arc::new(ManualClock::new("2030-03-01T12:00:00Z".parse().unwrap()));
    Office { table: OfficeTable::new(clock.clone(), 7), clock }
}

impl Office {
    pub(crate) fn call(&self, method: &str, target: &str, body: &Value) -> (u16, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.text(method, target, &body)
    }

    pub(crate) fn get(&self, target: &str) -> (u16, Value) {
        self.text("GET", target, "")
    }

    pub(crate) fn text(&self, method: &str, target: &str, body: &str) -> (u16, Value) {
        self.as_somebody(&format!("Bearer {TOKEN}"), method, target, body)
    }

    pub(crate) fn as_somebody(&self, authorization: &str, method: &str, target: &str, body: &str) -> (u16, Value) {
        let headers = HeaderMap::from_iter([(http::header::AUTHORIZATION, authorization.parse().unwrap())]);
        let body = Bytes::copy_from_slice(body.as_bytes());
        let answer = self.table.handle(&Ask::new(method, target, headers, body, self.clock.now()).unwrap());
        (answer.status.as_u16(), serde_json::from_slice(&answer.body).unwrap_or(Value::Null))
    }

    pub(crate) fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}

pub(crate) fn cells(cells: &[(&str, Value)]) -> Map<String, Value> {
    cells.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}
