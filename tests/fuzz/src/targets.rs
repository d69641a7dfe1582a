//! What is fuzzed: each parser as a plain function over bytes.

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use jiff::{Timestamp, civil::date, tz::TimeZone};
use lintel_connectors::{
    manifest::{find, vendors},
    webhooks::{Delivery, Event, Secret, Webhook, challenge, read_event, trial},
};
use lintel_domain::{
    private::Private,
    settings::{Feed, FeedStatus, RecurringPolicy, UnexplainedPolicy},
};
use lintel_formats::{
    calendar::{Limits, Window, content_hash, expand, inspect_json, observe, read},
    expression::Expression,
};
use serde_json::Value;
use std::sync::LazyLock;

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
pub const TARGETS: &[Target] = &[
    Target { name: "calendar", run: calendar, seeds: CALENDAR_SEEDS, words: CALENDAR_WORDS },
    Target {
        name: "report",
        run: report,
        seeds: REPORT_SEEDS,
        words: &[",", "\"", "\r\n", ";", "2030-03-01", "3/1/2030", "\u{feff}"],
    },
    Target { name: "mail", run: mail, seeds: MAIL_SEEDS, words: MAIL_WORDS },
    Target {
        name: "settings",
        run: settings,
        seeds: SETTINGS_SEEDS,
        words: &["[", "]", "=", "\"", "zone = ", "[[", "\n"],
    },
    Target { name: "webhook", run: webhook, seeds: WEBHOOK_SEEDS, words: WEBHOOK_WORDS },
    Target { name: "manifest", run: manifest, seeds: MANIFEST_SEEDS, words: MANIFEST_WORDS },
    Target { name: "expression", run: expression, seeds: EXPRESSION_SEEDS, words: EXPRESSION_WORDS },
];

/// A line that every header is set to and the query, an empty line, and the body.
const WEBHOOK_SEEDS: &[&[u8]] = &[
    b"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=\n\n{\"test\": 2432232314}",
    b"t=1492774577,v1=654b43d3508ecadb3f8cefc4bc7d3d2bdc5ba9e03bf2c89b2d0657a8e24e4543\n\n{\"id\":\"evt_1\",\"object\":\"event\"}",
    b"1700000000000\n\n[{\"eventId\":1,\"subscriptionType\":\"contact.creation\",\"objectId\":5,\"occurredAt\":1772438400123}]",
    b"hub.mode=subscribe&hub.verify_token=secret&hub.challenge=1\n\n{\"entry\":[{\"changes\":[{\"field\":\"leadgen\",\"value\":{\"leadgen_id\":\"444\"}}]}]}",
    b"sha256=0329a06b62cd16b33eb6792be8c60b158d89a2ee3a876fce9a881ebb488c0914\n\nmandrill_events=%5B%7B%22_id%22%3A%22a%22%7D%5D&data%5Bid%5D=1",
    b"Basic aHViOnNlY3JldA==\n\n{\"event\":\"peopleCreated\",\"resourceIds\":[1,2]}",
];

const WEBHOOK_WORDS: &[&str] = &[
    "\n\n",
    "v1,",
    "v1=",
    "t=1",
    "sha256=",
    "[[[[[[[[[[[[[[[[",
    "{\"value\":[",
    "\"resourceIds\":[",
    "%5B",
    "&a=",
    "\\u0000",
];

const MANIFEST_SEEDS: &[&[u8]] = &[
    include_bytes!("../../../shared/connectors/src/housecallpro/connector.toml"),
    include_bytes!("../../../shared/connectors/src/webhooks/recipes/stripe.toml"),
    include_bytes!("../../../shared/connectors/src/webhooks/recipes/meta.toml"),
];

const MANIFEST_WORDS: &[&str] = &["[", "]", "=", "\"", "{", "}", "message = \"{ts}\"", "[[webhook.handshakes]]", "\n"];

