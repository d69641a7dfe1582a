//! People in the portal: they edit, make, merge, remove and restore contacts.

use super::ledger::{FIELDS, PortalLedger, Said};
use crate::surroundings::SimClock;
use fastrand::Rng;
use lintel_connectors::surroundings::Clock;
use lintel_sandbox::hubspot::{HubSpot, RecordView};
use std::{collections::BTreeSet, sync::Arc};

pub(crate) const CONTACTS: &str = "contacts";

/// The portal with its ledger.
#[derive(Debug)]
pub(crate) struct Portal {
    pub(crate) vendor: Arc<HubSpot>,
    pub(crate) ledger: PortalLedger,
    clock: Arc<SimClock>,
    marks: Marks,
}

/// Whether contacts that are made by hand get a comment of their own: one that is there twice is known by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Marks {
    None,
    /// So that those of two portals can be told apart.
    Named(&'static str),
}

const VALUES: [(&str, &[&str]); 4] = [
    ("firstname", &["Ada", "Ben", "Cleo", "Annabel"]),
    ("lastname", &["Sample", "Specimen", "Test"]),
    ("city", &["Sampletown", "Mockville", "Portland"]),
    ("mobilephone", &["(212) 555-0111", "+12125550112", "ask for Bob"]),
];

impl Portal {
    pub(crate) fn of(vendor: Arc<HubSpot>, clock: Arc<SimClock>, marks: Marks) -> Self {
        Self { vendor, ledger: PortalLedger::default(), clock, marks }
    }

    pub(crate) fn contact(&self, id: &str) -> Option<RecordView> {
        self.vendor.record(CONTACTS, id).filter(|record| record.archived.is_none())
    }

    /// One deed of somebody, told in words. `linked` are the contacts that a flow knows.
    pub(crate) fn deed(&mut self, rng: &mut Rng, linked: &BTreeSet<String>, addresses: &[String]) -> String {
        let contacts: Vec<String> = self.vendor.records(CONTACTS).into_iter().map(|record| record.id).collect();
        let (Some(one), Some(other)) = (rng.choice(&contacts).cloned(), rng.choice(&contacts).cloned()) else {
            return self.make(rng, addresses);
        };
        let is_linked = |id: &String| linked.contains(id);
        match rng.u8(0..100) {
            0..45 => {
                let (property, values) = VALUES[rng.usize(..VALUES.len())];
                let value = if rng.u8(0..6) == 0 { "" } else { rng.choice(values).copied().unwrap_or_default() };
                self.edit(&one, property, value, is_linked(&one))
            }
            45..58 => {
                let value = address(rng, addresses);
                self.edit(&one, "email", &value, is_linked(&one))
            }
            58..70 => self.make(rng, addresses),
            70..80 => self.merge(&one, &other, is_linked(&one)),
            80..90 => self.remove(&one),
            _ => self.restore(rng),
        }
    }

    fn edit(&mut self, id: &str, property: &'static str, value: &str, linked: bool) -> String {
        let shown = |portal: &Self| portal.contact(id).and_then(|mut contact| contact.properties.remove(property));
        let before = shown(self);
        let done = self.vendor.person_edits(CONTACTS, id, &[(property, value)]);
        // Who says what is there already has said nothing that anybody could see.
        if done.is_ok() && shown(self) != before {
            self.note(id, property, linked);
            self.touch(id);
        }
        let refused = if done.is_ok() { "" } else { ", which is refused" };
        format!("contact {id}: {property} becomes {value:?}{refused}")
    }

    /// Writes down what a contact now has in a property as a person's word.
    fn note(&mut self, id: &str, property: &'static str, linked: bool) {
        let value = self.contact(id).and_then(|mut contact| contact.properties.remove(property));
        self.ledger.said.insert((id.to_owned(), property), Said { value, linked, agreed: false });
    }

    fn touch(&mut self, id: &str) {
        self.ledger.touched.insert(id.to_owned(), Clock::now(self.clock.as_ref()));
        self.ledger.last = Some(id.to_owned());
    }

