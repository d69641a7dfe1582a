//! What people did on both sides, and what both sides have to show: written down from the vendors, never from the engine.

use jiff::Timestamp;
use lintel_sandbox::{
    buildium::{Phone, Tenant, Word},
    hubspot::RecordView,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// What a tenant has in a field, as the portal should show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    Nothing,
    Text(String),
    /// It is not what the field is for: an address without an `@`.
    Unreadable,
}

/// A field of both sides.
#[derive(Clone, Copy)]
pub(crate) struct Field {
    /// As conflicts name it.
    pub(crate) name: &'static str,
    /// The portal's property.
    pub(crate) property: &'static str,
    pub(crate) of: fn(&Tenant) -> Told,
}

/// Everything that is mapped and does not follow from leases.
pub(crate) const FIELDS: [Field; 14] = [
    Field { name: "kind", property: "lintel_kind", of: |_| Told::Text("tenant".to_owned()) },
    Field { name: "first_name", property: "firstname", of: |one| text(one.first_name.as_ref()) },
    Field { name: "last_name", property: "lastname", of: |one| text(one.last_name.as_ref()) },
    Field { name: "email", property: "email", of: |one| email(one.email.as_ref()) },
    Field { name: "other_email", property: "lintel_other_email", of: |one| email(one.alternate_email.as_ref()) },
    Field { name: "mobile_phone", property: "mobilephone", of: |one| phone(one, &["Cell"]) },
    Field { name: "home_phone", property: "phone", of: |one| phone(one, &["Home", "Personal", "NotSet", "Other"]) },
    Field { name: "work_phone", property: "lintel_work_phone", of: |one| phone(one, &["Office"]) },
    Field {
        name: "date_of_birth",
        property: "lintel_date_of_birth",
        of: |one| one.date_of_birth.map_or(Told::Nothing, |day| Told::Text(day.to_string())),
    },
    Field { name: "address_line1", property: "address", of: |one| address(one, |it| it.address_line1.as_ref()) },
    Field { name: "city", property: "city", of: |one| address(one, |it| it.city.as_ref()) },
    Field { name: "postal_code", property: "zip", of: |one| address(one, |it| it.postal_code.as_ref()) },
    Field { name: "country", property: "country", of: |one| address(one, |it| it.country.as_ref()) },
    Field { name: "comment", property: "lintel_comment", of: |one| text(one.comment.as_ref()) },
];

fn text(word: Option<&Word>) -> Told {
    match word.map(|word| word.trim()) {
        None | Some("") => Told::Nothing,
        Some(text) => Told::Text(text.to_owned()),
    }
}

fn email(word: Option<&Word>) -> Told {
    match text(word) {
        Told::Text(text) if text.contains('@') => Told::Text(text.to_lowercase()),
        Told::Text(_) => Told::Unreadable,
        told => told,
    }
}

fn phone(tenant: &Tenant, kinds: &[&str]) -> Told {
    let of = |phone: &&Phone| kinds.contains(&phone.kind.as_ref()) && phone.number.is_some();
    match text(tenant.phone_numbers.iter().find(of).and_then(|phone| phone.number.as_ref())) {
        Told::Text(text) if digits(&text).len() < 10 => Told::Unreadable,
        told => told,
    }
}

fn address(tenant: &Tenant, part: impl Fn(&lintel_sandbox::buildium::Address) -> Option<&Word>) -> Told {
    text(tenant.address.as_ref().and_then(part))
}

/// A number's last ten digits: how it is written says nothing.
fn digits(text: &str) -> String {
    let all: Vec<char> = text.chars().filter(char::is_ascii_digit).collect();
    all.iter().skip(all.len().saturating_sub(10)).collect()
}

/// Whether two values of a property mean the same.
pub(crate) fn means_the_same(property: &str, one: Option<&String>, other: Option<&String>) -> bool {
    let (Some(one), Some(other)) = (one, other) else { return one == other };
    one == other || (property.contains("phone") && digits(one) == digits(other) && digits(one).len() == 10)
}

impl Field {
    /// Whether a contact shows what the tenant has.
    pub(crate) fn agrees(&self, tenant: &Tenant, contact: &RecordView) -> bool {
        match ((self.of)(tenant), contact.properties.get(self.property)) {
            // What nobody can read is told in the run's report; what the portal then has is not settled here.
            (Told::Unreadable, _) | (Told::Nothing, None) => true,
            (Told::Text(text), shown) => means_the_same(self.property, Some(&text), shown),
            _ => false,
        }
    }
}

/// The last word of a person on a property of a contact.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) value: Option<String>,
    /// Whether a flow had this contact already: what a person takes away from one that no flow knows may be filled in.
    pub(crate) linked: bool,
    /// Whether the other side has said the same since: then the word is both sides', and the other side may go on from there.
    pub(crate) agreed: bool,
}

/// Deeds at the source. Shared with what happens between two pages.
#[derive(Debug, Default)]
pub(crate) struct SourceLedger {
    /// When each tenant was last saved, made or brought back.
    pub(crate) touched: BTreeMap<u32, Timestamp>,
    /// Tenants that are not there any more.
    pub(crate) vanished: BTreeMap<u32, (Tenant, Timestamp)>,
    /// Deeds that happened between two pages, for the history.
    pub(crate) unseen: Vec<String>,
}

/// Deeds in a portal.
#[derive(Debug, Default)]
pub(crate) struct PortalLedger {
    /// By contact and property.
    pub(crate) said: BTreeMap<(String, &'static str), Said>,
    /// When a person last made, edited, merged or restored each contact.
    pub(crate) touched: BTreeMap<String, Timestamp>,
    /// Comments of contacts that were merged: whoever is kept in step with one of them may come to bear the other one's.
    pub(crate) blended: BTreeSet<String>,
    /// Contacts that had no status of their own and got one by being merged with another.
    pub(crate) status_filled_in: BTreeSet<String>,
    /// The contact that the last deed was about.
    pub(crate) last: Option<String>,
    /// Contacts that were archived, for somebody to restore.
    pub(crate) archived: BTreeSet<String>,
}

impl PortalLedger {
    /// A contact shows what the other side has in a property: if that is a person's last word, it is both sides' now.
    pub(crate) fn note_agreement(&mut self, contact: &RecordView, property: &'static str) {
        if self.stands(contact, property) == Some(true) {
            self.give_up(contact, property);
        }
    }

    /// Whether a contact shows a person's last word on a property, if there is one.
    pub(crate) fn stands(&self, contact: &RecordView, property: &'static str) -> Option<bool> {
        let said = self.said.get(&(contact.id.clone(), property))?;
        Some(means_the_same(property, contact.properties.get(property), said.value.as_ref()))
    }

    /// Whether a person's last word on a property was said before any flow knew the contact.
    pub(crate) fn is_older_than_links(&self, contact: &RecordView, property: &'static str) -> bool {
        self.said.get(&(contact.id.clone(), property)).is_some_and(|said| !said.linked)
    }

    /// From here on the other side may say something else.
    pub(crate) fn give_up(&mut self, contact: &RecordView, property: &'static str) {
        if let Some(said) = self.said.get_mut(&(contact.id.clone(), property)) {
            said.agreed = true;
        }
    }
}

/// A ledger that what happens between two pages writes to, too.
#[derive(Debug, Default)]
pub(crate) struct Shared<T>(Mutex<T>);

impl<T> Shared<T> {
    pub(crate) fn open(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
