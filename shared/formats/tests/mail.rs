//! Inbound mail in every delivered form: the check-list of cloudmailin.md section 6.

#![expect(clippy::panic, reason = "helpers of tests fail the test that calls them")]

use lintel_formats::mail::{AttachmentContent, InboundMail, Limits, MailError, read};
use proptest::prelude::*;

const FORM: &str = "multipart/form-data; boundary=\"b\"";

fn json(attachments: &str) -> String {
    format!(
        r#"{{"headers":{{"from":"Reports <reports@itrip.example>","subject":"Checkouts","message_id":"<m1@x.example>","received":["a","b"]}},
        "envelope":{{"to":"abc@hub.example","recipients":["abc@hub.example","abc+tag@hub.example"],"from":"bounce@itrip.example",
        "spf":{{"result":"Pass","domain":"itrip.example"}},"tls":true}},"plain":"x","html":null,"attachments":{attachments}}}"#
    )
}

fn field(name: &str, value: &str) -> String {
    format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
}

fn file(name: &str, parameters: &str, content: &str) -> String {
    format!(
        "--b\r\nContent-Disposition: form-data; name=\"{name}\"; {parameters}\r\nContent-Type: text/csv\r\n\r\n{content}\r\n"
    )
}

fn form(parts: &[String]) -> String {
    let headers = [
        field("headers[from]", "Reports <reports@itrip.example>"),
        field("headers[subject]", "Checkouts"),
        field("headers[message_id]", "<m1@x.example>"),
        field("headers[received][0]", "a"),
        field("headers[received][1]", "b"),
        field("envelope[to]", "abc@hub.example"),
        field("envelope[recipients][0]", "abc@hub.example"),
        field("envelope[recipients][1]", "abc+tag@hub.example"),
        field("envelope[from]", "bounce@itrip.example"),
        field("envelope[spf][result]", "Pass"),
    ];
    format!("{}{}--b--\r\n", headers.concat(), parts.concat())
}

fn mime(parts: &str) -> String {
    format!(
        "Return-Path: <bounce@itrip.example>\r\nReceived: a\r\nReceived: b\r\nFrom: Reports <reports@itrip.example>\r\n\
         To: abc@hub.example\r\nSubject: Checkouts\r\nMessage-ID: <m1@x.example>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\nContent-Type: text/plain\r\n\r\nSee attached\r\n{parts}--m--\r\n"
    )
}

fn attached(disposition: &str, content: &str) -> String {
    format!("--m\r\nContent-Type: text/csv\r\nContent-Disposition: attachment; {disposition}\r\n\r\n{content}\r\n")
}

fn take(kind: &str, body: &str) -> InboundMail {
    read(Some(kind), body.as_bytes(), &Limits::default()).unwrap_or_else(|fault| panic!("{fault}"))
}

fn names(mail: &InboundMail) -> Vec<Option<&str>> {
    mail.attachments.iter().map(|file| file.name.as_deref()).collect()
}

fn contents(mail: &InboundMail) -> Vec<&[u8]> {
    mail.attachments.iter().filter_map(|file| file.bytes()).collect()
}

#[test]
fn sender_recipients_subject_and_id_are_the_same_in_every_form() {
    let raw = format!(
        "{}{}{}--b--\r\n",
        field("envelope[recipients][0]", "abc@hub.example"),
        field("envelope[from]", "bounce@itrip.example"),
        field("message", &mime(""))
    );
    for (name, mail) in [
        ("json", take("application/json", &json("[]"))),
        ("json without a type", take("", &json("[]"))),
        ("form", take(FORM, &form(&[]))),
        ("raw form", take(FORM, &raw)),
        ("mime", take("message/rfc822", &mime(""))),
    ] {
        assert_eq!(mail.message_id.as_deref(), Some("<m1@x.example>"), "{name}");
        assert_eq!(mail.subject.as_ref().map(lintel_domain::private::Private::expose), Some("Checkouts"), "{name}");
        let from = mail.from.as_ref().map(lintel_domain::private::Private::expose).unwrap_or_default();
        assert!(from.contains("reports@itrip.example"), "{name}: {from}");
        assert_eq!(
            mail.envelope_from.as_ref().map(lintel_domain::private::Private::expose),
            Some("bounce@itrip.example"),
            "{name}"
        );
        assert_eq!(
            mail.recipients.first().map(lintel_domain::private::Private::expose),
            Some("abc@hub.example"),
            "{name}"
        );
        assert!(mail.attachments.is_empty(), "{name}");
        assert!(mail.matches_senders(&["itrip.example".to_owned()]), "{name}");
        assert!(!format!("{mail:?}").contains("reports@"), "{name}");
    }
}

