//! The components of a body, found by their BEGIN and END lines, before the grammar sees any of them.
//!
//! Each VEVENT and VTIMEZONE becomes a slice of its own, so that one that is cut off or nested wrongly spoils no other.

use super::{Completeness, Limits, Skip, SkipReason};
use std::ops::Range;

/// Where things stand in the unfolded text.
#[derive(Debug)]
pub(super) struct Outline {
    pub(super) completeness: Completeness,
    pub(super) events: Vec<Block>,
    pub(super) zones: Vec<Range<usize>>,
    pub(super) prodid: Option<String>,
    pub(super) method: Option<String>,
    pub(super) wanted_zone: Option<String>,
    pub(super) skipped: Vec<Skip>,
}

/// One component, from its BEGIN to its END line.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) range: Range<usize>,
    /// Number of its first line, counted from 1 after unfolding.
    pub(super) line: usize,
}

#[derive(Debug)]
struct Open<'a> {
    name: &'a str,
    start: usize,
    line: usize,
}

pub(super) fn outline(text: &str, limits: &Limits) -> Outline {
    let mut scan = Scan {
        limits,
        open: Vec::new(),
        fault: None,
        out: Outline {
            completeness: Completeness::Complete,
            events: Vec::new(),
            zones: Vec::new(),
            prodid: None,
            method: None,
            wanted_zone: None,
            skipped: Vec::new(),
        },
    };
    if let Some(why) = not_a_calendar(text) {
        scan.out.completeness = Completeness::NotACalendar { why };
        return scan.out;
    }
    let mut start = 0;
    let mut number = 0;
    let ends = memchr::memchr_iter(b'\n', text.as_bytes()).map(|end| end + 1).chain([text.len()]);
    for end in ends {
        if end == start {
            continue;
        }
        number += 1;
        let line = text.get(start..end).unwrap_or_default();
        if scan.line(line, start..end, number) == Step::Stop {
            break;
        }
        start = end;
    }
    scan.finish(text)
}

#[derive(PartialEq, Eq)]
enum Step {
    Next,
    Stop,
}

struct Scan<'a, 'l> {
    limits: &'l Limits,
    open: Vec<Open<'a>>,
    fault: Option<String>,
    out: Outline,
}

