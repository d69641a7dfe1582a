//! Airtable as the office's table of stays. Facts and their sources: the README beside this file.

mod answers;
mod columns;
mod people;

use crate::{
    error::Error,
    halves::Halves,
    manifest,
    roles::{
        Changes, HistoryRow, HistoryTable, NewWatch, OpenError, Parts, PeoplePage, PeopleRow, RowOutcome, SchemaFault,
    },
    transport::{Account, Ask, Deadline, Driver, Effect, Fault},
};
use async_trait::async_trait;
use bytes::Bytes;
use columns::MERGE_ON;
use http::{Method, Response};
use jiff::Timestamp;
use lintel_domain::{
    ids::{ConnectionId, RecordId, WatchId},
    private::Private,
    settings::Connection,
};
use serde::Deserialize;
use serde_json::json;
use std::num::NonZeroU32;

const TABLE: &str = "Reservations";

#[derive(Debug)]
pub(crate) struct Airtable {
    driver: Driver,
    base: String,
    table: String,
    batch: NonZeroU32,
}

#[derive(Debug, Deserialize)]
struct Written {
    records: Vec<Record>,
}

#[derive(Debug, Deserialize)]
struct Record {
    id: String,
}

#[derive(Debug, Deserialize)]
struct Tables {
    tables: Vec<TableSchema>,
}

#[derive(Debug, Deserialize)]
struct TableSchema {
    id: String,
    name: String,
    fields: Vec<Field>,
}

#[derive(Debug, Deserialize)]
struct Field {
    id: String,
    name: String,
}

impl Airtable {
    pub(crate) const NAME: &'static str = "airtable";

    pub(crate) fn open(
        id: &ConnectionId,
        connection: &Connection,
        secret: &Private,
        parts: Parts,
    ) -> Result<Self, OpenError> {
        let account = Account { id, connection, secret };
        let base = connection.settings.get("base").cloned().ok_or_else(|| account.fault("base", "is missing"))?;
        let table = connection.settings.get("table").cloned().unwrap_or_else(|| TABLE.to_owned());
        let manifest = manifest::find(Self::NAME)?;
        Ok(Self {
            driver: Driver::open(&manifest, account, &base, answers::Answers, parts)?,
            base,
            table,
            batch: manifest.stream("records")?.batch,
        })
    }

