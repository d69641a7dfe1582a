//! Section 4.

use crate::support::company::{LEASES, OWNERS, RENTALS, TENANTS, UNITS, company, day, fields, named};
use lintel_sandbox::buildium::{
    Address, Cosigner, EmergencyContact, Lease, Listing, ListingContact, Owner, Phone, Property, TaxId, Tenant, Unit,
};
use serde_json::{Value, json};

const TENANT: &str = "Id FirstName LastName Email AlternateEmail PhoneNumbers CreatedDateTime EmergencyContact DateOfBirth \
                      SMSOptInStatus Address AlternateAddress MailingPreference Leases Comment TaxId";
const LEASE: &str = "Id PropertyId UnitId UnitNumber LeaseFromDate LeaseToDate LeaseType LeaseStatus IsEvictionPending \
                     TermType RenewalOfferStatus CurrentTenants CurrentNumberOfOccupants AccountDetails Cosigners \
                     AutomaticallyMoveOutTenants CreatedDateTime LastUpdatedDateTime MoveOutData PaymentDueDay Tenants";
const RENTAL: &str = "Id Name StructureDescription NumberUnits IsActive OperatingBankAccountId Reserve Address YearBuilt \
                      RentalType RentalSubType RentalManager";
const UNIT: &str = "Id PropertyId BuildingName UnitNumber Description MarketRent Address UnitBedrooms UnitBathrooms \
                    UnitSize IsUnitListed IsUnitOccupied";
const OWNER: &str = "Id IsCompany IsActive FirstName LastName CompanyName Email AlternateEmail PhoneNumbers Comment Address \
                     ManagementAgreementStartDate ManagementAgreementEndDate PropertyIds TaxInformation";
const LISTING: &str = "ListingDate Rent Deposit LeaseTerms AvailableDate IsManagedExternally RentalApplicationUrl Contact \
                       Property Unit";

#[tokio::test]
async fn records_have_the_sheets_fields_and_no_others() {
    let company = company().await;
    let home = company.home("1", 1);
    let owner = company.owner(&[home.property]);
    company.vendor().list_unit(home.unit, Listing::default()).unwrap();
    for (path, names) in [
        (format!("{TENANTS}/{}", home.tenants[0]), TENANT),
        (format!("{LEASES}/{}", home.lease), LEASE),
        (format!("{RENTALS}/{}", home.property), RENTAL),
        (format!("{UNITS}/{}", home.unit), UNIT),
        (format!("{OWNERS}/{owner}"), OWNER),
        (format!("{UNITS}/{}/listing", home.unit), LISTING),
    ] {
        let (status, record) = company.get(&path).await;
        assert_eq!((status, fields(&record)), (200, named(names)), "{path}");
    }
    let (_, tenant) = company.get(&format!("{TENANTS}/{}", home.tenants[0])).await;
    assert_eq!(fields(&tenant["Leases"][0]), named(LEASE), "whole leases stand with a tenant");
    assert_eq!(fields(&tenant["EmergencyContact"]), named("Name RelationshipDescription Phone Email"));
    let (_, lease) = company.get(&format!("{LEASES}/{}", home.lease)).await;
    assert_eq!(fields(&lease["CurrentTenants"][0]), named(TENANT), "whole tenants stand with a lease");
    assert_eq!(fields(&lease["AccountDetails"]), ["Rent", "SecurityDeposit"]);
    let (_, rental) = company.get(&format!("{RENTALS}/{}", home.property)).await;
    let manager = "Id FirstName LastName CompanyName IsCompany Email PhoneNumbers ProfilePhotoUrl";
    assert_eq!(fields(&rental["RentalManager"]), named(manager));
    let (_, owner) = company.get(&format!("{OWNERS}/{owner}")).await;
    let tax = "TaxPayerIdType TaxPayerId TaxPayerName1 TaxPayerName2 IncludeIn1099 Address";
    assert_eq!(fields(&owner["TaxInformation"]), named(tax));
}

