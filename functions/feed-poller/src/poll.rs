//! Polls feeds: as many at once as is polite, each on its own.

use crate::{
    fetch::{Fetch, FetchFault, FetchLimits, Fetched, Validators},
    outcome::{Trouble, failed, recovered},
    reading::{Reading, read_calendar},
};
use bytes::Bytes;
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use lintel_cloud::{
    Environment, StartError,
    batch::RecordError,
    inputs::{InputError, Inputs, NewInput},
    messages::FeedsMessage,
    metrics::Metrics,
    objects::{ObjectError, Objects},
    settings::{SettingsError, SettingsStore},
    store::{AttentionRow, FeedRow, OrgTable, QuarantineRow, StoreError, Table},
};
use lintel_connectors::surroundings::Clock;
use lintel_domain::{
    ids::{FeedId, OrgId, QuarantineId},
    private::Private,
    settings::{Feed, FeedStatus, Organization},
};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::Semaphore;
use url::Url;

/// Time a fetched body needs to be kept.
const TO_KEEP: SignedDuration = SignedDuration::from_secs(10);

/// Why a feed's read could not be kept. The feed is read again at its next turn.
#[derive(Debug, thiserror::Error)]
pub enum PollError {
    #[error("feed {0} is not configured")]
    Unknown(FeedId),
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Object(#[from] ObjectError),
    #[error(transparent)]
    Input(#[from] InputError),
}

#[derive(Debug)]
pub(crate) struct Desk {
    table: Table,
    settings: SettingsStore,
    inputs: Inputs,
    objects: Objects,
    clock: Arc<dyn Clock>,
    metrics: Metrics,
    fetch: Arc<dyn Fetch>,
    turns: Turns,
}

/// One feed in hand.
struct Turn<'a> {
    table: &'a OrgTable,
    settings: &'a Organization,
    id: &'a FeedId,
    feed: &'a Feed,
    row: FeedRow,
    /// The settings a body is read under, as a hash.
    under: String,
}

impl<'a> Turn<'a> {
    fn new(table: &'a OrgTable, settings: &'a Organization, id: &'a FeedId, feed: &'a Feed, row: FeedRow) -> Self {
        Self { table, settings, id, feed, row, under: read_under(settings, feed) }
    }

    /// Whether the row's content was read under the settings of now.
    fn knows_content(&self) -> bool {
        self.row.read_under.as_ref() == Some(&self.under)
    }
}

impl Desk {
    pub(crate) fn open(environment: &Environment, fetch: Arc<dyn Fetch>) -> Result<Self, StartError> {
        let table = environment.table()?;
        Ok(Self {
            settings: SettingsStore::new(table.clone(), environment.objects()),
            inputs: environment.inputs()?,
            objects: environment.objects(),
            clock: environment.clock(),
            metrics: environment.metrics(),
            fetch,
            turns: Turns::default(),
            table,
        })
    }

    /// Polls every feed of a message. A feed that fails is noted on its own row; only trouble of ours fails the message.
    ///
    /// A feed whose turn does not come before the deadline is left to its next turn.
    pub(crate) async fn poll_all(&self, message: FeedsMessage, deadline: Timestamp) -> Result<(), RecordError> {
        let FeedsMessage::V1 { org, feeds } = message;
        let settings = self.settings.load(&org).await?;
        let table = self.table.org(&org);
        let mut rows: BTreeMap<FeedId, FeedRow> = table.feed_rows().await?.into_iter().collect();
        let now = self.clock.now();
        let turns = feeds.iter().filter_map(|id| {
            let feed = settings.feeds.get(id).filter(|feed| feed.status == FeedStatus::Active)?;
            let row = rows.remove(id).unwrap_or_default();
            // Looked at again here: a late or doubled message must not disturb a host that asked for a pause.
            if row.not_before.is_some_and(|moment| moment > now) {
                return None;
            }
            Some(Turn::new(&table, &settings, id, feed, row))
        });
        let outcomes = join_all(turns.map(|turn| self.poll(turn, deadline))).await;
        let failed: Vec<String> = outcomes.into_iter().filter_map(Result::err).map(|error| error.to_string()).collect();
        self.metrics.count("feed-poller", &org, "feeds_polled_count", feeds.len());
        match failed.first() {
            None => Ok(()),
            Some(first) => {
                Err(RecordError::retry(format!("{} feeds could not be kept; the first: {first}", failed.len())))
            }
        }
    }

    /// Takes a body in as if it had just been fetched.
    pub(crate) async fn take_body(&self, org: &OrgId, id: &FeedId, body: Bytes) -> Result<(), PollError> {
        let settings = self.settings.load(org).await?;
        let feed = settings.feeds.get(id).ok_or_else(|| PollError::Unknown(id.clone()))?;
        let table = self.table.org(org);
        let row = table.feed_row(id).await?;
        let turn = Turn::new(&table, &settings, id, feed, row);
        self.take(turn, body, Validators::default(), None).await
    }

