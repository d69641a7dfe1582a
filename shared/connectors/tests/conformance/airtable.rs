//! Airtable as the suite sees it: things are rows, merged by stay and version.

use crate::{
    parts::parts,
    row,
    subject::{Credentials, Subject, WRONG, connection, front},
    time::Time,
};
use async_trait::async_trait;
use jiff::Timestamp;
use lintel_connectors::{
    Error,
    roles::{self, HistoryTable},
    surroundings::Clock,
    transport::Deadline,
};
use lintel_domain::{ids::StayKey, private::Private};
use lintel_sandbox::{
    faults::FaultScript,
    office_table::{self, OfficeTable},
};
use serde_json::json;
use std::sync::Arc;

#[derive(Debug)]
pub(crate) struct Office {
    vendor: Arc<OfficeTable>,
    table: Arc<dyn HistoryTable>,
    now: Timestamp,
}

impl Office {
    pub(crate) async fn open(time: &Arc<Time>, credentials: Credentials) -> Self {
        let vendor = Arc::new(OfficeTable::new(Arc::clone(&time.0) as _, 1));
        let secret = match credentials {
            Credentials::Right => office_table::TOKEN,
            Credentials::Wrong => WRONG,
        };
        let settings = [("base", office_table::BASE)];
        let connection = connection("airtable", front(Arc::clone(&vendor) as _, time).await, &settings);
        let table = roles::history_table(&"office".into(), &connection, &Private::new(secret), parts(time)).unwrap();
        Self { vendor, table, now: Clock::now(time.as_ref()) }
    }
}

#[async_trait]
impl Subject for Office {
    fn name(&self) -> &'static str {
        "airtable"
    }

    fn load_faults(&self, script: FaultScript) {
        self.vendor.load_faults(script);
    }

    fn over_limit(&self) -> u64 {
        self.vendor.usage().over_limit
    }

    async fn read(&self, deadline: Deadline) -> Result<(), Error> {
        self.table.check_schema(deadline).await.map(drop)
    }

    async fn make(&self, number: usize, deadline: Deadline) -> Result<(), Error> {
        self.table.upsert(&[row::row(number, self.now)], deadline).await.map(drop)
    }

    fn made(&self, number: usize) -> usize {
        self.vendor.records_with("Reservation UID", &json!(row::stay(number))).len()
    }

    async fn walk(&self, deadline: Deadline) -> Result<Vec<usize>, Error> {
        let (mut after, mut numbers) = (None::<String>, Vec::new());
        loop {
            let page = self.table.people(after.as_deref(), deadline).await?;
            let number = |stay: &StayKey| stay.as_str().rsplit('.').next().unwrap().parse::<usize>().unwrap();
            numbers.extend(page.rows.iter().map(|row| number(&row.stay)));
            after = page.after;
            if after.is_none() {
                return Ok(numbers);
            }
        }
    }
}
