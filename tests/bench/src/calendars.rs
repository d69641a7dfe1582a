//! Calendars: reading with the safety layer beside bare `calcard`, on the same bodies, in turns, in one process.
//!
//! `cargo run --release -p lintel-bench --bin bench-calendars`

use calcard::{Entry, Parser};
use lintel_formats::calendar::{Completeness, Limits, read};
use std::{
    fmt::Write as _,
    hint::black_box,
    time::{Duration, Instant},
};

const FEEDS: u64 = 246;
const ROUNDS: usize = 40;
const BAR: f64 = 1.5;

fn main() -> anyhow::Result<()> {
    let feeds: Vec<String> = (0..FEEDS).map(feed).collect();
    let limits = Limits::default();
    let bytes: usize = feeds.iter().map(String::len).sum();
    let mut events = 0;
    for feed in &feeds {
        let seen = read(feed.as_bytes(), &limits);
        anyhow::ensure!(seen.completeness == Completeness::Complete, "a generated feed was not read whole");
        events += seen.events.len();
    }
    let (mut bare, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        bare.push(timed(|| {
            for feed in &feeds {
                black_box(parse_bare(feed.as_bytes()));
            }
        }));
        ours.push(timed(|| {
            for feed in &feeds {
                black_box(read(black_box(feed.as_bytes()), &limits));
            }
        }));
    }
    let (bare, ours) = (median(&mut bare), median(&mut ours));
    let ratio = ours.as_secs_f64() / bare.as_secs_f64();
    println!("calendars: {FEEDS} feeds, {events} events, {bytes} bytes, median of {ROUNDS} rounds");
    println!("  bare calcard       {:8.2} ms", bare.as_secs_f64() * 1e3);
    println!("  with safety layer  {:8.2} ms", ours.as_secs_f64() * 1e3);
    println!("  ratio {ratio:.2}, bar {BAR}: {}", if ratio <= BAR { "met" } else { "MISSED" });
    anyhow::ensure!(ratio <= BAR, "the bar is missed");
    Ok(())
}

/// What a caller without a safety layer does: check the encoding, take every entry.
fn parse_bare(body: &[u8]) -> Vec<Entry> {
    let Ok(text) = std::str::from_utf8(body) else { return Vec::new() };
    let mut parser = Parser::new(text);
    let mut entries = Vec::new();
    loop {
        match parser.entry() {
            Entry::Eof => return entries,
            entry => entries.push(entry),
        }
    }
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// One feed of 60 to 200 events in the shape of one of four channels. Invented guests only.
fn feed(number: u64) -> String {
    let mut seed = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = |bound: u64| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed % bound
    };
    let mut body =
        String::from("BEGIN:VCALENDAR\r\nPRODID:-//Example//Feed 1.0//EN\r\nCALSCALE:GREGORIAN\r\nVERSION:2.0\r\n");
    let mut day = jiff::civil::date(2030, 1, 1);
    for _ in 0..60 + next(141) {
        let nights = i64::try_from(1 + next(7)).unwrap_or(1);
        let end = day.saturating_add(jiff::Span::new().days(nights));
        let (from, to) = (day.strftime("%Y%m%d").to_string(), end.strftime("%Y%m%d").to_string());
        let id = next(u64::MAX);
        // Writing to a String does not fail.
        let _ = match number % 4 {
            0 if next(3) > 0 => write!(
                body,
                "BEGIN:VEVENT\r\nDTSTAMP:20300101T000000Z\r\nDTSTART;VALUE=DATE:{from}\r\nDTEND;VALUE=DATE:{to}\r\nSUMMARY:Reserved\r\nUID:1418fb94e984-{id:032x}@airbnb.com\r\nDESCRIPTION:Reservation URL: https://www.airbnb.com/hosting/reservations/de\r\n tails/HM{:08}\\nPhone Number (Last 4 Digits): 0000\r\nEND:VEVENT\r\n",
                id % 100_000_000
            ),
            0 => write!(
                body,
                "BEGIN:VEVENT\r\nDTSTAMP:20300101T000000Z\r\nDTSTART;VALUE=DATE:{from}\r\nDTEND;VALUE=DATE:{to}\r\nSUMMARY:Airbnb (Not available)\r\nUID:7f662ec65913-{id:032x}@airbnb.com\r\nEND:VEVENT\r\n"
            ),
            1 => write!(
                body,
                "BEGIN:VEVENT\r\nUID:{id:016x}\r\nDTSTAMP:20300101T000000Z\r\nDTSTART;VALUE=DATE:{from}\r\nDTEND;VALUE=DATE:{to}\r\nSUMMARY:Reserved - Ann\r\nEND:VEVENT\r\n"
            ),
            2 => write!(
                body,
                "BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:{from}\r\nDTEND;VALUE=DATE:{to}\r\nUID:{id:032x}@booking.com\r\nSUMMARY:CLOSED - Not available\r\nEND:VEVENT\r\n"
            ),
            _ => write!(
                body,
                "BEGIN:VEVENT\r\nUID:{id:032x}@reservations.hospitable.com\r\nDTSTAMP:20300101T000000Z\r\nDTSTART;TZID=America/Phoenix:{from}T160000\r\nDTEND;TZID=America/Phoenix:{to}T100000\r\nSUMMARY:Ann Example (CODE{})\r\nDESCRIPTION:Name: Ann Example\\nReservation Code: CODE1\\nProperty: Desert\r\n  House\\nPhone: (555) 555-0100\\nEmail: ann@example.com\\nAdults: 2\\nChildren: \r\n 1\r\nEND:VEVENT\r\n",
                id % 10_000
            ),
        };
        day = end.saturating_add(jiff::Span::new().days(i64::try_from(next(3)).unwrap_or(0)));
    }
    body.push_str("END:VCALENDAR\r\n");
    body
}
