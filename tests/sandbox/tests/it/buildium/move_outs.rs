//! Section 5.

use crate::support::company::{Company, Home, LEASES, TENANTS, company, day, unhurried, with};
use lintel_sandbox::buildium::{BuildiumSettings, BuildiumWorld, PeopleError, UndoneMoveOuts};
use serde_json::{Value, json};

async fn lease(company: &Company, home: &Home) -> Value {
    company.get(&format!("{LEASES}/{}", home.lease)).await.1
}

fn statuses(lease: &Value) -> Vec<&str> {
    lease["Tenants"].as_array().unwrap().iter().map(|one| one["Status"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn notice_lies_ahead_and_a_tenant_is_gone_on_the_day() {
    let company = company().await;
    let home = company.home("1", 2);
    let path = format!("{LEASES}/{}/moveouts", home.lease);
    company.vendor().give_notice(home.lease, home.tenants[0], day("2030-03-31")).unwrap();
    let (page, total) = company.page(&path).await;
    let told = json!({ "TenantId": home.tenants[0], "MoveOutDate": "2030-03-31", "NoticeGivenDate": "2030-03-01" });
    assert_eq!((&page[0], total), (&told, 1));
    assert_eq!(company.get(&format!("{path}/{}", home.tenants[0])).await, (200, told.clone()));
    assert_eq!(company.get(&format!("{path}/{}", home.tenants[1])).await.0, 404);
    let before = lease(&company, &home).await;
    assert_eq!((statuses(&before), &before["MoveOutData"]), (vec!["Current", "Current"], &json!([told])));
    company.pass(30 * 86_400);
    let after = lease(&company, &home).await;
    assert_eq!((statuses(&after), &after["LeaseStatus"]), (vec!["MovedOut", "Current"], &json!("Active")));
    assert_eq!(after["LastUpdatedDateTime"], before["LastUpdatedDateTime"]);
    company.vendor().move_out(home.lease, home.tenants[1]).unwrap();
    assert_eq!(lease(&company, &home).await["LeaseStatus"], "Past", "nobody is left");
}

#[tokio::test]
async fn the_api_makes_a_move_out_once_and_takes_it_back() {
    let company = company().await;
    let home = company.home("1", 1);
    let path = format!("{LEASES}/{}/moveouts", home.lease);
    let body = |tenant: u32| json!({ "TenantId": tenant, "MoveOutDate": "2030-02-28" });
    let (status, made) = company.call("POST", &path, &body(home.tenants[0])).await;
    assert_eq!((status, &made["MoveOutDate"]), (201, &json!("2030-02-28")));
    assert_eq!(company.call("POST", &path, &body(home.tenants[0])).await.0, 409, "a repeated POST can not be mended");
    assert_eq!(company.call("POST", &path, &body(77)).await.0, 422);
    assert_eq!(company.call("POST", &path, &json!({ "TenantId": home.tenants[0] })).await.0, 422);
    assert_eq!(company.call("POST", &format!("{LEASES}/77/moveouts"), &body(1)).await.0, 404);
    assert_eq!(statuses(&lease(&company, &home).await), ["MovedOut"]);
    let undo = format!("{path}/{}", home.tenants[0]);
    assert_eq!(company.call("DELETE", &undo, &Value::Null).await.0, 204);
    assert_eq!(company.call("DELETE", &undo, &Value::Null).await.0, 404);
    let again = lease(&company, &home).await;
    assert_eq!((statuses(&again), &again["MoveOutData"]), (vec!["Current"], &json!([])));
}

#[tokio::test]
async fn an_undone_move_out_shows_in_the_lease_alone() {
    for (undone_move_outs, changed) in [(UndoneMoveOuts::Hide, 0), (UndoneMoveOuts::Show, 1)] {
        let company = with(BuildiumSettings { undone_move_outs, ..unhurried() }, BuildiumWorld::empty()).await;
        company.vendor().subscribe("https://hub.example.com/webhooks", "a-secret").unwrap();
        let home = company.home("1", 1);
        company.vendor().move_out(home.lease, home.tenants[0]).unwrap();
        let told = company.vendor().webhooks_waiting();
        company.pass(60);
        company.vendor().undo_move_out(home.lease, home.tenants[0]).unwrap();
        assert_eq!(company.vendor().webhooks_waiting(), told, "nobody is told");
        let since = company.page(&format!("{LEASES}?lastupdatedfrom=2030-03-01T12:01:00Z")).await.1;
        assert_eq!(since, changed);
        assert_eq!(statuses(&lease(&company, &home).await), ["Current"]);
    }
}

#[tokio::test]
async fn a_lease_that_moves_its_tenants_out_by_itself_does_so_at_its_end() {
    let company = company().await;
    let homes = ["1", "2"].map(|number| company.home(number, 1));
    let by_itself = |lease: &mut lintel_sandbox::buildium::Lease| lease.automatically_move_out_tenants = true;
    company.vendor().edit(homes[0].lease, by_itself).unwrap();
    company.pass(310 * 86_400);
    let (first, second) = (lease(&company, &homes[0]).await, lease(&company, &homes[1]).await);
    assert_eq!((statuses(&first), statuses(&second)), (vec!["MovedOut"], vec!["Current"]));
    assert_eq!((&first["LeaseStatus"], &second["LeaseStatus"]), (&json!("Past"), &json!("Past")));
}

#[tokio::test]
async fn people_can_not_do_the_impossible() {
    let company = company().await;
    let home = company.home("1", 1);
    let (vendor, stranger) = (company.vendor(), company.tenant("Ray", "Sample"));
    let (lease, tenant) = (home.lease, home.tenants[0]);
    assert_eq!(vendor.move_out(lease, stranger), Err(PeopleError::NotOnLease { lease, tenant: stranger }));
    assert_eq!(vendor.undo_move_out(lease, tenant), Err(PeopleError::NoMoveOut { lease, tenant }));
    assert_eq!(vendor.move_out(77, tenant), Err(PeopleError::NoRecord { kind: "lease", id: 77 }));
    assert_eq!(vendor.move_in(lease, 77, day("2030-04-01")), Err(PeopleError::NoRecord { kind: "tenant", id: 77 }));
    assert_eq!(company.ids(TENANTS).await, [tenant, stranger]);
}
