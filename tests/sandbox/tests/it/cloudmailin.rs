//! cloudmailin.md sections 1 and 2.

use crate::support::target::Target;
use lintel_sandbox::{
    Ask, Mail, ManualClock, SimClock, World,
    cloudmailin::{Bounce, Cloudmailin, Counts, Form, Outcome, Target as Address},
};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

struct Service {
    clock: Arc<ManualClock>,
    vendor: Cloudmailin,
}

fn service(url: &str, form: Option<Form>) -> Service {
    let clock = Arc::new(ManualClock::new("2030-03-01T12:00:00Z".parse().unwrap()));
    let (user, password) = ("reports".to_owned(), "sandbox-only".to_owned());
    let address = Address { url: url.to_owned(), user, password, form, timeout: Duration::from_millis(200) };
    Service { vendor: Cloudmailin::new(address, clock.clone(), 7).unwrap(), clock }
}

fn report() -> Mail {
    World::sample(7, "2030-03-01".parse().unwrap(), 6).mails().swap_remove(0)
}

impl Service {
    fn wait(&self, minutes: u64) {
        self.clock.advance(Duration::from_secs(minutes * 60));
    }
}

/// Parts of a multipart body: the rest of the disposition after the name's start, and the content.
fn parts(ask: &Ask) -> Vec<(String, String)> {
    let kind = ask.headers["content-type"].to_str().unwrap();
    let boundary = kind.strip_prefix("multipart/form-data; boundary=").unwrap();
    let body = String::from_utf8(ask.body.to_vec()).unwrap();
    let body = body.strip_suffix(&format!("--{boundary}--\r\n")).unwrap();
    let read = |part: &str| {
        let (head, content) = part.split_once("\r\n\r\n").unwrap();
        let head = head.strip_prefix("\r\nContent-Disposition: form-data; name=").unwrap();
        (head.to_owned(), content.strip_suffix("\r\n").unwrap().to_owned())
    };
    body.split(&format!("--{boundary}")).skip(1).map(read).collect()
}

async fn posted(form: Form, mail: Mail) -> Ask {
    let target = Target::answering(&[200]).await;
    let service = service(&target.url, Some(form));
    service.vendor.receive(mail);
    let counts = service.vendor.send_due().await;
    assert_eq!(counts, Counts { posts: 1, delivered: 1, ..Counts::default() });
    target.taken().remove(0)
}

#[tokio::test]
async fn normalized_json_comes_with_basic_auth() {
    let mail = report();
    let ask = posted(Form::Json, mail.clone()).await;
    assert_eq!(ask.headers["authorization"], "Basic cmVwb3J0czpzYW5kYm94LW9ubHk=");
    assert_eq!(ask.headers["content-type"], "application/json");
    let sent: Value = serde_json::from_slice(&ask.body).unwrap();
    assert_eq!(sent, serde_json::from_slice::<Value>(&mail.json).unwrap());
}

#[tokio::test]
async fn both_multipart_forms_carry_bracketed_fields_and_binary_files() {
    let world = World::sample(7, "2030-03-01".parse().unwrap(), 6);
    for (form, subject, received, file, second) in [
        (Form::Multipart, "headers[subject]", "headers[received][1]", "attachments[]", "attachments[]"),
        (Form::OldMultipart, "headers[Subject]", "headers[Received][1]", "attachments[0]", "attachments[1]"),
    ] {
        let parts = parts(&posted(form, report()).await);
        let of = |name: &str| {
            let start = format!("\"{name}\"");
            parts.iter().filter(|(head, _)| head.starts_with(&start)).collect::<Vec<_>>()
        };
        assert_eq!(of(subject)[0].1, "Checkouts Report");
        assert_eq!(of(received)[0].1, "by mail.example");
        assert_eq!((of("envelope[spf][result]")[0].1.as_str(), of("envelope[tls]")[0].1.as_str()), ("pass", "true"));
        assert_eq!(of(file)[0].1, world.checkouts_report());
        assert_eq!(
            of(second).last().unwrap().0,
            format!("\"{second}\"; filename=\"mystery.csv\"\r\nContent-Type: application/octet-stream")
        );
    }
    let old = parts(&posted(Form::OldMultipart, report()).await);
    assert!(old.iter().any(|(head, _)| head == "\"headers[Message-ID]\""));
}

#[tokio::test]
async fn no_attachments_leave_the_field_out_and_stored_ones_are_told_by_address() {
    let mail = |attachments: Value| Mail {
        subject: "News".to_owned(),
        json: json!({ "headers": { "subject": "News" }, "plain": "Hello", "html": null, "attachments": attachments })
            .to_string()
            .into_bytes(),
    };
    let none = parts(&posted(Form::Multipart, mail(json!([]))).await);
    let names: Vec<&str> = none.iter().map(|(head, _)| head.as_str()).collect();
    assert_eq!(names, ["\"headers[subject]\"", "\"plain\"", "\"html\""]);
    let stored = json!([{ "file_name": "r.csv", "size": 3, "url": "https://store.example/r.csv" }]);
    let stored = parts(&posted(Form::Multipart, mail(stored)).await);
    assert_eq!(stored[5], ("\"attachments[][url]\"".to_owned(), "https://store.example/r.csv".to_owned()));
}

