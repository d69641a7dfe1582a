//! What a feed's row says after a failure, and after its end.

use jiff::{SignedDuration, Timestamp};
use lintel_cloud::store::FeedRow;

const FIRST_PAUSE: SignedDuration = SignedDuration::from_mins(15);
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(6);

/// Why a feed could not be read.
pub(crate) struct Trouble {
    pub(crate) code: &'static str,
    pub(crate) text: String,
    /// When the server allows another try, if it said.
    pub(crate) until: Option<Timestamp>,
}

/// One more failure: the feed is left alone for longer each time. What was known of its content stays known.
pub(crate) fn failed(row: &FeedRow, trouble: &Trouble, now: Timestamp) -> FeedRow {
    let doubled = FIRST_PAUSE.saturating_mul(1 << row.failures.min(6));
    let pause = doubled.min(LONGEST_PAUSE);
    FeedRow {
        failures: row.failures.saturating_add(1),
        failure: Some(trouble.code.to_owned()),
        not_before: Some(trouble.until.unwrap_or(now).max(now + pause)),
        ..row.clone()
    }
}

/// The row after a good read, when it differs.
pub(crate) fn recovered(row: &FeedRow) -> Option<FeedRow> {
    row.failure.as_ref().map(|_| FeedRow {
        failures: 0,
        failure: None,
        not_before: None,
        doubtful_hash: None,
        ..row.clone()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-07-01T12:00:00Z".parse().expect("a moment")
    }

    #[test]
    fn pauses_grow_and_end() {
        let trouble = Trouble { code: "feed-timeout", text: String::new(), until: None };
        let mut row = FeedRow { content_hash: Some("abc".to_owned()), ..FeedRow::default() };
        let mut pauses = Vec::new();
        for _ in 0..8 {
            row = failed(&row, &trouble, now());
            pauses.push(row.not_before.expect("a pause").duration_since(now()).as_mins());
        }
        assert_eq!(pauses, [15, 30, 60, 120, 240, 360, 360, 360]);
        assert_eq!(row.content_hash.as_deref(), Some("abc"));
        let row = recovered(&row).expect("a difference");
        assert_eq!((row.failures, row.failure, row.not_before), (0, None, None));
    }

    #[test]
    fn a_quiet_row_has_nothing_to_recover_from() {
        assert_eq!(recovered(&FeedRow::default()), None);
    }
}
