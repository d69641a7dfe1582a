//! Runs of a flow and their pages. A page is outstanding until everything on it is accounted for; only then does the flow's cursor move.

use super::{
    OrgTable, StoreError,
    item::{Change, Item, Row, get_number, get_text, json, number, require_json, seconds, text},
    keys::Key,
};
use jiff::{SignedDuration, Timestamp};
use lintel_domain::{
    ids::{FlowId, RunId},
    sync::{Counts, Run, RunState},
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long a run can be looked up after it began.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 90);

/// A transaction changes a hundred rows: the run's own, and these.
const HANDED_OUT_AT_ONCE: usize = 99;
/// Tries of a change of the run's row, which all its workers change.
const TRIES: u32 = 6;
const PAUSE: Duration = Duration::from_millis(20);

/// Where a flow stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlowRow {
    /// Everything that changed before is applied or accounted for.
    pub cursor: Option<Timestamp>,
    /// When everything was last read whole.
    pub full_at: Option<Timestamp>,
    /// When everything was last compared with what the target has. A flow's first run made it all, and counts.
    pub compared_at: Option<Timestamp>,
    /// Two ways: what changed at the target before is applied or accounted for.
    pub back_at: Option<Timestamp>,
    /// When a run last came to its end.
    pub finished_at: Option<Timestamp>,
    /// When the last run began.
    pub began_at: Option<Timestamp>,
    /// The run that is on.
    pub running: Option<RunId>,
}

/// One page of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageRow {
    /// In the order of the list, from 0.
    pub number: u64,
    /// Where the page begins, as its client says it.
    pub token: serde_json::Value,
    /// Records it shares with the page before.
    #[serde(default)]
    pub overlap: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<PageOutcome>,
}

/// What a page came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageOutcome {
    pub counts: Counts,
    /// How many records the list had when the page was read.
    #[serde(default)]
    pub total: Option<u64>,
    /// The vendor's ids at both ends of the page, where each page begins with the last record of the one before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<(String, String)>,
    /// Where the vendor said that the list goes on, where it says so itself: the token of the page that follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<serde_json::Value>,
    /// The keys on the page, in a run that reads everything.
    #[serde(default)]
    pub keys: Vec<String>,
}

impl OrgTable {
    pub async fn flow_row(&self, flow: &FlowId) -> Result<FlowRow, StoreError> {
        let Some(item) = self.get("read a flow", self.flow_key(flow)).await? else { return Ok(FlowRow::default()) };
        let moment = |name: &str| get_text(&item, name).and_then(|text| text.parse().ok());
        Ok(FlowRow {
            cursor: moment("cursor"),
            full_at: moment("full_at"),
            compared_at: moment("compared_at"),
            back_at: moment("back_at"),
            finished_at: moment("finished_at"),
            began_at: moment("began_at"),
            running: get_text(&item, "running").map(RunId::new),
        })
    }

    /// Begins a run with its first page, unless one is on.
    pub async fn begin_run(&self, run: &Run, first: &PageRow) -> Result<bool, StoreError> {
        let doing = "begin a run";
        let flow = Change::default()
            .set("running", text(run.id.as_str()))
            .set("began_at", text(run.began.to_string()))
            .only_if("attribute_not_exists(running)", &[]);
        let items = vec![
            self.transact_update(doing, self.flow_key(&run.flow), flow)?,
            self.transact_put(doing, self.run_row(doing, run)?)?,
            self.transact_put(doing, self.page_row(doing, &run.id, first, run.began)?)?,
        ];
        match self.transact(doing, items).await {
            Ok(()) => Ok(true),
            // A transaction that met another one is no answer: only what stands in the table is.
            Err(error) if error.is_conflict() => match self.flow_row(&run.flow).await?.running {
                Some(_) => Ok(false),
                None => Err(error),
            },
            Err(error) => Err(error),
        }
    }

    /// A run as it stands: its counts are those of its pages.
    pub async fn run(&self, flow: &FlowId, id: &RunId) -> Result<Option<Run>, StoreError> {
        let item = self.get("read a run", self.run_key(flow, id)).await?;
        item.as_ref().map(read_run).transpose()
    }

    /// A flow's runs, oldest first.
    pub async fn runs(&self, flow: &FlowId) -> Result<Vec<Run>, StoreError> {
        let items = self.query_prefix("list runs", self.runs_partition(flow), "RUN#").await?;
        items.iter().map(read_run).collect()
    }

    pub async fn page(&self, run: &RunId, number: u64) -> Result<Option<PageRow>, StoreError> {
        let doing = "read a page";
        let item = self.get(doing, self.page_key(run, number)).await?;
        item.map(|item| require_json(doing, &item, "page")).transpose()
    }

