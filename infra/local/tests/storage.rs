//! Our use of the table and the queues, as the functions make it: against the embedded services, and against whatever
//! `AWS_ENDPOINT_URL` names, so that two implementations agree with it.

#![expect(clippy::unwrap_used, reason = "helpers of tests outside of test functions")]

use aws_sdk_sqs::types::MessageSystemAttributeName;
use jiff::{SignedDuration, Timestamp, ToSpan};
use lintel_cloud::{
    HostParts,
    messages::JobsMessage,
    metrics::Silent,
    objects::Objects,
    queues::{QueueUrl, Queues},
    store::{
        Accepted, Arrival, Arrived, AttentionRow, Claim, Claimed, Commit, EventState, InputContent, MailRow, MailState,
        Once, OnceError, OrgTable, QuarantineRow, Received, Request, Table, WorkKind,
    },
};
use lintel_connectors::surroundings::Clock;
use lintel_domain::{
    ids::{ConnectionId, EventId, InputId, OrgId, PropertyId, QuarantineId, SnapshotId, SourceId, SourceUid, StayKey},
    job_file::JobOrder,
    planner::{self, Input},
    private::Private,
    snapshot::{Coverage, EntryKind, NoCoverage, Observation, Presence, Signals, Snapshot},
    span::Span,
    stay::NoJob,
};
use lintel_local::host::{Aws, AwsChoice, Host, ObjectEvents, Outside};
use object_store::memory::InMemory;
use std::{collections::BTreeMap, sync::Arc, time::Duration};

struct Place {
    aws: Aws,
    host: Host,
    table: Table,
}

impl Place {
    async fn open() -> Self {
        let aws = Aws::open(AwsChoice::Local, None).await.unwrap();
        let parts = HostParts { metrics: Arc::new(Silent), ..HostParts::of_system() };
        let objects = Objects::new(Arc::new(InMemory::new()));
        let outside = Outside { parts, objects, object_events: ObjectEvents::Told, variables: BTreeMap::new() };
        let host = Box::pin(Host::start(&aws, &outside)).await.unwrap();
        let table = Table::new(aws_sdk_dynamodb::Client::new(&aws.sdk), host.table());
        Self { aws, host, table }
    }

    /// An organization of its own for each test: a shared endpoint keeps what others wrote.
    fn org(&self, name: &str) -> OrgTable {
        self.table.org(&OrgId::new(format!("{name}-{}", Timestamp::now().as_nanosecond())))
    }
}

fn mail(id: &str) -> MailRow {
    MailRow {
        id: id.to_owned(),
        object: format!("mail/{id}"),
        content_type: Some("application/json".to_owned()),
        received_at: Timestamp::now(),
        state: MailState::Pending,
        outcome: String::new(),
    }
}

#[tokio::test]
async fn a_mail_is_work_until_it_is_finished_and_again_when_reopened() {
    let place = Place::open().await;
    let org = place.org("mail");
    let row = mail("m1");
    assert_eq!(org.accept_mail(&row).await.unwrap(), Accepted::First);
    assert_eq!(org.accept_mail(&row).await.unwrap(), Accepted::Again);
    let later = Timestamp::now() + SignedDuration::from_secs(1);
    assert_eq!(org.due_work(WorkKind::Mail, later, 10).await.unwrap().len(), 1);
    org.finish_mail("m1", MailState::Done, "read").await.unwrap();
    assert_eq!(org.due_work(WorkKind::Mail, later, 10).await.unwrap(), vec![]);
    assert_eq!(org.mail("m1").await.unwrap().unwrap().state, MailState::Done);
    assert!(org.reopen_mail("m1", Timestamp::now()).await.unwrap());
    assert!(!org.reopen_mail("unknown", Timestamp::now()).await.unwrap());
    assert_eq!(org.due_work(WorkKind::Mail, later, 10).await.unwrap()[0].id, "m1");
}

