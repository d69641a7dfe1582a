//! The suppliers' reports, in the shapes of csv-reports.md sections 1 to 3.

use super::{Channel, Home, Kind, Stay, World};
use jiff::{ToSpan, civil::Date};
use std::fmt::Write as _;

const CHECKOUTS_HEADER: &str = "Checkin,Checkout,\"Date Booked\",\"Tenant Name\",\"Tenant Phone\",\"Property Name\",\"Property Address\",\"Property Owner\",BR/BA,Size,\"Next Booking\",\"Next Tenant Name\",\"Next Tenant Phone\",\"Same Day?\",\"Contractor Info\",\"Reservation ID\"\n";

impl World {
    /// Check-outs from today to today + 14, sorted by check-out, with the faults a real morning brings.
    pub fn checkouts_report(&self) -> String {
        let last = self.today.saturating_add(14.days());
        let mut rows: Vec<(&Home, &Stay)> = self
            .homes_of(Channel::Checkouts)
            .flat_map(|home| home.stays.iter().map(move |stay| (home, stay)))
            .filter(|(_, stay)| stay.kind == Kind::Guest && (self.today..=last).contains(&stay.check_out))
            .collect();
        rows.sort_by_key(|(_, stay)| (stay.check_out, stay.number));
        let mut text = CHECKOUTS_HEADER.to_owned();
        for (index, (home, stay)) in rows.iter().enumerate() {
            text += &checkouts_row(home, stay, index == 2);
        }
        // A property nobody has mapped, and a row without dates.
        let day = |date: Date, hour: u8| format!("{} {hour:02}:00:00", date.strftime("%F"));
        let (from, to) = (day(self.today, 16), day(last, 10));
        let _ = writeln!(
            text,
            "\"{from}\",\"{to}\",\"2026-01-02 11:22:33\",\"Mia Mystery\",\"(555) 555-0142\",\"Unmapped Villa #19999999\",\"9 Nowhere Ln, Sampletown, ZZ 00000\",\"Uma Unknown\",\"2/1\",\"900\",\"\",\"\",\"\",\"No\",\"\",\"9999991\""
        );
        if let Some((home, _)) = rows.first() {
            let _ = writeln!(
                text,
                "\"\",\"\",\"2026-01-02 11:22:33\",\"Nora Nodate\",\"(555) 555-0143\",\"{}\",\"{}, Sampletown, ZZ 00000\",\"{}\",\"2/1\",\"900\",\"\",\"\",\"\",\"No\",\"\",\"9999992\"",
                home.name,
                home.street(),
                home.owner
            );
        }
        text
    }

    /// Guest bookings with a check-out within sixty days: a BOM, month first, no final newline.
    pub fn guest_bookings(&self) -> String {
        let last = self.today.saturating_add(60.days());
        let mut lines = vec!["Guest Name,Booking #,Listing #,Check-In,Check-Out,Guest Email,Guest Phone Number,Date Booked,# Adults,# Children,Pets?,Address".to_owned()];
        for home in self.homes_of(Channel::Exports) {
            for stay in &home.stays {
                if stay.kind == Kind::Guest && (self.today..=last).contains(&stay.check_out) {
                    lines.push(format!(
                        "{},{},{},{},{},,+15555550100,01-02-2026,2,,,{}",
                        stay.guest,
                        20_000_000 + stay.number,
                        home.listing(),
                        month_first(stay.check_in),
                        month_first(stay.check_out),
                        home.street(),
                    ));
                }
            }
        }
        format!("\u{feff}{}", lines.join("\n"))
    }

    /// All reservations, the owners' among them: mixed date forms and a header with a trailing space.
    pub fn all_reservations(&self) -> String {
        let mut text = "Reservation,Property Address,Property Owner,Status,Check-In ,Check-Out,Guest Name\n".to_owned();
        for home in self.homes_of(Channel::Exports) {
            for stay in home.stays.iter().filter(|stay| stay.kind != Kind::Blocked && stay.check_out >= self.today) {
                let guest = match stay.kind {
                    Kind::Owner => home.owner.to_owned(),
                    _ => short(stay.guest),
                };
                let _ = writeln!(
                    text,
                    "{},{},{},Booked,{},{},{guest}",
                    20_000_000 + stay.number,
                    home.street(),
                    home.owner,
                    stay.check_in.strftime("%F"),
                    month_first(stay.check_out),
                );
            }
        }
        text
    }

    fn homes_of(&self, channel: Channel) -> impl Iterator<Item = &Home> {
        self.homes().iter().filter(move |home| home.channel == channel)
    }
}

fn checkouts_row(home: &Home, stay: &Stay, hold: bool) -> String {
    let next = home.after(stay);
    let owner_next = next.is_some_and(|next| next.kind == Kind::Owner);
    let same_day = next.is_some_and(|next| next.check_in == stay.check_out);
    let mut info = format!(
        "Work Order #{} Due: {} 10:00 am\n\n{}\n{}\u{a0}Sampletown",
        stay.number,
        stay.check_out.strftime("%b %-dth"),
        home.owner,
        home.street()
    );
    if owner_next {
        info += "\nOwner Stay (Next Checkin)";
    }
    if hold {
        info += "\nDO NOT CLEAN";
    }
    let next_booking = next.map_or_else(String::new, |next| format!("{} 16:00:00", next.check_in.strftime("%F")));
    let next_name = next.map_or("", |next| next.guest);
    format!(
        "\"{} 16:00:00\",\"{} 10:00:00\",\"2026-01-02 11:22:33\",\"{}\",\"(555) 555-0100\",\"{}\",\"{}, Sampletown, ZZ 00000\",\"{}\",\"3/2\",\"1500\",\"{next_booking}\",\"{next_name}\",\"(555) 555-0101\",\"{}\",\"{info}\",\"{}\"\n",
        stay.check_in.strftime("%F"),
        stay.check_out.strftime("%F"),
        stay.guest,
        home.name,
        home.street(),
        home.owner,
        if same_day { "Yes" } else { "No" },
        1_000_000 + stay.number,
    )
}

fn month_first(date: Date) -> String {
    date.strftime("%m-%d-%Y").to_string()
}

/// `Ann Example` as `Ann E.`
fn short(name: &str) -> String {
    match name.split_once(' ') {
        Some((first, last)) => format!("{first} {}.", last.chars().next().unwrap_or('X')),
        None => name.to_owned(),
    }
}
