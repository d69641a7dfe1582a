//! Which call goes where. Paths are case-sensitive, and without a version there is nothing (section 1).

use super::{
    Access, ApiKey, Area, State,
    call::{Call, Replied},
    query::{LONGEST, Query},
    records::{Association, AssociationOwner, AssociationTenant, AssociationUnit, OwnershipAccount},
    refusals::Refusal,
    streams::{account, associations, leases, listings, owners, properties, tenants, units},
    writes,
};
use crate::answer::Ask;
use jiff::civil::Date;

/// What a path names.
#[derive(Clone, Copy, Debug)]
enum Place {
    Rentals,
    Rental(u32),
    RentalAmenities(u32),
    Inactivation(u32),
    Units,
    Unit(u32),
    UnitAmenities(u32),
    Listings,
    Listing(u32),
    Owners,
    Owner(u32),
    Tenants,
    Tenant(u32),
    Leases,
    Lease(u32),
    MoveOuts(u32),
    MoveOut(u32, u32),
    Associations,
    Association(u32),
    AssociationUnits,
    AssociationUnit(u32),
    AssociationOwners,
    AssociationOwner(u32),
    AssociationTenants,
    AssociationTenant(u32),
    OwnershipAccounts,
    OwnershipAccount(u32),
    Account,
}

/// The route's name for the counters, and the answer.
pub(super) fn answer(state: &mut State, ask: &Ask, key: &ApiKey, today: Date) -> (String, Replied) {
    let method = ask.method.as_str();
    if ask.query_length > LONGEST {
        return (format!("{method} too long"), Err(Refusal::query_too_long()));
    }
    let Some(place) = place(&ask.segments()) else {
        return (format!("{method} unknown"), Err(Refusal::not_found()));
    };
    let route = format!("{method} {}", place.route());
    let (area, access) = (place.area(), access(method));
    if !access.is_some_and(|access| key.grants.contains(&(area, access))) {
        let refusal = if access.is_none() { Refusal::no_method() } else { Refusal::forbidden() };
        return (route, Err(refusal));
    }
    (route, dispatch(state, ask, place, today))
}

fn dispatch(state: &mut State, ask: &Ask, place: Place, today: Date) -> Replied {
    match (ask.method.as_str(), place) {
        ("GET", Place::Account) => Ok(account::read(&state.company)),
        ("GET", place) => {
            let draw = state.usage.asked;
            let State { store, largest_page, .. } = state;
            read(&Call { store, query: Query(&ask.query), today, draw, largest_page: *largest_page }, place)
        }
        ("PUT", Place::Tenant(id)) => writes::tenants::replace(state, id, ask, today),
        ("POST", Place::MoveOuts(lease)) => writes::move_outs::create(state, lease, ask, today),
        ("DELETE", Place::MoveOut(lease, tenant)) => writes::move_outs::undo(state, lease, tenant, ask),
        ("PUT", Place::Listing(unit)) => writes::listings::save(state, unit, ask, today),
        ("DELETE", Place::Listing(unit)) => writes::listings::take_down(state, unit, ask),
        ("POST", Place::Inactivation(id)) => writes::rentals::inactivate(state, id, ask),
        _ => Err(Refusal::no_method()),
    }
}

fn read(call: &Call<'_>, place: Place) -> Replied {
    if call.query.has_miscased_paging() {
        return Err(Refusal::not_found());
    }
    match place {
        Place::Rentals => properties::list(call),
        Place::Rental(id) => properties::read(call, id),
        Place::RentalAmenities(id) => properties::amenities(call, id),
        Place::Units => units::list(call),
        Place::Unit(id) => units::read(call, id),
        Place::UnitAmenities(id) => units::amenities(call, id),
        Place::Listings => listings::list(call),
        Place::Listing(id) => listings::read(call, id),
        Place::Owners => owners::list(call),
        Place::Owner(id) => owners::read(call, id),
        Place::Tenants => tenants::list(call),
        Place::Tenant(id) => tenants::read(call, id),
        Place::Leases => leases::list(call),
        Place::Lease(id) => leases::read(call, id),
        Place::MoveOuts(id) => leases::move_outs(call, id),
        Place::MoveOut(id, tenant) => leases::move_out(call, id, tenant),
        Place::Associations => associations::list::<Association>(call),
        Place::Association(id) => associations::read::<Association>(call, id),
        Place::AssociationUnits => associations::list::<AssociationUnit>(call),
        Place::AssociationUnit(id) => associations::read::<AssociationUnit>(call, id),
        Place::AssociationOwners => associations::list::<AssociationOwner>(call),
        Place::AssociationOwner(id) => associations::read::<AssociationOwner>(call, id),
        Place::AssociationTenants => associations::list::<AssociationTenant>(call),
        Place::AssociationTenant(id) => associations::read::<AssociationTenant>(call, id),
        Place::OwnershipAccounts => associations::list_accounts(call),
        Place::OwnershipAccount(id) => associations::read::<OwnershipAccount>(call, id),
        Place::Inactivation(_) | Place::Account => Err(Refusal::no_method()),
    }
}

fn access(method: &str) -> Option<Access> {
    Some(match method {
        "GET" => Access::View,
        "POST" | "PUT" | "PATCH" => Access::Edit,
        "DELETE" => Access::Delete,
        _ => return None,
    })
}

