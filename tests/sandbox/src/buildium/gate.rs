//! "10 concurrent requests per second" can be read two ways, so both hold: calls in flight, and calls begun (section 2).

use crate::limits::{RateRules, Window};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// The calls of one client.
#[derive(Debug)]
pub(super) struct Gate {
    most: usize,
    starts: Window,
    /// By ticket, when each ends.
    in_flight: BTreeMap<u64, Timestamp>,
    tickets: u64,
}

/// One call's place among those in flight.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ticket(u64);

/// Why there was no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Full {
    InFlight,
    Starts,
}

impl Gate {
    pub(super) fn new(most: usize, starts: RateRules) -> Self {
        Self { most, starts: Window::new(starts), in_flight: BTreeMap::new(), tickets: 0 }
    }

    /// Lets a call in, which stays in flight until `leave` says when it ends.
    pub(super) fn enter(&mut self, now: Timestamp) -> Result<Ticket, Full> {
        self.in_flight.retain(|_, ends| *ends > now);
        if self.in_flight.len() >= self.most {
            return Err(Full::InFlight);
        }
        self.starts.take(now).map_err(|_| Full::Starts)?;
        self.tickets += 1;
        self.in_flight.insert(self.tickets, Timestamp::MAX);
        Ok(Ticket(self.tickets))
    }

    pub(super) fn leave(&mut self, ticket: Ticket, ends: Timestamp) {
        self.in_flight.insert(ticket.0, ends);
    }
}
