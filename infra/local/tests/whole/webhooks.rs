//! What comes back: deliveries at the real door, from the vendor's screen to the office's table.

use crate::{
    place::{Further, Place},
    town,
};
use futures::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use lintel_cloud::store::{EventState, WorkKind};
use lintel_connectors::transport::{HttpClient, ReqwestClient};
use lintel_domain::{
    ids::EventId,
    private::Private,
    settings::{Reaction, ReactionKind},
};
use lintel_sandbox::housecallpro::{JobView, signature};
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, time::Duration};

impl Place {
    /// A job that Lintel made.
    fn job(&self) -> JobView {
        let jobs = self.sandbox.field_service.jobs();
        jobs.into_iter().find(|job| !job.notes.is_empty() && job.starts.is_some()).unwrap()
    }

    /// The office's row of a job.
    fn row(&self, job: &str) -> Map<String, Value> {
        let rows = self.sandbox.office_table.records();
        rows.into_iter().find(|row| row.get("Service Job ID") == Some(&json!(job))).unwrap()
    }

    /// Waits until the office's row of a job shows this.
    async fn shows(&self, job: &str, column: &str, wanted: &Value) {
        for _ in 0..200 {
            if self.row(job).get(column) == Some(wanted) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{column} of {job} is {:?}, not {wanted}", self.row(job).get(column));
    }

    pub(crate) fn signed(&self, body: &[u8], at: Timestamp) -> [(&'static str, String); 2] {
        let timestamp = at.as_second().to_string();
        let signature = signature(self.sandbox.field_service.webhook_secret(), &timestamp, body);
        [("api-signature", signature), ("api-timestamp", timestamp)]
    }

    async fn telling(properties: usize) -> Self {
        let mut place = Self::open(properties).await;
        place.deliver_everything().await;
        let address = format!("http://{}/webhooks/sunrise.crews", place.serving.address);
        place.sandbox.tell(&address);
        place
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_crews_do_reaches_the_office() {
    let place = Place::telling(4).await;
    let (vendor, job) = (&place.sandbox.field_service, place.job());
    vendor.reassign(&job.id, &["pro_2"]).unwrap();
    place.shows(&job.id, "Assignee", &json!("pro_2")).await;
    vendor.on_my_way(&job.id).unwrap();
    vendor.start_job(&job.id).unwrap();
    place.shows(&job.id, "Job Status", &json!("In Progress")).await;
    vendor.complete_job(&job.id).unwrap();
    place.shows(&job.id, "Job Status", &json!("Completed")).await;
    let row = place.row(&job.id);
    for column in ["On My Way Time", "Job Started Time", "Job Completed Time"] {
        assert!(row.contains_key(column), "{column} is empty");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_swap_of_crews_is_told_three_times_and_written_once() {
    let place = Place::telling(4).await;
    let (vendor, job) = (&place.sandbox.field_service, place.job());
    let stand = || {
        let calls = place.sandbox.office_table.usage().calls;
        let patches: u64 = calls.iter().filter(|(call, _)| call.starts_with("PATCH")).map(|(_, count)| count).sum();
        (place.counted.of("events_accepted_count"), patches)
    };
    vendor.reassign(&job.id, &["pro_2"]).unwrap();
    place.shows(&job.id, "Assignee", &json!("pro_2")).await;
    place.quiet().await;
    let before = stand();
    vendor.reassign(&job.id, &["pro_3"]).unwrap();
    place.shows(&job.id, "Assignee", &json!("pro_3")).await;
    for _ in 0..200 {
        if stand().0 == before.0 + 3 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    place.quiet().await;
    assert_eq!(stand(), (before.0 + 3, before.1 + 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_persons_move_stands_and_the_row_says_so() {
    let place = Place::telling(4).await;
    let (vendor, job) = (&place.sandbox.field_service, place.job());
    let to = job.starts.unwrap() + SignedDuration::from_hours(3);
    vendor.move_job(&job.id, to).unwrap();
    place.shows(&job.id, "Schedule Sync Details", &json!("moved by a person, whose word stands")).await;
    place.shows(&job.id, "Sync Status", &json!("Wrong Time")).await;
    let writes = vendor.usage().writes;
    let recompute = place.session.settings.properties.keys().map(|property| lintel_cloud::inputs::NewInput {
        id: lintel_domain::ids::InputId::new(format!("again-{property}")),
        property: property.clone(),
        input: lintel_domain::planner::Input::Recompute,
    });
    let inputs = place.session.inputs().unwrap();
    inputs.hand_over(&place.session.settings.id, recompute.collect(), Timestamp::now()).await.unwrap();
    place.quiet().await;
    assert_eq!((vendor.job(&job.id).unwrap().starts, vendor.usage().writes), (Some(to), writes));

    vendor.delete_job(&job.id).unwrap();
    let gone = json!("the job was deleted or archived at the vendor");
    place.shows(&job.id, "Schedule Sync Details", &gone).await;
    assert_eq!(vendor.usage().writes, writes, "it is not made again");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_proven_is_taken_and_only_once() {
    let place = Place::open(2).await;
    let now = Timestamp::now();
    let body = br#"{"event":"pro.updated","event_occurred_at":"2026-01-01T00:00:00Z","pro":{"id":"pro_1"}}"#;
    let good = place.signed(body, now);
    let stale = place.signed(body, now - SignedDuration::from_mins(6));
    let forged = [("api-signature", "0".repeat(64)), ("api-timestamp", now.as_second().to_string())];
    for (what, address, headers, body, wanted) in [
        ("unsigned", "sunrise.crews", &[][..], &body[..], 401),
        ("forged", "sunrise.crews", &forged[..], &body[..], 401),
        ("stale", "sunrise.crews", &stale[..], &body[..], 401),
        ("changed", "sunrise.crews", &good[..], &body[..body.len() - 1], 401),
        ("an unknown connection", "sunrise.nobody", &good[..], &body[..], 404),
        ("an unknown organization", "nobody.crews", &good[..], &body[..], 404),
        ("no address at all", "crews", &good[..], &body[..], 404),
        ("the vendor's trial of the address", "sunrise.crews", &[][..], &br#"{"foo":"bar"}"#[..], 200),
    ] {
        assert_eq!(place.deliver(address, headers, body).await, wanted, "{what}");
    }
    let org = place.session.org();
    let events = || async { org.due_work(WorkKind::Events, Timestamp::MAX, 10).await.unwrap().len() };
    assert_eq!(events().await, 0, "nothing of that was kept");

    assert_eq!(place.deliver("sunrise.crews", &good, body).await, 200);
    assert_eq!(place.deliver("sunrise.crews", &good, body).await, 200, "known before");
    place.quiet().await;
    assert_eq!(events().await, 0, "it was worked off, although nothing follows from it");
    let huge = vec![b' '; 2 * 1024 * 1024];
    assert_eq!(place.deliver("sunrise.crews", &place.signed(&huge, now), &huge).await, 413);

    // Proven, and not what an event looks like: kept where an operator finds it, and the next one is taken.
    let odd = br#"{"event":"job.updated","job":{"no":"id"}}"#;
    assert_eq!(place.deliver("sunrise.crews", &place.signed(odd, now), odd).await, 200);
    place.quiet().await;
    let failed = org.due_work(WorkKind::FailedEvents, Timestamp::MAX, 10).await.unwrap();
    assert_eq!(failed.len(), 1);
    let half = br#"{"event":"#;
    assert_eq!(place.deliver("sunrise.crews", &place.signed(half, now), half).await, 200, "kept, so it is no failure");
    let quarantined = org.quarantined().await.unwrap();
    assert!(quarantined.iter().any(|row| row.code == "unreadable-delivery"));

    let counted = |metric| place.counted.of(metric);
    assert_eq!(counted("webhook_refused_unknown-connection_count"), 3);
    assert_eq!((counted("webhook_refused_mismatch_count"), counted("webhook_refused_stale_count")), (2, 1));
    assert_eq!((counted("events_accepted_count"), counted("events_repeated_count")), (2, 1));
    assert_eq!((counted("webhook_refused_not-json_count"), counted("events_unknown_name_count")), (1, 0));
    let unheard_of = br#"{"event":"job.teleported","job":{"id":"job_1"}}"#;
    assert_eq!(place.deliver("sunrise.crews", &place.signed(unheard_of, now), unheard_of).await, 200);
    assert_eq!(counted("events_unknown_name_count"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_be_our_own_fault_is_put_off_where_a_refusal_would_lose_it() {
    let lines =
        "\n[connections.portal]\nvendor = \"hubspot-v2\"\nsecret = \"portal\"\nwebhook_secret = \"portal-webhooks\"\n";
    let secrets = [("portal-webhooks".to_owned(), Private::new("mistyped"))];
    let place = Place::open_with(2, Further { lines, secrets: secrets.into(), ..Further::default() }).await;
    let signature = [("x-hubspot-signature", "0".repeat(64))];
    assert_eq!(place.deliver("sunrise.portal", &signature, b"[]").await, 503);
    assert_eq!(place.counted.of("webhook_refused_mismatch_count"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_is_put_off_while_the_settings_cannot_be_read() {
    let place = Place::open(2).await;
    let settings = place.session.data_folder().join("objects/settings");
    std::fs::rename(&settings, settings.with_extension("away")).unwrap();
    let body = br#"{"event":"pro.updated","event_occurred_at":"2026-01-01T00:00:00Z","pro":{"id":"pro_1"}}"#;
    let signed = place.signed(body, Timestamp::now());
    assert_eq!(place.deliver("sunrise.crews", &signed, body).await, 503);
    std::fs::rename(settings.with_extension("away"), &settings).unwrap();
    assert_eq!(place.deliver("sunrise.crews", &signed, body).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_of_one_moment_are_written_down_together_and_each_is_worked_off() {
    let place = Place::open(2).await;
    let now = Timestamp::now();
    let body = |number: usize| {
        // Every fourth comes twice.
        let number = if number % 4 == 3 { number - 1 } else { number };
        format!(r#"{{"event":"pro.updated","event_occurred_at":"2026-01-01T00:00:00Z","pro":{{"id":"pro_{number}"}}}}"#)
    };
    let before = place.session.aws_calls();
    let delivered = (0..200).map(|number| {
        let body = body(number).into_bytes();
        let headers = place.signed(&body, now);
        let place = &place;
        async move { place.deliver("sunrise.crews", &headers, &body).await }
    });
    let answers: Vec<u16> = stream::iter(delivered).buffer_unordered(64).collect().await;
    assert!(answers.iter().all(|status| *status == 200), "{answers:?}");
    place.quiet().await;

    let org = place.session.org();
    for kind in [WorkKind::Bundles, WorkKind::Events, WorkKind::FailedEvents] {
        assert_eq!(org.due_work(kind, Timestamp::MAX, 1_000).await.unwrap(), vec![], "{kind:?}");
    }
    let calls = place.session.aws_calls();
    let made = |name: &str| calls.get(name).unwrap_or(&0) - before.get(name).unwrap_or(&0);
    assert!(made("DeleteItem") > 0, "some shared a row, which is gone");
    assert!(made("UpdateItem") < 150, "what shared a row and has no consequence is done with in one write");
    let client = aws_sdk_dynamodb::Client::new(place.session.sdk());
    let items = client.scan().table_name("lintel-dev").into_paginator().items().send().try_collect().await.unwrap();
    let mut done = 0;
    for id in items.iter().filter(|item| item.contains_key("progress")).map(|item| item["id"].as_s().unwrap()) {
        let row = org.event(&EventId::new(id)).await.unwrap().unwrap();
        let outcome = "nothing follows from pro.updated".to_owned();
        done += usize::from(row.state == EventState::Done { outcome });
    }
    assert_eq!(done, 150, "each event was worked off once");
    assert_eq!(place.counted.of("events_repeated_count"), 50);
}

/// A source that signs nothing: the last segment of the address it was given is the secret.
const BY_ADDRESS: &str =
    "\n[connections.leads]\nvendor = \"secret-path\"\nsecret = \"leads\"\nwebhook_secret = \"leads-path\"\n";

#[tokio::test(flavor = "multi_thread")]
async fn what_is_proven_by_its_address_is_taken_at_that_address_alone() {
    let secrets = [("leads-path".to_owned(), Private::new("t-0001-of-the-address"))];
    let place = Place::open_with(2, Further { lines: BY_ADDRESS, secrets: secrets.into(), ..Further::default() }).await;
    let body = br#"{"event":"lead.created","id":"lead_1"}"#;
    for (what, address, wanted) in [
        ("no token", "sunrise.leads", 401),
        ("another token", "sunrise.leads/t-0002", 401),
        ("more than a token", "sunrise.leads/more/t-0001-of-the-address", 404),
        ("the token", "sunrise.leads/t-0001-of-the-address", 200),
    ] {
        assert_eq!(place.deliver(address, &[], body).await, wanted, "{what}");
    }
    place.quiet().await;
    assert_eq!(place.counted.of("events_accepted_count"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_of_an_address_is_in_no_log() {
    let folder = tempfile::tempdir().unwrap();
    let config = format!("[organization]\nid = \"sunrise\"\nname = \"Sunrise\"\n{BY_ADDRESS}");
    std::fs::write(folder.path().join("lintel.toml"), config).unwrap();
    std::fs::write(folder.path().join("lintel.secrets.toml"), "leads-path = \"t-0001-of-the-address\"\n").unwrap();
    let (mut host, address) = town::serve(folder.path());
    let client = ReqwestClient::default();
    let mut answers = Vec::new();
    for token in ["t-0001-of-the-address", "t-0002-guessed"] {
        let request =
            http::Request::post(format!("{address}/webhooks/sunrise.leads/{token}")).body("{}".into()).unwrap();
        answers.push(client.send(request, Duration::from_secs(30)).await.unwrap().status().as_u16());
    }
    host.kill().unwrap();
    host.wait().unwrap();
    assert_eq!(answers, [200, 401]);
    let log = std::fs::read_to_string(town::log(folder.path())).unwrap();
    assert!(log.contains("a delivery was refused"), "{log}");
    assert!(!log.contains("t-0001") && !log.contains("t-0002"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendors_trial_of_the_address_is_answered_before_there_is_a_secret() {
    let lines = "\n[connections.more-crews]\nvendor = \"housecallpro\"\nsecret = \"housecallpro\"\nwebhook_secret = \"not-yet\"\n";
    let place = Place::open_with(2, Further { lines, ..Further::default() }).await;
    assert_eq!(place.deliver("sunrise.more-crews", &[], br#"{"foo":"bar"}"#).await, 200);
    let told = || async { place.session.org().attention().await.unwrap() };
    assert!(told().await.is_empty(), "nothing is amiss yet");
    let body = br#"{"event":"pro.updated","pro":{"id":"pro_1"}}"#;
    assert_eq!(place.deliver("sunrise.more-crews", &place.signed(body, Timestamp::now()), body).await, 503);
    assert!(told().await.iter().any(|entry| entry.code == "webhook-not-set-up"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_that_vendors_were_told_is_the_one_they_sign() {
    let lines =
        "\n[connections.portal]\nvendor = \"hubspot-v2\"\nsecret = \"portal\"\nwebhook_secret = \"portal-webhooks\"\n";
    let secrets = BTreeMap::from([("portal-webhooks".to_owned(), Private::new("client-secret"))]);
    // SHA-256 of `client-secretPOSThttps://hooks.example.com/webhooks/sunrise.portal[]`.
    let signature = "821d28a2358355e60c32ad99257cc409a3c8fe522113fb02489280a333bad656";
    let signature = [("x-hubspot-signature", signature.to_owned())];
    let told = [("LINTEL_PUBLIC_URL".to_owned(), "https://hooks.example.com".to_owned())];
    let further = Further { lines, secrets: secrets.clone(), variables: told.into() };
    let place = Place::open_with(2, further).await;
    assert_eq!(place.deliver("sunrise.portal", &signature, b"[]").await, 200);

    // Without a word about it, it is the host that was called.
    let place = Place::open_with(2, Further { lines, secrets, ..Further::default() }).await;
    assert_eq!(place.deliver("sunrise.portal", &signature, b"[]").await, 503);
    let host = [("host", "hooks.example.com".to_owned()), signature[0].clone()];
    assert_eq!(place.deliver("sunrise.portal", &host, b"[]").await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_counts_until_the_day_its_line_names() {
    let lines = "\n[connections.past]\nvendor = \"housecallpro\"\nsecret = \"housecallpro\"\nwebhook_secret = \"past\"\n\
                 \n[connections.coming]\nvendor = \"housecallpro\"\nsecret = \"housecallpro\"\nwebhook_secret = \"coming\"\n\
                 \n[connections.over]\nvendor = \"housecallpro\"\nsecret = \"housecallpro\"\nwebhook_secret = \"over\"\n\
                 \n[connections.garbled]\nvendor = \"housecallpro\"\nsecret = \"housecallpro\"\nwebhook_secret = \"garbled\"\n";
    let secrets = [
        ("past", "first until=2026-01-01\nsecond"),
        ("coming", "second\nfirst until=2999-01-01T12:00:00Z"),
        ("over", "first until=2026-01-01"),
        ("garbled", "second\nfirst until=soon"),
    ];
    let secrets = secrets.map(|(name, text)| (name.to_owned(), Private::new(text)));
    let place = Place::open_with(2, Further { lines, secrets: secrets.into(), ..Further::default() }).await;
    let body = br#"{"event":"pro.updated","event_occurred_at":"2026-01-01T00:00:00Z","pro":{"id":"pro_1"}}"#;
    let timestamp = Timestamp::now().as_second().to_string();
    for (connection, secret, wanted) in [
        ("past", "first", 401),
        ("past", "second", 200),
        ("coming", "first", 200),
        ("coming", "second", 200),
        ("over", "first", 503),
        ("garbled", "second", 503),
    ] {
        let headers = [("api-signature", signature(secret, &timestamp, body)), ("api-timestamp", timestamp.clone())];
        let answer = place.deliver(&format!("sunrise.{connection}"), &headers, body).await;
        assert_eq!(answer, wanted, "{secret} at {connection}");
    }
    let told = place.session.org().attention().await.unwrap();
    let texts: Vec<&str> = told.iter().map(|entry| entry.text.as_str()).collect();
    assert!(texts.iter().any(|text| text.contains("garbled, line 2") && !text.contains("soon")), "{texts:?}");
    assert!(texts.iter().any(|text| text.contains("connection over")), "{texts:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reaction_that_cannot_be_used_stops_nothing_but_itself() {
    let place = Place::open(2).await;
    let broken =
        "\n[reactions.broken]\nsource = \"housecallpro\"\nevents = [\"job.*\"]\naction = \"ignore\"\nwhen = '.job |'\n";
    place.write("lintel.toml", |text| text + broken);
    let told = place.lintel(&["apply"]).await;
    assert!(!told.succeeded && told.text.contains("`reactions.broken.when`: is no jq expression"), "{}", told.text);

    // One that was put in force before anybody looked.
    let mut settings = place.session.settings.clone();
    let source = "housecallpro".to_owned();
    let reaction = |when: Option<&str>, events: &str, action| Reaction {
        source: source.clone(),
        events: vec![events.to_owned()],
        when: when.map(str::to_owned),
        action,
    };
    settings.reactions.insert("broken".to_owned(), reaction(Some(".job |"), "*", ReactionKind::Ignore));
    settings.reactions.insert("tell".to_owned(), reaction(None, "pro.*", ReactionKind::Notice));
    place.publish(&settings).await;
    let body = br#"{"event":"pro.updated","event_occurred_at":"2026-01-01T00:00:00Z","pro":{"id":"pro_1"}}"#;
    assert_eq!(place.deliver("sunrise.crews", &place.signed(body, Timestamp::now()), body).await, 200);
    place.quiet().await;
    let failed = place.session.org().due_work(WorkKind::FailedEvents, Timestamp::MAX, 10).await.unwrap();
    assert_eq!(failed, vec![]);
    let told = place.session.org().attention().await.unwrap();
    let about = |code: &str| told.iter().find(|entry| entry.code == code).map(|entry| entry.text.as_str());
    assert!(about("tell").is_some(), "the others go on: {told:?}");
    let text = "reaction broken: the condition is no jq expression; it is left out";
    assert_eq!(about("reaction-unusable"), Some(text));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_signs_no_time_is_held_to_the_time_of_its_events() {
    let lines = "\n[connections.leads]\nvendor = \"meta\"\nsecret = \"leads\"\nwebhook_secret = \"leads-app\"\n";
    let secrets = [("leads-app".to_owned(), Private::new("app-secret"))];
    let place = Place::open_with(2, Further { lines, secrets: secrets.into(), ..Further::default() }).await;
    // Rightly signed with HMAC-SHA256: one event of the year 2020, and that one beside another of the year 3000.
    for (body, signature, wanted) in [
        (
            r#"{"entry":[{"changes":[{"field":"leadgen","value":{"leadgen_id":"0","created_time":1577836800}}]}]}"#,
            "514de5bf268a38d6ef4cfb2b8604fcfe18f05d60dfb5f1cabc0e44eba597e2b4",
            401,
        ),
        (
            r#"{"entry":[{"changes":[{"field":"leadgen","value":{"leadgen_id":"0","created_time":1577836800}},{"field":"leadgen","value":{"leadgen_id":"1","created_time":32503680000}}]}]}"#,
            "cac56a5c28ecff9012b2dabf4858164370acd7520f4c247c2b0e90490b4ac422",
            200,
        ),
    ] {
        let headers = [("x-hub-signature-256", format!("sha256={signature}"))];
        assert_eq!(place.deliver("sunrise.leads", &headers, body.as_bytes()).await, wanted, "{body}");
    }
    assert_eq!((place.counted.of("webhook_refused_stale_count"), place.counted.of("events_accepted_count")), (1, 2));
}
