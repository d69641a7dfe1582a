//! Tenants and owners.

use super::{Maker, NEW_WORD, NULL_ADDRESS, NULL_EMAIL, SHARED_EMAIL};
use crate::buildium::records::{Address, EmergencyContact, Manager, Owner, Phone, TaxId, TaxInformation, Tenant, Word};
use jiff::civil::Date;

const FIRST: [&str; 24] = [
    "Ada", "Ben", "Cleo", "Dev", "Edda", "Finn", "Gita", "Hugo", "Ines", "Jonas", "Kira", "Liam", "Mona", "Nils",
    "Olive", "Pavel", "Quinn", "Rosa", "Sven", "Tara", "Umar", "Vera", "Wanda", "Yara",
];
const LAST: [&str; 20] = [
    "Sample",
    "Example",
    "Placeholder",
    "Specimen",
    "Mockford",
    "Testerson",
    "Fakenham",
    "Dummeldorf",
    "Stubbs",
    "Fixtura",
    "Invento",
    "Notreal",
    "O'Sample",
    "de la Muestra",
    "Beispiel",
    "Esempio",
    "Przykład",
    "Exempel",
    "Ejemplo",
    "Van Voorbeeld",
];
const KINDS: [&str; 7] = ["NotSet", "Home", "Office", "Cell", "Personal", "Fax", "Other"];
const CONSENTS: [&str; 5] = ["NotSet", "RequestSent", "OptedIn", "OptedOut", "Converted"];
const STREETS: [&str; 6] = ["Test St", "Mock Ave", "Sample Rd", "Fixture Ln", "Example Blvd", "Stub Ct"];

impl Maker {
    pub(super) fn tenant(&mut self) -> u32 {
        let index = self.people;
        self.people += 1;
        let (first, last) = self.name();
        let has = |every: usize, at: usize| index % every == at;
        let own = format!("{}.{index}@example.com", first.to_lowercase());
        let email = if has(NULL_EMAIL, 5) {
            None
        } else if has(SHARED_EMAIL, 0) || has(SHARED_EMAIL, 1) {
            // Two with one mailbox.
            Some(format!("household.{}@example.com", index / SHARED_EMAIL))
        } else {
            Some(own)
        };
        let sms = if has(NEW_WORD, 13) { Some("Paused") } else { self.pick(&CONSENTS) };
        let tenant = Tenant {
            id: 0,
            first_name: Some(first.into()),
            last_name: Some(last.into()),
            email: email.map(Word::from),
            alternate_email: has(9, 4).then(|| format!("also.{index}@example.org").into()),
            phone_numbers: self.phones(),
            created_date_time: Some(self.at),
            emergency_contact: self.emergency_contact(index),
            date_of_birth: self.rng.bool().then(|| self.birthday()),
            sms_opt_in_status: sms.map(Word::from),
            address: (!has(NULL_ADDRESS, 7)).then(|| self.address(index)),
            alternate_address: has(15, 2).then(|| self.address(index + 7)),
            mailing_preference: Some("PrimaryAddress".into()),
            comment: has(11, 6).then_some("Prefers a call after six.".into()),
            tax_id: (!has(3, 1)).then(|| TaxId(format!("000-00-{:04}", index % 10_000))),
        };
        self.store.insert(tenant, self.at)
    }

    /// Owners with one to three properties, the third of every ten a company.
    pub(super) fn owners(&mut self, properties: &[u32]) {
        let mut left = properties;
        let mut index = 0;
        while !left.is_empty() {
            let (own, rest) = left.split_at(left.len().min(1 + index % 3));
            left = rest;
            let owner = self.owner(index, own);
            self.store.insert(owner, self.at);
            index += 1;
        }
    }

    fn owner(&mut self, index: usize, properties: &[u32]) -> Owner {
        let (first, last) = self.name();
        let is_company = index % 10 == 2;
        let company = format!("{last} Holdings {index}");
        let payer = if is_company { company.clone() } else { format!("{first} {last}") };
        Owner {
            id: 0,
            is_company,
            is_active: true,
            first_name: (!is_company).then_some(first.into()),
            last_name: (!is_company).then_some(last.into()),
            company_name: is_company.then(|| company.into()),
            email: (index % NULL_EMAIL != 5).then(|| format!("owner.{index}@example.com").into()),
            alternate_email: None,
            phone_numbers: self.phones(),
            comment: None,
            address: (index % NULL_ADDRESS != 7).then(|| self.address(index)),
            management_agreement_start_date: Some(self.back(700)),
            management_agreement_end_date: (index % 4 == 1).then(|| self.ahead(200)),
            property_ids: properties.to_vec(),
            tax_information: TaxInformation {
                tax_payer_id_type: if is_company { "EIN" } else { "SSN" }.into(),
                tax_payer_id: Some(tax_payer(is_company, index)),
                tax_payer_name1: Some(payer.into()),
                tax_payer_name2: None,
                include_in1099: index.is_multiple_of(2),
                address: Some(self.address(index)),
            },
        }
    }

    pub(super) fn manager(&mut self, index: usize) -> Manager {
        let number = index % 7;
        Manager {
            id: 1 + u32::try_from(number).unwrap_or_default(),
            first_name: Some(FIRST[number].into()),
            last_name: Some(LAST[number].into()),
            company_name: None,
            is_company: false,
            email: Some(format!("manager.{number}@example.com").into()),
            phone_numbers: self.phones(),
            profile_photo_url: None,
        }
    }

    pub(super) fn address(&mut self, index: usize) -> Address {
        let street = self.pick(&STREETS).unwrap_or_default();
        Address {
            address_line1: Some(format!("{} {street}", 100 + index % 9_000).into()),
            address_line2: (index % 5 == 3).then(|| format!("Apt {}", 1 + index % 40).into()),
            address_line3: None,
            city: Some("Sampletown".into()),
            state: Some("AZ".into()),
            postal_code: Some("00000".into()),
            country: Some("UnitedStates".into()),
        }
    }

    pub(super) fn name(&mut self) -> (&'static str, &'static str) {
        (self.pick(&FIRST).unwrap_or_default(), self.pick(&LAST).unwrap_or_default())
    }

    /// None to three, in any order: the first may be a fax.
    pub(super) fn phones(&mut self) -> Vec<Phone> {
        (0..self.rng.usize(0..4))
            .map(|_| Phone { number: Some(self.number()), kind: self.pick(&KINDS).unwrap_or_default().into() })
            .collect()
    }

    /// Numbers reserved for fiction.
    fn number(&mut self) -> Word {
        format!("({}) 555-01{:02}", self.rng.u16(201..990), self.rng.u8(0..100)).into()
    }

    /// Some are known by name only, and some not at all.
    pub(super) fn emergency_contact(&mut self, index: usize) -> EmergencyContact {
        if index % 4 == 3 {
            return EmergencyContact::default();
        }
        let (first, last) = self.name();
        EmergencyContact {
            name: Some(format!("{first} {last}").into()),
            relationship_description: (index % 4 != 2).then_some("Sibling".into()),
            phone: index.is_multiple_of(4).then(|| self.number()),
            email: index.is_multiple_of(8).then(|| format!("in.case.{index}@example.net").into()),
        }
    }

    fn birthday(&mut self) -> Date {
        Date::new(self.rng.i16(1940..2008), self.rng.i8(1..13), self.rng.i8(1..29)).unwrap_or_default()
    }
}

/// Of a form no office gives out.
pub(super) fn tax_payer(is_company: bool, index: usize) -> TaxId {
    let number = index % 10_000;
    TaxId(if is_company { format!("00-000{number:04}") } else { format!("000-00-{number:04}") })
}
