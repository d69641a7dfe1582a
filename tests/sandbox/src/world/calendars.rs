//! Calendar feeds, in the shapes of ical-feeds.md sections 2 and 7.

use super::{Channel, Home, Kind, Stay};
use jiff::Timestamp;

/// A home's calendar as its channel writes it. DTSTAMP is the moment of the fetch.
pub fn calendar(home: &Home, now: Timestamp) -> String {
    let product = match home.channel {
        Channel::Vrbo => "-//HomeAway.com, Inc.//EN",
        Channel::Hospitable => "-//Hospitable//EN",
        _ => "-//Airbnb Inc//Hosting Calendar 1.0//EN",
    };
    let mut lines = vec![
        "BEGIN:VCALENDAR".to_owned(),
        format!("PRODID:{product}"),
        "CALSCALE:GREGORIAN".to_owned(),
        "VERSION:2.0".to_owned(),
    ];
    for stay in &home.stays {
        lines.push("BEGIN:VEVENT".to_owned());
        lines.push(format!("DTSTAMP:{}", now.strftime("%Y%m%dT%H%M%SZ")));
        lines.extend(event(home, stay));
        lines.push("END:VEVENT".to_owned());
    }
    lines.push("END:VCALENDAR".to_owned());
    lines.iter().map(|line| folded(line)).collect()
}

fn event(home: &Home, stay: &Stay) -> Vec<String> {
    let (from, to) = (stay.check_in.strftime("%Y%m%d"), stay.check_out.strftime("%Y%m%d"));
    let dates = [format!("DTSTART;VALUE=DATE:{from}"), format!("DTEND;VALUE=DATE:{to}")];
    let number = stay.number;
    let first = stay.guest.split(' ').next().unwrap_or_default();
    let mut lines = Vec::new();
    match (home.channel, stay.kind) {
        (Channel::Hospitable, Kind::Guest) => {
            lines.push(format!("DTSTART;TZID={}:{from}T160000", home.zone));
            lines.push(format!("DTEND;TZID={}:{to}T100000", home.zone));
            lines.push(format!("SUMMARY:{} (HB{number:06})", stay.guest));
            lines.push(format!("UID:{number:08}-0000-4000-8000-000000000000@reservations.hospitable.com"));
        }
        (Channel::Vrbo, Kind::Guest) => {
            lines.extend(dates);
            lines.push(format!("SUMMARY:Reserved - {first}"));
            lines.push(format!("UID:vrbo-{number}@homeaway.example"));
        }
        (_, Kind::Guest) => {
            lines.extend(dates);
            lines.push("SUMMARY:Reserved".to_owned());
            lines.push(format!("UID:1418fb94e984-{number:032x}@airbnb.com"));
            lines.push(format!(
                "DESCRIPTION:Reservation URL: https://www.airbnb.com/hosting/reservations/details/HM{number:08}\\nPhone Number (Last 4 Digits): 0100"
            ));
        }
        (_, Kind::Owner) => {
            lines.extend(dates);
            lines.push("SUMMARY:Owner stay".to_owned());
            lines.push(format!("UID:owner-{number}@calendars.example"));
        }
        (Channel::Vrbo, Kind::Blocked) => {
            lines.extend(dates);
            lines.push("SUMMARY:Blocked".to_owned());
            lines.push(format!("UID:block-{number}@homeaway.example"));
        }
        (_, Kind::Blocked) => {
            lines.extend(dates);
            lines.push("SUMMARY:Airbnb (Not available)".to_owned());
            lines.push(format!("UID:7f662ec65913-{number:032x}@airbnb.com"));
        }
    }
    lines
}

/// Folded at 75 octets, as channels do.
fn folded(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line;
    let mut room = 75;
    while rest.len() > room {
        let (head, tail) = rest.split_at(rest.floor_char_boundary(room));
        text += head;
        text += "\r\n ";
        rest = tail;
        room = 74;
    }
    text + rest + "\r\n"
}