    async fn poll(&self, turn: Turn<'_>, deadline: Timestamp) -> Result<(), PollError> {
        let fetched = {
            let _turn = self.turns.take(turn.settings, turn.feed).await;
            self.fetch(&turn, deadline).await
        };
        let Some(fetched) = fetched else {
            tracing::warn!(feed = %turn.id, host = %host(turn.feed), "no time was left for a feed: its next turn reads it");
            return Ok(());
        };
        match fetched {
            Fetched::Body { bytes, validators, moved_to } => self.take(turn, bytes, validators, moved_to).await,
            Fetched::Unchanged => self.unchanged(turn).await,
            Fetched::Failed(fault) => self.fault(turn, &fault).await,
        }
    }

    /// Fetches, again where that may help; `None` when there is no time to begin.
    async fn fetch(&self, turn: &Turn<'_>, deadline: Timestamp) -> Option<Fetched> {
        let rules = &turn.settings.polling;
        // Content read under other settings has to be read again, so the server must not answer that it is unchanged.
        let known = match &turn.row.object {
            Some(_) if turn.knows_content() => {
                Validators { etag: turn.row.etag.clone(), last_modified: turn.row.last_modified.clone() }
            }
            _ => Validators::default(),
        };
        let limits = FetchLimits { timeout: Duration::from_secs(rules.timeout_seconds), bytes: rules.max_bytes };
        let mut fetched = None;
        for attempt in 0..rules.tries.max(1) {
            if attempt > 0 {
                self.clock.sleep(Duration::from_secs(rules.pause_seconds)).await;
            }
            let now = self.clock.now();
            if deadline < now.saturating_add(limits.timeout).unwrap_or(now) + TO_KEEP {
                break;
            }
            let answer = self.fetch.fetch(&turn.feed.url, &known, limits, now).await;
            let again = matches!(&answer, Fetched::Failed(fault) if fault.is_passing());
            fetched = Some(answer);
            if !again {
                break;
            }
        }
        fetched
    }

    /// Reads a body; what has changed is stored, written down and announced before the feed's row moves on.
    async fn take(
        &self,
        turn: Turn<'_>,
        bytes: Bytes,
        validators: Validators,
        moved_to: Option<String>,
    ) -> Result<(), PollError> {
        let now = self.clock.now();
        let reading = match read_calendar(turn.settings, turn.id, turn.feed, &bytes, now) {
            Ok(reading) => reading,
            Err(error) => {
                let trouble = Trouble { code: "feed-not-a-calendar", text: error.to_string(), until: None };
                return self.note_failure(turn, &trouble).await;
            }
        };
        let known = if reading.doubt.is_some() { &turn.row.doubtful_hash } else { &turn.row.content_hash };
        let is_known = turn.knows_content() && known.as_deref() == Some(reading.content_hash.as_str());
        if is_known && reading.doubt.is_some() {
            return Ok(());
        }
        // After a doubtful read the last whole one is news again: what the doubtful one changed is taken back.
        if is_known && turn.row.open_misses == 0 && turn.row.doubtful_hash.is_none() {
            return self.recover(turn).await;
        }
        self.clear(&turn).await?;
        self.tell(&turn, &reading).await?;
        let object = format!("feeds/{}/{}/{}.ics", turn.settings.id, turn.id, reading.content_hash);
        self.objects.put(&object, bytes).await?;
        self.inputs.hand_over(turn.table.id(), vec![NewInput::snapshot(reading.snapshot)], now).await?;
        let moved_to_host = moved_to.or_else(|| turn.row.moved_to_host.clone());
        let seen = FeedRow {
            failures: 0,
            not_before: None,
            moved_to_host,
            property: Some(turn.feed.property.clone()),
            read_under: Some(turn.under.clone()),
            ..turn.row.clone()
        };
        let row = match reading.doubt {
            // The last whole read stays what later ones are compared with, and what the server is asked about.
            Some(doubt) => {
                FeedRow { doubtful_hash: Some(reading.content_hash), failure: Some(doubt.code().to_owned()), ..seen }
            }
            None => FeedRow {
                content_hash: Some(reading.content_hash),
                doubtful_hash: None,
                etag: validators.etag,
                last_modified: validators.last_modified,
                object: Some(object),
                changed_at: Some(now),
                failure: None,
                ..seen
            },
        };
        Ok(turn.table.save_feed_row(turn.id, &row).await?)
    }

    /// The server says nothing changed. While absences are counted, that is a read like any other.
    async fn unchanged(&self, turn: Turn<'_>) -> Result<(), PollError> {
        match &turn.row.object {
            Some(object) if turn.row.open_misses > 0 || turn.row.doubtful_hash.is_some() => {
                let body = self.objects.get(object, turn.settings.polling.max_bytes).await?;
                let known = Validators { etag: turn.row.etag.clone(), last_modified: turn.row.last_modified.clone() };
                self.take(turn, body, known, None).await
            }
            _ => self.recover(turn).await,
        }
    }

