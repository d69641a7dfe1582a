//! What feed hosts do instead of sending a calendar (ical-feeds.md section 5), on demand.

use crate::{
    answer::{Answer, Arrival},
    faults::LimitForm,
};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use jiff::Timestamp;
use std::{io::Write as _, time::Duration};

/// Addresses no feed may lead to: the machine itself, its private networks, and a cloud's metadata.
pub const INWARDS: [&str; 5] = [
    "http://127.0.0.1:1/latest",
    "http://[::1]:1/latest",
    "http://10.0.0.1/latest",
    "http://192.168.0.1/latest",
    "http://169.254.169.254/latest/meta-data/",
];

/// What an endless body stops at when nobody hangs up. Bytes.
const ENDLESS: u64 = 64 << 20;
/// What a gzip bomb unpacks to. Bytes.
const BOMB: usize = 24 << 20;

/// How one feed misbehaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Misbehaviour {
    /// A redirect, to one of [`INWARDS`], say.
    Redirect {
        to: String,
    },
    /// Events without end: more than 20 MB when nobody hangs up.
    EndlessBody,
    /// A small gzip body that unpacks to more than 20 MB.
    GzipBomb,
    /// The calendar, half a kilobyte at a time.
    SlowDrip {
        pause: Duration,
    },
    /// A login page with status 200.
    HtmlPage,
    /// The connection goes in the middle of the announced body.
    Truncated,
    ServerError,
    /// 429 with `Retry-After` in seconds.
    TooManyRequests {
        seconds: u64,
    },
}

impl Misbehaviour {
    /// The answer in the calendar's place.
    pub(super) fn answer(&self, calendar: String, now: Timestamp) -> Answer {
        let sent = |body: String| Answer::of(200, "text/calendar; charset=utf-8", body);
        match self {
            Self::Redirect { to } => Answer::empty(302).with_header("location", to),
            Self::EndlessBody => {
                let open = calendar.replace("END:VCALENDAR\r\n", "");
                Answer { arrival: Arrival::Repeated(ENDLESS), ..sent(open) }
            }
            Self::GzipBomb => {
                Answer::of(200, "text/calendar", gzip_bomb(&calendar)).with_header("content-encoding", "gzip")
            }
            Self::SlowDrip { pause } => Answer { arrival: Arrival::Slow(*pause), ..sent(calendar) },
            Self::HtmlPage => Answer::html(200, "Please sign in"),
            Self::Truncated => Answer { arrival: Arrival::Truncated(calendar.len() * 6 / 10), ..sent(calendar) },
            Self::ServerError => Answer::html(500, "<h1>Something went wrong</h1>"),
            Self::TooManyRequests { seconds } => Answer::html(429, "Slow down")
                .with_headers(LimitForm::RetryAfterDelta.headers(now, Duration::from_secs(*seconds))),
        }
    }
}

/// The calendar again and again, packed.
fn gzip_bomb(calendar: &str) -> Bytes {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    let mut unpacked = 0;
    // Writing to memory cannot fail.
    while unpacked < BOMB && packed.write_all(calendar.as_bytes()).is_ok() {
        unpacked += calendar.len().max(1);
    }
    Bytes::from(packed.finish().unwrap_or_default())
}