#[tokio::test]
async fn a_tenant_may_have_next_to_nothing_or_everything() {
    let company = company().await;
    let bare = company.vendor().add(Tenant::default());
    let (_, tenant) = company.get(&format!("{TENANTS}/{bare}")).await;
    for name in
        ["FirstName", "LastName", "Email", "Address", "AlternateAddress", "DateOfBirth", "SMSOptInStatus", "TaxId"]
    {
        assert_eq!(tenant[name], Value::Null, "{name}");
    }
    assert_eq!((&tenant["PhoneNumbers"], &tenant["Leases"]), (&json!([]), &json!([])));
    assert_eq!(tenant["EmergencyContact"]["Name"], Value::Null);
    assert_eq!(tenant["CreatedDateTime"], "2030-03-01T12:00:00Z");
    let phone = |kind: &'static str, number: &'static str| Phone { number: Some(number.into()), kind: kind.into() };
    let full = company.vendor().add(Tenant {
        first_name: Some("Ann".into()),
        email: Some("ann@example.com".into()),
        phone_numbers: vec![phone("Fax", "(602) 555-0111"), phone("Cell", "(602) 555-0122")],
        emergency_contact: EmergencyContact { name: Some("Bea Sample".into()), ..EmergencyContact::default() },
        date_of_birth: Some(day("1990-02-28")),
        sms_opt_in_status: Some("Paused".into()),
        address: Some(Address { country: Some("UnitedStates".into()), ..Address::default() }),
        tax_id: Some(TaxId("000-00-0001".to_owned())),
        ..Tenant::default()
    });
    let (_, tenant) = company.get(&format!("{TENANTS}/{full}")).await;
    assert_eq!(tenant["PhoneNumbers"][0], json!({ "Number": "(602) 555-0111", "Type": "Fax" }), "the first is a fax");
    assert_eq!((&tenant["DateOfBirth"], &tenant["TaxId"]), (&json!("1990-02-28"), &json!("000-00-0001")));
    assert_eq!(tenant["SMSOptInStatus"], "Paused", "words the specification does not know");
    let address = "AddressLine1 AddressLine2 AddressLine3 City State PostalCode Country";
    assert_eq!(fields(&tenant["Address"]), named(address));
    let kept = company.vendor().get::<Tenant>(full).unwrap();
    assert!(!format!("{kept:?}").contains("0001"), "a tax number is in no log");
}

#[tokio::test]
async fn a_lease_names_who_lives_there_and_numbers_everybody_there_ever_was() {
    let company = company().await;
    let home = company.home("1", 2);
    let next = company.tenant("Cleo", "Sample");
    let vendor = company.vendor();
    vendor.move_in(home.lease, next, day("2030-06-01")).unwrap();
    vendor.move_out(home.lease, home.tenants[1]).unwrap();
    let (_, lease) = company.get(&format!("{LEASES}/{}", home.lease)).await;
    let one = |id: u32, status: &str, day: &str| json!({ "Id": id, "Status": status, "MoveInDate": day });
    assert_eq!(
        lease["Tenants"],
        json!([
            one(home.tenants[0], "Current", "2030-01-01"),
            one(home.tenants[1], "MovedOut", "2030-01-01"),
            one(next, "Future", "2030-06-01")
        ])
    );
    assert_eq!((&lease["LeaseStatus"], &lease["CurrentNumberOfOccupants"]), (&json!("Active"), &json!(1)));
    assert_eq!(lease["CurrentTenants"].as_array().unwrap().len(), 1);
    assert_eq!(lease["CurrentTenants"][0]["LastName"], "Sample 0");
    let (status, future) = company.get(&format!("{TENANTS}/{next}")).await;
    assert_eq!((status, &future["FirstName"]), (200, &json!("Cleo")), "names of the others are with themselves");
}

