//! Section 3.

use crate::support::company::{Company, LEASES, OWNERS, RENTALS, TENANTS, UNITS, company, id};
use lintel_sandbox::buildium::{Lease, Phone, Property, Tenant};
use serde_json::Value;
use std::collections::BTreeSet;

/// So many tenants who are all called the same.
async fn crowd(tenants: usize) -> Company {
    let company = company().await;
    for _ in 0..tenants {
        company.tenant("Pat", "Sample");
    }
    company
}

fn in_order(page: &[Value]) -> Vec<u32> {
    page.iter().map(id).collect()
}

#[tokio::test]
async fn a_list_is_a_bare_array_with_its_total_in_a_header() {
    let company = crowd(60).await;
    let (page, total) = company.page(TENANTS).await;
    assert_eq!((page.len(), total), (50, 60));
    let (page, total) = company.page(&format!("{TENANTS}?offset=50")).await;
    assert_eq!((page.len(), total), (10, 60));
    let (page, total) = company.page(&format!("{TENANTS}?offset=60")).await;
    assert_eq!((page.len(), total), (0, 60));
    for list in [LEASES, RENTALS, UNITS, OWNERS, "/v1/rentals/units/listings", "/v1/associations"] {
        assert_eq!(company.page(list).await, (Vec::new(), 0), "{list}");
    }
}

#[tokio::test]
async fn a_limit_is_clamped_and_not_refused() {
    let company = crowd(1_001).await;
    for (limit, rows) in [("1", 1), ("1000", 1_000), ("1001", 1_000), ("100000", 1_000)] {
        let (page, total) = company.page(&format!("{TENANTS}?limit={limit}")).await;
        assert_eq!((page.len(), total), (rows, 1_001), "{limit}");
    }
    for wrong in ["limit=0", "limit=all", "offset=-1"] {
        assert_eq!(company.get(&format!("{TENANTS}?{wrong}")).await.0, 422, "{wrong}");
    }
}

#[tokio::test]
async fn a_miscased_limit_or_offset_is_not_found_and_other_unknown_names_are_ignored() {
    let company = crowd(3).await;
    for wrong in ["Limit=1", "LIMIT=1", "Offset=0", "offSet=0"] {
        assert_eq!(company.get(&format!("{TENANTS}?{wrong}")).await.0, 404, "{wrong}");
    }
    company.pass(60);
    // A typo in a filter is a full list.
    for ignored in ["lastUpdatedFrom=2030-03-01T12:00:30Z", "lastupdatedform=2030-03-01T12:00:30Z", "unitid=1", "x"] {
        assert_eq!(company.page(&format!("{TENANTS}?{ignored}")).await.1, 3, "{ignored}");
    }
    assert_eq!(company.page(&format!("{TENANTS}?lastupdatedfrom=2030-03-01T12:00:30Z")).await.1, 0);
}

#[tokio::test]
async fn arrays_repeat_their_name_and_brackets_are_ignored() {
    let company = company().await;
    let homes = [company.home("1", 1), company.home("2", 1), company.home("3", 1)];
    let two = format!("propertyids={}&propertyids={}", homes[0].property, homes[2].property);
    assert_eq!(company.ids(&format!("{LEASES}?{two}")).await, [homes[0].lease, homes[2].lease]);
    assert_eq!(company.ids(&format!("{TENANTS}?{two}")).await, [homes[0].tenants[0], homes[2].tenants[0]]);
    assert_eq!(company.ids(&format!("{UNITS}?{two}")).await, [homes[0].unit, homes[2].unit]);
    let brackets = two.replace('=', "[]=");
    assert_eq!(company.ids(&format!("{LEASES}?{brackets}")).await.len(), 3, "unfiltered");
    let commas = format!("{LEASES}?propertyids={},{}", homes[0].property, homes[2].property);
    assert_eq!(company.get(&commas).await.0, 422);
}

#[tokio::test]
async fn texts_match_in_the_middle_and_in_any_case() {
    let company = company().await;
    let homes = ["1", "10", "21", "A3"].map(|number| company.home(number, 1));
    let lease = |at: usize| homes[at].lease;
    assert_eq!(company.ids(&format!("{LEASES}?unitnumber=1")).await, [lease(0), lease(1), lease(2)]);
    assert_eq!(company.ids(&format!("{TENANTS}?unitnumber=a")).await, homes[3].tenants);
    let ann = homes[0].tenants[0];
    company
        .vendor()
        .edit(ann, |tenant: &mut Tenant| {
            tenant.first_name = Some("Ann".into());
            tenant.last_name = Some("O'Sample".into());
            tenant.alternate_email = Some("Ann.Office@example.org".into());
            tenant.phone_numbers = vec![
                Phone { number: Some("(602) 555-0111".into()), kind: "Fax".into() },
                Phone { number: Some("(602) 555-0122".into()), kind: "Cell".into() },
            ];
        })
        .unwrap();
    for filter in ["name=nn o'sam", "email=ann.office", "email=@EXAMPLE.org", "phone=555-0122"] {
        assert_eq!(company.ids(&format!("{TENANTS}?{filter}")).await, [ann], "{filter}");
    }
    assert_eq!(company.ids(&format!("{LEASES}?tenantname=ann")).await, [lease(0)]);
}

