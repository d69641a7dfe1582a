//! How much of a calendar is read before it is refused.

/// Bounds on one body. The defaults leave ten times the largest real feed seen and keep the worst body under a second.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a body as received; a longer one is not read at all.
    pub body_bytes: usize,
    /// Components inside one another; a VALARM in a VEVENT in a VCALENDAR is three.
    pub depth: usize,
    /// Bytes of one unfolded line; a longer one is left out and reported.
    pub line_bytes: usize,
    /// VEVENTs of one body; reading stops there and the body counts as partial.
    pub events: usize,
    /// Occurrences one expansion returns.
    pub occurrences: usize,
    /// Candidate times one expansion looks at, whether or not they become occurrences.
    pub steps: u64,
    /// Days from start to end of one event.
    pub event_days: i64,
    /// Years after its start to which a rule without COUNT or UNTIL is followed when no window is given.
    pub horizon_years: i16,
    /// EXDATE and RDATE values of one event.
    pub listed_dates: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 5 * 1024 * 1024,
            depth: 16,
            line_bytes: 64 * 1024,
            events: 20_000,
            occurrences: 50_000,
            steps: 1_000_000,
            event_days: 3_660,
            horizon_years: 10,
            listed_dates: 10_000,
        }
    }
}
