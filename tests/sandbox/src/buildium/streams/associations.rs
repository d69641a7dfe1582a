//! `/v1/associations` and what is below: units, owners, tenants and ownership accounts.

use crate::buildium::{
    call::{Call, Replied, found},
    kept::Kept,
    order::{Key, SortBy, Sorted},
    records::{Association, AssociationOwner, AssociationTenant, AssociationUnit, OwnershipAccount, Word},
    store::{Link, Store},
    table::Row,
};
use serde::Serialize;

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct UnitMessage<'a> {
    #[serde(flatten)]
    record: &'a AssociationUnit,
    association_name: Option<&'a Word>,
}

/// The sheet names vehicles and terms of board members, and not what is in them: nobody has any here.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct OwnerMessage<'a> {
    #[serde(flatten)]
    record: &'a AssociationOwner,
    ownership_accounts: Vec<&'a OwnershipAccount>,
    vehicles: [(); 0],
    board_member_terms: [(); 0],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct TenantMessage<'a> {
    #[serde(flatten)]
    record: &'a AssociationTenant,
    ownership_accounts: Vec<&'a OwnershipAccount>,
}

/// What the API says of a record.
pub(in crate::buildium) trait Told: Kept + Sorted {
    fn told<'a>(store: &'a Store, record: &'a Self) -> impl Serialize + 'a;
}

/// By change, and by nothing else.
pub(in crate::buildium) fn list<T: Told>(call: &Call<'_>) -> Replied {
    let updated = call.query.instants("lastupdated")?;
    call.page(T::table(call.store), |row| updated.holds(&row.updated), |row| T::told(call.store, &row.record))
}

/// Only `datefrom` and `dateto` could be asked of them, and the sheet does not say of which date.
pub(in crate::buildium) fn list_accounts(call: &Call<'_>) -> Replied {
    call.page(&call.store.ownership_accounts, |_| true, |row| &row.record)
}

pub(in crate::buildium) fn read<T: Told>(call: &Call<'_>, id: u32) -> Replied {
    found(call.store.get::<T>(id).map(|record| T::told(call.store, record)))
}

impl Told for Association {
    fn told<'a>(_store: &'a Store, record: &'a Self) -> impl Serialize + 'a {
        record
    }
}

impl Told for OwnershipAccount {
    fn told<'a>(_store: &'a Store, record: &'a Self) -> impl Serialize + 'a {
        record
    }
}

impl Told for AssociationUnit {
    fn told<'a>(store: &'a Store, record: &'a Self) -> impl Serialize + 'a {
        let association = store.get::<Association>(record.association_id);
        UnitMessage { record, association_name: association.and_then(|association| association.name.as_ref()) }
    }
}

impl Told for AssociationOwner {
    fn told<'a>(store: &'a Store, record: &'a Self) -> impl Serialize + 'a {
        let accounts = store.linked(Link::AccountOfOwner, record.id).iter().filter_map(|id| store.get(*id));
        OwnerMessage { record, ownership_accounts: accounts.collect(), vehicles: [], board_member_terms: [] }
    }
}

impl Told for AssociationTenant {
    fn told<'a>(store: &'a Store, record: &'a Self) -> impl Serialize + 'a {
        let accounts = record.ownership_account_ids.iter().filter_map(|id| store.get(*id));
        TenantMessage { record, ownership_accounts: accounts.collect() }
    }
}

impl Sorted for Association {
    const SORTS: &'static [SortBy<Self>] = &[by_id(), ("name", |row| Key::text(row.record.name.as_deref()))];
}

impl Sorted for AssociationUnit {
    const SORTS: &'static [SortBy<Self>] =
        &[by_id(), ("unitnumber", |row| Key::text(row.record.unit_number.as_deref()))];
}

impl Sorted for AssociationOwner {
    const SORTS: &'static [SortBy<Self>] = &[by_id(), ("lastname", |row| Key::text(row.record.last_name.as_deref()))];
}

impl Sorted for AssociationTenant {
    const SORTS: &'static [SortBy<Self>] = &[by_id(), ("lastname", |row| Key::text(row.record.last_name.as_deref()))];
}

impl Sorted for OwnershipAccount {
    const SORTS: &'static [SortBy<Self>] =
        &[by_id(), ("dateofpurchase", |row| Key::day(Some(row.record.date_of_purchase)))];
}

const fn by_id<T: Kept>() -> SortBy<T> {
    ("id", |row: &Row<T>| Key::Id(row.record.id()))
}