#[tokio::test]
async fn the_first_mail_keeps_an_attachment_also_when_it_is_read_again() {
    let place = Place::open().await;
    let org = place.org("attachment");
    let (first, second) = (mail("m1"), mail("m2"));
    assert_eq!(org.claim_attachment("hash", &first).await.unwrap(), None);
    assert_eq!(org.claim_attachment("hash", &first).await.unwrap(), None);
    assert_eq!(org.claim_attachment("hash", &second).await.unwrap().as_deref(), Some("m1"));
    let next_day = MailRow { received_at: second.received_at + SignedDuration::from_hours(24), ..second };
    assert_eq!(org.claim_attachment("hash", &next_day).await.unwrap(), None);
}

#[tokio::test]
async fn one_organization_never_sees_another() {
    let place = Place::open().await;
    let (one, other) = (place.org("one"), place.org("other"));
    one.accept_mail(&mail("m1")).await.unwrap();
    let entry = QuarantineRow {
        id: QuarantineId::new("q1"),
        origin: "mail:m1".to_owned(),
        code: "test".to_owned(),
        reason: "a test".to_owned(),
        content: Private::new("kept whole"),
        at: Timestamp::now(),
    };
    assert!(one.quarantine(&entry).await.unwrap());
    assert!(!one.quarantine(&entry).await.unwrap());
    let notice =
        AttentionRow { code: "c".to_owned(), subject: "s".to_owned(), text: "t".to_owned(), at: Timestamp::now() };
    assert!(one.notice(&notice).await.unwrap());
    assert!(!one.notice(&notice).await.unwrap());
    assert_eq!(one.quarantined().await.unwrap(), vec![entry.clone()]);
    assert_eq!(other.quarantined().await.unwrap(), vec![]);
    assert_eq!(other.attention().await.unwrap(), vec![]);
    assert_eq!(other.mails().await.unwrap(), vec![]);
    one.release(&entry.id).await.unwrap();
    one.clear_attention("c", "s").await.unwrap();
    assert_eq!((one.quarantined().await.unwrap().len(), one.attention().await.unwrap().len()), (0, 0));
}

#[tokio::test]
async fn an_input_is_accepted_once_and_finished_once() {
    let place = Place::open().await;
    let org = place.org("snapshot");
    let (id, property) = (InputId::new("s1"), PropertyId::new("birch"));
    let now = Timestamp::now();
    let content = InputContent::Stored { object: "snapshots/s1.json".to_owned() };
    assert!(org.accept_input(&id, &property, &content, now).await.unwrap());
    assert!(!org.accept_input(&id, &property, &content, now).await.unwrap());
    let due = org.due_work(WorkKind::Stays, now + SignedDuration::from_secs(1), 10).await.unwrap();
    assert_eq!((due.len(), due[0].property.clone()), (1, Some(property)));
    org.finish_input(&id, now).await.unwrap();
    assert_eq!(org.due_work(WorkKind::Stays, now + SignedDuration::from_secs(1), 10).await.unwrap(), vec![]);
}

/// The clock of the work under test.
#[derive(Debug)]
struct At(Timestamp);

#[async_trait::async_trait]
impl Clock for At {
    fn now(&self) -> Timestamp {
        self.0
    }

    async fn sleep(&self, _: Duration) {}
}

#[tokio::test]
async fn a_work_is_done_once() {
    let place = Place::open().await;
    let org = place.org("once");
    let start = Timestamp::now();
    let at = |seconds| At(start + SignedDuration::from_secs(seconds));
    let request = |payload: &str, from: i64| {
        Request::new("react#1", payload.as_bytes(), at(from + 60).0, SignedDuration::from_hours(1))
    };
    let fail = || async { Err::<u32, _>("the vendor is away") };
    let work = || async { Ok::<_, &str>(7_u32) };

    let failed = org.once(&request("a", 0), &at(0), fail).await;
    assert!(matches!(failed, Err(OnceError::Work("the vendor is away"))), "a failed work may be tried again");
    assert_eq!(org.once(&request("a", 0), &at(0), work).await.unwrap(), Once::Done(7));
    assert_eq!(org.once(&request("a", 0), &at(1), fail).await.unwrap(), Once::DoneBefore(7));
    let other = org.once(&request("b", 0), &at(1), work).await;
    assert!(matches!(other, Err(OnceError::OtherPayload { .. })), "another thing under the same name");
    let hours_later = 2 * 3600;
    assert_eq!(org.once(&request("b", hours_later), &at(hours_later), work).await.unwrap(), Once::Done(7));
}