/// An expression, an empty line, and the record it is asked of.
const EXPRESSION_SEEDS: &[&[u8]] = &[
    b"[.Phones[]? | select(.Type == \"Cell\" and .Number != null) | .Number] | first\n\n{\"Phones\":[{\"Type\":\"Home\"},{\"Type\":\"Cell\",\"Number\":\"555-0100\"}]}",
    b".Id as $id | [.Leases[]? | .Out[]? | select(.Tenant == $id) | .Date] | map(select(. != null)) | sort | last\n\n{\"Id\":7,\"Leases\":[{\"Out\":[{\"Tenant\":7,\"Date\":\"2030-03-01\"}]},{\"Out\":null}]}",
    b"[.a[]? | .b] | if any(. == 1) then \"one\" elif length > 0 then {x: .[0], \"y z\": \"\\(.)!\"} else null end\n\n{\"a\":[{\"b\":1.5},{\"b\":[true,{}]}]}",
    b"{Fixed: \"fixed\", AtWill: 2.50}[.Kind // \"\"] // [.a?, .b?] | sort_by(.c) | join(\", \")\n\n{\"Kind\":\"AtWill\",\"a\":\"x\",\"b\":18446744073709551615}",
];

const EXPRESSION_WORDS: &[&str] = &[
    "[[[[[[[[[[[[[[[[",
    "((((((((",
    "\"\\(",
    ")",
    "]",
    "?",
    "[]?",
    "[]",
    ".a",
    ".b?",
    " | ",
    ", ",
    " // ",
    " and ",
    " or ",
    " == ",
    " < ",
    "null",
    "first",
    "last",
    "length",
    "not",
    "sort",
    " as $x | ",
    "$x",
    "select(",
    "map(",
    "any(",
    "join(",
    "sort_by(",
    "\n\n",
    "{",
    "}",
    "-1",
    "1.5",
];

/// Every recipe, read once: a recipe is not what is fuzzed here.
static RECIPES: LazyLock<Vec<Webhook>> =
    LazyLock::new(|| vendors().filter_map(|vendor| find(vendor).ok()?.webhook).collect());

const SIGNATURE_HEADERS: [&str; 14] = [
    "webhook-id",
    "webhook-timestamp",
    "webhook-signature",
    "stripe-signature",
    "x-hubspot-signature-v3",
    "x-hubspot-request-timestamp",
    "api-signature",
    "api-timestamp",
    "x-hub-signature-256",
    "x-twilio-signature",
    "x-twilio-email-event-webhook-signature",
    "x-twilio-email-event-webhook-timestamp",
    "x-wh-signature",
    "authorization",
];

