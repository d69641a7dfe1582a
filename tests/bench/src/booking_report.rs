//! The booking report that the reports' benchmarks read, and the organization it is divided among.

use anyhow::Context as _;
use jiff::{
    Timestamp,
    civil::{Date, date},
};
use lintel_domain::settings::{Organization, Property};
use lintel_formats::{
    reports::{self, Assigned, Delivery},
    settings,
};
use std::fmt::Write as _;

pub const ROWS: usize = 100_000;
pub const PROPERTIES: usize = 300;

/// The report read, and divided among the properties.
pub fn intake(body: &[u8], settings: &Organization) -> anyhow::Result<Assigned> {
    let report = reports::read(body).context("reading the generated report")?;
    let assigned =
        reports::assign(report, settings, Delivery { received: received()?, dated: None, evidence: "bench" });
    let entries: usize = assigned.snapshots.iter().map(|snapshot| snapshot.entries.len()).sum();
    anyhow::ensure!(entries == ROWS, "{entries} of {ROWS} generated rows were read");
    anyhow::ensure!(assigned.snapshots.len() == PROPERTIES, "a generated property is missing");
    Ok(assigned)
}

/// When the report came.
pub fn received() -> anyhow::Result<Timestamp> {
    Ok("2030-03-01T15:00:00Z".parse()?)
}

/// Properties by the hundred, each listed in the report under a name of its own.
pub fn organization() -> anyhow::Result<Organization> {
    let sample = settings::read(settings::SAMPLE).map_err(|faults| anyhow::anyhow!("the sample has {faults:?}"))?;
    let mut organization = sample.organization;
    organization.properties.clear();
    organization.feeds.clear();
    for number in 0..PROPERTIES {
        let property = Property {
            name: format!("Sample House {number}"),
            zone: "America/Phoenix".to_owned(),
            listed_as: [("itrip".to_owned(), vec![listing(number)])].into(),
            owners: Vec::new(),
            address: None,
            customer: None,
            service_address: None,
            templates: std::collections::BTreeMap::new(),
            owner_overrides: Vec::new(),
        };
        organization.properties.insert(format!("house-{number:03}").as_str().into(), property);
    }
    Ok(organization)
}

fn listing(number: usize) -> String {
    format!("Sample House {number} #{}", 10_000_000 + number)
}

/// Stays one after the other at every property, with the supplier's long text cell in each row.
pub fn body() -> String {
    let mut body = String::from(concat!(
        "Checkin,Checkout,\"Date Booked\",\"Tenant Name\",\"Tenant Phone\",\"Property Name\",\"Property Address\",",
        "\"Property Owner\",BR/BA,Size,\"Next Booking\",\"Next Tenant Name\",\"Next Tenant Phone\",\"Same Day?\",",
        "\"Contractor Info\",\"Reservation ID\"\n"
    ));
    let mut days: Vec<Date> = vec![date(2030, 2, 26); PROPERTIES];
    for row in 0..ROWS {
        let house = row % PROPERTIES;
        let Some(day) = days.get_mut(house) else { continue };
        let plus = |day: Date, count: usize| {
            day.saturating_add(jiff::Span::new().days(i64::try_from(count).unwrap_or_default()))
        };
        let out = plus(*day, 2 + row % 5);
        let next = plus(out, (row / 7) % 3);
        let (same_day, owner) = (if next == out { "Yes" } else { "No" }, row % 8 == 0);
        let (next_guest, marker) =
            if owner { ("Olive Owner", "\nOwner Stay (Next Checkin)") } else { ("Zoe Stranger", "") };
        // Writing to a String does not fail.
        let _ = writeln!(
            body,
            "\"{day} 16:00:00\",\"{out} 10:00:00\",\"2030-01-02 11:22:33\",\"Ann Example\",\"(555) 555-0100\",\"{}\",\
             \"{house} Test St, Sampletown, ZZ 00000\",\"Olive Owner\",\"3/2\",\"1500\",\"{next} 16:00:00\",\
             \"{next_guest}\",\"(555) 555-0101\",\"{same_day}\",\"Work Order #{row} Due: Mar 5th 10:00 am\n\nOlive Owner\n\
             {house}\u{a0}Test\u{a0}St, Sampletown\nDoor 0000, gate 0000, TV by the house{marker}\",\"{}\"",
            listing(house),
            1_000_000 + row,
        );
        *day = next;
    }
    body
}