    /// Writes one batch. A batch is all or nothing, so one that is refused for its content is halved until the bad row
    /// stands alone.
    async fn write(&self, rows: &[HistoryRow], deadline: Deadline) -> Result<Vec<RowOutcome>, Error> {
        let mut outcomes = Vec::with_capacity(rows.len());
        let mut waiting = Halves::of(rows, rows.len());
        while let Some(batch) = waiting.next() {
            match self.write_whole(batch, deadline).await {
                Ok(written) => outcomes.extend(written),
                Err(error) if is_about_content(&error) => {
                    let bad = waiting.refused(batch);
                    outcomes.extend(bad.map(|_| RowOutcome::Rejected { reason: error.to_string() }));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(outcomes)
    }

    async fn write_whole(&self, rows: &[HistoryRow], deadline: Deadline) -> Result<Vec<RowOutcome>, Error> {
        let doing = "write history rows";
        let records: Vec<_> = rows.iter().map(|row| json!({ "fields": columns::fields(row) })).collect();
        let body = json!({
            "performUpsert": { "fieldsToMergeOn": MERGE_ON },
            "records": records,
            "typecast": true,
        });
        let body = serde_json::to_vec(&body).map_err(|error| self.ours(doing, error.to_string()))?;
        let ask = Ask {
            doing: doing.to_owned(),
            method: Method::PATCH,
            route: "/v0/{base}/{table}".into(),
            target: format!("/v0/{}/{}", self.base, path_part(&self.table)),
            body: Some(Bytes::from(body)),
            // Rows are merged by stay and version: writing them again changes nothing.
            effect: Effect::Repeatable,
        };
        let response = self.driver.ask(&ask, deadline).await?.ok_or_else(|| self.no_table(doing))?;
        let written: Written = self.read(doing, &response)?;
        if written.records.len() != rows.len() {
            return Err(self.ours(doing, format!("{} of {} rows were answered", written.records.len(), rows.len())));
        }
        Ok(written.records.into_iter().map(|record| RowOutcome::Written { record: record.id }).collect())
    }

    async fn schema(&self, deadline: Deadline) -> Result<TableSchema, Error> {
        let doing = "read the base's schema";
        let ask = Ask {
            doing: doing.to_owned(),
            method: Method::GET,
            route: "/v0/meta/bases/{base}/tables".into(),
            target: format!("/v0/meta/bases/{}/tables", self.base),
            body: None,
            effect: Effect::Repeatable,
        };
        let response = self.driver.ask(&ask, deadline).await?.ok_or_else(|| self.no_table(doing))?;
        let schema: Tables = self.read(doing, &response)?;
        let table = schema.tables.into_iter().find(|table| table.name == self.table || table.id == self.table);
        table.ok_or_else(|| self.no_table(doing))
    }

    fn read<T: for<'de> Deserialize<'de>>(&self, doing: &str, response: &Response<Bytes>) -> Result<T, Error> {
        let mut reader = serde_json::Deserializer::from_slice(response.body());
        serde_path_to_error::deserialize(&mut reader).map_err(|error| Error::Weather {
            vendor: self.driver.vendor.clone(),
            doing: doing.to_owned(),
            reason: format!("unexpected answer at {}", error.path()),
        })
    }

    fn ours(&self, doing: &str, reason: String) -> Error {
        Error::Ours { vendor: self.driver.vendor.clone(), doing: doing.to_owned(), reason }
    }

    fn no_table(&self, doing: &str) -> Error {
        Error::Settings {
            vendor: self.driver.vendor.clone(),
            doing: doing.to_owned(),
            code: "table-missing",
            reason: format!("base {} has no table {}, or the token may not see it", self.base, self.table),
        }
    }
}

#[async_trait]
impl HistoryTable for Airtable {
    async fn upsert(&self, rows: &[HistoryRow], deadline: Deadline) -> Result<Vec<RowOutcome>, Error> {
        let mut outcomes = Vec::with_capacity(rows.len());
        for batch in rows.chunks(self.batch.get() as usize) {
            outcomes.extend(self.write(batch, deadline).await?);
        }
        Ok(outcomes)
    }

    async fn check_schema(&self, deadline: Deadline) -> Result<Result<(), SchemaFault>, Error> {
        let table = self.schema(deadline).await?;
        let missing: Vec<String> = columns::needed()
            .filter(|column| !table.fields.iter().any(|field| field.name == *column))
            .map(str::to_owned)
            .collect();
        Ok(if missing.is_empty() { Ok(()) } else { Err(SchemaFault { table: table.name, missing }) })
    }

    async fn watch(&self, address: &str, deadline: Deadline) -> Result<NewWatch, Error> {
        self.register(address, deadline).await
    }

    async fn keep_watch(&self, watch: &WatchId, deadline: Deadline) -> Result<Option<Timestamp>, Error> {
        self.refresh(watch, deadline).await
    }

    async fn end_watch(&self, watch: &WatchId, deadline: Deadline) -> Result<(), Error> {
        self.unregister(watch, deadline).await
    }

    async fn changes(&self, watch: &WatchId, cursor: u64, deadline: Deadline) -> Result<Option<Changes>, Error> {
        self.payloads(watch, cursor, deadline).await
    }

    async fn people_in(&self, record: &RecordId, deadline: Deadline) -> Result<Option<PeopleRow>, Error> {
        self.one_row(record, deadline).await
    }

    async fn people(&self, after: Option<&str>, deadline: Deadline) -> Result<PeoplePage, Error> {
        self.rows_after(after, deadline).await
    }
}

/// A refusal that another set of rows would not get.
fn is_about_content(error: &Error) -> bool {
    error.fault() == Fault::Settings && error.code() == answers::BAD_CONTENT
}

/// Table names may hold anything; a path may not.
fn path_part(name: &str) -> String {
    url::form_urlencoded::byte_serialize(name.as_bytes()).collect::<String>().replace('+', "%20")
}
