//! Mails as the inbound-mail vendor posts them: in every form, in odd ones, and to an address that is not right yet.

use crate::place::{CREDENTIALS, Place};
use jiff::Timestamp;
use lintel_cloud::store::MailRow;
use lintel_sandbox::{
    ManualClock, RealClock, SimClock,
    cloudmailin::{Cloudmailin, Form, Target},
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

impl Place {
    fn carrier(&self, form: Option<Form>, password: &str, clock: Arc<dyn SimClock>) -> Cloudmailin {
        let (user, _) = CREDENTIALS.split_once(':').unwrap();
        let target = Target {
            url: format!("http://{}/email/sunrise", self.serving.address),
            user: user.to_owned(),
            password: password.to_owned(),
            form,
            timeout: Duration::from_secs(20),
        };
        Cloudmailin::new(target, clock, 5).unwrap()
    }

    /// The mails that are written down, once there are so many.
    async fn until_mails(&self, count: usize) -> Vec<MailRow> {
        let mut turns = tokio::time::interval(Duration::from_millis(50));
        for _ in 0..2_000 {
            turns.tick().await;
            let mails = self.session.org().mails().await.unwrap();
            if mails.len() >= count {
                return mails;
            }
        }
        panic!("there never were {count} mails");
    }

    /// What the crews of all stays would read.
    async fn lines(&self) -> BTreeMap<String, String> {
        let properties = self.properties().await;
        let stays = properties.values().flat_map(|rows| rows.state.active());
        stays.map(|stay| (stay.key.to_string(), stay.findings.line.clone())).collect()
    }
}

/// A mail as it goes over the wire, with a report attached.
fn raw_mail(file_name: &str, report: &str) -> String {
    [
        "From: reports@itrip.example",
        "To: sunrise@lintel.example.com",
        "Message-ID: <dropped-1@itrip.example>",
        "Subject: Checkouts Report",
        "MIME-Version: 1.0",
        "Content-Type: multipart/mixed; boundary=edge",
        "",
        "--edge",
        "Content-Type: text/plain",
        "",
        "Attached.",
        "--edge",
        &format!("Content-Type: text/csv; name=\"{file_name}\""),
        &format!("Content-Disposition: attachment; filename=\"{file_name}\""),
        "",
        report,
        "--edge--",
        "",
    ]
    .join("\r\n")
}

fn password() -> &'static str {
    CREDENTIALS.split_once(':').unwrap().1
}

