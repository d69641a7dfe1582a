//! The writes there are: a tenant is replaced whole, a move-out is made and undone (sections 4 and 5).

use super::{
    State,
    call::{Call, Replied, json},
    query::Query,
    records::{Address, EmergencyContact, MoveOut, Phone, TaxId, Word},
    refusals::Refusal,
    streams::tenants,
};
use crate::answer::{Answer, Ask};
use jiff::civil::Date;
use serde::{Deserialize, de::DeserializeOwned};

/// Whatever is left out is blanked.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct TenantSave {
    first_name: Option<Word>,
    last_name: Option<Word>,
    email: Option<Word>,
    alternate_email: Option<Word>,
    phone_numbers: Option<PhonesSave>,
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

pub(super) fn replace_tenant(state: &mut State, id: u32, ask: &Ask, today: Date) -> Replied {
    let save: TenantSave = body(ask)?;
    check(&save)?;
    let row = state.store.tenants.row_mut(id).ok_or_else(Refusal::not_found)?;
    let tenant = &mut row.record;
    tenant.first_name = save.first_name;
    tenant.last_name = save.last_name;
    tenant.email = save.email;
    tenant.alternate_email = save.alternate_email;
    tenant.phone_numbers = save.phone_numbers.unwrap_or_default().into_phones();
    tenant.emergency_contact = save.emergency_contact.unwrap_or_default();
    tenant.date_of_birth = save.date_of_birth;
    tenant.address = save.address;
    tenant.alternate_address = save.alternate_address;
    tenant.mailing_preference = save.mailing_preference;
    tenant.comment = save.comment;
    tenant.tax_id = save.tax_id;
    row.updated = ask.now;
    state.usage.writes += 1;
    state.hooks.tell("LeaseTenant.Updated", &[("TenantId", id)], ask.now);
    tenants::read(&Call { store: &state.store, query: Query(&ask.query), today, draw: 0 }, id)
}

pub(super) fn create_move_out(state: &mut State, lease: u32, ask: &Ask, today: Date) -> Replied {
    let move_out: MoveOut = body(ask)?;
    let row = state.store.leases.row_mut(lease).ok_or_else(Refusal::not_found)?;
    let tenant = move_out.tenant_id;
    if !row.record.tenants.iter().any(|one| one.id == tenant) {
        return Err(Refusal::invalid("TenantId", "is not on this lease"));
    }
    if row.record.move_out_data.iter().any(|one| one.tenant_id == tenant) {
        return Err(Refusal::conflict("The tenant has a move-out already."));
    }
    let notice_given_date = move_out.notice_given_date.or(Some(today));
    let move_out = MoveOut { notice_given_date, ..move_out };
    row.record.move_out_data.push(move_out);
    row.updated = ask.now;
    state.usage.writes += 1;
    state.hooks.tell("Lease.MoveOut.Created", &[("LeaseId", lease), ("TenantId", tenant)], ask.now);
    Ok(json(201, &move_out).with_header("location", &format!("/v1/leases/{lease}/moveouts/{tenant}")))
}

/// Nobody is told.
pub(super) fn undo_move_out(state: &mut State, lease: u32, tenant: u32) -> Replied {
    state.forget_move_out(lease, tenant).ok_or_else(Refusal::not_found)?;
    state.usage.writes += 1;
    Ok(Answer::empty(204))
}

impl State {
    /// Takes a move-out back, without a word and without a new last update: nothing but reading the lease shows it.
    pub(super) fn forget_move_out(&mut self, lease: u32, tenant: u32) -> Option<()> {
        let row = self.store.leases.row_mut(lease)?;
        let at = row.record.move_out_data.iter().position(|one| one.tenant_id == tenant)?;
        row.record.move_out_data.remove(at);
        Some(())
    }
}

fn check(save: &TenantSave) -> Result<(), Refusal> {
    let mut wrong: Vec<(String, String)> = Vec::new();
    let mut need = |key: String, value: Option<&Word>| {
        if value.is_none_or(|value| value.trim().is_empty()) {
            wrong.push((key, "is required".to_owned()));
        }
    };
    need("FirstName".to_owned(), save.first_name.as_ref());
    need("LastName".to_owned(), save.last_name.as_ref());
    let addresses = [("Address", &save.address), ("AlternateAddress", &save.alternate_address)];
    for (name, address) in addresses.iter().filter_map(|(name, address)| address.as_ref().map(|it| (name, it))) {
        need(format!("{name}.AddressLine1"), address.address_line1.as_ref());
        need(format!("{name}.PostalCode"), address.postal_code.as_ref());
        need(format!("{name}.Country"), address.country.as_ref());
    }
    if let Some(phones) = &save.phone_numbers {
        let all = [("Home", &phones.home), ("Work", &phones.work), ("Mobile", &phones.mobile), ("Fax", &phones.fax)];
        for (kind, number) in all {
            if number.as_ref().is_some_and(|number| !(10..=20).contains(&number.chars().count())) {
                wrong.push((format!("PhoneNumbers.{kind}"), "has to have 10 to 20 characters".to_owned()));
            }
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(Refusal::all_invalid(wrong)) }
}

fn body<T: DeserializeOwned>(ask: &Ask) -> Result<T, Refusal> {
    let kind = ask.headers.get(http::header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("application/json") {
        return Err(Refusal::content_type());
    }
    let value: serde_json::Value = serde_json::from_slice(&ask.body).map_err(|_| Refusal::unreadable())?;
    serde_json::from_value(value).map_err(|why| Refusal::invalid("body", &why.to_string()))
}