#[tokio::test]
async fn several_leases_of_a_unit_at_once_are_normal() {
    let company = company().await;
    let home = company.home("1", 1);
    let renewed = company.lease(home.property, home.unit, ("2031-01-01", "2031-12-31"), &home.tenants);
    let roommate = company.tenant("Ray", "Sample");
    let room = company.lease(home.property, home.unit, ("2030-02-01", "2030-12-31"), &[roommate]);
    let before = company.lease(home.property, home.unit, ("2029-01-01", "2029-12-31"), &[roommate]);
    assert_eq!(company.ids(&format!("{LEASES}?leasestatuses=Active")).await, [home.lease, room]);
    let (_, tenant) = company.get(&format!("{TENANTS}/{roommate}")).await;
    let statuses: Vec<&Value> = tenant["Leases"].as_array().unwrap().iter().map(|it| &it["LeaseStatus"]).collect();
    assert_eq!(statuses, ["Active", "Past"], "leases of all statuses");
    assert_eq!(company.vendor().leases_of(roommate), [room, before]);
    assert_eq!(company.vendor().leases_of(home.tenants[0]), [home.lease, renewed]);
}

#[tokio::test]
async fn owners_in_residence_leases_at_will_and_cosigners() {
    let company = company().await;
    let home = company.home("1", 1);
    let cosigner = Cosigner { id: 5, email: Some("cora@example.com".into()), ..Cosigner::default() };
    let change = |lease: &mut Lease| {
        lease.term_type = "Owner".into();
        lease.lease_type = "AtWill".into();
        lease.lease_to_date = None;
        lease.cosigners = vec![cosigner];
    };
    company.vendor().edit(home.lease, change).unwrap();
    let (_, lease) = company.get(&format!("{LEASES}/{}", home.lease)).await;
    assert_eq!((&lease["TermType"], &lease["LeaseToDate"]), (&json!("Owner"), &Value::Null));
    assert_eq!(lease["Cosigners"][0]["Email"], "cora@example.com");
    company.pass(20 * 365 * 86_400);
    assert_eq!(company.get(&format!("{LEASES}/{}", home.lease)).await.1["LeaseStatus"], "Active");
}

#[tokio::test]
async fn a_rental_counts_its_units_and_tells_amenities_apart() {
    let company = company().await;
    let home = company.home("1", 0);
    let vendor = company.vendor();
    let second =
        vendor.add(Unit { property_id: home.property, features: vec!["Dishwasher".into()], ..Unit::default() });
    let change = |property: &mut Property| {
        property.features = vec!["Pool".into()];
        property.included_in_rent = vec!["Water".into(), "Trash".into()];
        property.rental_sub_type = "StudentHousing".into();
    };
    vendor.edit(home.property, change).unwrap();
    let (_, rental) = company.get(&format!("{RENTALS}/{}", home.property)).await;
    assert_eq!((&rental["NumberUnits"], &rental["RentalSubType"]), (&json!(2), &json!("StudentHousing")));
    let (status, amenities) = company.get(&format!("{RENTALS}/{}/amenities", home.property)).await;
    assert_eq!((status, amenities), (200, json!({ "Features": ["Pool"], "IncludedInRent": ["Water", "Trash"] })));
    let (_, amenities) = company.get(&format!("{UNITS}/{second}/amenities")).await;
    assert_eq!(amenities, json!({ "Features": ["Dishwasher"], "IncludedInRent": [] }));
    assert_eq!(company.get(&format!("{UNITS}/77/amenities")).await.0, 404);
    vendor.delete::<Unit>(second).unwrap();
    assert_eq!(company.get(&format!("{RENTALS}/{}", home.property)).await.1["NumberUnits"], 1);
}

