//! From verified deliveries to events.

use crate::recipes::webhook;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use jiff::Timestamp;
use lintel_connectors::webhooks::{Delivery, DeliveryId, Event, EventError, read_event};

fn read_with(vendor: &str, headers: &[(&'static str, &'static str)], body: &str) -> Result<Vec<Event>, EventError> {
    let headers: HeaderMap = headers
        .iter()
        .map(|(name, value)| (name.parse().expect("a header's name"), HeaderValue::from_static(value)))
        .collect();
    let url = "https://hub.example.com/hook";
    read_event(&webhook(vendor), &Delivery { method: &Method::POST, url, headers: &headers, body: body.as_bytes() })
}

fn read(vendor: &str, body: &str) -> Vec<Event> {
    read_with(vendor, &[], body).expect("events")
}

fn moment(text: &str) -> Timestamp {
    text.parse().expect("a moment")
}

fn records(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| event.record.as_deref().unwrap_or("-")).collect()
}

#[test]
fn one_event_with_its_record_and_a_fingerprint() {
    let body = r#"{"event":"job.scheduled","event_occurred_at":"2026-01-01T00:00:00Z","company_id":"co_1","job":{"id":"job_1","updated_at":"2025-12-31T23:59:59Z"}}"#;
    let events = read("housecallpro", body);
    let [event] = events.as_slice() else { panic!("one event: {events:?}") };
    assert_eq!((event.name.as_str(), event.known, event.record.as_deref()), ("job.scheduled", true, Some("job_1")));
    assert_eq!(event.updated_at, Some(moment("2025-12-31T23:59:59Z")));
    assert_eq!(event.delivery, DeliveryId::Fingerprint(event.fingerprint.to_string()));
    assert_eq!(event.content["job"]["id"], "job_1");
    let again = read("housecallpro", body);
    assert_eq!(again[0].key(), event.key());
    let other = read("housecallpro", &body.replace("23:59:59", "23:59:58"));
    assert_ne!(other[0].key(), event.key());
}

#[test]
fn an_appointment_is_the_record_of_its_own_events() {
    let body = r#"{"event":"job.appointment.scheduled","event_occurred_at":"2026-01-01T00:00:00Z","appointment":{"id":"app_1","job_id":"job_1"}}"#;
    let events = read("housecallpro", body);
    assert_eq!(records(&events), ["app_1"]);
    assert_eq!(events[0].updated_at, Some(moment("2026-01-01T00:00:00Z")));
}

#[test]
fn an_event_leads_to_the_stream_of_its_own_kind() {
    let events = webhook("buildium").events;
    for (event, stream) in [
        ("LeaseTenant.Updated", Some("tenants")),
        ("Lease.MoveOut.Created", Some("leases")),
        ("LeaseTransaction.Created", None),
        ("Rental.Created", Some("rentals")),
        ("RentalUnit.Deleted", Some("units")),
        ("Listing.Deleted", Some("listings")),
        ("Association.Updated", Some("associations")),
        ("AssociationUnit.Updated", Some("association-units")),
        ("AssociationOwner.Updated", Some("association-owners")),
        ("AssociationTenant.Updated", Some("association-tenants")),
        ("AssociationBoardMember.Updated", None),
    ] {
        assert_eq!(events.stream_of(event), stream, "{event}");
    }
    let ids = r#"{"EventName":"Association.Updated","EventDateTime":"2026-01-01T00:00:00.1234567Z","AccountId":1,"PropertyId":8}"#;
    assert_eq!(records(&read("buildium", ids)), ["8"]);
}

#[test]
fn what_is_null_is_not_there() {
    let body = r#"{"event":"job.created","appointment":{"id":null},"job":{"id":"job_1"}}"#;
    assert_eq!(records(&read("housecallpro", body)), ["job_1"]);
}

