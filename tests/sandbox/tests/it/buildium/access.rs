//! Section 1.

use crate::support::company::{Company, LEASES, OWNERS, RENTALS, TENANTS, UNITS, company, unhurried, with};
use lintel_sandbox::buildium::{ApiKey, Area, BuildiumSettings, BuildiumWorld};
use serde_json::{Value, json};

const GOOD: [(&str, &str); 2] =
    [("x-buildium-client-id", "sandbox-client-id"), ("x-buildium-client-secret", "sandbox-client-secret")];

async fn status(company: &Company, headers: &[(&str, &str)]) -> u16 {
    company.with_headers(headers, "GET", RENTALS, &Value::Null).await.unwrap().0
}

#[tokio::test]
async fn both_headers_are_needed_and_a_deleted_key_works_no_more() {
    let company = company().await;
    assert_eq!(status(&company, &GOOD).await, 200);
    assert_eq!(status(&company, &[]).await, 401);
    assert_eq!(status(&company, &GOOD[..1]).await, 401);
    assert_eq!(status(&company, &GOOD[1..]).await, 401);
    assert_eq!(status(&company, &[GOOD[0], (GOOD[1].0, "another-secret")]).await, 401);
    assert_eq!(status(&company, &[("authorization", "Bearer sandbox-client-secret")]).await, 401);
    company.vendor().delete_key("sandbox-client-id");
    let (status, body) = company.get(RENTALS).await;
    assert_eq!((status, &body["ErrorCode"], &body["Errors"]), (401, &Value::Null, &Value::Null));
    assert!(body["UserMessage"].is_string());
    assert_eq!(company.vendor().usage().calls_of("unauthorized"), 6);
}

#[tokio::test]
async fn a_key_sees_what_its_boxes_are_ticked_for() {
    let key = ApiKey::viewing("viewer", "viewer-secret", &[Area::Tenants, Area::PropertiesAndUnits]);
    let settings = BuildiumSettings { keys: vec![key], ..unhurried() };
    let company = with(settings, BuildiumWorld::empty()).await;
    let home = company.home("1", 1);
    for path in [TENANTS, RENTALS, UNITS] {
        assert_eq!(company.get(path).await.0, 200, "{path}");
    }
    for path in [LEASES, OWNERS, "/v1/rentals/units/listings", "/v1/associations", "/v1/administration/account"] {
        let (status, body) = company.get(path).await;
        assert_eq!((status, body["UserMessage"].is_string()), (403, true), "{path}");
    }
    let tenant = format!("{TENANTS}/{}", home.tenants[0]);
    let name = json!({ "FirstName": "Ann", "LastName": "Sample" });
    assert_eq!(company.call("PUT", &tenant, &name).await.0, 403, "to view is not to edit");
    assert_eq!(company.vendor().usage().refused[&403], 6);
}

#[tokio::test]
async fn paths_are_case_sensitive_and_have_a_version() {
    let company = company().await;
    assert_eq!(company.get("/v1/leases/tenants").await.0, 200);
    for path in ["/v1/Leases/tenants", "/V1/leases/tenants", "/leases/tenants", "/v2/leases/tenants", "/v1/lease"] {
        let (status, body) = company.get(path).await;
        assert_eq!((status, body["UserMessage"].is_string()), (404, true), "{path}");
    }
    assert_eq!(company.vendor().usage().calls_of("GET unknown"), 5);
}

#[tokio::test]
async fn a_post_tells_where_its_record_is() {
    let company = company().await;
    let home = company.home("1", 1);
    let (lease, tenant) = (home.lease, home.tenants[0]);
    let body = json!({ "TenantId": tenant, "MoveOutDate": "2030-04-30" });
    let (status, headers, _) = company.raw("POST", &format!("{LEASES}/{lease}/moveouts"), &body).await.unwrap();
    assert_eq!(status, 201);
    let location = headers["location"].to_str().unwrap().to_owned();
    assert_eq!(location, format!("{LEASES}/{lease}/moveouts/{tenant}"));
    assert_eq!(company.get(&location).await.0, 200);
}

#[tokio::test]
async fn the_account_has_a_name() {
    let (status, account) = company().await.get("/v1/administration/account").await;
    assert_eq!((status, &account["CompanyName"]), (200, &json!("Sample Property Management")));
}