#[tokio::test]
async fn a_unit_says_rooms_in_words() {
    let company = company().await;
    let unit = company.vendor().add(Unit {
        unit_bedrooms: Some("TwoBed".into()),
        unit_bathrooms: Some("OnePointFiveBath".into()),
        market_rent: Some(1_450.0),
        unit_size: Some(820),
        ..Unit::default()
    });
    let (_, unit) = company.get(&format!("{UNITS}/{unit}")).await;
    assert_eq!((&unit["UnitBedrooms"], &unit["UnitBathrooms"]), (&json!("TwoBed"), &json!("OnePointFiveBath")));
    assert_eq!((&unit["MarketRent"], &unit["UnitSize"]), (&json!(1_450.0), &json!(820)));
    let bare = company.vendor().add(Unit::default());
    let (_, unit) = company.get(&format!("{UNITS}/{bare}")).await;
    assert_eq!((&unit["UnitBedrooms"], &unit["Address"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn a_listing_shows_its_unit_and_property() {
    let company = company().await;
    let homes = ["1", "2", "3"].map(|number| company.home(number, 0));
    let vendor = company.vendor();
    let contact = ListingContact { id: 1, name: Some("Leasing Office".into()), ..ListingContact::default() };
    let listing = Listing { rent: 1_500.0, available_date: day("2030-04-01"), ..Listing::default() };
    vendor.list_unit(homes[0].unit, Listing { contact: Some(contact), ..listing.clone() }).unwrap();
    vendor.list_unit(homes[2].unit, Listing { is_managed_externally: true, ..listing }).unwrap();
    let (page, total) = company.page(&format!("{UNITS}/listings?limit=1")).await;
    assert_eq!((page.len(), total), (1, 2));
    let property = "Id Name Address NumberUnits StructureDescription YearBuilt Features IncludedInRent Files";
    let unit = "Id UnitNumber Address UnitBedrooms UnitBathrooms UnitSize Description MarketRent Features Files";
    assert_eq!(fields(&page[0]["Property"]), named(property));
    assert_eq!(fields(&page[0]["Unit"]), named(unit));
    assert_eq!(
        (&page[0]["Unit"]["Id"], &page[0]["Property"]["Id"]),
        (&json!(homes[0].unit), &json!(homes[0].property))
    );
    assert_eq!((&page[0]["Rent"], &page[0]["Contact"]["Name"]), (&json!(1_500.0), &json!("Leasing Office")));
    let (_, elsewhere) = company.get(&format!("{UNITS}/{}/listing", homes[2].unit)).await;
    assert_eq!((&elsewhere["IsManagedExternally"], &elsewhere["Contact"]), (&json!(true), &Value::Null));
    assert_eq!(company.get(&format!("{UNITS}/{}/listing", homes[1].unit)).await.0, 404);
}

#[tokio::test]
async fn an_owner_is_a_person_or_a_company_with_properties() {
    let company = company().await;
    let homes = ["1", "2"].map(|number| company.home(number, 0).property);
    let holding = company.vendor().add(Owner {
        is_company: true,
        company_name: Some("Sample Holdings".into()),
        property_ids: homes.to_vec(),
        management_agreement_end_date: Some(day("2030-12-31")),
        ..Owner::default()
    });
    let (_, owner) = company.get(&format!("{OWNERS}/{holding}")).await;
    assert_eq!((&owner["CompanyName"], &owner["FirstName"]), (&json!("Sample Holdings"), &Value::Null));
    assert_eq!((&owner["PropertyIds"], &owner["Address"]), (&json!(homes), &Value::Null));
    assert_eq!(owner["ManagementAgreementEndDate"], "2030-12-31");
    company.vendor().delete::<Property>(homes[0]).unwrap();
    assert_eq!(company.get(&format!("{OWNERS}/{holding}")).await.1["PropertyIds"], json!([homes[1]]));
    assert_eq!(company.ids(&format!("{OWNERS}?propertyids={}", homes[1])).await, [holding]);
}

#[tokio::test]
async fn ids_of_one_kind_are_ids_of_another() {
    let company = company().await;
    let home = company.home("1", 1);
    let owner = company.owner(&[home.property]);
    assert_eq!([home.unit, home.property, home.lease, owner], [home.tenants[0]; 4]);
}
