//! Section 3.1.

use crate::support::company::{Company, LEASES, OWNERS, RENTALS, TENANTS, UNITS, company, day};
use lintel_sandbox::buildium::{Association, Lease, Listing, Owner, Property, Tenant, Unit};
use serde_json::{Value, json};

const NOON: &str = "2030-03-01T12:00:00Z";

async fn since(company: &Company, list: &str, from: &str) -> usize {
    company.page(&format!("{list}?lastupdatedfrom={from}")).await.1
}

fn listing() -> Listing {
    Listing { rent: 1_500.0, listing_date: day("2030-03-01"), available_date: day("2030-04-01"), ..Listing::default() }
}

#[tokio::test]
async fn both_ends_of_a_window_are_in_it() {
    let company = company().await;
    let early = company.tenant("Ann", "Sample");
    company.pass(60);
    let late = company.tenant("Bea", "Sample");
    let window = async |from: &str, to: &str| {
        company.ids(&format!("{TENANTS}?lastupdatedfrom=2030-03-01T{from}Z&lastupdatedto=2030-03-01T{to}Z")).await
    };
    assert_eq!(window("12:00:00", "12:01:00").await, [early, late]);
    assert_eq!(window("12:00:01", "12:01:00").await, [late]);
    assert_eq!(window("12:00:00", "12:00:59").await, [early]);
    assert!(window("12:00:01", "12:00:59").await.is_empty());
    for form in ["2030-03-01", "2030-03-01 12:00:00", "2030-03-01T12:00:00", "2030-03-01T12:00:00.5Z"] {
        assert_eq!(company.get(&format!("{TENANTS}?lastupdatedfrom={form}")).await.0, 422, "{form}");
    }
}

#[tokio::test]
async fn every_core_list_knows_what_changed_and_only_leases_tell_when() {
    let company = company().await;
    let home = company.home("1", 1);
    let owner = company.owner(&[home.property]);
    let association = company.vendor().add(Association::default());
    company.pass(3_600);
    let vendor = company.vendor();
    let one_o_clock = "2030-03-01T13:00:00Z";
    let lists = [TENANTS, LEASES, RENTALS, UNITS, OWNERS, "/v1/associations"];
    for list in lists {
        assert_eq!((since(&company, list, NOON).await, since(&company, list, one_o_clock).await), (1, 0), "{list}");
        let (page, _) = company.page(list).await;
        let tells = page[0].as_object().unwrap().contains_key("LastUpdatedDateTime");
        assert_eq!(tells, list == LEASES, "{list}");
    }
    let (lease, _) = company.page(LEASES).await;
    assert_eq!(lease[0]["LastUpdatedDateTime"], Value::Null, "nobody touched it since it was made");
    vendor.edit(home.tenants[0], |_: &mut Tenant| ()).unwrap();
    vendor.edit(home.lease, |_: &mut Lease| ()).unwrap();
    vendor.edit(home.property, |_: &mut Property| ()).unwrap();
    vendor.edit(home.unit, |_: &mut Unit| ()).unwrap();
    vendor.edit(owner, |_: &mut Owner| ()).unwrap();
    vendor.edit(association, |_: &mut Association| ()).unwrap();
    for list in lists {
        assert_eq!(since(&company, list, one_o_clock).await, 1, "{list}");
    }
    let (lease, _) = company.page(LEASES).await;
    assert_eq!(lease[0]["LastUpdatedDateTime"], one_o_clock);
    assert_eq!(lease[0]["CreatedDateTime"], NOON);
}

#[tokio::test]
async fn a_tenants_new_phone_is_a_change_of_the_tenant_and_of_nothing_else() {
    let company = company().await;
    let home = company.home("1", 2);
    company.pass(60);
    company.vendor().change_phone(home.tenants[1], "(602) 555-0123").unwrap();
    let later = "2030-03-01T12:01:00Z";
    assert_eq!(company.ids(&format!("{TENANTS}?lastupdatedfrom={later}")).await, [home.tenants[1]]);
    assert_eq!(since(&company, LEASES, later).await, 0);
    let (_, tenant) = company.get(&format!("{TENANTS}/{}", home.tenants[1])).await;
    assert_eq!(tenant["PhoneNumbers"], json!([{ "Number": "(602) 555-0123", "Type": "Cell" }]));
}

#[tokio::test]
async fn whether_a_unit_is_listed_or_occupied_is_no_change_of_it() {
    let company = company().await;
    let home = company.home("1", 1);
    let path = format!("{UNITS}/{}", home.unit);
    let flags = async || {
        let (_, unit) = company.get(&path).await;
        (unit["IsUnitListed"].clone(), unit["IsUnitOccupied"].clone())
    };
    assert_eq!(flags().await, (json!(false), json!(true)));
    company.pass(30);
    company.vendor().edit(home.unit, |_: &mut Unit| ()).unwrap();
    company.pass(30);
    company.vendor().move_out(home.lease, home.tenants[0]).unwrap();
    company.vendor().list_unit(home.unit, listing()).unwrap();
    assert_eq!(flags().await, (json!(true), json!(false)));
    assert_eq!(since(&company, UNITS, "2030-03-01T12:01:00Z").await, 0);
    company.vendor().delist_unit(home.unit).unwrap();
    assert_eq!(flags().await, (json!(false), json!(false)));
    assert_eq!(since(&company, UNITS, "2030-03-01T12:01:00Z").await, 0);
    assert_eq!(since(&company, UNITS, "2030-03-01T12:00:30Z").await, 1, "it is where the edit left it");
}

