//! Feeds that misbehave, and feeds that are taken away, come back or move.

use crate::place::Place;
use jiff::Timestamp;
use lintel_cloud::{settings::SettingsStore, store::FeedRow};
use lintel_domain::{
    ids::{FeedId, PropertyId, StayKey},
    settings::{FeedStatus, Organization},
};
use lintel_sandbox::{INWARDS, Misbehaviour};
use std::collections::BTreeSet;

impl Place {
    /// A feed that works, and its home's number.
    fn channel(&self) -> (FeedId, usize) {
        let mut feeds = self.session.settings.feeds.iter();
        let (feed, configured) = feeds.find(|(feed, _)| feed.as_str().ends_with("-channel")).unwrap();
        let file = configured.url.expose().rsplit('/').next().unwrap();
        (feed.clone(), file.strip_suffix(".ics").unwrap().parse().unwrap())
    }

    /// Asks every feed now, whatever polling has learned of it.
    async fn poll(&self) {
        let org = self.session.org();
        for (feed, row) in org.feed_rows().await.unwrap() {
            org.save_feed_row(&feed, &FeedRow { not_before: None, ..row }).await.unwrap();
        }
        self.session.host.fire("feed-dispatcher").await;
        self.quiet().await;
    }

    /// Keys of the active stays a feed has at a property.
    async fn stays_of(&self, feed: &FeedId, property: &PropertyId) -> BTreeSet<StayKey> {
        let rows = self.session.org().property(property).await.unwrap();
        let of_feed = rows.state.active().filter(|stay| stay.source.as_str() == feed.as_str());
        of_feed.map(|stay| stay.key.clone()).collect()
    }

    pub(crate) async fn publish(&self, settings: &Organization) {
        let store = SettingsStore::new(self.session.table.clone(), self.session.objects.clone());
        store.publish(settings).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_that_misbehaves_is_named_and_nothing_of_it_is_believed() {
    let place = Place::open(4).await;
    place.deliver_everything().await;
    let (feed, number) = place.channel();
    let property = place.session.settings.feeds[&feed].property.clone();
    let stays = place.stays_of(&feed, &property).await;
    assert!(!stays.is_empty());
    let inward = Misbehaviour::Redirect { to: INWARDS[2].to_owned() };
    for (how, code) in [
        (inward, "feed-inward"),
        (Misbehaviour::GzipBomb, "feed-too-large"),
        (Misbehaviour::EndlessBody, "feed-too-large"),
        (Misbehaviour::HtmlPage, "feed-not-a-calendar"),
        (Misbehaviour::Truncated, "feed-unreachable"),
        (Misbehaviour::ServerError, "feed-refused"),
        (Misbehaviour::TooManyRequests { seconds: 60 }, "feed-throttled"),
    ] {
        place.sandbox.feeds.misbehave("channel", number, how.clone());
        place.poll().await;
        let row = place.session.org().feed_row(&feed).await.unwrap();
        assert_eq!(row.failure.as_deref(), Some(code), "after {how:?}");
        assert!(row.not_before.is_some_and(|moment| moment > Timestamp::now()), "{how:?} is left alone for a while");
        assert_eq!(place.stays_of(&feed, &property).await, stays, "{how:?} took a stay away");
    }
    place.sandbox.feeds.behave("channel", number);
    place.poll().await;
    let row = place.session.org().feed_row(&feed).await.unwrap();
    assert_eq!((row.failure, row.failures), (None, 0), "all is well again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_taken_away_returns_with_its_stays() {
    let place = Place::open(4).await;
    place.deliver_everything().await;
    let (feed, _) = place.channel();
    let property = place.session.settings.feeds[&feed].property.clone();
    let stays = place.stays_of(&feed, &property).await;
    let mut settings = place.session.settings.clone();
    for (status, wanted) in [
        (FeedStatus::Remove, BTreeSet::new()),
        (FeedStatus::Active, stays.clone()),
        (FeedStatus::Remove, BTreeSet::new()),
        (FeedStatus::Active, stays.clone()),
    ] {
        settings.feeds.get_mut(&feed).unwrap().status = status;
        place.publish(&settings).await;
        place.poll().await;
        assert_eq!(place.stays_of(&feed, &property).await, wanted, "{status:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_given_to_another_property_takes_its_stays_there() {
    let place = Place::open(4).await;
    place.deliver_everything().await;
    let (feed, _) = place.channel();
    let from = place.session.settings.feeds[&feed].property.clone();
    let to = place.session.settings.properties.keys().find(|id| **id != from).unwrap().clone();
    let stays = place.stays_of(&feed, &from).await;
    let mut settings = place.session.settings.clone();
    settings.feeds.get_mut(&feed).unwrap().property = to.clone();
    place.publish(&settings).await;
    // Taken back where they were, then read for where they are now.
    place.poll().await;
    place.poll().await;
    assert_eq!(place.stays_of(&feed, &from).await, BTreeSet::new());
    assert_eq!(place.stays_of(&feed, &to).await.len(), stays.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivered_calendar_that_is_none_is_told() {
    let place = Place::open(2).await;
    place.deliver_everything().await;
    let (feed, _) = place.channel();
    place.write("page.ics", |_| "<html>Sign in</html>".to_owned());
    let told = place.lintel(&["ingest", "page.ics", "--feed", feed.as_str()]).await;
    assert!(!told.succeeded && told.text.contains("1 calendar was not believed"), "{}", told.text);
    assert!(told.text.starts_with(&format!("page.ics: feed-not-a-calendar: feed {feed}: ")), "{}", told.text);

    place.write("good.ics", |_| {
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Sample//EN\r\nBEGIN:VEVENT\r\nUID:one@example.com\r\n\
         DTSTART;VALUE=DATE:20270101\r\nDTEND;VALUE=DATE:20270105\r\nSUMMARY:Reserved\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
            .to_owned()
    });
    let told = place.lintel(&["ingest", "good.ics", "--feed", feed.as_str()]).await;
    assert!(told.succeeded && told.text.starts_with(&format!("good.ics: feed {feed} was read\n")), "{}", told.text);
}
