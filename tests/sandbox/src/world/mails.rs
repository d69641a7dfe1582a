//! The mails suppliers send, as the inbound-mail vendor posts them (cloudmailin.md sections 2 and 6).

use super::World;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

/// A mail as the inbound-mail vendor posts it.
#[derive(Clone, Debug)]
pub struct Mail {
    pub subject: String,
    /// In the vendor's normalized form.
    pub json: Vec<u8>,
}

const CHECKOUTS: (&str, &str) = ("reports@itrip.example", "Checkouts Report");

impl World {
    /// The mails of one morning: reports of both suppliers, one of them with a report nobody knows beside it.
    pub fn mails(&self) -> Vec<Mail> {
        let mystery = ("mystery.csv", "Alpha,Beta,Gamma\n1,2,3\n".to_owned());
        let drafts = [
            draft(CHECKOUTS, &[(&self.checkouts_name(), self.checkouts_report()), mystery]),
            draft(("exports@evolve.example", "Guest bookings"), &[("export.csv", self.guest_bookings())]),
            draft(("exports@evolve.example", "All reservations"), &[("export_tab2.csv", self.all_reservations())]),
            draft(("newsletter@evolve.example", "News of the season"), &[]),
            draft(("stranger@nowhere.example", "Checkouts Report"), &[("report.csv", self.checkouts_report())]),
        ];
        drafts.into_iter().map(posted).collect()
    }

    /// The same reports in every way that is legal and seldom: sent twice, forwarded, without a file name, with a wrong size,
    /// as inline parts, two at once, beside a picture.
    pub fn odd_mails(&self) -> Vec<Mail> {
        let report = || (self.checkouts_name(), self.checkouts_report());
        let with = |subject: &str, change: fn(&mut Value)| {
            let (name, content) = report();
            let mut mail = draft((CHECKOUTS.0, subject), &[(&name, content)]);
            change(&mut mail);
            mail
        };
        let twice = with("Sent twice", |_mail| {});
        let (bookings, reservations) = (self.guest_bookings(), self.all_reservations());
        let both = [("export.csv", bookings), ("export_tab2.csv", reservations)];
        let drafts = [
            twice.clone(),
            twice,
            with("Fwd: Checkouts Report", |mail| {
                mail["envelope"]["from"] = json!("SRS0=x=itrip.example@forwarder.example");
                mail["envelope"]["spf"] = json!({ "result": "fail", "domain": "forwarder.example" });
            }),
            with("Without a file name", |mail| mail["attachments"][0]["file_name"] = json!("")),
            with("With a wrong size", |mail| mail["attachments"][0]["size"] = json!(1)),
            with("Inline", |mail| {
                mail["attachments"][0]["disposition"] = json!("inline");
                mail["attachments"][0]["content_id"] = json!("<part1@itrip.example>");
            }),
            with("Beside a picture", |mail| {
                let logo = json!({ "file_name": "logo.png", "content_type": "image/png", "size": 4, "disposition": "inline",
                                   "content_id": "<logo@itrip.example>", "content": STANDARD.encode(b"\x89PNG") });
                if let Some(files) = mail["attachments"].as_array_mut() {
                    files.insert(0, logo);
                }
            }),
            draft(("exports@evolve.example", "Two exports"), &both),
        ];
        drafts.into_iter().map(posted).collect()
    }

    fn checkouts_name(&self) -> String {
        format!("Checkouts-Report-{}-4711.csv", self.today().strftime("%F"))
    }
}

fn draft((from, subject): (&str, &str), files: &[(&str, String)]) -> Value {
    let attachments: Vec<Value> = files
        .iter()
        .map(|(name, content)| {
            json!({
                "file_name": name,
                "content_type": "application/octet-stream",
                "size": content.len(),
                "disposition": "attachment",
                "content": STANDARD.encode(content),
            })
        })
        .collect();
    let id = format!("<{subject}.{from}>").replace(' ', "-").to_lowercase();
    json!({
        "headers": { "from": format!("Reports <{from}>"), "to": "in@hub.example", "subject": subject, "message_id": id,
                     "received": ["by mx.hub.example", "by mail.example"] },
        "envelope": { "to": "in@hub.example", "recipients": ["in@hub.example"], "from": format!("bounce-{from}"),
                      "helo_domain": "mail.example", "remote_ip": "192.0.2.7",
                      "spf": { "result": "pass", "domain": "mail.example" }, "tls": true },
        "plain": "See attached", "html": null, "reply_plain": "", "attachments": attachments,
    })
}

#[expect(clippy::needless_pass_by_value, reason = "a draft is done with when it is posted")]
fn posted(draft: Value) -> Mail {
    let subject = draft["headers"]["subject"].as_str().unwrap_or_default().to_owned();
    Mail { subject, json: draft.to_string().into_bytes() }
}
