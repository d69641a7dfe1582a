//! A record, small enough that a hundred thousand of them are cheap.

use super::properties::System;
use jiff::Timestamp;
use std::time::Duration;

/// Values by the place of their property, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Values(Vec<(u32, Box<str>)>);

/// Who wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// An app, over the API.
    Integration(u64),
    /// Somebody in the vendor's screens.
    Person(u64),
}

#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) values: Values,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
    pub(super) archived: Option<Timestamp>,
    pub(super) origin: Origin,
    /// What the search may still show, the oldest first.
    older: Vec<Version>,
}

#[derive(Clone, Debug)]
struct Version {
    values: Values,
    updated: Timestamp,
    until: Timestamp,
}

/// A record as the search has it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen<'a> {
    pub(super) values: &'a Values,
    pub(super) updated: Timestamp,
}

/// ISO 8601 in UTC with milliseconds, as all of the vendor's times are.
pub(super) fn stamp(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

impl Values {
    pub(super) fn get(&self, place: usize) -> Option<&str> {
        let at = self.0.binary_search_by_key(&place, |(known, _)| *known as usize).ok()?;
        Some(&self.0[at].1)
    }

    pub(super) fn set(&mut self, place: usize, value: Option<&str>) {
        let found = self.0.binary_search_by_key(&place, |(known, _)| *known as usize);
        match (found, value) {
            (Ok(at), Some(value)) => self.0[at].1 = value.into(),
            (Ok(at), None) => drop(self.0.remove(at)),
            (Err(at), Some(value)) => {
                // So many properties no portal has.
                if let Ok(place) = u32::try_from(place) {
                    self.0.insert(at, (place, value.into()));
                }
            }
            (Err(_), None) => {}
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, &str)> {
        self.0.iter().map(|(place, value)| (*place as usize, &**value))
    }
}

impl Record {
    pub(super) fn new(values: Values, origin: Origin, now: Timestamp) -> Self {
        Self { values, created: now, updated: now, archived: None, origin, older: Vec::new() }
    }

    pub(super) fn is_live(&self) -> bool {
        self.archived.is_none()
    }

    /// Takes new values; keeps what the search still has.
    pub(super) fn replace(&mut self, values: Values, now: Timestamp, lag: Duration) {
        self.older.retain(|version| !passed(version.until, lag, now));
        let values = std::mem::replace(&mut self.values, values);
        self.older.push(Version { values, updated: self.updated, until: now });
        self.updated = now;
    }

    /// What the search knows of it: nothing of what is younger than the lag.
    pub(super) fn seen(&self, now: Timestamp, lag: Duration) -> Option<Seen<'_>> {
        if !self.is_live() || !passed(self.created, lag, now) {
            return None;
        }
        let older = self.older.iter().find(|version| !passed(version.until, lag, now));
        Some(older.map_or_else(|| self.now(), |one| Seen { values: &one.values, updated: one.updated }))
    }

    pub(super) fn now(&self) -> Seen<'_> {
        Seen { values: &self.values, updated: self.updated }
    }

    pub(super) fn system(&self, what: System, id: u64, updated: Timestamp) -> String {
        match (what, self.origin) {
            (System::Id, _) => id.to_string(),
            (System::Created, _) => stamp(self.created),
            (System::Modified, _) => stamp(updated),
            (System::Source, origin) => origin.source().to_owned(),
            (System::SourceId, origin) => origin.source_id(),
        }
    }
}

impl Origin {
    /// In records and in webhooks.
    pub(super) fn source(self) -> &'static str {
        match self {
            Self::Integration(_) => "INTEGRATION",
            Self::Person(_) => "CRM_UI",
        }
    }

    pub(super) fn source_id(self) -> String {
        match self {
            Self::Integration(app) => app.to_string(),
            Self::Person(user) => format!("userId:{user}"),
        }
    }
}

pub(super) fn passed(since: Timestamp, wait: Duration, now: Timestamp) -> bool {
    crate::clock::later(since, wait) <= now
}
