//! Where events are written down before anybody hears a 2xx.
//!
//! A few at a time get a row each. Many that come at the same moment, of one delivery or of several, share one row and one
//! message: the event router gives each its own.

use futures::future::join_all;
use lintel_cloud::{
    gathering::{Gathering, Unanswered},
    messages::EventsMessage,
    metrics::Metrics,
    queues::{QueueUrl, Queues},
    store::{Arrived, StoreError, Table},
};
use lintel_connectors::surroundings::Clock;
use lintel_domain::ids::{EventId, OrgId};
use std::{collections::BTreeMap, sync::Arc};

/// Events written down in one go.
const AT_ONCE: usize = 100;
/// So many of one organization are written side by side; from there on they share rows.
const SIDE_BY_SIDE: usize = 8;
/// Content one row shares, in bytes. A row holds 400 KB, and JSON in JSON grows by its quotation marks.
const LARGEST: usize = 150_000;

/// What became of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    /// It has a row of its own, and is to be announced.
    Alone(EventId),
    /// It was known.
    Again,
    /// It shares a row, which is announced.
    Together,
}

type Outcome = Result<Kept, StoreError>;

/// Gathers the events of deliveries that come at the same moment.
#[derive(Debug)]
pub(crate) struct Inbox(Gathering<(OrgId, Arrived), Outcome>);

impl Inbox {
    pub(crate) fn new(books: Books) -> Self {
        let books = Arc::new(books);
        Self(Gathering::new(AT_ONCE, move |arrived| {
            let books = Arc::clone(&books);
            async move { books.write(arrived).await }
        }))
    }

    /// Writes an event down. When this answers well, it is in the table.
    pub(crate) async fn keep(&self, org: &OrgId, event: Arrived) -> Outcome {
        let unanswered = |error: Unanswered| StoreError::Unavailable {
            doing: "write down an event".to_owned(),
            reason: error.to_string(),
        };
        self.0.ask((org.clone(), event)).await.map_err(unanswered)?
    }
}

/// What events are written down in.
#[derive(Debug)]
pub(crate) struct Books {
    pub(crate) table: Table,
    pub(crate) queues: Queues,
    /// Where they are announced.
    pub(crate) events: QueueUrl,
    pub(crate) metrics: Metrics,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Books {
    /// An outcome for each, in their order. What befalls one organization's events is no matter of another's.
    async fn write(&self, arrived: Vec<(OrgId, Arrived)>) -> Vec<Outcome> {
        let mut by_org: BTreeMap<OrgId, Vec<(usize, Arrived)>> = BTreeMap::new();
        for (index, (org, event)) in arrived.into_iter().enumerate() {
            by_org.entry(org).or_default().push((index, event));
        }
        let written = by_org.into_iter().map(|(org, events)| async move {
            let (indexes, events): (Vec<usize>, Vec<Arrived>) = events.into_iter().unzip();
            let outcomes = self.write_for(&org, events).await;
            self.count(&org, &outcomes);
            indexes.into_iter().zip(outcomes).collect::<Vec<_>>()
        });
        let mut outcomes: Vec<(usize, Outcome)> = join_all(written).await.into_iter().flatten().collect();
        outcomes.sort_unstable_by_key(|(index, _)| *index);
        outcomes.into_iter().map(|(_, outcome)| outcome).collect()
    }

    /// Those that share a row are accepted here; which of them came before is known, and counted, when the event router unpacks them.
    fn count(&self, org: &OrgId, outcomes: &[Outcome]) {
        let repeated = outcomes.iter().filter(|outcome| matches!(outcome, Ok(Kept::Again))).count();
        let accepted = outcomes.iter().filter(|outcome| outcome.is_ok()).count() - repeated;
        self.metrics.count("webhook-receiver", org, "events_accepted_count", accepted);
        self.metrics.count("webhook-receiver", org, "events_repeated_count", repeated);
    }

    async fn write_for(&self, org: &OrgId, events: Vec<Arrived>) -> Vec<Outcome> {
        if events.len() <= SIDE_BY_SIDE {
            return join_all(events.iter().map(|event| self.write_alone(org, event))).await;
        }
        let mut outcomes = Vec::with_capacity(events.len());
        for bundle in bundles(&events) {
            match bundle {
                // One too large to share.
                [event] => outcomes.push(self.write_alone(org, event).await),
                events => {
                    let outcome = self.write_together(org, events).await;
                    outcomes.extend(events.iter().map(|_| outcome.clone()));
                }
            }
        }
        outcomes
    }

    async fn write_alone(&self, org: &OrgId, arrived: &Arrived) -> Outcome {
        let new = self.table.org(org).keep_event(&arrived.id, &arrived.event).await?;
        Ok(if new { Kept::Alone(arrived.id.clone()) } else { Kept::Again })
    }

    async fn write_together(&self, org: &OrgId, events: &[Arrived]) -> Outcome {
        let bundle = self.table.org(org).put_bundle(events, self.clock.now()).await?;
        let message = EventsMessage::V2 { org: org.clone(), bundle };
        if let Err(error) = self.queues.send_all(&self.events, org, &[message]).await {
            tracing::warn!(%org, %error, "events wait for the sweeper");
        }
        Ok(Kept::Together)
    }
}

/// Divides events into runs that fit a row.
fn bundles(mut events: &[Arrived]) -> Vec<&[Arrived]> {
    let mut bundles = Vec::new();
    while !events.is_empty() {
        let mut size = 0;
        let fitting = events.iter().take_while(|arrived| {
            size += arrived.event.content.expose().len();
            size <= LARGEST
        });
        let (bundle, rest) = events.split_at(fitting.count().max(1));
        bundles.push(bundle);
        events = rest;
    }
    bundles
}
