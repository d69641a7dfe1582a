//! The service line: what the crew reads first (csv-reports.md section 5.5).
//!
//! Parts are joined with ` - `: the office's instructions, `OWNER ARRIVING`, `LONG TERM GUEST DEPARTING`, and the base. Where a
//! person wrote beside the line in the field-service screen, `{manual} | {generated}` stands there, and only what is right
//! of the last ` | ` is ours.

use crate::stay::ServiceType;
use jiff::civil::Date;
use std::borrow::Cow;

const JOINT: &str = " - ";
/// Stands between a person's part and ours.
pub const SEPARATOR: &str = " | ";
const CUT: &str = "...";
/// Bytes most generated lines take.
const GENERATED: usize = 48;
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// What a line is made of.
#[derive(Clone, Debug)]
pub struct LineParts<'a> {
    pub instructions: Option<&'a str>,
    pub service: &'a ServiceType,
    pub arrival: Arrival,
    pub departure: Departure,
    pub next_guest: Option<Date>,
}

/// Who comes next, as far as the line cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    Later,
    SameDay,
    Owner,
}

/// Who leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Departure {
    Guest,
    LongTermGuest,
}

/// Caps in characters.
#[derive(Clone, Copy, Debug)]
pub struct LineLimits {
    pub line: usize,
    pub instructions: usize,
}

/// The line. Where it would pass the cap the instructions give way first: what the crew must not miss is in the rest.
pub fn service_line(parts: &LineParts<'_>, limits: LineLimits) -> String {
    let generated = capped(generated(parts), limits.line);
    let Some(instructions) = parts.instructions.map(one_line).filter(|text| !text.is_empty()) else {
        return generated;
    };
    let room = limits.line.saturating_sub(generated.chars().count() + JOINT.len());
    let instructions = shorten(&shorten(&instructions, limits.instructions), room);
    if instructions.is_empty() { generated } else { format!("{instructions}{JOINT}{generated}") }
}

/// What is ours: flags and base.
fn generated(parts: &LineParts<'_>) -> String {
    let mut line = String::with_capacity(GENERATED);
    if parts.arrival == Arrival::Owner {
        line.extend(["OWNER ARRIVING", JOINT]);
    }
    if parts.departure == Departure::LongTermGuest {
        line.extend(["LONG TERM GUEST DEPARTING", JOINT]);
    }
    let service = match parts.service {
        ServiceType::Other(text) => Cow::Owned(one_line(text)),
        known => Cow::Borrowed(known.as_str()),
    };
    if parts.arrival == Arrival::SameDay {
        line.extend(["SAME DAY ", &service, " STR"]);
        return line;
    }
    line.extend([&service, " STR Next Guest "]);
    match parts.next_guest {
        Some(date) => push_month_and_day(&mut line, date),
        None => line.push_str("Unknown"),
    }
    line
}

/// `July 3`.
pub fn month_and_day(date: Date) -> String {
    let mut text = String::new();
    push_month_and_day(&mut text, date);
    text
}

fn push_month_and_day(text: &mut String, date: Date) {
    let month = usize::try_from(date.month() - 1).ok().and_then(|index| MONTHS.get(index)).copied().unwrap_or_default();
    text.extend([month, " "]);
    let day = date.day().unsigned_abs();
    if day > 9 {
        text.push(char::from(b'0' + day / 10));
    }
    text.push(char::from(b'0' + day % 10));
}

/// The line to write where `existing` stands: ours renewed, a person's part kept.
///
/// Right of the last ` | ` is ours. Without that mark a text in the form of a service line is ours as a whole, and any other
/// text is a person's. Never longer than `limit` characters: the generated part is cut first, the person's part only where
/// it passes the limit alone.
pub fn merge_line(existing: Option<&str>, generated: &str, limit: usize) -> String {
    let Some(manual) = existing.and_then(manual_part) else {
        return shorten(generated, limit);
    };
    let used = manual.chars().count() + SEPARATOR.len();
    if used >= limit || generated.is_empty() {
        return manual.chars().take(limit).collect();
    }
    format!("{manual}{SEPARATOR}{}", shorten(generated, limit - used))
}