#[tokio::test(flavor = "multi_thread")]
async fn every_form_of_the_same_mails_says_the_same() {
    let mut said: Vec<BTreeMap<String, String>> = Vec::new();
    for form in Form::ALL {
        let place = Place::open(8).await;
        let carrier = place.carrier(Some(form), password(), Arc::new(RealClock));
        let mails = place.sandbox.world.mails();
        let count = mails.len() as u64;
        for mail in mails {
            carrier.receive(mail);
        }
        let counts = carrier.send_due().await;
        assert_eq!((counts.delivered, counts.bounced), (count, 0), "{form:?}: {:?}", carrier.bounces());
        place.quiet().await;
        said.push(place.lines().await);
    }
    assert!(!said[0].is_empty());
    assert!(said.iter().all(|lines| *lines == said[0]), "the forms say different things");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_odd_is_taken_and_what_is_known_changes_nothing() {
    let place = Place::open(3).await;
    place.deliver_everything().await;
    let before: Vec<u64> = place.properties().await.values().map(|rows| rows.version).collect();
    let known = place.session.org().mails().await.unwrap().len();
    let carrier = place.carrier(None, password(), Arc::new(RealClock));
    let mails = place.sandbox.world.odd_mails();
    let count = mails.len() as u64;
    for mail in mails {
        carrier.receive(mail);
    }
    let counts = carrier.send_due().await;
    assert_eq!((counts.delivered, counts.bounced), (count, 0), "{:?}", carrier.bounces());
    place.quiet().await;
    let after: Vec<u64> = place.properties().await.values().map(|rows| rows.version).collect();
    assert_eq!(before, after, "the same reports once more");
    let mails = place.session.org().mails().await.unwrap();
    assert_eq!(mails.len() as u64 - known as u64, count - 1, "one was sent twice, and is one mail");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_sent_with_a_wrong_password_is_put_off_and_not_bounced() {
    let place = Place::open(3).await;
    let clock = Arc::new(ManualClock::new(Timestamp::now()));
    let carrier = place.carrier(Some(Form::Json), "mistyped", Arc::clone(&clock) as _);
    let report = place.sandbox.world.mails().into_iter().next().unwrap();
    carrier.receive(report.clone());
    for _ in 0..3 {
        let counts = carrier.send_due().await;
        assert_eq!((counts.delivered, counts.bounced, carrier.waiting()), (0, 0, 1), "{:?}", carrier.bounces());
        clock.advance(Duration::from_hours(2));
    }
    assert!(place.lines().await.is_empty());
    let told = place.session.org().attention().await.unwrap();
    assert!(told.iter().any(|entry| entry.code == "mail-not-authorized"), "an operator is told");

    let mended = place.carrier(Some(Form::Json), password(), clock);
    mended.receive(report);
    assert_eq!(mended.send_due().await.delivered, 1);
    place.quiet().await;
    assert!(!place.lines().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_raw_mail_laid_into_the_bucket_is_read() {
    let place = Place::open(3).await;
    // A file beside the prefix is no mail, and one in the making is one only when it is whole.
    let bucket = place.session.data_folder().join("objects");
    std::fs::create_dir_all(bucket.join("ses/sunrise")).unwrap();
    std::fs::write(bucket.join("session-notes.eml"), "no mail").unwrap();
    let mail = raw_mail("report.csv", &place.sandbox.world.checkouts_report());
    std::fs::write(bucket.join("ses/sunrise/checkouts of today.eml"), mail).unwrap();

    let mails = place.until_mails(1).await;
    place.quiet().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].object, "ses/sunrise/checkouts of today.eml");
    assert!(!place.lines().await.is_empty());

    // The same object, put by a function or another process, is a mail as well.
    let second = raw_mail("report.csv", &place.sandbox.world.checkouts_report()).replace("dropped-1", "dropped-2");
    place.session.objects.put("ses/sunrise/0002", second.into()).await.unwrap();
    assert_eq!(place.until_mails(2).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_delivered_file_became_is_told_and_no_other_mail() {
    let place = Place::open(3).await;
    place.deliver_everything().await;
    place.write("report.csv", |_| place.sandbox.world.checkouts_report());
    let told = place.lintel(&["ingest", "report.csv"]).await;
    assert!(told.succeeded, "{}", told.text);
    let (first, rest) = told.text.split_once('\n').unwrap();
    assert!(first.starts_with("report.csv: mail ") && first.contains("the same report came with mail"), "{first}");
    assert!(!rest.contains("mail"), "{rest}");

    place.write("other.csv", |_| "Fruit,Colour\napple,red\n".to_owned());
    let told = place.lintel(&["ingest", "other.csv"]).await;
    assert!(!told.succeeded && told.text.contains("1 mail was set aside"), "{}", told.text);
    assert!(told.text.starts_with("other.csv: mail ") && told.text.contains("(quarantined)"), "{}", told.text);
}

/// A mail of about so many bytes, with a file that is no report.
fn mail_of(bytes: usize) -> Vec<u8> {
    let file = serde_json::json!({
        "file_name": "photo.jpg", "content_type": "image/jpeg", "disposition": "attachment", "content": "A".repeat(bytes & !3),
    });
    let headers = serde_json::json!({ "message_id": format!("<photo-{bytes}@itrip.example>"), "subject": "A photo" });
    let envelope = serde_json::json!({ "from": "reports@itrip.example", "to": "sunrise@lintel.example.com" });
    serde_json::json!({ "headers": headers, "envelope": envelope, "plain": "", "attachments": [file] })
        .to_string()
        .into()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_too_large_for_a_function_is_refused_as_it_is_deployed_and_what_fits_is_taken() {
    const MEGABYTE: usize = 1024 * 1024;
    let place = Place::open(2).await;
    for (megabytes, wanted) in [(20, 413), (12, 413), (8, 413), (5, 200)] {
        let answer = place.post("sunrise", CREDENTIALS, mail_of(megabytes * MEGABYTE)).await;
        assert_eq!(answer, wanted, "{megabytes} MB");
    }
    place.quiet().await;
    let mails = place.session.org().mails().await.unwrap();
    assert_eq!(mails.len(), 1, "of the others nothing was heard");
    // The same bytes in a form that is handed over as base64 do not fit.
    let form = [("content-type", "multipart/form-data; boundary=edge".to_owned())];
    assert_eq!(place.deliver("sunrise.crews", &form, &vec![b'a'; 5 * MEGABYTE]).await, 413);
    assert_eq!(place.counted.of("webhook_refused_oversized-body_count"), 0, "no function was asked");
}