fn place(parts: &[&str]) -> Option<Place> {
    let ["v1", parts @ ..] = parts else { return None };
    let number = |text: &str| text.parse::<u32>().ok();
    Some(match parts {
        ["rentals"] => Place::Rentals,
        ["rentals", "units"] => Place::Units,
        ["rentals", "units", "listings"] => Place::Listings,
        ["rentals", "units", id] => Place::Unit(number(id)?),
        ["rentals", "units", id, "amenities"] => Place::UnitAmenities(number(id)?),
        ["rentals", "units", id, "listing"] => Place::Listing(number(id)?),
        ["rentals", "owners"] => Place::Owners,
        ["rentals", "owners", id] => Place::Owner(number(id)?),
        ["rentals", id] => Place::Rental(number(id)?),
        ["rentals", id, "amenities"] => Place::RentalAmenities(number(id)?),
        ["rentals", id, "inactivationrequest"] => Place::Inactivation(number(id)?),
        ["leases"] => Place::Leases,
        ["leases", "tenants"] => Place::Tenants,
        ["leases", "tenants", id] => Place::Tenant(number(id)?),
        ["leases", id] => Place::Lease(number(id)?),
        ["leases", id, "moveouts"] => Place::MoveOuts(number(id)?),
        ["leases", id, "moveouts", tenant] => Place::MoveOut(number(id)?, number(tenant)?),
        ["associations"] => Place::Associations,
        ["associations", "units"] => Place::AssociationUnits,
        ["associations", "units", id] => Place::AssociationUnit(number(id)?),
        ["associations", "owners"] => Place::AssociationOwners,
        ["associations", "owners", id] => Place::AssociationOwner(number(id)?),
        ["associations", "tenants"] => Place::AssociationTenants,
        ["associations", "tenants", id] => Place::AssociationTenant(number(id)?),
        ["associations", "ownershipaccounts"] => Place::OwnershipAccounts,
        ["associations", "ownershipaccounts", id] => Place::OwnershipAccount(number(id)?),
        ["associations", id] => Place::Association(number(id)?),
        ["administration", "account"] => Place::Account,
        _ => return None,
    })
}

impl Place {
    fn route(self) -> &'static str {
        match self {
            Self::Rentals => "/v1/rentals",
            Self::Rental(_) => "/v1/rentals/{id}",
            Self::RentalAmenities(_) => "/v1/rentals/{id}/amenities",
            Self::Inactivation(_) => "/v1/rentals/{id}/inactivationrequest",
            Self::Units => "/v1/rentals/units",
            Self::Unit(_) => "/v1/rentals/units/{id}",
            Self::UnitAmenities(_) => "/v1/rentals/units/{id}/amenities",
            Self::Listings => "/v1/rentals/units/listings",
            Self::Listing(_) => "/v1/rentals/units/{id}/listing",
            Self::Owners => "/v1/rentals/owners",
            Self::Owner(_) => "/v1/rentals/owners/{id}",
            Self::Tenants => "/v1/leases/tenants",
            Self::Tenant(_) => "/v1/leases/tenants/{id}",
            Self::Leases => "/v1/leases",
            Self::Lease(_) => "/v1/leases/{id}",
            Self::MoveOuts(_) => "/v1/leases/{id}/moveouts",
            Self::MoveOut(..) => "/v1/leases/{id}/moveouts/{id}",
            Self::Associations => "/v1/associations",
            Self::Association(_) => "/v1/associations/{id}",
            Self::AssociationUnits => "/v1/associations/units",
            Self::AssociationUnit(_) => "/v1/associations/units/{id}",
            Self::AssociationOwners => "/v1/associations/owners",
            Self::AssociationOwner(_) => "/v1/associations/owners/{id}",
            Self::AssociationTenants => "/v1/associations/tenants",
            Self::AssociationTenant(_) => "/v1/associations/tenants/{id}",
            Self::OwnershipAccounts => "/v1/associations/ownershipaccounts",
            Self::OwnershipAccount(_) => "/v1/associations/ownershipaccounts/{id}",
            Self::Account => "/v1/administration/account",
        }
    }

    fn area(self) -> Area {
        match self {
            Self::Rentals
            | Self::Rental(_)
            | Self::RentalAmenities(_)
            | Self::Inactivation(_)
            | Self::Units
            | Self::Unit(_)
            | Self::UnitAmenities(_) => Area::PropertiesAndUnits,
            Self::Listings | Self::Listing(_) => Area::Listings,
            Self::Owners | Self::Owner(_) => Area::RentalOwners,
            Self::Tenants | Self::Tenant(_) => Area::Tenants,
            Self::Leases | Self::Lease(_) | Self::MoveOuts(_) | Self::MoveOut(..) => Area::Leases,
            Self::Associations
            | Self::Association(_)
            | Self::AssociationUnits
            | Self::AssociationUnit(_)
            | Self::AssociationOwners
            | Self::AssociationOwner(_)
            | Self::AssociationTenants
            | Self::AssociationTenant(_)
            | Self::OwnershipAccounts
            | Self::OwnershipAccount(_) => Area::Associations,
            Self::Account => Area::AccountInformation,
        }
    }
}
