//! `lintel plan`: what files would change, and what of them would not and why.

use crate::place::Place;
use jiff::{ToSpan, civil::Date};
use lintel_domain::ids::FeedId;

fn event(uid: &str, from: Date, to: Date) -> String {
    let day = |date: Date| date.strftime("%Y%m%d").to_string();
    format!(
        "BEGIN:VEVENT\r\nUID:{uid}@example.com\r\nDTSTART;VALUE=DATE:{}\r\nDTEND;VALUE=DATE:{}\r\nSUMMARY:Reserved\r\n\
         END:VEVENT\r\n",
        day(from),
        day(to)
    )
}

fn calendar(events: &str) -> String {
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Sample//EN\r\n{events}END:VCALENDAR\r\n")
}

impl Place {
    pub(crate) fn channel_feed(&self) -> FeedId {
        let mut feeds = self.session.settings.feeds.keys();
        feeds.find(|feed| feed.as_str().ends_with("-channel")).unwrap().clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_says_what_it_leaves_out() {
    let place = Place::open(3).await;
    let (feed, today) = (place.channel_feed(), place.sandbox.world.today());
    let (soon, far) = (today.saturating_add(9.days()), today.saturating_add(6.years()));
    let events = [
        event("plain", soon, soon.saturating_add(3.days())),
        event("endless", soon, soon.saturating_add(1_200.days())),
        event("far", far, far.saturating_add(3.days())),
    ];
    place.write("plan.ics", |_| calendar(&events.concat()));
    let told = place.lintel(&["plan", "plan.ics", "--feed", feed.as_str()]).await;
    assert!(told.succeeded, "{}", told.text);
    for line in [
        format!("set aside: {soon} to {}: the stay is longer than any stay can be", soon.saturating_add(1_200.days())),
        "left out: 1 event outside of the window of months that is kept".to_owned(),
        "1 stay would change; nothing was written".to_owned(),
    ] {
        assert!(told.text.contains(&line), "no {line:?} in {}", told.text);
    }

    let row = format!("\n\"{far} 16:00:00\",\"{} 10:00:00\",", far.saturating_add(3.days()));
    place.write("report.csv", |_| place.sandbox.world.checkouts_report().replacen("\n\"\",\"\",", &row, 1));
    let told = place.lintel(&["plan", "report.csv"]).await;
    let line = format!("left out: {far} to {}: it is new, and outside of the window", far.saturating_add(3.days()));
    assert!(told.succeeded && told.text.contains(&line), "{}", told.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_tells_of_a_removal_that_somebody_would_have_to_approve() {
    let place = Place::open(3).await;
    place.deliver_everything().await;
    let (feed, today) = (place.channel_feed(), place.sandbox.world.today());
    let soon = today.saturating_add(300.days());
    place.write("plan.ics", |_| calendar(&event("only", soon, soon.saturating_add(3.days()))));
    place.write("lintel.toml", |text| {
        text + "\n[absence]\nmisses = 1\nhours = 0\nmass_change_percent = 1\nmass_change_floor = 0\n"
    });
    let told = place.lintel(&["plan", "plan.ics", "--feed", feed.as_str()]).await;
    assert!(told.succeeded && told.text.contains("to approve: the removal of "), "{}", told.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_would_be_refused_is_no_plan_without_changes() {
    let place = Place::open(2).await;
    let mail = |from: &str| {
        format!(
            "From: {from}\r\nTo: sunrise@lintel.example.com\r\nMessage-ID: <1@example.com>\r\nSubject: Hello\r\n\r\nHi.\r\n"
        )
    };
    place.write("stranger.eml", |_| mail("reports@stranger.example"));
    place.write("nothing.json", |_| r#"{"nothing":1}"#.to_owned());
    for file in ["stranger.eml", "nothing.json"] {
        let told = place.lintel(&["plan", file]).await;
        assert!(!told.succeeded && told.text.contains(file), "{}", told.text);
        assert!(told.text.contains("it would be set aside: the sender is not among [mail] senders"), "{}", told.text);
    }
    place.write("letter.eml", |_| mail("reports@itrip.example"));
    let told = place.lintel(&["plan", "letter.eml"]).await;
    assert!(told.succeeded && told.text.contains("no report among the attachments"), "{}", told.text);
}