#[tokio::test]
async fn a_work_whose_worker_died_is_begun_anew() {
    let place = Place::open().await;
    let org = place.org("died");
    let start = Timestamp::now();
    let request = |from: Timestamp| {
        Request::new("react#1", b"a", from + SignedDuration::from_secs(60), SignedDuration::from_hours(1))
    };
    let hang = || std::future::pending::<Result<u32, &str>>();
    let (first, clock) = (request(start), At(start));
    let stopped = tokio::time::timeout(Duration::from_secs(2), org.once(&first, &clock, hang));
    assert!(stopped.await.is_err(), "the worker was stopped in the middle");

    let work = || async { Ok::<_, &str>(7_u32) };
    let soon = start + SignedDuration::from_secs(30);
    assert!(matches!(org.once(&request(soon), &At(soon), work).await, Err(OnceError::InProgress { .. })));
    let later = start + SignedDuration::from_secs(61);
    assert_eq!(org.once(&request(later), &At(later), work).await.unwrap(), Once::Done(7));
}

#[tokio::test]
async fn a_job_without_an_order_cannot_be_claimed() {
    let place = Place::open().await;
    let org = place.org("job");
    let now = Timestamp::now();
    let claim = Claim { token: "t".to_owned(), until: now + SignedDuration::from_mins(1) };
    let claimed = org.claim_job(&PropertyId::new("birch"), &StayKey::new("birch.1"), &claim, now).await.unwrap();
    assert_eq!(claimed, Claimed::Held);
    assert_eq!(org.job(&PropertyId::new("birch"), &StayKey::new("birch.1")).await.unwrap(), None);
}

#[tokio::test]
async fn messages_come_come_again_and_are_given_up() {
    let place = Place::open().await;
    let client = aws_sdk_sqs::Client::new(&place.aws.sdk);
    let queues = Queues::new(client.clone());
    let url = QueueUrl::new(place.host.queue_url("JobsQueue").unwrap());
    let org = OrgId::new("queue");
    let messages: Vec<JobsMessage> = (0..23)
        .map(|number| JobsMessage::V1 {
            org: org.clone(),
            property: PropertyId::new("birch"),
            stay: StayKey::new(format!("birch.{number}")),
        })
        .collect();
    queues.send_all(&url, &org, &messages).await.unwrap();
    queues.send(&url, &org, &messages[0], Duration::from_secs(1)).await.unwrap();

    let mut received = Vec::new();
    for _ in 0..20 {
        let answer = client
            .receive_message()
            .queue_url(url.as_str())
            .max_number_of_messages(10)
            .wait_time_seconds(1)
            .message_system_attribute_names(MessageSystemAttributeName::All)
            .send()
            .await
            .unwrap();
        for message in answer.messages.unwrap_or_default() {
            let body = message.body.clone().unwrap();
            received.push(JobsMessage::parse(&body).unwrap());
            client
                .delete_message()
                .queue_url(url.as_str())
                .receipt_handle(message.receipt_handle.unwrap())
                .send()
                .await
                .unwrap();
        }
        if received.len() >= 24 {
            break;
        }
    }
    assert_eq!(received.len(), 24, "every message once, the delayed one too");
}

fn stays_of(property: &PropertyId, days_ago: &[i64], now: Timestamp) -> Input {
    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let entry = |ago: &i64| Observation {
        uid: Some(SourceUid::new(format!("left-{ago}-days-ago"))),
        confirmation: None,
        label: None,
        span: Span::new(today.saturating_sub((ago + 3).days()), today.saturating_sub(ago.days())).unwrap(),
        check_in_time: None,
        check_out_time: None,
        kind: EntryKind::Reservation,
        kind_rule: "sample".into(),
        presence: Presence::Listed,
        signals: Signals::default(),
    };
    Input::Snapshot {
        snapshot: Snapshot {
            id: SnapshotId::new("read-1"),
            source: SourceId::new("csv_itrip"),
            property: property.clone(),
            observed_at: now,
            coverage: Coverage::Nothing { why: NoCoverage::Partial },
            entries: days_ago.iter().map(entry).collect(),
            elsewhere: Vec::new(),
        },
    }
}

