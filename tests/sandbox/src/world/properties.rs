//! Homes and who stays in them.

use jiff::{ToSpan, civil::Date};
use std::fmt::Write as _;

/// How a home's bookings reach Lintel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// By one supplier's daily report of check-outs.
    Checkouts,
    /// By another supplier's two exports.
    Exports,
    Airbnb,
    Vrbo,
    Hospitable,
}

/// What a stay is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Guest,
    Owner,
    Blocked,
}

#[derive(Clone, Debug)]
pub struct Stay {
    pub number: u32,
    pub check_in: Date,
    pub check_out: Date,
    pub kind: Kind,
    pub guest: &'static str,
}

#[derive(Clone, Debug)]
pub struct Home {
    pub index: usize,
    pub name: String,
    pub zone: &'static str,
    pub owner: &'static str,
    pub channel: Channel,
    pub stays: Vec<Stay>,
}

const FIRST: [&str; 12] = [
    "Cedar", "Juniper", "Saguaro", "Mesa", "Red Rock", "Willow", "Copper", "Agave", "Lakeside", "Harbor", "Pine",
    "Sunset",
];
const SECOND: [&str; 5] = ["House", "Casita", "Cottage", "Retreat", "Lodge"];
const OWNERS: [&str; 8] = [
    "Olive Owner",
    "Hugo Holder",
    "Petra Proprietor",
    "Dora Deed",
    "Max Manor",
    "Ida Estate",
    "Theo Title",
    "Lena Lot",
];
const GUESTS: [&str; 12] = [
    "Ann Example",
    "Ben Sample",
    "Cara Test",
    "Dan Mockup",
    "Eve Placeholder",
    "Finn Fixture",
    "Gia Specimen",
    "Hal Instance",
    "Ivy Pattern",
    "Jon Model",
    "Kim Draft",
    "Leo Trial",
];

impl Home {
    pub(super) fn invent(rng: &mut fastrand::Rng, index: usize, today: Date) -> Self {
        let channel = match index % 5 {
            0 | 3 => Channel::Checkouts,
            1 => Channel::Airbnb,
            2 => Channel::Exports,
            _ if index.is_multiple_of(2) => Channel::Vrbo,
            _ => Channel::Hospitable,
        };
        let zone = match index % 10 {
            7 => "America/New_York",
            8 => "America/Denver",
            9 => "Pacific/Honolulu",
            _ => "America/Phoenix",
        };
        let name = format!("{} {} #{}", FIRST[index % FIRST.len()], SECOND[index % SECOND.len()], 10_000_001 + index);
        let mut home = Self { index, name, zone, owner: OWNERS[index % OWNERS.len()], channel, stays: Vec::new() };
        home.book(rng, today);
        home
    }

    /// Fills two months with stays: many of them back to back, some long, some the owner's.
    fn book(&mut self, rng: &mut fastrand::Rng, today: Date) {
        let mut day = today.saturating_sub(rng.i64(1..6).days());
        let end = today.saturating_add(58.days());
        let mut number = u32::try_from(self.index).unwrap_or_default() * 100;
        while day < end {
            number += 1;
            let kind = match rng.u8(0..100) {
                0..10 => Kind::Owner,
                10..16 if self.channel != Channel::Checkouts => Kind::Blocked,
                _ => Kind::Guest,
            };
            let nights = if rng.u8(0..100) < 7 { rng.i64(14..20) } else { rng.i64(2..7) };
            let check_out = day.saturating_add(nights.days());
            let guest = if kind == Kind::Owner { self.owner } else { GUESTS[rng.usize(..GUESTS.len())] };
            self.stays.push(Stay { number, check_in: day, check_out, kind, guest });
            let gap = if rng.u8(0..100) < 45 { 0 } else { rng.i64(1..5) };
            day = check_out.saturating_add(gap.days());
        }
    }

    pub fn id(&self) -> String {
        let name = self.name.split(" #").next().unwrap_or_default().to_lowercase().replace(' ', "-");
        format!("{name}-{:02}", self.index + 1)
    }

    pub fn customer(&self) -> String {
        format!("cus_{:032x}", 0xc000 + self.index)
    }

    pub fn address_id(&self) -> String {
        format!("adr_{:032x}", 0xa000 + self.index)
    }

    pub fn listing(&self) -> String {
        format!("{}", 300_001 + self.index)
    }

    pub fn street(&self) -> String {
        format!("{} Sample St", 100 + self.index)
    }

    pub fn after(&self, stay: &Stay) -> Option<&Stay> {
        self.stays
            .iter()
            .filter(|next| next.number != stay.number && next.check_in >= stay.check_out)
            .min_by_key(|next| next.check_in)
    }

    /// The feeds this home has: its own, and for three homes one that does not work.
    pub fn feeds(&self) -> Vec<String> {
        let mut feeds = Vec::new();
        if matches!(self.channel, Channel::Airbnb | Channel::Vrbo | Channel::Hospitable) {
            feeds.push("channel".to_owned());
        }
        match self.index {
            5 => feeds.push("login-page".to_owned()),
            10 => feeds.push("cut".to_owned()),
            15 => feeds.push("empty".to_owned()),
            20 => feeds.push("gone".to_owned()),
            _ => {}
        }
        feeds
    }

    pub(super) fn to_toml(&self, feeds_url: &str) -> String {
        let id = self.id();
        let listed_as = match self.channel {
            Channel::Checkouts => format!("listed_as = {{ itrip = [\"{}\"] }}\n", self.name),
            Channel::Exports => format!("listed_as = {{ evolve = [\"{}\"] }}\n", self.listing()),
            _ => String::new(),
        };
        let mut text = format!(
            "\n[properties.{id}]\nname = \"{}\"\nzone = \"{}\"\naddress = \"{}\"\nowners = [\"{}\"]\n{listed_as}\
             customer = \"{}\"\nservice_address = \"{}\"\n",
            self.name.split(" #").next().unwrap_or_default(),
            self.zone,
            self.street(),
            self.owner,
            self.customer(),
            self.address_id(),
        );
        for feed in self.feeds() {
            // Writing to a String cannot fail.
            let _ = write!(
                text,
                "\n[feeds.{id}-{feed}]\nproperty = \"{id}\"\nurl = \"{feeds_url}/{feed}/{}.ics\"\n",
                self.index
            );
        }
        text
    }
}
