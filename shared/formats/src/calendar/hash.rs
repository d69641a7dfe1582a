//! The true change test of a feed: what it says, whatever order and header it says it in.

use super::{CalendarRead, outline::named};
use sha2::{Digest, Sha256};

/// Properties that change from fetch to fetch while nothing happened (ical-feeds.md section 5).
const RESTLESS: [&str; 3] = ["DTSTAMP", "CREATED", "LAST-MODIFIED"];

/// Hex of a SHA-256 over the events in an order of their own, without DTSTAMP, CREATED and LAST-MODIFIED, and without
/// anything outside the events, such as PRODID. The order of properties within an event does not count either.
pub fn content_hash(read: &CalendarRead) -> String {
    let text = read.text.expose();
    let mut events: Vec<[u8; 32]> = read
        .events
        .iter()
        .map(|event| {
            let mut lines: Vec<&str> = text
                .get(event.raw.clone())
                .unwrap_or_default()
                .lines()
                .map(str::trim_end)
                .filter(|line| !line.is_empty() && !RESTLESS.iter().any(|name| named(line, name)))
                .collect();
            lines.sort_unstable();
            let mut hash = Sha256::new();
            for line in lines {
                hash.update(line.as_bytes());
                hash.update(b"\n");
            }
            hash.finalize().into()
        })
        .collect();
    events.sort_unstable();
    let mut hash = Sha256::new();
    for event in events {
        hash.update(event);
    }
    hex::encode(hash.finalize())
}