#[tokio::test]
async fn stays_that_left_long_ago_leave_the_property_too() {
    let place = Place::open().await;
    let org = place.org("kept");
    let mut settings = lintel_formats::settings::read(lintel_formats::settings::SAMPLE).unwrap().organization;
    settings.rules.kept_days = 93;
    let (property, _) = settings.properties.first_key_value().unwrap();
    let then = Timestamp::now() - SignedDuration::from_hours(24 * 300);

    let before = org.property(property).await.unwrap();
    // Seen three hundred days ago: one left the day before, the other ten days ago.
    let input = stays_of(property, &[1, -290], then);
    let plan = planner::plan(property, &settings, &before.state, &input, then).unwrap();
    let keys: Vec<&StayKey> = plan.changes.iter().map(|change| &change.stay.key).collect();
    assert_eq!(keys.len(), 2, "{:?}", plan.skipped);
    let orders = keys.iter().map(|key| ((*key).clone(), (JobOrder::Leave { reason: NoJob::Past }, then))).collect();
    let commit = Commit {
        plan: &plan,
        orders: &orders,
        input: &InputId::new("read-1"),
        open_misses: None,
        rules: &settings.rules,
        now: then,
    };
    org.commit(&before, &commit).await.unwrap();
    assert_eq!(org.property(property).await.unwrap().state.stays.len(), 2);

    if !place.aws.is_embedded() {
        // Elsewhere expired rows go when the service comes round to it.
        return;
    }
    place.aws.sweep_expired();
    let kept = org.property(property).await.unwrap();
    let recent = kept.state.stays.values().next().unwrap();
    assert_eq!((kept.state.stays.len(), kept.jobs.len()), (1, 1));
    assert_eq!(recent.uid.as_ref().map(SourceUid::as_str), Some("left--290-days-ago"));
    assert!(kept.jobs.contains_key(&recent.key));
    let gone = keys.into_iter().find(|key| **key != recent.key).unwrap();
    assert!(org.mirror(property, gone).await.unwrap().is_none());
    assert!(org.mirror(property, &recent.key).await.unwrap().is_some());
}

fn arrived(id: &str, content: &str) -> Arrived {
    let event = Received {
        connection: ConnectionId::new("crews"),
        vendor: "housecallpro".to_owned(),
        name: "pro.updated".to_owned(),
        record: None,
        updated_at: None,
        received_at: Timestamp::from_second(1_800_000_000).unwrap(),
        fingerprint: content.to_owned(),
        content: Private::new(content),
    };
    Arrived { id: EventId::new(id), event, correlation: None }
}