    pub async fn pages(&self, run: &RunId) -> Result<Vec<PageRow>, StoreError> {
        let doing = "list a run's pages";
        let items = self.query_prefix(doing, self.pages_partition(run), "PAGE#").await?;
        items.iter().map(|item| require_json(doing, item, "page")).collect()
    }

    /// Hands out further pages of a run; those that are there already stay.
    pub async fn add_pages(&self, run: &Run, pages: &[PageRow]) -> Result<(), StoreError> {
        for chunk in pages.chunks(HANDED_OUT_AT_ONCE) {
            self.add_chunk(run, chunk.iter().collect()).await?;
        }
        Ok(())
    }

    /// All in one transaction. When it is stopped, some of the pages stand already, or another worker was at the run's row.
    async fn add_chunk(&self, run: &Run, mut left: Vec<&PageRow>) -> Result<(), StoreError> {
        let doing = "hand out pages";
        for attempt in 0..TRIES {
            let count = Change::default().add("pages", left.len() as u64);
            let mut items = vec![self.transact_update(doing, self.run_key(&run.flow, &run.id), count)?];
            for page in &left {
                let row = Change::default()
                    .set("page", json(doing, page)?)
                    .set("expires_at", seconds(run.began + KEPT))
                    .only_if("attribute_not_exists(PK)", &[]);
                items.push(self.transact_update(doing, self.page_key(&run.id, page.number), row)?);
            }
            match self.transact(doing, items).await {
                Err(error) if error.is_conflict() => {}
                other => return other,
            }
            let keys = left.iter().map(|page| self.page_key(&run.id, page.number)).collect();
            let known: Vec<Item> = self.get_many(doing, keys).await?;
            let stands = |page: &PageRow| {
                let key = self.page_key(&run.id, page.number).sk;
                known.iter().any(|item| get_text(item, "SK") == Some(&key))
            };
            left.retain(|page| !stands(page));
            if left.is_empty() {
                return Ok(());
            }
            tokio::time::sleep(PAUSE * 2_u32.pow(attempt)).await;
        }
        Err(StoreError::Conflict { doing: doing.to_owned() })
    }