#[test]
fn several_recipients_and_the_spf_verdict_are_kept() {
    for mail in [take("application/json", &json("[]")), take(FORM, &form(&[]))] {
        assert_eq!((mail.recipients.len(), mail.spf.as_deref()), (2, Some("pass")));
    }
}

#[test]
fn two_files_come_in_their_order_in_every_form() {
    let listed = json(
        r#"[{"file_name":"a.csv","content_type":"text/csv","size":3,"content":"YSxi"},{"file_name":"n.pdf","content_type":"application/pdf","size":3,"content":"YyxkCg=="}]"#,
    );
    let mapped = listed
        .replace("[{\"file_name\"", "{\"0\":{\"file_name\"")
        .replace(",{\"file_name\"", ",\"1\":{\"file_name\"")
        .replace("}]}", "}}}");
    let normalized = form(&[
        file("attachments[]", "filename=\"a.csv\"", "a,b"),
        file("attachments[]", "filename=\"n.pdf\"", "c,d\n"),
    ]);
    let older =
        normalized.replacen("attachments[]", "attachments[0]", 1).replacen("attachments[]", "attachments[1]", 1);
    let raw = mime(&[attached("filename=a.csv", "a,b"), attached("filename=n.pdf", "c,d\n")].concat());
    for (name, mail) in [
        ("json", take("application/json", &listed)),
        ("json map", take("application/json", &mapped)),
        ("form", take(FORM, &normalized)),
        ("older form", take(FORM, &older)),
        ("mime", take("message/rfc822", &raw)),
    ] {
        assert_eq!(names(&mail), [Some("a.csv"), Some("n.pdf")], "{name}");
        assert_eq!(contents(&mail), [&b"a,b"[..], b"c,d\n"], "{name}");
        assert!(mail.attachments[0].may_be_report(), "{name}");
    }
}

#[test]
fn encoded_file_names_are_read() {
    for (disposition, expected) in [
        ("filename=\"=?UTF-8?B?UmVwb3J0IMOxLmNzdg==?=\"", "Report ñ.csv"),
        ("filename=\"=?UTF-8?Q?Report_=C3=B1.csv?=\"", "Report ñ.csv"),
        ("filename*=UTF-8''Report%20%C3%B1.csv", "Report ñ.csv"),
        ("filename*0=\"Rep\"; filename*1=\"ort.csv\"", "Report.csv"),
    ] {
        let mail = take("message/rfc822", &mime(&attached(disposition, "a,b")));
        assert_eq!(names(&mail), [Some(expected)], "{disposition}");
    }
}

#[test]
fn a_csv_in_base64_or_quoted_printable_comes_out_plain() {
    for (encoding, content) in [("base64", "YSxiCg=="), ("quoted-printable", "a=2Cb\r\n")] {
        let part = attached("filename=a.csv", content)
            .replace("Content-Disposition", &format!("Content-Transfer-Encoding: {encoding}\r\nContent-Disposition"));
        let mail = take("message/rfc822", &mime(&part));
        assert_eq!(contents(&mail).first().map(|bytes| bytes.trim_ascii()), Some(&b"a,b"[..]), "{encoding}");
    }
}

#[test]
fn files_in_a_store_keep_their_address_private() {
    let listed = json(
        r#"[{"file_name":"a.csv","content_type":"text/csv","size":3,"url":"https://store.example/a?sig=tok-1"},{"file_name":"b.csv","size":"4","url":"https://store.example/b"}]"#,
    );
    let group = |name: &str, url: &str| {
        [field("attachments[][file_name]", name), field("attachments[][size]", "3"), field("attachments[][url]", url)]
            .concat()
    };
    let stored =
        form(&[group("a.csv", "https://store.example/a?sig=tok-1"), group("b.csv", "https://store.example/b")]);
    for mail in [take("application/json", &listed), take(FORM, &stored)] {
        assert_eq!(names(&mail), [Some("a.csv"), Some("b.csv")]);
        assert!(mail.attachments.iter().all(|file| matches!(&file.content, AttachmentContent::Url(url)
            if url.expose().starts_with("https://store.example/"))));
        assert!(!mail.attachments[0].may_be_report() && mail.attachments[0].sha256().is_none());
        assert!(!format!("{mail:?}").contains("tok-1"));
    }
}

