//! What `lintel inspect --json` prints of a calendar.

use super::{CalendarRead, Completeness, Limits, Moment, expand, read};
use jiff::civil::DateTime;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Reads a body and describes it: [`inspect_json`] of [`read`] with the default limits.
pub fn inspect(file: &str, body: &[u8], ms: f64) -> Value {
    let limits = Limits::default();
    inspect_json(file, &read(body, &limits), ms, &limits)
}

/// One object a file: `file`, `error` (null when all of it was read), `ms` as measured by the caller, `events` as
/// `[uid, start, end, summary, utc]` and `instances`, counted without a window: rules that end are followed to their
/// end, the others for `Limits::horizon_years` from their start.
pub fn inspect_json(file: &str, read: &CalendarRead, ms: f64, limits: &Limits) -> Value {
    let expansion = expand(read, None, limits);
    let base = file.rsplit(['/', '\\']).next().unwrap_or(file);
    let events: Vec<Value> = read
        .events
        .iter()
        .map(|event| {
            let utc = read
                .instant(&event.start, None)
                .map_or_else(String::new, |at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
            json!([
                event.uid.as_deref().unwrap_or_default(),
                written(event.start),
                written(event.end),
                event.summary.as_ref().map_or("", |summary| summary.expose()),
                utc
            ])
        })
        .collect();
    json!({
        "file": base,
        "error": fault(read, expansion.stopped.as_deref()),
        "ms": ms,
        "events": events,
        "instances": expansion.instances.len(),
    })
}

fn written(moment: Moment) -> String {
    match moment {
        Moment::Date(date) => date.to_string(),
        Moment::Utc(at) => format!("{}Z", iso(at)),
        other => iso(other.civil()),
    }
}

fn iso(at: DateTime) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

/// Everything that was wrong, in one text.
fn fault(read: &CalendarRead, stopped: Option<&str>) -> Option<String> {
    let mut text = match &read.completeness {
        Completeness::Complete => String::new(),
        Completeness::Partial { why } => format!("not whole: {why}"),
        Completeness::NotACalendar { why } => format!("not a calendar: {why}"),
    };
    let faults = read.skipped.iter().filter(|skip| skip.reason.is_fault());
    let more = faults.clone().count().saturating_sub(5);
    for skip in faults.take(5) {
        let _ = write!(text, "{}{} in line {}: {}", separator(&text), skip.what, skip.line, skip.reason);
    }
    if more > 0 {
        let _ = write!(text, "; and {more} more");
    }
    if let Some(stopped) = stopped {
        let _ = write!(text, "{}{stopped}", separator(&text));
    }
    (!text.is_empty()).then_some(text)
}

fn separator(text: &str) -> &'static str {
    if text.is_empty() { "" } else { "; " }
}