#[tokio::test]
async fn a_refusal_bounces_with_its_text_and_is_not_repeated() {
    let target = Target::answering(&[404]).await;
    let service = service(&target.url, None);
    service.vendor.receive(report());
    let counts = service.vendor.send_due().await;
    assert_eq!(counts, Counts { posts: 1, bounced: 1, ..Counts::default() });
    let bounce = Bounce { subject: "Checkouts Report".to_owned(), text: "taken".to_owned() };
    assert_eq!((service.vendor.bounces(), service.vendor.waiting()), (vec![bounce], 0));
    service.wait(24 * 60);
    assert_eq!(service.vendor.send_due().await.posts, 1);
}

#[tokio::test]
async fn a_failure_is_tried_again_later_and_later_with_the_same_mail() {
    let target = Target::answering(&[500, 503, 200]).await;
    let service = service(&target.url, None);
    service.vendor.receive(report());
    assert_eq!(service.vendor.send_due().await.deferred, 1);
    service.wait(4);
    assert_eq!(service.vendor.send_due().await.posts, 1, "not yet");
    service.wait(2);
    assert_eq!(service.vendor.send_due().await.deferred, 2);
    service.wait(9);
    assert_eq!(service.vendor.send_due().await.posts, 2, "twice the pause");
    service.wait(2);
    let counts = service.vendor.send_due().await;
    assert_eq!(counts, Counts { posts: 3, delivered: 1, deferred: 2, ..Counts::default() });
    assert_eq!(service.vendor.waiting(), 0);
}

#[tokio::test]
async fn a_timeout_and_a_closed_port_are_deferred() {
    let silent = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = format!("http://{}/in", silent.local_addr().unwrap());
    let service = service(&address, Some(Form::Json));
    service.vendor.receive(report());
    assert_eq!(service.vendor.send_due().await.deferred, 1);
    drop(silent);
    service.wait(6);
    assert_eq!(service.vendor.send_due().await.deferred, 2);
}

#[test]
fn odd_mails_are_the_sheets_list() {
    let world = World::sample(7, "2030-03-01".parse().unwrap(), 6);
    let mails: Vec<Value> = world.odd_mails().iter().map(|mail| serde_json::from_slice(&mail.json).unwrap()).collect();
    let only = |subject: &str| mails.iter().find(|mail| mail["headers"]["subject"] == subject).unwrap();
    let twice: Vec<&Value> = mails.iter().filter(|mail| mail["headers"]["subject"] == "Sent twice").collect();
    assert_eq!((twice.len(), twice[0]), (2, twice[1]), "one Message-ID");
    assert_eq!(only("Fwd: Checkouts Report")["envelope"]["spf"]["result"], "fail");
    assert_eq!(only("Without a file name")["attachments"][0]["file_name"], "");
    assert_ne!(only("With a wrong size")["attachments"][0]["size"], json!(world.checkouts_report().len()));
    assert_eq!(only("Inline")["attachments"][0]["disposition"], "inline");
    let types: Vec<&Value> =
        only("Beside a picture")["attachments"].as_array().unwrap().iter().map(|file| &file["content_type"]).collect();
    assert_eq!(types, ["image/png", "application/octet-stream"]);
    assert_eq!(only("Two exports")["attachments"].as_array().unwrap().len(), 2);
}

#[test]
fn servers_give_up_after_five_days() {
    let service = service("http://hub.example/in", None);
    let began = service.clock.now();
    service.vendor.receive(report());
    while service.vendor.waiting() > 0 {
        for post in service.vendor.take_due() {
            service.vendor.answered(post, Outcome::Nothing);
        }
        service.wait(1);
    }
    let Counts { posts, deferred, given_up, .. } = service.vendor.counts();
    assert_eq!((given_up, posts), (1, deferred + 1));
    let days = service.clock.now().duration_since(began).as_hours() / 24;
    assert!((4..=5).contains(&days) && (100..140).contains(&posts), "{posts} posts in {days} days");
}

#[test]
fn without_a_set_form_mails_come_in_all_forms_and_a_seed_repeats_itself() {
    let run = || {
        let service = service("http://hub.example/in", None);
        (0..20).for_each(|_| service.vendor.receive(report()));
        service.vendor.take_due().into_iter().map(|post| (post.form(), post.body)).collect::<Vec<_>>()
    };
    let posts = run();
    assert!(Form::ALL.iter().all(|form| posts.iter().any(|(drawn, _)| drawn == form)));
    assert_eq!(posts, run());
}
