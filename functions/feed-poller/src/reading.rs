//! A calendar body to the snapshot it means for its property.

use jiff::{Timestamp, ToSpan, tz::TimeZone};
use lintel_domain::{
    ids::{FeedId, SnapshotId, SourceId},
    settings::{Feed, Organization},
    snapshot::{Coverage, NoCoverage, Snapshot},
};
use lintel_formats::calendar::{self, CalendarRead, Completeness, Expansion, Limits, Rejected, Window};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// A calendar as understood.
#[derive(Debug)]
pub struct Reading {
    pub snapshot: Snapshot,
    pub content_hash: String,
    /// Events that could not become entries.
    pub rejected: Vec<String>,
    /// Events of which nothing falls into the window of months that is kept.
    pub outside_window: usize,
    /// Why the read proves no absence, if it does not.
    pub doubt: Option<Doubt>,
}

/// A body that was read but not whole.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    #[error("the calendar ends early or is broken: {0}")]
    Partial(String),
    #[error("the calendar holds no event")]
    Empty,
}

/// Why nothing was understood.
#[derive(Debug, thiserror::Error)]
pub enum ReadingError {
    #[error("the body is not a calendar: {0}")]
    NotACalendar(String),
    #[error("feed {0} belongs to a property that is not configured")]
    NoProperty(FeedId),
    #[error("the property's zone {0} is unknown")]
    NoZone(String),
}

impl Doubt {
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Partial(_) => "feed-partial",
            Self::Empty => "feed-empty",
        }
    }
}

/// Reads a body as one read of its feed.
pub fn read_calendar(
    settings: &Organization,
    id: &FeedId,
    feed: &Feed,
    bytes: &[u8],
    now: Timestamp,
) -> Result<Reading, ReadingError> {
    let property = settings.properties.get(&feed.property).ok_or_else(|| ReadingError::NoProperty(id.clone()))?;
    let zone = TimeZone::get(&property.zone).map_err(|_| ReadingError::NoZone(property.zone.clone()))?;
    let limits = Limits { body_bytes: settings.polling.max_bytes, ..Limits::default() };
    let read = calendar::read(bytes, &limits);
    if let Completeness::NotACalendar { why } = &read.completeness {
        return Err(ReadingError::NotACalendar(why.clone()));
    }
    let today = now.to_zoned(zone.clone()).date();
    let window = Window {
        from: today.saturating_sub(i64::from(settings.rules.window_months_before).months()),
        to: today.saturating_add(i64::from(settings.rules.window_months_after).months()),
    };
    let Expansion { instances, stopped } = calendar::expand(&read, Some(window), &limits);
    let inside: BTreeSet<usize> = instances.iter().map(|instance| instance.event).collect();
    let (entries, rejected) = calendar::observe(&read, instances, feed, &zone);
    let doubt = doubt(&read, &rejected, stopped.as_deref());
    let coverage = match &doubt {
        None => Coverage::Upcoming { from: today },
        Some(Doubt::Empty) => Coverage::Nothing { why: NoCoverage::Empty },
        Some(Doubt::Partial(_)) => Coverage::Nothing { why: NoCoverage::Partial },
    };
    let content_hash = calendar::content_hash(&read);
    let snapshot = Snapshot {
        id: snapshot_id(id, &content_hash, now),
        source: SourceId::new(id.as_str()),
        property: feed.property.clone(),
        observed_at: now,
        coverage,
        entries,
        elsewhere: Vec::new(),
    };
    let rejected =
        rejected.iter().map(|rejected| format!("event at line {}: {}", rejected.line, rejected.why)).collect();
    let outside_window = read.events.len() - inside.len();
    Ok(Reading { snapshot, content_hash, rejected, outside_window, doubt })
}

/// What keeps the read from proving absence: a cut body, an event that was lost, an expansion that was stopped.
fn doubt(read: &CalendarRead, rejected: &[Rejected], stopped: Option<&str>) -> Option<Doubt> {
    if let Completeness::Partial { why } = &read.completeness {
        return Some(Doubt::Partial(why.clone()));
    }
    if let Some(skip) = read.skipped.iter().find(|skip| skip.reason.is_fault()) {
        return Some(Doubt::Partial(format!("{} at line {} was left out", skip.what, skip.line)));
    }
    if let Some(rejected) = rejected.first() {
        return Some(Doubt::Partial(format!("the event at line {} was left out", rejected.line)));
    }
    if let Some(why) = stopped {
        return Some(Doubt::Partial(why.to_owned()));
    }
    read.events.is_empty().then_some(Doubt::Empty)
}

/// The same body at another moment is another read.
fn snapshot_id(feed: &FeedId, content_hash: &str, now: Timestamp) -> SnapshotId {
    let digest = hex::encode(Sha256::digest(format!("{feed}/{content_hash}/{now}")));
    SnapshotId::new(format!("{feed}-{}", digest.chars().take(20).collect::<String>()))
}
