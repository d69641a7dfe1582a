//! `PUT /v1/leases/tenants/{id}`: whatever is left out is blanked (section 4).

use super::body;
use crate::{
    answer::Ask,
    buildium::{
        State,
        call::{Call, Replied},
        hooks::Change,
        query::Query,
        records::{Address, EmergencyContact, Phone, TaxId, Tenant, Word},
        refusals::Refusal,
        streams::tenants,
    },
};
use jiff::civil::Date;
use serde::Deserialize;

/// Of states and provinces, which are checked for these countries and no other.
const UNITED_STATES: &str = "AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ \
                             NM NY NC ND OH OK OR PA PR RI SC SD TN TX UT VT VA VI WA WV WI WY";
const CANADA: &str = "AB BC MB NB NL NS NT NU ON PE QC SK YT";

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct TenantSave {
    first_name: Option<Word>,
    last_name: Option<Word>,
    email: Option<Word>,
    alternate_email: Option<Word>,
    phone_numbers: PhonesSave,
    emergency_contact: Option<EmergencyContact>,
    date_of_birth: Option<Date>,
    address: Option<Address>,
    alternate_address: Option<Address>,
    mailing_preference: Option<Word>,
    comment: Option<Word>,
    tax_id: Option<TaxId>,
}

/// Numbers are saved in another form than they are read.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct PhonesSave {
    home: Option<Word>,
    work: Option<Word>,
    mobile: Option<Word>,
    fax: Option<Word>,
}

impl PhonesSave {
    fn into_phones(self) -> Vec<Phone> {
        let all = [("Fax", self.fax), ("Office", self.work), ("Home", self.home), ("Cell", self.mobile)];
        let given = all.into_iter().filter_map(|(kind, number)| number.map(|number| (kind, number)));
        given.map(|(kind, number)| Phone { number: Some(number), kind: kind.into() }).collect()
    }
}

impl TenantSave {
    fn replace(self, tenant: &mut Tenant) {
        tenant.first_name = self.first_name;
        tenant.last_name = self.last_name;
        tenant.email = self.email;
        tenant.alternate_email = self.alternate_email;
        tenant.phone_numbers = self.phone_numbers.into_phones();
        tenant.emergency_contact = self.emergency_contact.unwrap_or_default();
        tenant.date_of_birth = self.date_of_birth;
        tenant.address = self.address;
        tenant.alternate_address = self.alternate_address;
        tenant.mailing_preference = self.mailing_preference;
        tenant.comment = self.comment;
        tenant.tax_id = self.tax_id;
    }
}

pub(in crate::buildium) fn replace(state: &mut State, id: u32, ask: &Ask, today: Date) -> Replied {
    state.store.get::<Tenant>(id).ok_or_else(Refusal::not_found)?;
    let save: TenantSave = body(ask)?;
    Wrong::of(&save).into_result()?;
    state.store.change(id, Some(ask.now), |tenant| save.replace(tenant)).ok_or_else(Refusal::not_found)?;
    state.tell_of::<Tenant>(Change::Updated, id, ask.now);
    state.usage.writes += 1;
    tenants::read(
        &Call { store: &state.store, query: Query(&ask.query), today, draw: 0, largest_page: state.largest_page },
        id,
    )
}

/// Everything that is wrong at once.
#[derive(Debug, Default)]
struct Wrong(Vec<(String, String)>);

impl Wrong {
    fn of(save: &TenantSave) -> Self {
        let mut wrong = Self::default();
        wrong.need("FirstName", save.first_name.as_ref());
        wrong.need("LastName", save.last_name.as_ref());
        match &save.address {
            Some(address) => wrong.address("Address", address),
            None => wrong.add("Address", "is required"),
        }
        if let Some(address) = &save.alternate_address {
            wrong.address("AlternateAddress", address);
        }
        let phones = &save.phone_numbers;
        for (kind, number) in
            [("Home", &phones.home), ("Work", &phones.work), ("Mobile", &phones.mobile), ("Fax", &phones.fax)]
        {
            if number.as_ref().is_some_and(|number| !(10..=20).contains(&number.chars().count())) {
                wrong.add(&format!("PhoneNumbers.{kind}"), "has to have 10 to 20 characters");
            }
        }
        wrong
    }

    fn address(&mut self, name: &str, address: &Address) {
        self.need(&format!("{name}.AddressLine1"), address.address_line1.as_ref());
        self.need(&format!("{name}.PostalCode"), address.postal_code.as_ref());
        self.need(&format!("{name}.Country"), address.country.as_ref());
        let known = match address.country.as_deref() {
            Some("UnitedStates") => UNITED_STATES,
            Some("Canada") => CANADA,
            _ => return,
        };
        if address.state.as_deref().is_some_and(|state| !known.split(' ').any(|one| one == state)) {
            self.add(&format!("{name}.State"), "is none of this country");
        }
    }

    fn need(&mut self, key: &str, value: Option<&Word>) {
        if value.is_none_or(|value| value.trim().is_empty()) {
            self.add(key, "is required");
        }
    }

    fn add(&mut self, key: &str, why: &str) {
        self.0.push((key.to_owned(), why.to_owned()));
    }

    fn into_result(self) -> Result<(), Refusal> {
        if self.0.is_empty() { Ok(()) } else { Err(Refusal::all_invalid(self.0)) }
    }
}