/// What a person wrote in a line, if anything.
pub fn manual_part(existing: &str) -> Option<&str> {
    let manual = match existing.rsplit_once(SEPARATOR) {
        Some((manual, _)) => manual,
        None if looks_generated(existing) => "",
        None => existing,
    };
    (!manual.trim().is_empty()).then_some(manual)
}

fn looks_generated(text: &str) -> bool {
    let last = text.rsplit(JOINT).next().unwrap_or(text).trim();
    (last.starts_with("SAME DAY ") && last.ends_with(" STR")) || last.contains(" STR Next Guest ")
}

/// At most `limit` characters, the cut shown by `...` where there is room for it.
pub fn shorten(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    if limit <= CUT.len() {
        return text.chars().take(limit).collect();
    }
    text.chars().take(limit - CUT.len()).chain(CUT.chars()).collect()
}

fn capped(text: String, limit: usize) -> String {
    // Most lines are short, and bytes are never fewer than characters.
    if text.len() <= limit { text } else { shorten(&text, limit) }
}

/// On one line, and without the mark that would make it look like a person's part.
fn one_line(text: &str) -> String {
    text.replace('|', "/").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(service: &ServiceType) -> LineParts<'_> {
        LineParts {
            instructions: None,
            service,
            arrival: Arrival::Later,
            departure: Departure::Guest,
            next_guest: Some(Date::constant(2030, 7, 3)),
        }
    }

    const LIMITS: LineLimits = LineLimits { line: 200, instructions: 200 };

    #[test]
    fn the_three_bases() {
        let service = ServiceType::Turnover;
        assert_eq!(service_line(&parts(&service), LIMITS), "Turnover STR Next Guest July 3");
        let unknown = LineParts { next_guest: None, ..parts(&service) };
        assert_eq!(service_line(&unknown, LIMITS), "Turnover STR Next Guest Unknown");
        let same_day = LineParts { arrival: Arrival::SameDay, ..parts(&service) };
        assert_eq!(service_line(&same_day, LIMITS), "SAME DAY Turnover STR");
    }

    #[test]
    fn parts_stand_in_the_sheets_order() {
        let service = ServiceType::Turnover;
        let all = LineParts {
            instructions: Some("Bring\nladder | keys"),
            arrival: Arrival::Owner,
            departure: Departure::LongTermGuest,
            ..parts(&service)
        };
        assert_eq!(
            service_line(&all, LIMITS),
            "Bring ladder / keys - OWNER ARRIVING - LONG TERM GUEST DEPARTING - Turnover STR Next Guest July 3"
        );
    }

    #[test]
    fn long_instructions_give_way_to_the_flags() {
        let service = ServiceType::Turnover;
        let text = "é".repeat(300);
        let line = service_line(
            &LineParts { instructions: Some(&text), arrival: Arrival::SameDay, ..parts(&service) },
            LIMITS,
        );
        assert_eq!(line.chars().count(), 200);
        assert!(line.ends_with("... - SAME DAY Turnover STR"), "{line}");
    }

    #[test]
    fn a_persons_text_stays_and_only_ours_is_renewed() {
        let new = "SAME DAY Turnover STR";
        assert_eq!(merge_line(None, new, 200), new);
        assert_eq!(merge_line(Some("Turnover STR Next Guest July 3"), new, 200), new);
        assert_eq!(
            merge_line(Some("Gate code changed | Turnover STR Next Guest July 3"), new, 200),
            format!("Gate code changed | {new}")
        );
        assert_eq!(merge_line(Some("Ask Olive first"), new, 200), format!("Ask Olive first | {new}"));
        assert_eq!(merge_line(Some("a | b | old"), new, 200), format!("a | b | {new}"));
        assert_eq!(merge_line(Some("Ask Olive first"), new, 20), "Ask Olive first | SA");
        assert_eq!(merge_line(Some("Ask Olive first"), new, 17), "Ask Olive first");
    }
}
