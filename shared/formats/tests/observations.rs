//! What a feed's events become for the stay rules.

use jiff::{civil::date, tz::TimeZone};
use lintel_domain::{
    ids::ConfirmationCode,
    private::Private,
    settings::{Feed, FeedStatus, RecurringPolicy, UnexplainedPolicy},
    snapshot::{EntryKind, Observation, Presence},
};
use lintel_formats::calendar::{Limits, Rejected, RejectedWhy, Window, content_hash, expand, observe, read};

fn feed(recurring: RecurringPolicy) -> Feed {
    Feed {
        property: "desert-house".into(),
        url: Private::new("https://feed.example/a.ics"),
        status: FeedStatus::Active,
        block_words: vec!["hold".into()],
        unexplained: UnexplainedPolicy::Reservation,
        recurring,
        channel: None,
    }
}

fn seen(body: &[u8], zone: &str, recurring: RecurringPolicy) -> (Vec<Observation>, Vec<Rejected>) {
    let limits = Limits::default();
    let window = Window { from: date(2030, 1, 1), to: date(2031, 1, 1) };
    let Ok(zone) = TimeZone::get(zone) else { unreachable!("the tests name zones that exist") };
    let read = read(body, &limits);
    let instances = expand(&read, Some(window), &limits).instances;
    observe(&read, instances, &feed(recurring), &zone)
}

fn only(body: &[u8]) -> Observation {
    let (mut observations, rejected) = seen(body, "America/Phoenix", RecurringPolicy::Quarantine);
    assert_eq!((observations.len(), rejected.len()), (1, 0));
    observations.remove(0)
}

macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!("calendars/", $name, ".ics"))
    };
}

#[test]
fn each_channel_is_told_by_its_marks() {
    for (body, kind, rule) in [
        (&fixture!("a-reservation")[..], EntryKind::Reservation, "kind.code"),
        (fixture!("b-block"), EntryKind::Block, "kind.channel.airbnb-not-available"),
        (fixture!("c-vrbo"), EntryKind::Reservation, "kind.channel.vrbo-reserved"),
        (fixture!("d-booking"), EntryKind::UnknownBusy, "kind.channel.booking-closed"),
        (fixture!("e-hospitable"), EntryKind::Reservation, "kind.code"),
        (fixture!("f-lodgify-1"), EntryKind::UnknownBusy, "kind.unexplained"),
        (fixture!("h-guesty"), EntryKind::UnknownBusy, "kind.channel.guesty-blocked-by"),
    ] {
        let observation = only(body);
        assert_eq!((observation.kind, observation.kind_rule.as_str()), (kind, rule));
    }
}

#[test]
fn a_shortened_stay_keeps_its_code_under_a_new_uid() {
    let (first, second) = (only(fixture!("a-reservation")), only(fixture!("j-shortened")));
    assert_eq!(first.confirmation, second.confirmation);
    assert_eq!(first.confirmation.as_ref().map(ConfirmationCode::as_str), Some("HMAAAAAAAA"));
    assert_ne!(first.uid, second.uid);
    assert_eq!(second.span.check_out(), date(2030, 3, 3));
}

#[test]
fn a_date_time_is_placed_in_the_propertys_zone_before_its_date_is_taken() {
    // 23:00 UTC is still the afternoon in Phoenix and already the next day in Tokyo.
    let body = fixture!("e-hospitable");
    let day = |zone| seen(body, zone, RecurringPolicy::Quarantine).0[0].span.check_in();
    assert_eq!((day("America/Phoenix"), day("Asia/Tokyo")), (date(2030, 3, 1), date(2030, 3, 2)));
    // A date never moves, whatever the zone.
    let day = |zone| seen(fixture!("a-reservation"), zone, RecurringPolicy::Quarantine).0[0].span.check_in();
    assert_eq!((day("Pacific/Kiritimati"), day("Pacific/Pago_Pago")), (date(2030, 3, 1), date(2030, 3, 1)));
}

#[test]
fn names_are_kept_as_fingerprints_only() {
    let observation = only(fixture!("c-vrbo"));
    assert!(observation.label.is_some());
    assert!(!format!("{observation:?}").contains("Ann"));
    assert!(!format!("{:?}", read(fixture!("c-vrbo"), &Limits::default())).contains("Ann"));
    assert_eq!(only(fixture!("a-reservation")).label, None);
}

#[test]
fn cancelled_and_nightless_entries_are_told() {
    assert_eq!(only(fixture!("r-cancelled")).presence, Presence::Cancelled);
    let (_, rejected) = seen(fixture!("q-no-end"), "America/Phoenix", RecurringPolicy::Quarantine);
    assert!(rejected.iter().any(|entry| matches!(entry.why, RejectedWhy::NoNights { .. })), "{rejected:?}");
}

#[test]
fn repeating_events_are_stays_only_where_the_feed_says_so() {
    let body = fixture!("all-day-rule");
    let (observations, rejected) = seen(body, "America/Phoenix", RecurringPolicy::Quarantine);
    assert_eq!((observations.len(), rejected.len()), (0, 1));
    let (observations, rejected) = seen(body, "America/Phoenix", RecurringPolicy::Accept);
    assert_eq!((observations.len(), rejected.len()), (6, 0));
}

#[test]
fn only_what_a_feed_says_changes_its_hash() {
    let hash = |text: &str| content_hash(&read(text.as_bytes(), &Limits::default()));
    let one = "BEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20300101T000000Z\r\nDTSTART:20300301\r\nEND:VEVENT\r\n";
    let two = "BEGIN:VEVENT\r\nUID:2\r\nDTSTART:20300305\r\nEND:VEVENT\r\n";
    let whole = |parts: &str| format!("BEGIN:VCALENDAR\r\nPRODID:x\r\n{parts}END:VCALENDAR\r\n");
    let base = hash(&whole(&format!("{one}{two}")));
    let fetched_later = one.replace("DTSTAMP:20300101", "DTSTAMP:20300102");
    assert_eq!(base, hash(&whole(&format!("{two}{fetched_later}")).replace("PRODID:x", "PRODID:y")));
    assert_ne!(base, hash(&whole(&format!("{one}{}", two.replace("0305", "0306")))));
    assert_ne!(base, hash(&whole(one)));
}
