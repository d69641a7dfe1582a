//! Reports, mail and settings through their front doors.

use lintel_domain::snapshot::Coverage;
use lintel_formats::{mail, reports, settings};

const ITRIP: &str = concat!(
    "Checkin,Checkout,\"Date Booked\",\"Tenant Name\",\"Tenant Phone\",\"Property Name\",\"Property Address\",",
    "\"Property Owner\",BR/BA,Size,\"Next Booking\",\"Next Tenant Name\",\"Next Tenant Phone\",\"Same Day?\",",
    "\"Contractor Info\",\"Reservation ID\"\n",
    "\"2030-03-01 16:00:00\",\"2030-03-05 10:00:00\",\"2030-01-02 11:22:33\",\"Ann Example\",\"(555) 555-0100\",",
    "\"Birch House #10000001\",\"1 Test St, Sampletown, ZZ 00000\",\"Olive Owner\",\"3/2\",\"1500\",",
    "\"2030-03-05 16:00:00\",\"Olive Owner\",\"(555) 555-0101\",\"Yes\",",
    "\"Work Order #1 Due: Mar 5th 10:00 am\n\nOlive Owner\nOwner Stay (Next Checkin)\",\"1000001\"\n"
);

#[test]
fn the_sample_settings_read() {
    assert!(settings::read(settings::SAMPLE).is_ok_and(|read| read.organization.properties.len() == 1));
}

#[test]
fn an_owner_stay_hidden_in_text_is_signalled_and_assigned() {
    let settings = settings::read(settings::SAMPLE).unwrap().organization;
    let report = reports::read(ITRIP.as_bytes()).unwrap();
    assert_eq!(report.kind.source(), "csv_itrip");
    let received = "2030-03-01T09:13:00Z".parse().unwrap();
    let assigned = reports::assign(report, &settings, reports::Delivery { received, dated: None, evidence: "e1" });
    assert!(assigned.rejected.is_empty(), "{:?}", assigned.rejected);
    let [snapshot] = assigned.snapshots.as_slice() else { panic!("{:?}", assigned.snapshots) };
    let [entry] = snapshot.entries.as_slice() else { panic!("{:?}", snapshot.entries) };
    assert_eq!(entry.span.nights(), 4);
    assert!(entry.signals.owner_next_by_text && entry.signals.owner_next_by_name);
    assert_eq!(entry.signals.same_day, Some(true));
    assert!(matches!(snapshot.coverage, Coverage::Checkouts { from, to }
        if from.to_string() == "2030-03-02" && to.to_string() == "2030-03-14"));
}

#[test]
fn json_and_form_mails_carry_the_same_report() {
    let json = br#"{"headers":{"From":"Reports <reports@itrip.example>","message_id":"<m1@x.example>"},
        "envelope":{"to":"a@hub.example","from":"bounce@other.example","spf":{"result":"pass"}},
        "attachments":[{"file_name":"","content_type":"application/octet-stream","size":12,"content":"Q2hlY2tpbg=="}]}"#;
    let form = b"--b\r\nContent-Disposition: form-data; name=\"headers[message_id]\"\r\n\r\n<m1@x.example>\r\n\
        --b\r\nContent-Disposition: form-data; name=\"headers[from]\"\r\n\r\nreports@itrip.example\r\n\
        --b\r\nContent-Disposition: form-data; name=\"attachments[]\"; filename=\"a.csv\"\r\nContent-Type: text/csv\r\n\r\nCheckin\r\n--b--\r\n";
    let json = mail::read(Some("application/json"), json, &mail::Limits::default()).unwrap();
    let form = mail::read(Some("multipart/form-data; boundary=b"), form, &mail::Limits::default()).unwrap();
    for mail in [&json, &form] {
        assert!(mail.matches_senders(&["itrip.example".to_owned()]));
        assert!(!mail.matches_senders(&["trip.example".to_owned()]) && !mail.matches_senders(&[]));
        assert_eq!(mail.attachments.first().and_then(|file| file.bytes()), Some(&b"Checkin"[..]));
    }
    assert_eq!(json.evidence(&json.attachments[0]), form.evidence(&form.attachments[0]));
    assert!(json.attachments[0].size_differs());
}
