//! Sections 2 and 4: what a write leaves behind.

use crate::support::company::{TENANTS, UNITS, company, day};
use lintel_sandbox::buildium::{Address, EmergencyContact, Phone, TaxId, Tenant};
use serde_json::{Value, json};

fn known() -> Tenant {
    Tenant {
        first_name: Some("Ann".into()),
        last_name: Some("Sample".into()),
        email: Some("ann@example.com".into()),
        alternate_email: Some("ann@example.org".into()),
        phone_numbers: vec![Phone { number: Some("(602) 555-0122".into()), kind: "Cell".into() }],
        emergency_contact: EmergencyContact { name: Some("Bea Sample".into()), ..EmergencyContact::default() },
        date_of_birth: Some(day("1990-02-28")),
        sms_opt_in_status: Some("OptedIn".into()),
        address: Some(Address::default()),
        mailing_preference: Some("PrimaryAddress".into()),
        comment: Some("Prefers a call after six.".into()),
        tax_id: Some(TaxId("000-00-0001".to_owned())),
        ..Tenant::default()
    }
}

fn address() -> Value {
    json!({ "AddressLine1": "1 Test St", "City": "Sampletown", "State": "AZ", "PostalCode": "00000", "Country": "UnitedStates" })
}

#[tokio::test]
async fn a_put_blanks_whatever_it_leaves_out() {
    let company = company().await;
    let path = format!("{TENANTS}/{}", company.vendor().add(known()));
    company.pass(60);
    let save = json!({
        "FirstName": "Ann", "LastName": "Sample-Test", "Address": address(),
        "PhoneNumbers": { "Mobile": "602-555-0133", "Home": "602-555-0144" },
    });
    let (status, put) = company.call("PUT", &path, &save).await;
    assert_eq!((status, &put), (200, &company.get(&path).await.1));
    assert_eq!((&put["LastName"], &put["Address"]["City"]), (&json!("Sample-Test"), &json!("Sampletown")));
    for name in ["Email", "AlternateEmail", "DateOfBirth", "MailingPreference", "Comment", "TaxId"] {
        assert_eq!(put[name], Value::Null, "{name}");
    }
    assert_eq!(put["EmergencyContact"]["Name"], Value::Null);
    let numbers = json!([{ "Number": "602-555-0144", "Type": "Home" }, { "Number": "602-555-0133", "Type": "Cell" }]);
    assert_eq!(put["PhoneNumbers"], numbers, "numbers are read in another form than they are saved");
    assert_eq!(put["SMSOptInStatus"], "OptedIn", "what can not be saved stays");
    assert_eq!(company.page(&format!("{TENANTS}?lastupdatedfrom=2030-03-01T12:01:00Z")).await.1, 1);
    assert_eq!(company.vendor().usage().writes, 1);
}

#[tokio::test]
async fn a_bad_save_is_refused_with_all_that_is_wrong_and_changes_nothing() {
    let company = company().await;
    let tenant = company.vendor().add(known());
    let path = format!("{TENANTS}/{tenant}");
    let wrong = async |save: Value| {
        let (status, body) = company.call("PUT", &path, &save).await;
        assert_eq!(status, 422, "{body}");
        let errors = body["Errors"].as_array().unwrap();
        let mut keys: Vec<String> = errors.iter().map(|error| error["Key"].as_str().unwrap().to_owned()).collect();
        keys.sort_unstable();
        keys
    };
    assert_eq!(wrong(json!({})).await, ["Address", "FirstName", "LastName"]);
    let save = |address: Value| json!({ "FirstName": "Ann", "LastName": "Sample", "Address": address });
    assert_eq!(wrong(save(json!({}))).await, ["Address.AddressLine1", "Address.Country", "Address.PostalCode"]);
    let elsewhere = |country: &str, state: &str| json!({ "AddressLine1": "1 Test St", "PostalCode": "00000", "Country": country, "State": state });
    assert_eq!(wrong(save(elsewhere("UnitedStates", "ON"))).await, ["Address.State"]);
    assert_eq!(wrong(save(elsewhere("Canada", "AZ"))).await, ["Address.State"]);
    let mut short = save(address());
    short["PhoneNumbers"] = json!({ "Work": "555-0101" });
    assert_eq!(wrong(short).await, ["PhoneNumbers.Work"]);
    assert_eq!(wrong(json!({ "FirstName": 7 })).await, ["body"]);
    let kept = company.vendor().get::<Tenant>(tenant).unwrap();
    assert_eq!(kept.email.as_deref(), Some("ann@example.com"));
    assert_eq!(company.call("PUT", &path, &save(elsewhere("France", "Ardennes"))).await.0, 200);
    assert_eq!(company.call("PUT", &format!("{TENANTS}/77"), &save(address())).await.0, 404);
}

#[tokio::test]
async fn a_listing_is_made_replaced_and_taken_down() {
    let company = company().await;
    let home = company.home("1", 0);
    let path = format!("{UNITS}/{}/listing", home.unit);
    let mut save = json!({ "Rent": 1500, "Deposit": 500, "AvailableDate": "2030-04-01", "IsManagedExternally": false });
    let (status, headers, _) = company.raw("PUT", &path, &save).await.unwrap();
    assert_eq!((status, headers["location"].to_str().unwrap()), (201, path.as_str()));
    save["Rent"] = json!(1_600);
    save.as_object_mut().unwrap().remove("Deposit");
    let (status, listing) = company.call("PUT", &path, &save).await;
    assert_eq!((status, &listing["Rent"], &listing["Deposit"]), (200, &json!(1_600.0), &Value::Null));
    assert_eq!(listing["ListingDate"], "2030-03-01");
    assert_eq!(company.page(&format!("{UNITS}/listings")).await.1, 1, "one listing to a unit");
    assert_eq!(company.call("PUT", &path, &json!({ "Rent": 1_600 })).await.0, 422);
    assert_eq!(company.call("DELETE", &path, &Value::Null).await.0, 204);
    assert_eq!(company.call("DELETE", &path, &Value::Null).await.0, 404);
    assert_eq!(company.call("PUT", &format!("{UNITS}/77/listing"), &save).await.0, 404);
}