    pub(crate) fn make(&mut self, rng: &mut Rng, addresses: &[String]) -> String {
        let (email, more) = (address(rng, addresses), address(rng, addresses));
        let city = rng.choice(["Portland", "Sampletown"]).unwrap_or_default();
        let mut values = vec![("email", email.as_str()), ("firstname", "Mona"), ("city", city)];
        if rng.u8(0..3) == 0 {
            values.push(("hs_additional_emails", more.as_str()));
        }
        if self.marks != Marks::None && rng.u8(0..5) == 0 {
            // Nothing but its key tells it from others.
            values.retain(|(property, _)| *property == "firstname" || *property == "city");
        }
        let mark = self.mark();
        values.extend(mark.iter().map(|mark| ("lintel_comment", mark.as_str())));
        match self.vendor.person_creates(CONTACTS, &values) {
            Ok(id) => {
                for property in ["email", "firstname", "city"] {
                    if values.iter().any(|(name, _)| *name == property) {
                        self.note(&id, property, false);
                    }
                }
                self.touch(&id);
                format!("contact {id} is made by hand: {values:?}")
            }
            Err(_) => format!("a contact with {values:?} is refused"),
        }
    }

    /// No other contact has it, nor had one that is not there any more.
    fn mark(&self) -> Option<String> {
        match self.marks {
            Marks::None => None,
            Marks::Named(name) => Some(format!("ref {name} {}", self.ledger.touched.len())),
        }
    }

    fn merge(&mut self, winner: &str, loser: &str, linked: bool) -> String {
        let Some(before) = self.contact(winner) else { return String::new() };
        let mut comments: Vec<String> = Vec::new();
        for id in [winner, loser] {
            comments.extend(self.contact(id).and_then(|mut contact| contact.properties.remove("lintel_comment")));
        }
        if self.vendor.person_merges(CONTACTS, winner, loser).is_err() {
            return format!("contacts {winner} and {loser} can not be merged");
        }
        self.ledger.blended.extend(comments);
        self.ledger.said.retain(|(id, _), _| id != loser);
        // What the winner was before any flow knew it may be what both sides of the loser's pair had.
        for ((id, _), said) in &mut self.ledger.said {
            said.agreed |= id == winner && !said.linked;
        }
        let Some(after) = self.contact(winner) else { return String::new() };
        if before.properties.get("lintel_status") != after.properties.get("lintel_status") {
            self.ledger.status_filled_in.insert(winner.to_owned());
        }
        // What the loser filled in at the winner is a person's doing.
        for field in
            FIELDS.iter().filter(|field| before.properties.get(field.property) != after.properties.get(field.property))
        {
            self.note(winner, field.property, linked);
        }
        self.touch(winner);
        format!("contact {loser} is merged into {winner}")
    }

    fn remove(&mut self, id: &str) -> String {
        if self.vendor.person_deletes(CONTACTS, id).is_ok() {
            self.ledger.archived.insert(id.to_owned());
            self.ledger.last = Some(id.to_owned());
        }
        format!("contact {id} is removed")
    }

    /// Not where another contact has the address or the key meanwhile.
    fn restore(&mut self, rng: &mut Rng) -> String {
        let ids: Vec<String> = self.ledger.archived.iter().cloned().collect();
        let Some(id) = rng.choice(&ids) else { return "nothing to restore".to_owned() };
        let Some(archived) = self.vendor.record(CONTACTS, id) else { return "nothing to restore".to_owned() };
        let taken = self.vendor.records(CONTACTS).into_iter().any(|one| {
            one.properties.get("lintel_key").is_some_and(|key| archived.properties.get("lintel_key") == Some(key))
                || addresses(&one).any(|address| addresses(&archived).any(|other| other == address))
        });
        if taken || self.vendor.person_restores(CONTACTS, id).is_err() {
            return format!("contact {id} can not be restored");
        }
        let id = id.clone();
        self.ledger.archived.remove(&id);
        self.touch(&id);
        format!("contact {id} is restored")
    }
}

/// An address of nobody yet, or of a tenant.
fn address(rng: &mut Rng, addresses: &[String]) -> String {
    let known = rng.choice(addresses).filter(|_| rng.bool());
    known.cloned().unwrap_or_else(|| format!("box.{}@example.com", rng.u8(0..40)))
}

/// Every address that nobody else may have.
pub(crate) fn addresses(contact: &RecordView) -> impl Iterator<Item = &str> {
    let of = |property: &str| contact.properties.get(property).map(String::as_str).unwrap_or_default().split(';');
    of("email").chain(of("hs_additional_emails")).filter(|address| !address.is_empty())
}
