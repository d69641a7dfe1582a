//! What was set aside and is read again: rows, feeds, deliveries, events; and what can never be read.

use crate::place::Place;
use jiff::Timestamp;
use lintel_cloud::store::{EventState, QuarantineRow, WorkKind};
use lintel_domain::ids::{EventId, PropertyId, QuarantineId};
use std::time::Duration;

const HALF: &[u8] = br#"{"event":"#;
const POND: &str = r#"
vendor = "pond"
title = "Pond"

[webhook]
body_cap = 4096

[webhook.scheme]
token = { at = "path" }

[webhook.events]
form = { form-json = "payload" }
name = { pointers = ["/event"] }
record = ["/id"]
delivery = "body-hash"
"#;

impl Place {
    async fn set_aside(&self, code: &str) -> Vec<QuarantineRow> {
        let rows = self.session.org().quarantined().await.unwrap();
        rows.into_iter().filter(|row| row.code == code).collect()
    }

    async fn failed_events(&self) -> Vec<EventId> {
        let due = self.session.org().due_work(WorkKind::FailedEvents, Timestamp::MAX, 10).await.unwrap();
        due.into_iter().map(|work| EventId::new(work.id)).collect()
    }

    async fn event_set_aside(&self, number: u32) {
        let odd = format!(r#"{{"event":"job.updated","job":{{"no":"id {number}"}}}}"#).into_bytes();
        assert_eq!(self.deliver("sunrise.crews", &self.signed(&odd, Timestamp::now()), &odd).await, 200);
        self.quiet().await;
    }

    async fn delivery_set_aside(&self) {
        assert_eq!(self.deliver("sunrise.crews", &self.signed(HALF, Timestamp::now()), HALF).await, 200, "it is kept");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mended_mapping_is_replayed() {
    let place = Place::open(5).await;
    place.deliver_everything().await;
    let unmapped = place.set_aside("unmapped-property").await;
    let [row] = unmapped.as_slice() else { panic!("{unmapped:?}") };
    let villa = "\n[properties.villa]\nname = \"Unmapped Villa\"\nzone = \"America/New_York\"\n\
                 listed_as = { itrip = [\"Unmapped Villa #19999999\"] }\n";

    let told = place.lintel(&["replay", row.id.as_str()]).await;
    assert!(
        told.succeeded && place.set_aside("unmapped-property").await.len() == 1,
        "nothing was mended: {}",
        told.text
    );
    place.write("lintel.toml", |text| text + villa);
    let told = place.lintel(&["replay", row.id.as_str()]).await;
    assert!(told.succeeded && told.text.starts_with("1 entry was read again"), "{}", told.text);
    assert_eq!(place.set_aside("unmapped-property").await, []);
    let villa = place.session.org().property(&PropertyId::new("villa")).await.unwrap();
    assert_eq!(villa.state.active().count(), 1, "the stay of the row that was set aside");
}

fn ids(rows: &[QuarantineRow]) -> Vec<&QuarantineId> {
    rows.iter().map(|row| &row.id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_be_no_stay_is_read_again_or_kept() {
    let place = Place::open(4).await;
    place.deliver_everything().await;
    let org = place.session.org();
    let feeds = &place.session.settings.feeds;
    let feed = place.channel_feed();
    let long = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Sample//EN\r\nBEGIN:VEVENT\r\nUID:endless@example.com\r\n\
                DTSTART;VALUE=DATE:20260101\r\nDTEND;VALUE=DATE:20360101\r\nSUMMARY:Reserved\r\nEND:VEVENT\r\n\
                END:VCALENDAR\r\n";
    place.session.host.take_calendar(&place.session.settings.id, &feed, long.into()).await.unwrap();
    place.write("report.csv", |_| {
        let report = place.sandbox.world.checkouts_report();
        report.replacen("\n\"\",\"\",", "\n\"2026-01-01 16:00:00\",\"2036-01-01 10:00:00\",", 1)
    });
    let told = place.lintel(&["ingest", "report.csv"]).await;
    assert!(told.succeeded, "{}", told.text);
    place.quiet().await;
    let mut rows = place.set_aside("unusable-entry").await;
    rows.sort_by_key(|row| row.origin.clone());
    let [of_feed, report] = rows.as_slice() else { panic!("{rows:?}") };
    assert_eq!(of_feed.origin, format!("feed:{feed}"));
    assert!(report.origin.starts_with("mail:") && report.reason.contains("csv_itrip line "), "{report:?}");

    let told = place.lintel(&["replay", of_feed.id.as_str()]).await;
    assert!(told.succeeded, "{}", told.text);
    assert_eq!(ids(&place.set_aside("unusable-entry").await), [&report.id]);
    let read = org.feed_row(&feed).await.unwrap();
    assert!(read.content_hash.is_some(), "the feed was read");

    let told = place.lintel(&["replay", report.id.as_str()]).await;
    assert!(told.succeeded, "{}", told.text);
    assert_eq!(ids(&place.set_aside("unusable-entry").await), [&report.id], "nothing was mended");
    let made = org.feed_rows().await.unwrap().into_iter().filter(|(feed, _)| !feeds.contains_key(feed)).count();
    assert_eq!(made, 0, "a report is no feed");
    let told = place.lintel(&["replay", report.id.as_str(), "--drop"]).await;
    assert!(told.succeeded && told.text.contains("taken out unread"), "{}", told.text);
    assert_eq!(place.set_aside("unusable-entry").await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_does_not_keep_the_rest_from_it() {
    let place = Place::open(3).await;
    let told = place.lintel(&["replay", "all"]).await;
    assert!(told.succeeded && told.text == "nothing waits to be read again\n", "{}", told.text);

    place.deliver_everything().await;
    place.delivery_set_aside().await;
    place.event_set_aside(1).await;
    let unmapped = place.set_aside("unmapped-property").await.len();
    assert!(unmapped > 0);
    place.write("lintel.toml", |text| {
        text + "\n[properties.villa]\nname = \"Villa\"\nzone = \"America/New_York\"\n\
                listed_as = { itrip = [\"Unmapped Villa #19999999\"] }\n\
                [reactions.leave]\nsource = \"housecallpro\"\nevents = [\"job.*\"]\naction = \"ignore\"\n"
    });
    let told = place.lintel(&["replay", "all"]).await;
    assert!(!told.succeeded && told.text.contains("1 entry was not read again, and kept"), "{}", told.text);
    assert!(told.text.contains("it still cannot be read (`--drop` gives it up): the body is no JSON"), "{}", told.text);
    assert_eq!(place.set_aside("unmapped-property").await, [], "the others were read");
    assert_eq!(place.failed_events().await, [], "events, too");

    let kept = place.set_aside("unreadable-delivery").await;
    let [kept] = kept.as_slice() else { panic!("{kept:?}") };
    assert!(place.lintel(&["replay", kept.id.as_str(), "--drop"]).await.succeeded);
    assert_eq!(place.set_aside("unreadable-delivery").await, []);
    assert!(!place.lintel(&["replay", kept.id.as_str()]).await.succeeded, "there is no such entry any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_was_set_aside_is_given_up() {
    let place = Place::open(2).await;
    place.event_set_aside(2).await;
    let failed = place.failed_events().await;
    let [event] = failed.as_slice() else { panic!("{failed:?}") };
    let told = place.lintel(&["replay", event.as_str()]).await;
    assert!(told.succeeded && place.failed_events().await == failed, "nothing was mended: {}", told.text);
    let told = place.lintel(&["replay", event.as_str(), "--drop"]).await;
    assert!(told.succeeded && told.text.contains("will not be worked off"), "{}", told.text);
    assert_eq!(place.failed_events().await, []);
    assert!(!place.lintel(&["replay", event.as_str(), "--drop"]).await.succeeded, "it waits no longer");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_is_read_again_by_a_mended_manifest() {
    let place = Place::open(2).await;
    place.write("vendors/pond/connector.toml", |_| POND.to_owned());
    place.write("lintel.toml", |text| {
        text + "\n[vendors.pond]\nmanifest = \"vendors/pond\"\n\n[connections.pond]\nvendor = \"pond\"\n\
                secret = \"pond\"\nwebhook_secret = \"pond-path\"\n\n\
                [reactions.pond]\nsource = \"pond\"\nevents = [\"*\"]\naction = \"notice\"\n"
    });
    place.session.put_secret("pond-path", &lintel_domain::private::Private::new("sunrise.pond")).await.unwrap();
    let told = place.lintel(&["apply"]).await;
    assert!(told.succeeded, "{}", told.text);
    let body = br#"{"event":"frog","id":"7"}"#;
    assert_eq!(place.deliver("sunrise.pond", &[], body).await, 400);
    let rows = place.set_aside("unreadable-delivery").await;
    let [row] = rows.as_slice() else { panic!("{rows:?}") };
    assert!(!place.lintel(&["replay", row.id.as_str()]).await.succeeded, "nothing was mended");

    place.write("vendors/pond/connector.toml", |text| text.replace("form = { form-json = \"payload\" }\n", ""));
    let told = place.lintel(&["replay", row.id.as_str()]).await;
    assert!(told.succeeded, "{}", told.text);
    assert_eq!(place.set_aside("unreadable-delivery").await, []);
    let told = place.session.org().attention().await.unwrap();
    assert!(told.iter().any(|entry| entry.code == "pond" && entry.subject == "7"), "{told:?}");

    // The vendor sends it once more, when the receiver has asked for the settings in force again: it is the same event.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert_eq!(place.deliver("sunrise.pond", &[], body).await, 200);
    place.quiet().await;
    let client = aws_sdk_dynamodb::Client::new(place.session.sdk());
    let items = client.scan().table_name("lintel-dev").into_paginator().items().send().try_collect().await.unwrap();
    let events = items.iter().filter(|item| item.get("SK").is_some_and(|key| key.as_s().unwrap() == "EVENT"));
    let ids: Vec<&String> = events.map(|item| item["id"].as_s().unwrap()).collect();
    assert_eq!(ids.len(), 1, "{ids:?}");
    let row = place.session.org().event(&EventId::new(ids[0])).await.unwrap().unwrap();
    assert!(matches!(row.state, EventState::Done { .. }), "{row:?}");
}
