//! What is fuzzed: each parser as a plain function over bytes.

use jiff::{civil::date, tz::TimeZone};
use lintel_domain::{
    private::Private,
    settings::{Feed, FeedStatus, RecurringPolicy, UnexplainedPolicy},
};
use lintel_formats::calendar::{Limits, Window, content_hash, inspect_json, observe, read};

/// One parser under test.
#[derive(Debug)]
pub struct Target {
    pub name: &'static str,
    /// Must neither panic nor take long, whatever the bytes.
    pub run: fn(&[u8]),
    /// Bodies to begin with.
    pub seeds: &'static [&'static [u8]],
    /// Words of the format, put in at random places.
    pub words: &'static [&'static str],
}

/// Every target. A new parser is a new row.
pub const TARGETS: &[Target] =
    &[Target { name: "calendar", run: calendar, seeds: CALENDAR_SEEDS, words: CALENDAR_WORDS }];

const CALENDAR_SEEDS: &[&[u8]] = &[
    include_bytes!("../../../shared/formats/tests/calendars/a-reservation.ics"),
    include_bytes!("../../../shared/formats/tests/calendars/e-hospitable.ics"),
    include_bytes!("../../../shared/formats/tests/calendars/o-fold-in-character.ics"),
    include_bytes!("../../../shared/formats/tests/calendars/q-no-end.ics"),
    include_bytes!("../../../shared/formats/tests/calendars/own-zone.ics"),
    include_bytes!("../../../shared/formats/tests/calendars/windows-zone.ics"),
    include_bytes!("../../../shared/formats/tests/calendars/weekly-override.ics"),
    include_bytes!("../../../shared/formats/tests/calendars/period-dates.ics"),
    include_bytes!("../../../shared/formats/tests/calendars/by-set-pos.ics"),
    include_bytes!("../../../shared/formats/tests/calendars/alarms-and-tasks.ics"),
    include_bytes!("../../../shared/formats/tests/calendars/secondly-storm.ics"),
];

const CALENDAR_WORDS: &[&str] = &[
    "\r\nBEGIN:VEVENT\r\n",
    "\r\nEND:VEVENT\r\n",
    "\r\nBEGIN:VALARM\r\n",
    "\r\nBEGIN:VCALENDAR\r\n",
    "\r\nEND:VCALENDAR\r\n",
    "\r\nRRULE:FREQ=SECONDLY;",
    "FREQ=YEARLY",
    "FREQ=MONTHLY",
    "FREQ=WEEKLY",
    "FREQ=HOURLY",
    ";COUNT=1000000000",
    ";INTERVAL=4294967295",
    ";BYSETPOS=-1,366",
    ";BYWEEKNO=53,-1",
    ";BYYEARDAY=366,-366",
    ";BYMONTH=2;BYMONTHDAY=30",
    ";BYHOUR=0,1,2,3;BYMINUTE=0,59;BYSECOND=0,30",
    ";BYDAY=-1SU,5MO",
    ";UNTIL=99991231T235959Z",
    "\r\nDURATION:P4294967295W\r\n",
    "\r\nRECURRENCE-ID;RANGE=THISANDFUTURE:20300301T100000Z\r\n",
    "\r\nEXDATE:20300301,20300302T000000Z\r\n",
    "\r\nRDATE;VALUE=PERIOD:20300301T100000Z/PT1H\r\n",
    "\r\nDTSTART:00000101T000000\r\n",
    "\r\nDTSTART:99991231T235959Z\r\n",
    ";TZID=Nowhere",
    ";TZID=\"W. Europe Standard Time\"",
    ";ENCODING=QUOTED-PRINTABLE:",
    ";ENCODING=BASE64;VALUE=BINARY:",
    "\r\n ",
    "\r\n\t",
    "\r",
    "\\n",
    "\u{feff}",
    "TZOFFSETTO:+9959",
];

fn calendar(body: &[u8]) {
    let limits = Limits { steps: 100_000, occurrences: 5_000, ..Limits::default() };
    let seen = read(body, &limits);
    let _ = content_hash(&seen);
    let _ = inspect_json("fuzz.ics", &seen, 0.0, &limits);
    let feed = Feed {
        property: "house".into(),
        url: Private::new("https://feed.example/a.ics"),
        status: FeedStatus::Active,
        block_words: vec!["hold".into()],
        unexplained: UnexplainedPolicy::Reservation,
        recurring: RecurringPolicy::Accept,
        channel: None,
    };
    let window = Window { from: date(2030, 1, 1), to: date(2031, 1, 1) };
    let _ = observe(&seen, &feed, &TimeZone::UTC, window, &limits);
}