#[test]
fn an_event_without_the_vendors_id_has_a_fingerprint() {
    let events = read("stripe", r#"{"type":"charge.succeeded","created":1760000000}"#);
    assert_eq!(events[0].delivery, DeliveryId::Fingerprint(events[0].fingerprint.to_string()));
}

#[test]
fn unknown_names_are_kept_and_marked() {
    for (body, name) in
        [(r#"{"event":"job.vanished"}"#, "job.vanished"), (r#"{"foo":"bar"}"#, ""), ("[1]", ""), ("7", "")]
    {
        let events = read("housecallpro", body);
        assert_eq!((events.len(), events[0].name.as_str(), events[0].known), (1, name, false), "{body}");
    }
    assert!(read("stripe", r#"{"type":"whatever.happened"}"#)[0].known, "no names are listed");
}

#[test]
fn a_batch_is_split_and_its_events_stay_apart() {
    let body = r#"[
        {"eventId":1,"subscriptionId":2,"occurredAt":1772438400123,"subscriptionType":"contact.propertyChange","objectId":5},
        {"eventId":1,"subscriptionId":2,"occurredAt":1772438400123,"subscriptionType":"contact.propertyChange","objectId":6},
        {"eventId":1,"subscriptionId":2,"occurredAt":1772438400123,"subscriptionType":"contact.new","objectId":6}]"#;
    let events = read("hubspot", body);
    assert_eq!(records(&events), ["5", "6", "6"]);
    assert_eq!(events.iter().map(|event| event.known).collect::<Vec<_>>(), [true, true, false]);
    assert_eq!(events[0].delivery, DeliveryId::Given("2:1:5:1772438400123".to_owned()));
    assert_eq!(events[0].updated_at, Some(moment("2026-03-02T08:00:00.123Z")));
    let keys: std::collections::BTreeSet<String> = events.iter().map(Event::key).collect();
    assert_eq!(keys.len(), 3);
}

#[test]
fn lists_within_lists_are_gone_down_through() {
    let lead = |id: &str| format!(r#"{{"field":"leadgen","value":{{"leadgen_id":{id},"created_time":1760000000}}}}"#);
    let body = format!(
        r#"{{"object":"page","entry":[{{"id":"1","changes":[{},{}]}},{{"id":"2","changes":[{}]}},{{"id":"3","messaging":[]}}]}}"#,
        lead("\"444\""),
        lead("9007199254740993"),
        lead("446"),
    );
    let events = read("meta", &body);
    assert_eq!(records(&events), ["444", "9007199254740993", "446", "-"]);
    assert_eq!(events[2].updated_at, Some(moment("2025-10-09T08:53:20Z")));
    assert!(!events[3].known, "an entry without changes is kept whole");
}

#[test]
fn a_list_of_ids_is_an_event_for_each() {
    let body = r#"{"eventId":"e-1","eventCreated":"2016-12-12T15:19:21+00:00","event":"peopleCreated","resourceIds":[1234,3244]}"#;
    let events = read("followupboss", body);
    assert_eq!(records(&events), ["1234", "3244"]);
    assert!(events.iter().all(|event| event.delivery == DeliveryId::Given("e-1".to_owned()) && event.known));
    assert_ne!(events[0].key(), events[1].key());
    assert_eq!(records(&read("followupboss", r#"{"event":"peopleCreated","resourceIds":[]}"#)), ["-"]);
}

#[test]
fn the_values_of_a_push_are_events() {
    let body = r#"{"value":[{"EntityEventSequence":9,"ResourceName":"Property","ResourceRecordKey":"k1"},{"EntityEventSequence":10,"ResourceName":"Media","ResourceRecordKey":"k2"}]}"#;
    let events = read("reso", body);
    assert_eq!(records(&events), ["k1", "k2"]);
    assert_eq!(events[1].delivery.as_str(), "10");
}

#[test]
fn forms_hold_events_too() {
    let events = read(
        "mandrill",
        "mandrill_events=%5B%7B%22_id%22%3A%22a%22%2C%22event%22%3A%22send%22%2C%22ts%22%3A1760000000%7D%5D",
    );
    assert_eq!((events[0].name.as_str(), events[0].record.as_deref()), ("send", Some("a")));
    assert_eq!(read("mandrill", "mandrill_events=%5B%5D"), []);
    assert_eq!(read_with("mandrill", &[], "other=1"), Err(EventError::MissingParameter("mandrill_events".to_owned())));
    let events = read(
        "mailchimp",
        "type=profile&fired_at=2026-03-26+21%3A35%3A57&data%5Bid%5D=8a&data%5Bemail%5D=a%40b.example",
    );
    assert_eq!((events[0].name.as_str(), records(&events)), ("profile", vec!["8a"]));
    assert_eq!(events[0].updated_at, Some(moment("2026-03-26T21:35:57Z")));
    let events = read("twilio", "MessageSid=SM1&MessageStatus=delivered&Tag=a&Tag=b");
    assert_eq!(events[0].delivery.as_str(), "SM1::delivered::");
    assert_eq!(events[0].content["Tag"], serde_json::json!(["a", "b"]));
}

#[test]
fn names_and_ids_may_stand_in_headers() {
    let headers = [("x-github-event", "push"), ("x-github-delivery", "d-1")];
    let events = read_with("github", &headers, "{}").expect("events");
    assert_eq!((events[0].name.as_str(), events[0].delivery.as_str()), ("push", "d-1"));
}

#[test]
fn more_than_an_honest_delivery_holds_is_refused() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(read_with("buildium", &[], &nested(64)).map(|events| events.len()), Ok(1));
    assert_eq!(read_with("buildium", &[], &nested(65)), Err(EventError::TooDeep));
    assert_eq!(
        read_with("buildium", &[], &format!(r#"{{"a":"{}"}}"#, "[".repeat(65))).map(|events| events.len()),
        Ok(1)
    );
    assert_eq!(read_with("buildium", &[], "{"), Err(EventError::NotJson));
    let many = |count: usize| format!("[{}]", vec!["1"; count].join(","));
    assert_eq!(read_with("hubspot", &[], &many(5_000)).map(|events| events.len()), Ok(5_000));
    assert_eq!(read_with("hubspot", &[], &many(5_001)), Err(EventError::TooManyEvents));
    let ids = format!(r#"{{"event":"peopleCreated","resourceIds":{}}}"#, many(5_001));
    assert_eq!(read_with("followupboss", &[], &ids), Err(EventError::TooManyEvents));
    assert_eq!(read_with("twilio", &[], &"a=1&".repeat(1_001)), Err(EventError::TooManyParameters));
    let long = format!(r#"{{"EventName":"{}"}}"#, "a".repeat(513));
    assert_eq!(read("buildium", &long)[0].name, "");
}

#[test]
fn what_is_private_is_not_printed() {
    let printed = format!(
        "{:?}",
        read("housecallpro", r#"{"event":"customer.created","customer":{"id":"c","email":"ann@example.com"}}"#)
    );
    assert!(printed.contains("customer.created") && !printed.contains("ann@example.com"), "{printed}");
    let (headers, url) = (HeaderMap::new(), "https://hub.example.com/hook?secret=s-1");
    let printed = format!("{:?}", Delivery { method: &Method::POST, url, headers: &headers, body: b"ann" });
    assert!(!printed.contains("s-1") && printed.contains('3'), "{printed}");
}

#[test]
fn answers_take_the_vendors_habits_into_account() {
    let status = |vendor: &str, wanted| webhook(vendor).answers.status(wanted);
    assert_eq!(status("cloudmailin", StatusCode::UNAUTHORIZED), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(status("followupboss", StatusCode::GONE), StatusCode::BAD_REQUEST);
    assert_eq!(status("followupboss", StatusCode::UNAUTHORIZED), StatusCode::UNAUTHORIZED);
    assert_eq!(status("hubspot", StatusCode::UNAUTHORIZED), StatusCode::SERVICE_UNAVAILABLE, "our secret may be wrong");
    assert_eq!(status("hubspot", StatusCode::PAYLOAD_TOO_LARGE), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(status("airtable", StatusCode::OK), StatusCode::NO_CONTENT);
    assert_eq!(status("stripe", StatusCode::ACCEPTED), StatusCode::OK);
    let kept_unread = |vendor: &str| webhook(vendor).answers.kept_unread();
    assert_eq!((kept_unread("housecallpro"), kept_unread("stripe")), (StatusCode::OK, StatusCode::BAD_REQUEST));
}
