//! Sections 3.1, 4 and 6, as far as they are about associations.

use crate::support::company::{Company, company, day, fields, id, named, unhurried, with};
use lintel_sandbox::buildium::{
    Address, Association, AssociationOwner, AssociationTenant, AssociationUnit, BuildiumWorld, OwnershipAccount, Size,
};
use serde_json::{Value, json};

const ASSOCIATIONS: &str = "/v1/associations";
const UNITS: &str = "/v1/associations/units";
const OWNERS: &str = "/v1/associations/owners";
const TENANTS: &str = "/v1/associations/tenants";
const ACCOUNTS: &str = "/v1/associations/ownershipaccounts";

/// A unit, owned by one and lived in by another.
struct Neighbourhood {
    association: u32,
    unit: u32,
    owner: u32,
    account: u32,
    tenant: u32,
}

fn neighbourhood(company: &Company) -> Neighbourhood {
    let vendor = company.vendor();
    let association = vendor.add(Association { name: Some("Pine House Owners".into()), ..Association::default() });
    let unit_number = Some("4".into());
    let unit = vendor.add(AssociationUnit { association_id: association, unit_number, ..AssociationUnit::default() });
    let address = Address { city: Some("Sampletown".into()), ..Address::default() };
    let owner = vendor.add(AssociationOwner { primary_address: Some(address), ..AssociationOwner::default() });
    let account = vendor.add(OwnershipAccount {
        association_id: association,
        unit_id: unit,
        status: "Active".into(),
        date_of_purchase: day("2020-05-01"),
        association_owner_ids: vec![owner],
        ..OwnershipAccount::default()
    });
    let tenant = vendor.add(AssociationTenant {
        first_name: Some("Ray".into()),
        move_in_date: Some(day("2029-06-01")),
        ownership_account_ids: vec![account],
        ..AssociationTenant::default()
    });
    Neighbourhood { association, unit, owner, account, tenant }
}

#[tokio::test]
async fn records_have_the_sheets_fields() {
    let company = company().await;
    let here = neighbourhood(&company);
    let association = "Id Name IsActive Reserve Description YearBuilt OperatingBankAccount OperatingBankAccountId Address \
                       AssociationManager FiscalYearEndDay FiscalYearEndMonth TaxInformation";
    let unit = "Id AssociationId AssociationName UnitNumber Address UnitBedrooms UnitBathrooms UnitSize";
    let owner = "Id FirstName LastName Email AlternateEmail PhoneNumbers PrimaryAddress AlternateAddress Comment \
                 EmergencyContact OwnershipAccounts MailingPreference Vehicles OccupiesUnit BoardMemberTerms \
                 CreatedDateTime TaxId DelinquencyStatus";
    let tenant = "Id FirstName LastName Email AlternateEmail PhoneNumbers PrimaryAddress AlternateAddress Comment \
                  EmergencyContact OwnershipAccounts MoveInDate MoveOutDate CreatedDateTime";
    let account =
        "Id AssociationId UnitId Status DateOfPurchase DateOfSale Comments AssociationOwnerIds DelinquencyStatus";
    for (path, names) in [
        (format!("{ASSOCIATIONS}/{}", here.association), association),
        (format!("{UNITS}/{}", here.unit), unit),
        (format!("{OWNERS}/{}", here.owner), owner),
        (format!("{TENANTS}/{}", here.tenant), tenant),
        (format!("{ACCOUNTS}/{}", here.account), account),
    ] {
        let (status, record) = company.get(&path).await;
        assert_eq!((status, fields(&record)), (200, named(names)), "{path}");
    }
}

