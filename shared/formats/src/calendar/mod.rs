//! Calendars: iCalendar bodies (RFC 5545) as booking channels really send them.
//!
//! The grammar is the crate `calcard`'s. Around it stands a layer of our own that strips a byte order mark, unfolds
//! before decoding, says whether a body was whole, bounds everything, resolves time zones and reports whatever it leaves
//! out. No body makes it fail or hang: what is wrong is part of the answer.

mod bytes;
mod channels;
mod events;
mod hash;
mod inspect;
mod instances;
mod limits;
mod observations;
mod occur;
mod outline;
mod rule;
mod zones;

pub use bytes::Encoding;
pub use channels::channel_rules;
pub use events::{EndFrom, Event, EventStatus, ListedDate, Moment, Reach, RecurrenceId};
pub use hash::content_hash;
pub use inspect::{inspect, inspect_json};
pub use instances::{Expansion, Instance, Window, expand};
pub use limits::Limits;
pub use observations::{Rejected, RejectedWhy, observe};
pub use rule::{ByDay, Frequency, Rule, RuleError, Until};
pub use zones::{Offsets, Zone, ZoneKind};

use lintel_domain::private::Private;
use std::fmt;

/// How much of a body was there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Completeness {
    /// Everything from BEGIN:VCALENDAR to END:VCALENDAR, every component closed.
    Complete,
    /// Cut off or wrongly nested. What could be read is there; absence of anything proves nothing.
    Partial { why: String },
    /// A web page, an empty body, something else, or more than is read.
    NotACalendar { why: String },
}

/// What was understood of one body.
#[derive(Clone, Debug)]
pub struct CalendarRead {
    pub completeness: Completeness,
    pub encoding: Encoding,
    pub prodid: Option<String>,
    pub method: Option<String>,
    /// X-WR-TIMEZONE. A hint about the account, often wrong for the property: used for nothing here.
    pub wanted_zone: Option<String>,
    /// Every TZID that a value names, resolved once.
    pub zones: Vec<Zone>,
    /// In the order of the body, overrides included.
    pub events: Vec<Event>,
    /// Everything that was left out, with the reason. Equal kinds are counted.
    pub skipped: Vec<Skip>,
    text: Private,
}

impl CalendarRead {
    /// The event as it stood in the body, unfolded. Guest data: store it, never log it.
    pub fn raw(&self, event: &Event) -> Option<Private> {
        self.text.expose().get(event.raw.clone()).map(Private::new)
    }

    /// The instant of a moment, if it has one of its own. `floating` is the zone taken for values that name none or an
    /// unknown one; dates have no instant.
    pub fn instant(&self, moment: &Moment, floating: Option<&jiff::tz::TimeZone>) -> Option<jiff::Timestamp> {
        zones::instant(&self.zones, moment, floating)
    }

    fn empty(completeness: Completeness) -> Self {
        Self {
            completeness,
            encoding: Encoding::Utf8,
            prodid: None,
            method: None,
            wanted_zone: None,
            zones: Vec::new(),
            events: Vec::new(),
            skipped: Vec::new(),
            text: Private::new(""),
        }
    }
}

/// Something left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skip {
    /// The component or property.
    pub what: String,
    /// Its first line, counted from 1 after unfolding.
    pub line: usize,
    pub reason: SkipReason,
    /// How many of the kind were left out for the reason; above 1 only where the kind itself is the reason.
    pub count: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SkipReason {
    /// A kind of component that says nothing about stays: VALARM, VTODO, VJOURNAL, VFREEBUSY, X- components.
    IgnoredKind,
    NotClosed,
    OutsideCalendar,
    NoStart,
    BadStart,
    BadEnd,
    TooLong {
        days: i64,
    },
    TooMany {
        cap: usize,
    },
    LineTooLong {
        bytes: usize,
    },
    /// The event is kept as its first occurrence alone.
    BadRule(RuleError),
    /// Not part of RFC 5545 any more.
    ExceptionRule,
    BadListedDate,
    BadRecurrenceId,
    UnknownZone {
        tzid: String,
    },
    Grammar,
}

impl SkipReason {
    /// Whether the body holds something that was meant to be read and was not.
    pub fn is_fault(&self) -> bool {
        !matches!(self, Self::IgnoredKind)
    }
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::IgnoredKind => f.write_str("this kind is not read"),
            Self::NotClosed => f.write_str("it is never closed"),
            Self::OutsideCalendar => f.write_str("it does not stand directly in a calendar"),
            Self::NoStart => f.write_str("it has no start"),
            Self::BadStart => f.write_str("its start is no date"),
            Self::BadEnd => f.write_str("its end or duration is no date or duration"),
            Self::TooLong { days } => write!(f, "it lasts {days} days"),
            Self::TooMany { cap } => write!(f, "there are more than {cap}"),
            Self::LineTooLong { bytes } => write!(f, "it has {bytes} bytes"),
            Self::BadRule(error) => write!(f, "{error}; only the first occurrence is kept"),
            Self::ExceptionRule => f.write_str("exception rules are not read"),
            Self::BadListedDate => f.write_str("one of its listed dates is no date"),
            Self::BadRecurrenceId => f.write_str("its recurrence id is no date"),
            Self::UnknownZone { tzid } => write!(f, "the time zone {tzid:?} is not known"),
            Self::Grammar => f.write_str("its lines are not those of a component"),
        }
    }
}

fn report(skipped: &mut Vec<Skip>, what: &str, line: usize, reason: SkipReason) {
    if reason == SkipReason::IgnoredKind || matches!(reason, SkipReason::OutsideCalendar) {
        let same = |skip: &&mut Skip| skip.reason == reason && skip.what.eq_ignore_ascii_case(what);
        // Few kinds exist in a sane body; in another one only the first are told apart.
        if let Some(skip) = skipped.iter_mut().take(64).find(same) {
            skip.count += 1;
            return;
        }
    }
    skipped.push(Skip { what: what.to_owned(), line, reason, count: 1 });
}

/// Reads a body. Never fails: what is wrong with the content is in the answer.
pub fn read(body: &[u8], limits: &Limits) -> CalendarRead {
    if body.len() > limits.body_bytes {
        let why = format!("the body has {} bytes, more than {}", body.len(), limits.body_bytes);
        return CalendarRead::empty(Completeness::NotACalendar { why });
    }
    let prepared = bytes::prepare(body);
    let outline = outline::outline(&prepared.text, limits);
    let mut read = CalendarRead {
        completeness: outline.completeness,
        encoding: prepared.encoding,
        prodid: outline.prodid,
        method: outline.method,
        wanted_zone: outline.wanted_zone,
        zones: Vec::new(),
        events: Vec::with_capacity(outline.events.len()),
        skipped: outline.skipped,
        text: Private::new(""),
    };
    let mut zones = zones::Resolver::new(&prepared.text, &outline.zones, limits);
    for block in outline.events {
        if let Some(event) = events::event(&prepared.text, block, &mut zones, &mut read.skipped, limits) {
            read.events.push(event);
        }
    }
    read.zones = zones.into_zones();
    read.text = Private::new(prepared.text);
    read
}