    async fn recover(&self, turn: Turn<'_>) -> Result<(), PollError> {
        let Some(row) = recovered(&turn.row) else { return Ok(()) };
        self.clear(&turn).await?;
        Ok(turn.table.save_feed_row(turn.id, &row).await?)
    }

    async fn clear(&self, turn: &Turn<'_>) -> Result<(), PollError> {
        if let Some(code) = &turn.row.failure {
            turn.table.clear_attention(code, turn.id.as_str()).await?;
        }
        Ok(())
    }

    async fn fault(&self, turn: Turn<'_>, fault: &FetchFault) -> Result<(), PollError> {
        let until = match fault {
            FetchFault::Throttled { until } => *until,
            _ => None,
        };
        self.note_failure(turn, &Trouble { code: fault.code(), text: fault.to_string(), until }).await
    }

    async fn note_failure(&self, turn: Turn<'_>, trouble: &Trouble) -> Result<(), PollError> {
        let now = self.clock.now();
        tracing::warn!(feed = %turn.id, host = %host(turn.feed), code = trouble.code, "a feed could not be read");
        if turn.row.failure.as_deref() != Some(trouble.code) {
            self.clear(&turn).await?;
        }
        let entry = AttentionRow {
            code: trouble.code.to_owned(),
            subject: turn.id.to_string(),
            text: format!("feed {}: {}", turn.id, trouble.text),
            at: now,
        };
        turn.table.notice(&entry).await?;
        Ok(turn.table.save_feed_row(turn.id, &failed(&turn.row, trouble, now)).await?)
    }

    /// Entries for what could not be used of a body that could.
    async fn tell(&self, turn: &Turn<'_>, reading: &Reading) -> Result<(), PollError> {
        let now = self.clock.now();
        for reason in &reading.rejected {
            let digest = hex::encode(Sha256::digest(format!("{}/{}/{reason}", turn.id, reading.content_hash)));
            let entry = QuarantineRow {
                id: QuarantineId::new(digest.chars().take(24).collect::<String>()),
                origin: format!("feed:{}", turn.id),
                code: "unusable-event".to_owned(),
                reason: format!("feed {}: {reason}", turn.id),
                content: Private::new(format!("object of content {}", reading.content_hash)),
                at: now,
            };
            turn.table.quarantine(&entry).await?;
        }
        if let Some(doubt) = &reading.doubt {
            let entry = AttentionRow {
                code: doubt.code().to_owned(),
                subject: turn.id.to_string(),
                text: format!("feed {}: {doubt}", turn.id),
                at: now,
            };
            turn.table.notice(&entry).await?;
        }
        Ok(())
    }
}

/// Politeness: so many fetches at once over all batches of this process, and fewer at one host.
#[derive(Debug, Default)]
struct Turns {
    all: Mutex<BTreeMap<OrgId, Arc<Semaphore>>>,
    hosts: Mutex<BTreeMap<String, Arc<Semaphore>>>,
}

/// Held while a feed is fetched.
struct Held {
    _host: Option<tokio::sync::OwnedSemaphorePermit>,
    _all: Option<tokio::sync::OwnedSemaphorePermit>,
}

impl Turns {
    /// The host's turn first: waiting for a busy host must not take a place from others.
    async fn take(&self, settings: &Organization, feed: &Feed) -> Held {
        let rules = &settings.polling;
        let of_host = semaphore(&self.hosts, host(feed), rules.per_host);
        let of_all = semaphore(&self.all, settings.id.clone(), rules.at_once);
        // A semaphore that is never closed always grants.
        Held { _host: of_host.acquire_owned().await.ok(), _all: of_all.acquire_owned().await.ok() }
    }
}

fn semaphore<K: Ord>(known: &Mutex<BTreeMap<K, Arc<Semaphore>>>, key: K, size: usize) -> Arc<Semaphore> {
    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(known.entry(key).or_insert_with(|| Arc::new(Semaphore::new(size.max(1)))))
}

/// Everything beside the body itself that decides what a body means, as a hash.
fn read_under(settings: &Organization, feed: &Feed) -> String {
    let zone = settings.properties.get(&feed.property).map(|property| &property.zone);
    let window = (settings.rules.window_months_before, settings.rules.window_months_after);
    // Settings were read from JSON and go back into it; a hash of nothing would only mean that the feed is read again.
    let said = serde_json::to_vec(&(feed, zone, window)).unwrap_or_default();
    hex::encode(Sha256::digest(said)).chars().take(16).collect()
}

/// All of a feed's address that may be shown.
fn host(feed: &Feed) -> String {
    Url::parse(feed.url.expose()).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}