#[tokio::test]
async fn a_unit_has_accounts_accounts_have_owners_and_tenants_have_no_lease() {
    let company = company().await;
    let here = neighbourhood(&company);
    let (_, unit) = company.get(&format!("{UNITS}/{}", here.unit)).await;
    assert_eq!(unit["AssociationName"], "Pine House Owners");
    let (_, account) = company.get(&format!("{ACCOUNTS}/{}", here.account)).await;
    assert_eq!((&account["AssociationOwnerIds"], &account["DateOfSale"]), (&json!([here.owner]), &Value::Null));
    let (_, owner) = company.get(&format!("{OWNERS}/{}", here.owner)).await;
    assert_eq!((&owner["OwnershipAccounts"][0], &owner["PrimaryAddress"]["City"]), (&account, &json!("Sampletown")));
    let (_, tenant) = company.get(&format!("{TENANTS}/{}", here.tenant)).await;
    assert_eq!((&tenant["OwnershipAccounts"][0], &tenant["MoveInDate"]), (&account, &json!("2029-06-01")));
    company.vendor().delete::<AssociationOwner>(here.owner).unwrap();
    assert_eq!(company.get(&format!("{ACCOUNTS}/{}", here.account)).await.1["AssociationOwnerIds"], json!([]));
    company.vendor().delete::<Association>(here.association).unwrap();
    for path in [format!("{UNITS}/{}", here.unit), format!("{ACCOUNTS}/{}", here.account)] {
        assert_eq!(company.get(&path).await.0, 404, "{path}");
    }
}

#[tokio::test]
async fn all_but_accounts_know_what_changed() {
    let company = company().await;
    let here = neighbourhood(&company);
    company.pass(60);
    let vendor = company.vendor();
    let since = async |list: &str| company.page(&format!("{list}?lastupdatedfrom=2030-03-01T12:01:00Z")).await.1;
    for list in [ASSOCIATIONS, UNITS, OWNERS, TENANTS] {
        assert_eq!((since(list).await, company.page(list).await.1), (0, 1), "{list}");
    }
    assert_eq!(since(ACCOUNTS).await, 1, "whatever is asked");
    vendor.edit(here.unit, |_: &mut AssociationUnit| ()).unwrap();
    vendor.edit(here.owner, |_: &mut AssociationOwner| ()).unwrap();
    vendor.edit(here.tenant, |_: &mut AssociationTenant| ()).unwrap();
    for list in [UNITS, OWNERS, TENANTS] {
        assert_eq!(since(list).await, 1, "{list}");
    }
}

#[tokio::test]
async fn each_kind_has_its_events() {
    let company = company().await;
    company.vendor().subscribe("https://hub.example.com/webhooks", "a-secret").unwrap();
    let here = neighbourhood(&company);
    company.pass(4);
    let mut told: Vec<Value> =
        company.vendor().take_webhooks().iter().map(|one| serde_json::from_slice(&one.body).unwrap()).collect();
    told.sort_by_key(|event| event["EventName"].to_string());
    let expected = [
        ("Association.Created", "PropertyId", here.association),
        ("AssociationOwner.Created", "OwnerId", here.owner),
        ("AssociationTenant.Created", "TenantId", here.tenant),
        ("AssociationUnit.Created", "UnitId", here.unit),
        ("OwnershipAccount.Created", "OwnershipAccountId", here.account),
    ];
    assert_eq!(told.len(), expected.len());
    for (event, (name, key, id)) in told.iter().zip(expected) {
        assert_eq!((&event["EventName"], &event[key]), (&json!(name), &json!(id)));
    }
}

#[tokio::test]
async fn a_sample_account_has_neighbourhoods() {
    let size = Size { properties: 60, ..Size::default() };
    let company = with(unhurried(), BuildiumWorld::sample(7, size)).await;
    assert_eq!(company.page(ASSOCIATIONS).await.1, 2);
    assert_eq!(company.page(UNITS).await.1, 12);
    let (accounts, total) = company.page(&format!("{ACCOUNTS}?orderby=Id")).await;
    assert_eq!((accounts.len(), total), (16, 16), "four units were sold once");
    let sold = accounts.iter().filter(|account| account["Status"] == "Past" && account["DateOfSale"].is_string());
    assert_eq!(sold.count(), 4);
    let owners: Vec<u32> = company.page(&format!("{OWNERS}?orderby=Id")).await.0.iter().map(id).collect();
    let named: Vec<Value> = accounts.iter().map(|account| account["AssociationOwnerIds"][0].clone()).collect();
    assert_eq!(json!(owners), json!(named));
    assert_eq!(company.page(TENANTS).await.1, 2);
}
