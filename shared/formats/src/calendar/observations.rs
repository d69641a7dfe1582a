//! From events to observations: a stay's dates, kind and identity, without the guest.

use super::{
    CalendarRead, Event, EventStatus, Instance, Moment,
    channels::{channel_rules, plain, signed},
};
use jiff::{
    civil::{Date, Time},
    tz::TimeZone,
};
use lintel_domain::{
    fingerprint::Fingerprint,
    ids::{ConfirmationCode, RuleId, SourceUid},
    kinds::{CalendarText, ChannelRule, classify},
    settings::{Feed, RecurringPolicy},
    snapshot::{EntryKind, Observation, Presence, Signals},
    span::{Span, SpanError},
};

/// An event that gives no observation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    pub uid: Option<String>,
    /// First line of the event, counted from 1 after unfolding.
    pub line: usize,
    pub why: RejectedWhy,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RejectedWhy {
    #[error("check-out {check_out} is not after check-in {check_in}")]
    NoNights { check_in: Date, check_out: Date },
    #[error("it repeats, and this feed's setting `recurring` does not accept that")]
    Repeats,
    #[error("its times cannot be placed in the property's zone")]
    NoDate,
}

/// Observations of a read's instances, in the order of the body, and what gives none.
///
/// A date-time is first placed in the property's zone and then cut to its date; a date stays what it is. The end is
/// exclusive: the check-out day.
pub fn observe(
    read: &CalendarRead,
    mut instances: Vec<Instance>,
    feed: &Feed,
    zone: &TimeZone,
) -> (Vec<Observation>, Vec<Rejected>) {
    let mut observations = Vec::new();
    let mut rejected = Vec::new();
    let channels = channel_rules();
    let mut refused = vec![false; read.events.len()];
    instances.sort_by_key(|instance| instance.event);
    for instance in instances {
        let Some(event) = read.events.get(instance.event) else { continue };
        let reject = |why| Rejected { uid: event.uid.clone(), line: event.line, why };
        if (event.repeats() || event.recurrence_id.is_some()) && feed.recurring == RecurringPolicy::Quarantine {
            if let Some(done) = refused.get_mut(instance.event)
                && !std::mem::replace(done, true)
            {
                rejected.push(reject(RejectedWhy::Repeats));
            }
            continue;
        }
        match observation(read, event, instance, feed, zone, &channels) {
            Ok(observation) => observations.push(observation),
            Err(why) => rejected.push(reject(why)),
        }
    }
    (observations, rejected)
}

fn observation(
    read: &CalendarRead,
    event: &Event,
    instance: Instance,
    feed: &Feed,
    zone: &TimeZone,
    channels: &[ChannelRule],
) -> Result<Observation, RejectedWhy> {
    let (check_in, check_in_time) = placed(read, &instance.start, zone).ok_or(RejectedWhy::NoDate)?;
    let (check_out, check_out_time) = placed(read, &instance.end, zone).ok_or(RejectedWhy::NoDate)?;
    let span = Span::new(check_in, check_out)
        .map_err(|SpanError { check_in, check_out }| RejectedWhy::NoNights { check_in, check_out })?;
    let summary = event.summary.as_ref().map_or("", |text| text.expose());
    let description = event.description.as_ref().map_or("", |text| text.expose());
    let url = event.url.as_ref().map_or("", |text| text.expose());
    let confirmation = confirmation(summary, description, url);
    let (kind, kind_rule) = kind(event, confirmation.as_deref(), feed, channels);
    let cancelled = event.status == Some(EventStatus::Cancelled)
        || read.method.as_deref().is_some_and(|method| method.eq_ignore_ascii_case("CANCEL"));
    Ok(Observation {
        uid: event.uid.as_deref().map(SourceUid::new),
        confirmation: confirmation.map(ConfirmationCode::new),
        label: label(summary),
        span,
        check_in_time,
        check_out_time,
        kind,
        kind_rule,
        presence: if cancelled { Presence::Cancelled } else { Presence::Listed },
        signals: Signals::default(),
    })
}

fn placed(read: &CalendarRead, moment: &Moment, zone: &TimeZone) -> Option<(Date, Option<Time>)> {
    if let Moment::Date(date) = moment {
        return Some((*date, None));
    }
    if matches!(moment, Moment::Floating(_)) {
        return Some((moment.civil().date(), Some(moment.civil().time())));
    }
    let at = zone.to_datetime(read.instant(moment, Some(zone))?);
    Some((at.date(), Some(at.time())))
}

/// The domain's order with the channels' marks; a mark at a summary's end is a channel's signature and stands before it.
fn kind(event: &Event, code: Option<&str>, feed: &Feed, channels: &[ChannelRule]) -> (EntryKind, RuleId) {
    let text = CalendarText {
        summary: event.summary.as_ref().map_or("", |text| text.expose()),
        description: event.description.as_ref().map_or("", |text| text.expose()),
        uid: event.uid.as_deref().unwrap_or_default(),
        // Presence is read from the status itself, so that the rule named is the one that told the kind.
        status: None,
        code,
    };
    if code.is_none()
        && let Some((rule, kind)) = signed(text.summary)
    {
        return (kind, RuleId::new(rule));
    }
    let found = classify(&text, channels, feed);
    (found.kind, found.rule)
}

/// A platform's code: from a reservation address, a line of the description, or brackets at the summary's end.
fn confirmation(summary: &str, description: &str, url: &str) -> Option<String> {
    [description, url]
        .into_iter()
        .find_map(|text| text.split_once("/reservations/details/").map(|(_, rest)| code_at(rest)))
        .or_else(|| {
            description.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                let name = plain(name);
                matches!(name.as_str(), "reservation code" | "confirmation code" | "booking code" | "confirmation")
                    .then(|| code_at(value.trim()))
            })
        })
        .or_else(|| {
            let inner = summary.trim().strip_suffix(')')?.rsplit_once(" (")?.1;
            Some(inner.to_owned())
        })
        // A code has a digit or is all capitals: `(Not available)` and `(homeaway)` are words.
        .filter(|code| {
            (4..=40).contains(&code.len())
                && code.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-')
        })
}

fn code_at(text: &str) -> String {
    text.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').take(41).collect()
}

/// Fingerprint of a summary that may carry a name: none for the marks every event of a channel shares.
fn label(summary: &str) -> Option<Fingerprint> {
    let text = plain(summary);
    let shared = matches!(
        text.as_str(),
        "" | "reserved"
            | "blocked"
            | "not available"
            | "airbnb (not available)"
            | "closed - not available"
            | "busy"
            | "blocked by guesty"
            | "reservation"
            | "unavailable"
            | "booked"
    );
    (!shared).then(|| Fingerprint::of(&text))
}
