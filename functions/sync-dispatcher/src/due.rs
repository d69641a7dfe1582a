//! Which run a flow is due for. Pure.

use jiff::{SignedDuration, Timestamp};
use lintel_cloud::store::FlowRow;
use lintel_domain::sync::{Direction, Flow, RunKind};

/// `None` when it is not yet time.
pub(crate) fn due(flow: &Flow, stand: &FlowRow, now: Timestamp) -> Option<RunKind> {
    let since = |at: Option<Timestamp>| at.map(|at| now.duration_since(at));
    let hours = |hours: u32| SignedDuration::from_hours(i64::from(hours));
    // Of two sides each has its turn within the time.
    let pause = SignedDuration::from_mins(i64::from(flow.every_minutes));
    let pause = if flow.direction == Direction::TwoWay { pause / 2 } else { pause };
    // Also one that failed is not begun again at every tick.
    if since(stand.began_at).is_some_and(|passed| passed < pause) {
        return None;
    }
    if since(stand.compared_at).is_some_and(|passed| passed >= hours(flow.compare_every_hours)) {
        return Some(RunKind::Compare);
    }
    if since(stand.full_at).is_none_or(|passed| passed >= hours(flow.full_every_hours)) {
        return Some(RunKind::Full);
    }
    let is_its_turn = flow.direction == Direction::TwoWay && stand.back_at < stand.cursor;
    Some(if is_its_turn { RunKind::Back } else { RunKind::Changes })
}

/// A flow that came to no end of a run for so many times its schedule is late.
const LATE: i32 = 8;

/// Whether a flow is late. `first` is when its first run began, of which it knows.
pub(crate) fn is_late(flow: &Flow, stand: &FlowRow, first: Option<Timestamp>, now: Timestamp) -> bool {
    let pause = SignedDuration::from_mins(i64::from(flow.every_minutes));
    stand.finished_at.or(first).is_some_and(|at| now.duration_since(at) > pause * LATE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_flow_is_late_when_no_run_has_ended_for_long_whether_runs_fail_or_none_ever_ended() {
        let flow: Flow = serde_json::from_value(json!({ "from": "a", "stream": "x", "to": "b", "into": "y" })).unwrap();
        let now: Timestamp = "2026-07-02T12:00:00Z".parse().unwrap();
        let ago = |minutes: i64| Some(now - SignedDuration::from_mins(minutes));
        let late = |finished_at, first| is_late(&flow, &FlowRow { finished_at, ..FlowRow::default() }, first, now);
        assert!(!late(None, None), "it never ran");
        assert!(!late(None, ago(120)) && late(None, ago(121)), "its first run goes on and on");
        assert!(!late(ago(120), ago(9_000)) && late(ago(121), ago(9_000)));
    }

    #[test]
    fn everything_is_read_at_first_and_once_a_day_and_changes_in_between() {
        let flow: Flow = serde_json::from_value(json!({ "from": "a", "stream": "x", "to": "b", "into": "y" })).unwrap();
        let now: Timestamp = "2026-07-02T12:00:00Z".parse().unwrap();
        let ago = |hours: i64, minutes: i64| Some(now - SignedDuration::from_mins(hours * 60 + minutes));
        let row = |full_at, began_at| FlowRow { full_at, began_at, ..FlowRow::default() };
        let told = |full_at, began_at| due(&flow, &row(full_at, began_at), now);
        assert_eq!(told(None, None), Some(RunKind::Full));
        assert_eq!(told(None, ago(0, 5)), None, "one that failed waits like any other");
        assert_eq!(told(ago(3, 0), ago(0, 5)), None);
        assert_eq!(told(ago(3, 0), ago(0, 15)), Some(RunKind::Changes));
        assert_eq!(told(ago(24, 0), ago(0, 20)), Some(RunKind::Full));
        let compared = |hours| due(&flow, &FlowRow { compared_at: ago(hours, 0), ..row(ago(3, 0), ago(0, 20)) }, now);
        let two: Flow = Flow { direction: Direction::TwoWay, ..flow.clone() };
        let turn = |back_at| {
            let row = FlowRow { cursor: ago(0, 15), back_at, ..row(ago(3, 0), ago(0, 8)) };
            due(&two, &row, now)
        };
        assert_eq!(
            (turn(None), turn(ago(0, 30)), turn(ago(0, 8))),
            (Some(RunKind::Back), Some(RunKind::Back), Some(RunKind::Changes))
        );
        assert_eq!((compared(167), compared(168)), (Some(RunKind::Changes), Some(RunKind::Compare)));
    }
}