#[tokio::test]
async fn the_calendar_alone_moves_no_last_update() {
    let company = company().await;
    let home = company.home("1", 1);
    let next = company.lease(home.property, home.unit, ("2031-01-01", "2031-12-31"), &home.tenants);
    let statuses = async || {
        let (page, _) = company.page(&format!("{LEASES}?orderby=Id")).await;
        page.iter().map(|lease| lease["LeaseStatus"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(statuses().await, ["Active", "Future"]);
    company.pass(310 * 86_400);
    assert_eq!(statuses().await, ["Past", "Active"]);
    let (_, lease) = company.get(&format!("{LEASES}/{next}")).await;
    assert_eq!(lease["LastUpdatedDateTime"], Value::Null);
    assert_eq!(since(&company, LEASES, "2030-03-01T12:00:01Z").await, 0);
}

#[tokio::test]
async fn what_is_deleted_is_in_no_list_and_is_a_404() {
    let company = company().await;
    let (one, two) = (company.home("1", 2), company.home("2", 1));
    company.pass(60);
    company.vendor().delete::<Tenant>(one.tenants[0]).unwrap();
    assert_eq!(company.get(&format!("{TENANTS}/{}", one.tenants[0])).await.0, 404);
    assert_eq!(company.ids(TENANTS).await, [one.tenants[1], two.tenants[0]]);
    assert_eq!(since(&company, TENANTS, "2030-03-01T12:01:00Z").await, 0, "nothing tells of it");
    let (page, _) = company.page(&format!("{LEASES}?lastupdatedfrom=2030-03-01T12:01:00Z")).await;
    let left = json!([{ "Id": one.tenants[1], "Status": "Current", "MoveInDate": "2030-01-01" }]);
    assert_eq!((page.len(), &page[0]["Tenants"]), (1, &left), "but the lease does");
    company.vendor().delete::<Property>(two.property).unwrap();
    for path in
        [format!("{RENTALS}/{}", two.property), format!("{UNITS}/{}", two.unit), format!("{LEASES}/{}", two.lease)]
    {
        assert_eq!(company.get(&path).await.0, 404, "{path}");
    }
    assert_eq!(company.get(&format!("{TENANTS}/{}", two.tenants[0])).await.1["Leases"], json!([]));
}

#[tokio::test]
async fn nothing_of_the_core_can_be_deleted_over_the_api() {
    let company = company().await;
    let home = company.home("1", 1);
    let owner = company.owner(&[home.property]);
    for path in [
        format!("{TENANTS}/{}", home.tenants[0]),
        format!("{LEASES}/{}", home.lease),
        format!("{UNITS}/{}", home.unit),
        format!("{RENTALS}/{}", home.property),
        format!("{OWNERS}/{owner}"),
    ] {
        let (status, body) = company.call("DELETE", &path, &Value::Null).await;
        assert_eq!((status, body["UserMessage"].is_string()), (405, true), "{path}");
        assert_eq!(company.get(&path).await.0, 200, "{path}");
    }
}

#[tokio::test]
async fn a_rental_is_inactivated_with_its_units_and_owners_left_without_any() {
    let company = company().await;
    let homes = ["1", "2"].map(|number| company.home(number, 1));
    let (both, one) = (company.owner(&homes.each_ref().map(|it| it.property)), company.owner(&[homes[0].property]));
    company.pass(60);
    let path = format!("{RENTALS}/{}", homes[0].property);
    assert_eq!(company.call("POST", &format!("{path}/inactivationrequest"), &Value::Null).await.0, 204);
    let later = "2030-03-01T12:01:00Z";
    assert_eq!(company.get(&path).await.1["IsActive"], json!(false));
    assert_eq!(company.ids(&format!("{RENTALS}?lastupdatedfrom={later}")).await, [homes[0].property]);
    assert_eq!(company.ids(&format!("{UNITS}?lastupdatedfrom={later}")).await, [homes[0].unit]);
    assert_eq!(company.ids(&format!("{OWNERS}?lastupdatedfrom={later}")).await, [one]);
    assert_eq!(company.ids(&format!("{OWNERS}?status=Active")).await, [both]);
    assert_eq!(company.ids(RENTALS).await.len(), 2);
}

#[tokio::test]
async fn when_leases_were_made_is_asked_with_a_space() {
    let company = company().await;
    let early = company.home("1", 1).lease;
    company.pass(60);
    let late = company.home("2", 1).lease;
    company.pass(60);
    company.vendor().edit(early, |_: &mut Lease| ()).unwrap();
    let made = async |filter: &str| company.ids(&format!("{LEASES}?{filter}")).await;
    assert_eq!(made("createddatetimefrom=2030-03-01 12:01:00").await, [late]);
    assert_eq!(made("createddatetimeto=2030-03-01 12:00:59").await, [early]);
    assert_eq!(
        made("createddatetimefrom=2030-03-01 12:00:00&createddatetimeto=2030-03-01 12:01:00").await,
        [early, late]
    );
    assert_eq!(company.get(&format!("{LEASES}?createddatetimefrom=yesterday")).await.0, 422);
}

#[tokio::test]
async fn listings_amenities_and_move_outs_know_no_filter_by_change() {
    let company = company().await;
    let home = company.home("1", 1);
    company.vendor().list_unit(home.unit, listing()).unwrap();
    company.vendor().move_out(home.lease, home.tenants[0]).unwrap();
    company.pass(3_600);
    let never = "lastupdatedfrom=2030-03-01T13:00:00Z";
    for list in [format!("{UNITS}/listings"), format!("{LEASES}/{}/moveouts", home.lease)] {
        assert_eq!(company.page(&format!("{list}?{never}")).await.1, 1, "{list}");
    }
}
