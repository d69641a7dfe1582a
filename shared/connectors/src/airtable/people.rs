//! What people write in the office's table, and being told of it.

use super::{Airtable, columns, path_part};
use crate::{
    error::Error,
    roles::{Changes, NewWatch, PeopleCells, PeoplePage, PeopleRow, Rest},
    transport::{Ask, Deadline, Effect},
};
use bytes::Bytes;
use http::Method;
use jiff::Timestamp;
use lintel_domain::{
    ids::{RecordId, StayKey, WatchId},
    private::Private,
    stay::ServiceType,
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Registered {
    id: String,
    mac_secret_base64: String,
    expiration_time: Timestamp,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Refreshed {
    expiration_time: Timestamp,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PayloadPage {
    cursor: u64,
    might_have_more: bool,
    payloads: Vec<Payload>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    #[serde(default)]
    changed_tables_by_id: BTreeMap<String, ChangedTable>,
}

/// Which records changed is all that is taken from it: what they hold is read afterwards, so the order in which payloads
/// come does not matter.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ChangedTable {
    #[serde(default)]
    changed_records_by_id: serde_json::Map<String, Value>,
}

#[derive(Debug, Deserialize)]
struct Row {
    #[serde(default)]
    fields: Cells,
}

#[derive(Debug, Deserialize)]
struct Rows {
    records: Vec<Row>,
    offset: Option<String>,
}

/// Empty cells are absent. A cell of another kind than expected is the office's doing, and reads as empty.
#[derive(Debug, Default, Deserialize)]
struct Cells {
    #[serde(rename = "Reservation UID", default)]
    stay: Value,
    #[serde(rename = "Version", default)]
    version: Value,
    #[serde(rename = "Custom Service Line Instructions", default)]
    instructions: Value,
    #[serde(rename = "Custom Service Time", default)]
    service_time: Value,
    #[serde(rename = "Custom Service Type", default)]
    service_type: Value,
}

impl Cells {
    /// `None` for a row that is no version of a stay: people may add rows of their own.
    fn row(&self) -> Option<PeopleRow> {
        let text = |value: &Value| value.as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        Some(PeopleRow {
            stay: StayKey::new(text(&self.stay)?),
            version: u32::try_from(whole(&self.version)?).ok()?,
            cells: PeopleCells {
                instructions: text(&self.instructions),
                service_time: text(&self.service_time).and_then(|text| text.parse().ok()),
                service_type: text(&self.service_type).map(ServiceType::from),
            },
        })
    }
}

/// A number column answers 2 or 2.0 as its format has it.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole, and checked to be small")]
fn whole(value: &Value) -> Option<u64> {
    let float = |number: f64| (number.fract() == 0.0 && (0.0..1e9).contains(&number)).then_some(number as u64);
    value.as_u64().or_else(|| value.as_f64().and_then(float))
}

impl Airtable {
    pub(super) async fn register(&self, address: &str, deadline: Deadline) -> Result<NewWatch, Error> {
        let doing = "ask to be told of changes";
        let table = self.schema(deadline).await?;
        let watched: Vec<&str> = table
            .fields
            .iter()
            .filter(|field| columns::PEOPLE.contains(&field.name.as_str()))
            .map(|field| field.id.as_str())
            .collect();
        let body = json!({
            "notificationUrl": address,
            "specification": { "options": { "filters": {
                "dataTypes": ["tableData"],
                "recordChangeScope": table.id,
                "changeTypes": ["update"],
                // What Lintel writes comes over the public API and is no news.
                "fromSources": ["client", "automation"],
                "watchDataInFieldIds": watched,
            } } },
        });
        let ask = Ask {
            doing: doing.to_owned(),
            method: Method::POST,
            route: "/v0/bases/{base}/webhooks".into(),
            target: format!("/v0/bases/{}/webhooks", self.base),
            body: Some(Bytes::from(body.to_string())),
            effect: Effect::Creates,
        };
        let response = self.driver.ask(&ask, deadline).await?.ok_or_else(|| self.no_table(doing))?;
        let made: Registered = self.read(doing, &response)?;
        Ok(NewWatch {
            id: WatchId::new(made.id),
            secret: Private::new(made.mac_secret_base64),
            expires_at: made.expiration_time,
        })
    }

    pub(super) async fn unregister(&self, watch: &WatchId, deadline: Deadline) -> Result<(), Error> {
        let ask = Ask {
            doing: "stop being told of changes".to_owned(),
            method: Method::DELETE,
            route: "/v0/bases/{base}/webhooks/{webhook}".into(),
            target: format!("/v0/bases/{}/webhooks/{watch}", self.base),
            body: None,
            effect: Effect::Repeatable,
        };
        self.driver.ask(&ask, deadline).await.map(drop)
    }

    pub(super) async fn refresh(&self, watch: &WatchId, deadline: Deadline) -> Result<Option<Timestamp>, Error> {
        let doing = "keep being told of changes";
        let ask = Ask {
            doing: doing.to_owned(),
            method: Method::POST,
            route: "/v0/bases/{base}/webhooks/{webhook}/refresh".into(),
            target: format!("/v0/bases/{}/webhooks/{watch}/refresh", self.base),
            body: None,
            effect: Effect::Repeatable,
        };
        let Some(response) = self.driver.ask(&ask, deadline).await? else { return Ok(None) };
        let refreshed: Refreshed = self.read(doing, &response)?;
        Ok(Some(refreshed.expiration_time))
    }

    pub(super) async fn payloads(
        &self,
        watch: &WatchId,
        cursor: u64,
        deadline: Deadline,
    ) -> Result<Option<Changes>, Error> {
        let doing = "read what changed";
        let route = "/v0/bases/{base}/webhooks/{webhook}/payloads";
        let target = format!("/v0/bases/{}/webhooks/{watch}/payloads?cursor={cursor}", self.base);
        let Some(response) = self.driver.ask(&get(doing, route, target), deadline).await? else { return Ok(None) };
        let page: PayloadPage = self.read(doing, &response)?;
        let tables = page.payloads.into_iter().flat_map(|payload| payload.changed_tables_by_id.into_values());
        let records: BTreeSet<String> =
            tables.flat_map(|table| table.changed_records_by_id).map(|(id, _)| id).collect();
        Ok(Some(Changes {
            records: records.into_iter().map(RecordId::new).collect(),
            cursor: page.cursor,
            rest: if page.might_have_more { Rest::Waits } else { Rest::Nothing },
        }))
    }

    pub(super) async fn one_row(&self, record: &RecordId, deadline: Deadline) -> Result<Option<PeopleRow>, Error> {
        let doing = "read a row of the office's table";
        let target = format!("/v0/{}/{}/{record}", self.base, path_part(&self.table));
        let ask = get(doing, "/v0/{base}/{table}/{record}", target);
        let Some(response) = self.driver.ask(&ask, deadline).await? else { return Ok(None) };
        let row: Row = self.read(doing, &response)?;
        Ok(row.fields.row())
    }

    pub(super) async fn rows_after(&self, after: Option<&str>, deadline: Deadline) -> Result<PeoplePage, Error> {
        let doing = "read the office's table";
        let target = format!("/v0/{}/{}?{}", self.base, path_part(&self.table), page_query(after));
        let ask = get(doing, "/v0/{base}/{table}", target);
        let response = self.driver.ask(&ask, deadline).await?.ok_or_else(|| self.no_table(doing))?;
        let page: Rows = self.read(doing, &response)?;
        Ok(PeoplePage { rows: page.records.iter().filter_map(|row| row.fields.row()).collect(), after: page.offset })
    }
}

fn page_query(after: Option<&str>) -> String {
    let columns = columns::MERGE_ON.into_iter().chain(columns::PEOPLE).map(|column| ("fields[]", column));
    url::form_urlencoded::Serializer::new(String::new())
        .append_pair("pageSize", "100")
        .extend_pairs(columns)
        .extend_pairs(after.map(|offset| ("offset", offset)))
        .finish()
}

fn get(doing: &str, route: &'static str, target: String) -> Ask {
    Ask {
        doing: doing.to_owned(),
        method: Method::GET,
        route: route.into(),
        target,
        body: None,
        effect: Effect::Repeatable,
    }
}
