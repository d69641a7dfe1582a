//! The feed hosts: calendars with validators, some that never work, and any that is told to misbehave.

use super::{Home, Misbehaviour, World, calendar};
use crate::{
    answer::{Answer, Ask},
    faults::http_date,
    front::Simulator,
};
use http::header::{IF_MODIFIED_SINCE, IF_NONE_MATCH};
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// The feed hosts of the world, all behind one front: `/<feed>/<home>.ics`.
#[derive(Debug)]
pub struct Feeds {
    world: Arc<World>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// By path.
    misbehaving: BTreeMap<String, Misbehaviour>,
    usage: FeedUsage,
}

/// What feeds were asked so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FeedUsage {
    pub asked: u64,
    /// Answers that said nothing had changed.
    pub not_modified: u64,
    pub misbehaved: u64,
}

impl Feeds {
    pub fn new(world: Arc<World>) -> Self {
        Self { world, state: Mutex::default() }
    }

    /// Lets one feed misbehave until it is told otherwise.
    pub fn misbehave(&self, feed: &str, home: usize, how: Misbehaviour) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).misbehaving.insert(path(feed, home), how);
    }

    /// Lets one feed work again.
    pub fn behave(&self, feed: &str, home: usize) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).misbehaving.remove(&path(feed, home));
    }

    pub fn usage(&self) -> FeedUsage {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).usage
    }

    /// The feed's name and the home it belongs to.
    fn find<'a>(&self, ask: &'a Ask) -> Option<(&'a str, &Home)> {
        let (feed, file) = ask.path.trim_start_matches('/').split_once('/')?;
        let home = file.strip_suffix(".ics")?.parse::<usize>().ok()?;
        Some((feed, self.world.homes().get(home)?))
    }

    fn answer(&self, feed: &str, home: &Home, ask: &Ask) -> Answer {
        match feed {
            "channel" => self.current(home, ask),
            "login-page" => Answer::html(200, "Please sign in"),
            "cut" => {
                let text = calendar(home, ask.now);
                let end = text.floor_char_boundary(text.len() * 6 / 10);
                Answer::of(200, "text/calendar", text.get(..end).unwrap_or_default().to_owned())
            }
            "empty" => Answer::of(
                200,
                "text/calendar",
                "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Sample//EN\r\nEND:VCALENDAR\r\n",
            ),
            _ => Answer::html(410, "This calendar has moved."),
        }
    }

    /// A calendar, or 304 to who has it already.
    fn current(&self, home: &Home, ask: &Ask) -> Answer {
        let midnight = self.world.today().to_zoned(TimeZone::UTC).map(|day| day.timestamp()).unwrap_or_default();
        let held = Validators { etag: etag(home), modified: midnight };
        let answer = if held.are_known(ask) {
            Answer::empty(304)
        } else {
            Answer::of(200, "text/calendar; charset=utf-8", calendar(home, ask.now))
        };
        answer.with_header("etag", &held.etag).with_header("last-modified", &http_date(held.modified))
    }
}

impl Simulator for Feeds {
    fn handle(&self, ask: &Ask) -> Answer {
        let found = self.find(ask);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.usage.asked += 1;
        let Some((feed, home)) = found else { return Answer::html(404, "not found") };
        if let Some(how) = state.misbehaving.get(&ask.path).cloned() {
            state.usage.misbehaved += 1;
            drop(state);
            return how.answer(calendar(home, ask.now), ask.now);
        }
        let answer = self.answer(feed, home, ask);
        state.usage.not_modified += u64::from(answer.status == http::StatusCode::NOT_MODIFIED);
        answer
    }
}

/// What tells one version of a calendar from another.
struct Validators {
    etag: String,
    modified: Timestamp,
}

impl Validators {
    /// `If-None-Match` decides; `If-Modified-Since` only where that is not sent (RFC 9110 section 13.2.2).
    fn are_known(&self, ask: &Ask) -> bool {
        let header = |name| ask.headers.get(name).and_then(|value: &http::HeaderValue| value.to_str().ok());
        match header(IF_NONE_MATCH) {
            Some(tags) => tags.split(',').any(|tag| tag.trim().trim_start_matches("W/") == self.etag),
            None => header(IF_MODIFIED_SINCE).and_then(parsed_date).is_some_and(|since| self.modified <= since),
        }
    }
}

/// Over everything but the moment of the fetch, which every fetch writes anew.
fn etag(home: &Home) -> String {
    let digest = hex::encode(Sha256::digest(calendar(home, Timestamp::UNIX_EPOCH)));
    format!("\"{}\"", digest.get(..16).unwrap_or_default())
}

fn parsed_date(text: &str) -> Option<Timestamp> {
    let civil = DateTime::strptime("%a, %d %b %Y %H:%M:%S GMT", text).ok()?;
    civil.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

fn path(feed: &str, home: usize) -> String {
    format!("/{feed}/{home}.ics")
}