#[test]
fn a_declared_size_that_differs_is_told() {
    for (size, differs) in [("3", false), ("12", true), ("\"3\"", false), ("null", false)] {
        let mail = take("application/json", &json(&format!(r#"[{{"file_name":"","size":{size},"content":"YSxi"}}]"#)));
        assert_eq!(mail.attachments[0].size_differs(), differs, "{size}");
        assert_eq!(mail.attachments[0].name, None);
    }
}

#[test]
fn a_mail_delivered_again_is_recognised_and_another_is_not() {
    let one = take("application/json", &json(r#"[{"content":"YSxi"},{"content":"YyxkCg=="}]"#));
    let again = take("message/rfc822", &mime(&attached("filename=a.csv", "a,b")));
    let evidence = one.evidence(&one.attachments[0]);
    assert_eq!(evidence, again.evidence(&again.attachments[0]));
    assert_ne!(evidence, one.evidence(&one.attachments[1]));
    let mut other = again;
    other.message_id = Some("<m2@x.example>".to_owned());
    assert_ne!(evidence, other.evidence(&other.attachments[0]));
}

#[test]
fn a_forwarded_mail_keeps_its_human_sender_and_its_failed_spf() {
    let body = json("[]").replace("bounce@itrip.example", "owner@mailbox.example").replace("\"Pass\"", "\"fail\"");
    let mail = take("application/json", &body);
    assert!(mail.matches_senders(&["reports@itrip.example".to_owned()]));
    assert_eq!(mail.spf.as_deref(), Some("fail"));
}

#[test]
fn what_is_no_mail_or_too_much_of_one_is_refused() {
    let limits = Limits { bytes: 4000, parts: 12, attachments: 1 };
    let refused = |kind: &str, body: &str| read(Some(kind), body.as_bytes(), &limits).err();
    assert_eq!(refused("application/json", " \r\n"), Some(MailError::Empty));
    assert_eq!(refused("application/json", &" ".repeat(4001)), Some(MailError::TooLarge { bytes: 4001, limit: 4000 }));
    assert!(matches!(refused("application/json", "{\"headers\":"), Some(MailError::Json { line: 1, .. })));
    assert_eq!(refused("", &json(r#"[{"content":"?"}]"#)), Some(MailError::Base64 { index: 0 }));
    assert_eq!(refused("", &json(r#"[{"content":""},{"content":""}]"#)), Some(MailError::TooManyParts { limit: 1 }));
    let many: Vec<String> = (0..9).map(|_| field("x", "y")).collect();
    assert_eq!(refused(FORM, &form(&many)), Some(MailError::TooManyParts { limit: 12 }));
    assert!(matches!(refused("multipart/form-data", "--b--"), Some(MailError::Form { .. })));
    assert!(matches!(refused(FORM, "--b\r\nContent-Disposition: form-data\r\n\r\nx"), Some(MailError::Form { .. })));
    assert_eq!(refused("message/rfc822", "no mail at all"), Some(MailError::Mime));
}

proptest! {
    #[test]
    fn no_bytes_make_a_mail_panic(
        tail in prop::collection::vec(any::<u8>(), 0..200),
        which in 0_usize..3,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
    ) {
        let (kind, text) = match which {
            0 => ("application/json", json(r#"[{"file_name":"a.csv","size":3,"content":"YSxi"}]"#)),
            1 => (FORM, form(&[file("attachments[]", "filename=\"a.csv\"", "a,b")])),
            _ => ("message/rfc822", mime(&attached("filename*=UTF-8''a.csv", "a,b"))),
        };
        let mut body = text.into_bytes();
        for (at, byte) in changes {
            let at = at.index(body.len());
            body[at] = byte;
        }
        body.extend(tail);
        if let Ok(mail) = read(Some(kind), &body, &Limits::default()) {
            for file in &mail.attachments {
                let _ = (mail.evidence(file), file.may_be_report());
            }
        }
    }
}