#[tokio::test]
async fn tenants_and_leases_are_found_by_owner_unit_and_term() {
    let company = company().await;
    let homes = ["1", "2"].map(|number| company.home(number, 1));
    let owner = company.owner(&[homes[1].property]);
    company.owner(&[homes[0].property]);
    let owned = format!("rentalownerids={owner}");
    assert_eq!(company.ids(&format!("{LEASES}?{owned}")).await, [homes[1].lease]);
    assert_eq!(company.ids(&format!("{TENANTS}?{owned}")).await, homes[1].tenants);
    let unit = format!("unitids={}", homes[0].unit);
    assert_eq!(company.ids(&format!("{TENANTS}?{unit}")).await, homes[0].tenants);
    assert_eq!(company.ids(&format!("{LEASES}?{unit}")).await.len(), 2, "leases have no such filter");
    let later = company.lease(homes[0].property, homes[0].unit, ("2031-01-01", "2031-12-31"), &homes[0].tenants);
    let over = company.lease(homes[1].property, homes[1].unit, ("2029-01-01", "2029-12-31"), &[]);
    assert_eq!(company.ids(&format!("{LEASES}?leasestatuses=Future&leasestatuses=Past")).await, [later, over]);
    assert_eq!(company.ids(&format!("{TENANTS}?leasetermstatuses=Future")).await, homes[0].tenants);
    assert_eq!(company.get(&format!("{LEASES}?leasestatuses=Gone")).await.0, 422);
    assert_eq!(company.ids(&format!("{LEASES}?leasedatefrom=2031-01-01")).await, [later]);
    assert_eq!(company.ids(&format!("{LEASES}?leasedateto=2029-12-31")).await, [over]);
    let at_will = |lease: &mut Lease| lease.lease_type = "AtWill".into();
    company.vendor().edit(over, at_will).unwrap();
    assert_eq!(company.ids(&format!("{LEASES}?leasetypes=AtWill")).await, [over]);
}

#[tokio::test]
async fn an_order_by_id_holds_from_page_to_page_and_another_loses_rows() {
    let company = crowd(300).await;
    let all: Vec<u32> = company.vendor().ids::<Tenant>();
    let read = async |order: &str| {
        let mut ids = Vec::new();
        for offset in (0..300).step_by(50) {
            let (page, _) = company.page(&format!("{TENANTS}?{order}&offset={offset}")).await;
            ids.extend(in_order(&page));
        }
        ids
    };
    assert_eq!(read("orderby=Id asc").await, all);
    assert_eq!(read("orderby=iD").await, all, "names of properties are in any case");
    assert_eq!(read("orderby=LastName desc,Id asc").await, all);
    let backwards = read("orderby=Id desc").await;
    assert!(backwards.is_sorted_by(|left, right| left > right) && backwards.len() == 300);
    for unsafe_order in ["orderby=LastName", "", "OrderBy=Id asc"] {
        let ids = read(unsafe_order).await;
        let different: BTreeSet<&u32> = ids.iter().collect();
        assert!(ids.len() == 300 && different.len() < 300, "{unsafe_order} comes in another order each time");
    }
    for wrong in ["orderby=Nonsense", "orderby=Id sideways"] {
        assert_eq!(company.get(&format!("{TENANTS}?{wrong}")).await.0, 422, "{wrong}");
    }
}

#[tokio::test]
async fn a_row_inserted_between_pages_pushes_another_onto_the_next_page() {
    let company = crowd(0).await;
    for id in [20, 30, 40, 50] {
        company.vendor().add(Tenant { id, ..Tenant::default() });
    }
    company.vendor().after_pages(TENANTS, 1, |vendor| {
        vendor.add(Tenant { id: 10, ..Tenant::default() });
    });
    let page = async |offset: u32| {
        let (page, total) = company.page(&format!("{TENANTS}?orderby=Id asc&limit=2&offset={offset}")).await;
        (in_order(&page), total)
    };
    assert_eq!(page(0).await, (vec![20, 30], 4));
    assert_eq!(page(2).await, (vec![30, 40], 5), "one comes twice");
    assert_eq!(page(4).await, (vec![50], 5));
}

#[tokio::test]
async fn a_row_deleted_between_pages_hides_another() {
    let company = crowd(4).await;
    let all: Vec<u32> = company.vendor().ids::<Tenant>();
    let first = all[0];
    company.vendor().after_pages(TENANTS, 1, move |vendor| vendor.delete::<Tenant>(first).unwrap());
    let (_, before) = company.page(&format!("{TENANTS}?orderby=Id asc&limit=2")).await;
    let (page, after) = company.page(&format!("{TENANTS}?orderby=Id asc&limit=2&offset=2")).await;
    assert_eq!((in_order(&page), before, after), (vec![all[3]], 4, 3), "the third is on no page");
}

#[tokio::test]
async fn buildings_are_inactive_in_another_spelling_than_owners() {
    let company = company().await;
    let homes = ["1", "2"].map(|number| company.home(number, 1));
    let owners = homes.each_ref().map(|home| company.owner(&[home.property]));
    company.vendor().inactivate_property(homes[0].property).unwrap();
    for (active, inactive, ids) in [
        (
            format!("{RENTALS}?status=Active"),
            format!("{RENTALS}?status=InActive"),
            homes.each_ref().map(|it| it.property),
        ),
        (format!("{OWNERS}?status=Active"), format!("{OWNERS}?status=Inactive"), owners),
        (
            format!("{TENANTS}?buildingstatuses=Active"),
            format!("{TENANTS}?buildingstatuses=InActive"),
            homes.each_ref().map(|it| it.tenants[0]),
        ),
    ] {
        assert_eq!(company.ids(&active).await, ids[1..], "{active}");
        assert_eq!(company.ids(&inactive).await, ids[..1], "{inactive}");
        let both = active.split('?').next().unwrap();
        assert_eq!(company.ids(both).await, ids, "{both}");
    }
    assert_eq!(company.get(&format!("{RENTALS}?status=Inactive")).await.0, 422);
    assert!(!company.vendor().get::<Property>(homes[0].property).unwrap().is_active);
}