#[tokio::test]
async fn events_that_came_together_are_work_until_each_has_its_row() {
    let place = Place::open().await;
    let org = place.org("bundle");
    let now = Timestamp::now();
    let events = [arrived("a", "{}"), arrived("b", r#"{"b":"\\"}"#)];
    let id = org.put_bundle(&events, now).await.unwrap();
    assert_eq!(org.put_bundle(&events, now).await.unwrap(), id, "a second try is the same row");
    let later = now + SignedDuration::from_secs(1);
    let due = org.due_work(WorkKind::Bundles, later, 10).await.unwrap();
    assert_eq!(due.iter().map(|work| work.id.as_str()).collect::<Vec<_>>(), [id.as_str()]);
    assert_eq!(org.bundle(&id).await.unwrap().unwrap(), events);
    org.delete_bundle(&id).await.unwrap();
    assert_eq!(org.bundle(&id).await.unwrap(), None);
    assert_eq!(org.due_work(WorkKind::Bundles, later, 10).await.unwrap(), vec![]);
}

#[tokio::test]
async fn an_event_that_comes_again_with_other_content_is_told_and_not_taken() {
    let place = Place::open().await;
    let org = place.org("contradicted");
    let first = arrived("a", "{}");
    assert!(org.keep_event(&first.id, &first.event).await.unwrap());
    assert!(!org.keep_event(&first.id, &first.event).await.unwrap());
    assert_eq!(org.attention().await.unwrap(), vec![]);
    let other = arrived("a", "[]");
    assert_eq!(org.accept_event(&other.id, &other.event).await.unwrap(), Arrival::Contradicted);
    assert!(!org.keep_event(&other.id, &other.event).await.unwrap());
    assert_eq!(org.attention().await.unwrap()[0].code, "event-contradicted");
}

#[tokio::test]
async fn many_events_get_their_rows_together_each_in_its_state() {
    let place = Place::open().await;
    let org = place.org("together");
    let known = arrived("known", "{}");
    assert!(org.keep_event(&known.id, &known.event).await.unwrap());
    let done = || EventState::Done { outcome: "nothing follows".to_owned() };
    // More than one transaction takes, one twice, one that contradicts it, one that was there before.
    let mut events: Vec<_> = (0..60).map(|number| arrived(&format!("{number}"), "{}")).collect();
    events.extend([arrived("7", "{}"), arrived("7", "[]"), known.clone()]);
    let states: Vec<_> = events
        .iter()
        .enumerate()
        .map(|(index, arrived)| (arrived, if index % 2 == 0 { done() } else { EventState::Pending }))
        .collect();
    let new = org.keep_events(&states).await.unwrap();
    assert_eq!(new, [[true; 60].as_slice(), &[false; 3]].concat());
    assert_eq!(org.event(&EventId::new("8")).await.unwrap().unwrap().state, done());
    assert_eq!(org.event(&EventId::new("9")).await.unwrap().unwrap().state, EventState::Pending);
    assert_eq!(org.event(&known.id).await.unwrap().unwrap().state, EventState::Pending, "the first one stands");
    let told = org.attention().await.unwrap();
    assert_eq!(told.iter().map(|entry| entry.subject.as_str()).collect::<Vec<_>>(), ["7"]);
    let waiting = org.due_work(WorkKind::Events, Timestamp::MAX, 100).await.unwrap();
    assert_eq!(waiting.len(), 31, "those that wait, and the one from before");
    assert_eq!(org.keep_events(&states).await.unwrap(), [false; 63], "a second try");
}

#[tokio::test]
async fn due_work_is_listed_to_its_limit_however_large_its_rows_are() {
    let place = Place::open().await;
    let org = place.org("large");
    let now = Timestamp::now();
    for number in 0..12 {
        let content = format!("{number}").repeat(100_000);
        org.put_bundle(&[arrived(&format!("{number}"), &content)], now).await.unwrap();
    }
    let later = now + SignedDuration::from_secs(1);
    assert_eq!(org.due_work(WorkKind::Bundles, later, 100).await.unwrap().len(), 12);
    assert_eq!(org.due_work(WorkKind::Bundles, later, 11).await.unwrap().len(), 11);
}

#[tokio::test]
async fn a_message_that_is_refused_does_not_hold_up_those_sent_with_it() {
    let place = Place::open().await;
    let client = aws_sdk_sqs::Client::new(&place.aws.sdk);
    let queues = Queues::new(client.clone());
    // One that no other test reads: elsewhere the tests share their queues.
    let url = QueueUrl::new(place.host.queue_url("MirrorQueue").unwrap());
    let org = OrgId::new("together");
    let message = |stay: String| {
        [JobsMessage::V1 { org: org.clone(), property: PropertyId::new("birch"), stay: StayKey::new(stay) }]
    };
    let mut messages: Vec<_> = (0..24).map(|number| message(format!("birch.{number}"))).collect();
    messages.insert(5, message("x".repeat(2_000_000)));
    let sent = messages.iter().map(|message| queues.send_together(&url, &org, message));
    let sent = futures::future::join_all(sent).await;
    let refused: Vec<usize> = (0..sent.len()).filter(|&index| sent[index].is_err()).collect();
    assert!(refused.contains(&5), "{refused:?}");
    assert!(sent.iter().filter(|sent| sent.is_ok()).count() >= 15, "only its own batch is held up");
}