fn webhook(bytes: &[u8]) {
    let split = bytes.windows(2).position(|pair| pair == b"\n\n");
    let (line, body) = split.map_or((bytes, bytes), |at| (&bytes[..at], &bytes[at + 2..]));
    let value = HeaderValue::from_bytes(line).unwrap_or_else(|_| HeaderValue::from_static("1700000000"));
    let headers: HeaderMap =
        SIGNATURE_HEADERS.into_iter().map(|name| (HeaderName::from_static(name), value.clone())).collect();
    let url = format!("https://hub.example.com/hook?{}", String::from_utf8_lossy(line));
    let secrets = [Secret::new("secret"), Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")];
    for method in [Method::GET, Method::POST] {
        let delivery = Delivery { method: &method, url: &url, headers: &headers, body };
        for recipe in RECIPES.iter() {
            let _ = trial(recipe, &delivery);
            let _ = challenge(recipe, &delivery, &secrets, Timestamp::UNIX_EPOCH);
            let _ = recipe.verify(&delivery, &secrets, Timestamp::UNIX_EPOCH);
            let _ = read_event(recipe, &delivery).map(|events| events.iter().map(Event::key).count());
        }
    }
}

fn manifest(body: &[u8]) {
    let _ = lintel_connectors::manifest::read("fuzz.toml", &String::from_utf8_lossy(body));
}

/// With jaq or without, an expression comes to the same.
fn expression(body: &[u8]) {
    let split = body.windows(2).position(|pair| pair == b"\n\n");
    let Some((code, record)) = split.map(|at| (String::from_utf8_lossy(&body[..at]), &body[at + 2..])) else { return };
    let Ok(expression) = Expression::compile(&code) else { return };
    let Ok(mut record) = serde_json::from_slice::<Value>(record) else { return };
    // A text times a number may be more than there is memory: whoever writes the configuration is trusted with that.
    if code.contains('*') {
        return;
    }
    drop_fractions(&mut record);
    assert_eq!(expression.evaluate(&record), expression.evaluate_text(record.to_string().as_bytes()), "{code}");
}

/// jaq writes a fraction as it stood in the text it was read from, and one it was given in its own way.
fn drop_fractions(value: &mut Value) {
    match value {
        Value::Number(number) if number.is_f64() => *value = Value::Null,
        Value::Array(items) => items.iter_mut().for_each(drop_fractions),
        Value::Object(entries) => entries.values_mut().for_each(drop_fractions),
        _ => {}
    }
}

const REPORT_SEEDS: &[&[u8]] = &[
    b"Checkin,Checkout,Tenant Name,Property Name,Property Owner,Next Booking,Same Day?,Contractor Info,Reservation ID\n\
      3/1/2030,2030-03-05 10:00:00,Ann Example,House,Olive Owner,2030-03-05,Yes,\"Work\n\nDO NOT CLEAN\",1000001\n",
    b"Guest Name,Booking #,Listing #,Check-In,Check-Out\nAnn Example,20000001,300001,03-01-2030,03-20-2030",
    b"Reservation,Property Address,Property Owner,Status,Check-In ,Check-Out,Guest Name\n\
      20000002,1 Test St,Olive Owner,Booked,2030-03-20,03-25-2030,Olive Owner\n",
];

const MAIL_SEEDS: &[&[u8]] = &[
    br#"{"headers":{"from":"a@example.com","message_id":"<1@example.com>"},"envelope":{"from":"a@example.com","to":"b@example.com"},"plain":"x","attachments":[{"file_name":"a.csv","content_type":"text/csv","content":"QSxCCg=="}]}"#,
    b"From: a@example.com\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/csv; name=a.csv\r\nContent-Disposition: attachment; filename=a.csv\r\n\r\nA,B\r\n--b--\r\n",
    b"--b\r\nContent-Disposition: form-data; name=\"headers[from]\"\r\n\r\na@example.com\r\n--b\r\nContent-Disposition: form-data; name=\"attachments[0]\"; filename=\"a.csv\"\r\nContent-Type: text/csv\r\n\r\nA,B\r\n--b--\r\n",
];

const MAIL_WORDS: &[&str] = &[
    "--b\r\n",
    "\r\n\r\n",
    "Content-Type: multipart/mixed; boundary=b\r\n",
    "Content-Transfer-Encoding: base64\r\n",
    "{\"headers\":",
    "[[[[[[[[[[[[[[[[",
    "\"attachments\":[",
];

const SETTINGS_SEEDS: &[&[u8]] = &[include_bytes!("../../../shared/formats/src/settings/lintel.sample.toml")];

fn report(body: &[u8]) {
    let _ = lintel_formats::reports::read(body);
}

fn mail(body: &[u8]) {
    let limits = lintel_formats::mail::Limits::default();
    for kind in [None, Some("application/json"), Some("multipart/form-data; boundary=b"), Some("message/rfc822")] {
        let _ = lintel_formats::mail::read(kind, body, &limits);
    }
}

fn settings(body: &[u8]) {
    let _ = lintel_formats::settings::read(&String::from_utf8_lossy(body));
}

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
    let instances = expand(&seen, Some(window), &limits).instances;
    let _ = observe(&seen, instances, &feed, &TimeZone::UTC);
}