    /// Takes a page for one worker until a moment; `None` when it is accounted for, or somebody is at it.
    pub async fn take_page(
        &self,
        run: &RunId,
        number: u64,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<PageRow>, StoreError> {
        let doing = "take a page";
        let change =
            Change::default().hold(now, until).only_if("attribute_exists(PK) AND attribute_not_exists(done)", &[]);
        let item = self.update(doing, self.page_key(run, number), change).await?;
        item.map(|item| require_json(doing, &item, "page")).transpose()
    }

    /// Lets another worker take a page at once.
    pub async fn let_go_of_page(&self, run: &RunId, number: u64) -> Result<(), StoreError> {
        self.update("let go of a page", self.page_key(run, number), Change::default().let_go()).await.map(drop)
    }

    /// Accounts for a page, once; tells whether this was the time.
    pub async fn finish_page(&self, run: &Run, page: &PageRow) -> Result<bool, StoreError> {
        let doing = "account for a page";
        let counts = page.outcome.as_ref().map(|outcome| outcome.counts).unwrap_or_default();
        for attempt in 0..TRIES {
            let row = Change::default()
                .set("page", json(doing, page)?)
                .set("done", number(1))
                .only_if("attribute_exists(PK) AND attribute_not_exists(done)", &[]);
            let mut sums = Change::default().add("pages_done", 1);
            for (name, by) in named(counts).into_iter().filter(|(_, by)| *by > 0) {
                sums = sums.add(name, by);
            }
            let items = vec![
                self.transact_update(doing, self.page_key(&run.id, page.number), row)?,
                self.transact_update(doing, self.run_key(&run.flow, &run.id), sums)?,
            ];
            match self.transact(doing, items).await {
                Ok(()) => return Ok(true),
                Err(error) if error.is_conflict() => {}
                Err(error) => return Err(error),
            }
            // It is accounted for, or another worker was at the run's row with a page of its own.
            if self.page(&run.id, page.number).await?.is_none_or(|page| page.outcome.is_some()) {
                return Ok(false);
            }
            tokio::time::sleep(PAUSE * 2_u32.pow(attempt)).await;
        }
        Err(StoreError::Conflict { doing: doing.to_owned() })
    }

    /// Counts calls of a page that came to no end this time: they were made all the same.
    pub async fn note_calls(&self, run: &Run, calls: u64) -> Result<(), StoreError> {
        let change = Change::default().add("calls", calls).only_if("attribute_exists(PK)", &[]);
        self.update("count calls", self.run_key(&run.flow, &run.id), change).await.map(drop)
    }

    /// Ends a run, once, and says where the flow then stands. `cursor` is left as it was when `None`.
    pub async fn end_run(
        &self,
        run: &Run,
        state: &RunState,
        also: Counts,
        stand: &FlowRow,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let doing = "end a run";
        let mut ended = Change::default()
            .set("outcome", json(doing, state)?)
            .set("ended", text(now.to_string()))
            .only_if("attribute_not_exists(ended)", &[]);
        for (name, by) in named(also).into_iter().filter(|(_, by)| *by > 0) {
            ended = ended.add(name, by);
        }
        let mut flow =
            Change::default().remove("running").only_if("running = :run", &[(":run", text(run.id.as_str()))]);
        let moments = [
            ("finished_at", (*state == RunState::Done).then_some(now)),
            ("cursor", stand.cursor),
            ("full_at", stand.full_at),
            ("compared_at", stand.compared_at),
            ("back_at", stand.back_at),
        ];
        for (name, at) in moments {
            if let Some(at) = at {
                flow = flow.set(name, text(at.to_string()));
            }
        }
        let items = vec![
            self.transact_update(doing, self.run_key(&run.flow, &run.id), ended)?,
            self.transact_update(doing, self.flow_key(&run.flow), flow)?,
        ];
        match self.transact(doing, items).await {
            Ok(()) => Ok(true),
            Err(error) if error.is_conflict() => match self.run(&run.flow, &run.id).await? {
                Some(run) if run.ended.is_none() => Err(error),
                _ => Ok(false),
            },
            Err(error) => Err(error),
        }
    }

    fn run_row(&self, doing: &str, run: &Run) -> Result<Row, StoreError> {
        Ok(Row::new(self.run_key(&run.flow, &run.id))
            .with("run", json(doing, run)?)
            .with("pages", number(1))
            .with("expires_at", seconds(run.began + KEPT)))
    }

    fn page_row(&self, doing: &str, run: &RunId, page: &PageRow, began: Timestamp) -> Result<Row, StoreError> {
        Ok(Row::new(self.page_key(run, page.number))
            .with("page", json(doing, page)?)
            .with("expires_at", seconds(began + KEPT)))
    }

    fn flow_key(&self, flow: &FlowId) -> Key {
        Key { pk: self.partition("FLOWS"), sk: format!("FLOW#{flow}") }
    }

    fn runs_partition(&self, flow: &FlowId) -> String {
        self.partition(&format!("RUNS#{flow}"))
    }

    fn run_key(&self, flow: &FlowId, id: &RunId) -> Key {
        Key { pk: self.runs_partition(flow), sk: format!("RUN#{id}") }
    }

    fn pages_partition(&self, run: &RunId) -> String {
        self.partition(&format!("PAGES#{run}"))
    }

    fn page_key(&self, run: &RunId, page: u64) -> Key {
        Key { pk: self.pages_partition(run), sk: format!("PAGE#{page:08}") }
    }
}

/// Counts by the attributes that hold them.
fn named(counts: Counts) -> [(&'static str, u64); 11] {
    [
        ("read", counts.read),
        ("created", counts.created),
        ("updated", counts.updated),
        ("unchanged", counts.unchanged),
        ("skipped", counts.skipped),
        ("quarantined", counts.quarantined),
        ("failed", counts.failed),
        ("conflicts", counts.conflicts),
        ("gone", counts.gone),
        ("warnings", counts.warnings),
        ("calls", counts.calls),
    ]
}

fn read_run(item: &Item) -> Result<Run, StoreError> {
    let doing = "read a run";
    let mut run: Run = require_json(doing, item, "run")?;
    let count = |name: &str| get_number(item, name).unwrap_or_default();
    run.counts = Counts {
        read: count("read"),
        created: count("created"),
        updated: count("updated"),
        unchanged: count("unchanged"),
        skipped: count("skipped"),
        quarantined: count("quarantined"),
        failed: count("failed"),
        conflicts: count("conflicts"),
        gone: count("gone"),
        warnings: count("warnings"),
        calls: count("calls"),
    };
    (run.pages, run.pages_done) = (count("pages"), count("pages_done"));
    run.ended = get_text(item, "ended").and_then(|text| text.parse().ok());
    if get_text(item, "outcome").is_some() {
        run.state = require_json(doing, item, "outcome")?;
    }
    Ok(run)
}