impl<'a> Scan<'a, '_> {
    fn line(&mut self, line: &'a str, range: Range<usize>, number: usize) -> Step {
        let first = line.as_bytes().first().copied().unwrap_or_default();
        if first.is_ascii_whitespace() || matches!(first, b'B' | b'b' | b'E' | b'e') {
            let trimmed = line.trim();
            if let Some(name) = marker(trimmed, "BEGIN") {
                return self.begin(name, range.start, number);
            }
            if let Some(name) = marker(trimmed, "END") {
                return self.end(name, range.end);
            }
        }
        if line.len() > self.limits.line_bytes {
            self.skip("line", number, SkipReason::LineTooLong { bytes: line.len() });
        }
        if self.open.len() == 1 {
            self.header(line);
        } else if self.open.is_empty() && !line.trim().is_empty() {
            self.skip("line", number, SkipReason::OutsideCalendar);
        }
        Step::Next
    }

    fn begin(&mut self, name: &'a str, start: usize, line: usize) -> Step {
        if self.open.len() >= self.limits.depth {
            self.note(format!("components are nested deeper than {}", self.limits.depth));
            self.open.clear();
            return Step::Stop;
        }
        // These two hold no component of their own kind and stand only at the top: a second BEGIN means the first was
        // never closed.
        if is_event(name) || name.eq_ignore_ascii_case("VCALENDAR") {
            let keep = usize::from(!name.eq_ignore_ascii_case("VCALENDAR"));
            if self.open.iter().skip(keep).any(|open| is_event(open.name)) || (keep == 0 && !self.open.is_empty()) {
                self.cut_to(keep);
            }
        }
        self.open.push(Open { name, start, line });
        Step::Next
    }

    fn end(&mut self, name: &'a str, end: usize) -> Step {
        let Some(at) = self.open.iter().rposition(|open| open.name.eq_ignore_ascii_case(name)) else {
            self.note(format!("END:{} closes nothing", shown(name)));
            return Step::Next;
        };
        self.cut_to(at + 1);
        let Some(open) = self.open.pop() else { return Step::Next };
        let parent_is_calendar = self.open.last().is_some_and(|parent| parent.name.eq_ignore_ascii_case("VCALENDAR"));
        if open.name.eq_ignore_ascii_case("VCALENDAR") {
            return Step::Next;
        }
        let range = open.start..end;
        if is_event(open.name) && parent_is_calendar {
            if self.out.events.len() >= self.limits.events {
                self.skip("VEVENT", open.line, SkipReason::TooMany { cap: self.limits.events });
                self.note(format!("more than {} events", self.limits.events));
                self.open.clear();
                return Step::Stop;
            }
            self.out.events.push(Block { range, line: open.line });
        } else if open.name.eq_ignore_ascii_case("VTIMEZONE") && parent_is_calendar {
            self.out.zones.push(range);
        } else if is_event(open.name) {
            self.skip("VEVENT", open.line, SkipReason::OutsideCalendar);
        } else if !is_observance(open.name) {
            self.skip(shown(open.name), open.line, SkipReason::IgnoredKind);
        }
        Step::Next
    }

    /// Gives up every component opened after the first `keep`.
    fn cut_to(&mut self, keep: usize) {
        while self.open.len() > keep {
            let Some(open) = self.open.pop() else { return };
            self.note(format!("{} of line {} is never closed", shown(open.name), open.line));
            if !open.name.eq_ignore_ascii_case("VCALENDAR") {
                self.skip(shown(open.name), open.line, SkipReason::NotClosed);
            }
        }
    }

    fn header(&mut self, line: &str) {
        let place = match line.as_bytes().first().map(u8::to_ascii_uppercase) {
            Some(b'P') if named(line, "PRODID") => &mut self.out.prodid,
            Some(b'M') if named(line, "METHOD") => &mut self.out.method,
            Some(b'X') if named(line, "X-WR-TIMEZONE") => &mut self.out.wanted_zone,
            _ => return,
        };
        if place.is_none() {
            *place = line.split_once(':').map(|(_, value)| value.trim().to_owned());
        }
    }

    fn skip(&mut self, what: &str, line: usize, reason: SkipReason) {
        super::report(&mut self.out.skipped, what, line, reason);
    }

    fn note(&mut self, fault: String) {
        self.fault.get_or_insert(fault);
    }

    fn finish(mut self, text: &str) -> Outline {
        self.cut_to(0);
        let last = text.trim_end().rsplit('\n').next().unwrap_or_default();
        let closed = marker(last.trim(), "END").is_some_and(|name| name.eq_ignore_ascii_case("VCALENDAR"));
        if let Some(why) = self.fault {
            self.out.completeness = Completeness::Partial { why };
        } else if !closed {
            self.out.completeness = Completeness::Partial { why: "it does not end with END:VCALENDAR".into() };
        }
        self.out
    }
}

fn not_a_calendar(text: &str) -> Option<String> {
    let start = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n', '\0']);
    if start.is_empty() {
        return Some("the body is empty".into());
    }
    let first = start.lines().next().unwrap_or_default();
    if marker(first.trim(), "BEGIN").is_some_and(|name| name.eq_ignore_ascii_case("VCALENDAR")) {
        return None;
    }
    if start.starts_with('<') {
        return Some("the body is a web page".into());
    }
    Some("the body does not begin with BEGIN:VCALENDAR".into())
}

/// The component a BEGIN or END line names, or nothing when the line is another one.
fn marker<'a>(line: &'a str, keyword: &str) -> Option<&'a str> {
    let line = line.trim_start_matches('\u{feff}');
    let rest = line.get(keyword.len()..)?;
    if !line.get(..keyword.len())?.eq_ignore_ascii_case(keyword) {
        return None;
    }
    let rest = rest.trim_start();
    match rest.as_bytes().first()? {
        b':' => rest.get(1..).map(str::trim),
        b';' => rest.split_once(':').map(|(_, name)| name.trim()),
        _ => None,
    }
}

/// Whether a content line carries the property, with or without parameters.
pub(super) fn named(line: &str, property: &str) -> bool {
    line.get(..property.len()).is_some_and(|name| name.eq_ignore_ascii_case(property))
        && matches!(line.as_bytes().get(property.len()), Some(b':' | b';'))
}

fn is_event(name: &str) -> bool {
    name.eq_ignore_ascii_case("VEVENT")
}

fn is_observance(name: &str) -> bool {
    name.eq_ignore_ascii_case("STANDARD") || name.eq_ignore_ascii_case("DAYLIGHT")
}

/// A component name fit for a message: bounded, and cut between characters.
fn shown(name: &str) -> &str {
    let end = name.char_indices().nth(40).map_or(name.len(), |(at, _)| at);
    name.get(..end).unwrap_or_default()
}
