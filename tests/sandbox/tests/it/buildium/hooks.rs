//! Section 6.

use crate::support::{
    company::{Company, LEASES, TENANTS, UNITS, company, unhurried, with},
    target::Target,
};
use lintel_sandbox::buildium::{
    Association, BuildiumSettings, BuildiumWorld, Delivery, Habits, Lease, Listing, Owner, PeopleError, Property,
    Tenant, TenantEvents, Unit, signature,
};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::net::TcpListener;

const SECRET: &str = "whsec_test_0123456789";

/// Told at an address that is never called.
async fn listening(settings: BuildiumSettings) -> Company {
    let company = with(settings, BuildiumWorld::empty()).await;
    company.vendor().subscribe("https://hub.example.com/webhooks/buildium", SECRET).unwrap();
    company
}

/// Told at a target.
async fn telling(target: &Target) -> Company {
    let company = company().await;
    company.vendor().subscribe(&target.url, SECRET).unwrap();
    company
}

/// What is due within four seconds: deliveries wait two to four.
fn told(company: &Company) -> Vec<Delivery> {
    company.pass(4);
    company.vendor().take_webhooks()
}

fn events(deliveries: &[Delivery]) -> Vec<Value> {
    deliveries.iter().map(|one| serde_json::from_slice(&one.body).unwrap()).collect()
}

/// Names and ids in no order.
fn sorted(deliveries: &[Delivery]) -> Vec<String> {
    let mut lines: Vec<String> = events(deliveries)
        .into_iter()
        .map(|mut event| {
            let fields = event.as_object_mut().unwrap();
            let name = fields.shift_remove("EventName").unwrap();
            fields.shift_remove("EventDateTime").unwrap();
            assert_eq!(fields.shift_remove("AccountId"), Some(json!(123_456)));
            let ids: Vec<String> = fields.iter().map(|(name, id)| format!("{name}={id}")).collect();
            format!("{} {}", name.as_str().unwrap(), ids.join(" "))
        })
        .collect();
    lines.sort_unstable();
    lines
}

#[test]
fn the_sheets_vectors() {
    let rental = br#"{"EventName":"Rental.Created","EventDateTime":"2022-12-22T16:18:20.876772Z","AccountId":123456,"PropertyId":78910}"#;
    assert_eq!(signature(SECRET, "1671725905", rental), "C3p0vtDOan0q4o9MFm619AZtdoYitDTDXk/ZmTUk1GE=");
    let move_out = br#"{"EventName":"Lease.MoveOut.Created","EventDateTime":"2026-03-02T08:00:00.1234567Z","AccountId":123456,"LeaseId":42,"TenantId":7}"#;
    assert_eq!(signature(SECRET, "1772438400", move_out), "dY2FqfPr8WbKVrjR3zHC1+xOMLn7cdQRqpHvS8QXn2U=");
}

#[tokio::test]
async fn a_post_is_one_compact_signed_event_of_ids() {
    let target = Target::answering(&[200]).await;
    let company = telling(&target).await;
    let tenant = company.tenant("Ann", "Sample");
    company.pass(4);
    company.vendor().send_webhooks(&reqwest::Client::new()).await;
    let asks = target.taken();
    assert_eq!((asks.len(), asks[0].method.as_str()), (1, "POST"));
    let header = |name: &str| asks[0].headers[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "application/json");
    assert_eq!(header("buildium-webhook-timestamp"), "1898596804", "of the sending, in seconds");
    assert_eq!(header("buildium-webhook-signature"), signature(SECRET, "1898596804", &asks[0].body));
    let told: Value = serde_json::from_slice(&asks[0].body).unwrap();
    assert_eq!(asks[0].body, told.to_string(), "no space and no line's end");
    let expected = json!({ "EventName": "LeaseTenant.Created", "EventDateTime": told["EventDateTime"],
                           "AccountId": 123_456, "TenantId": tenant });
    assert_eq!(told, expected);
}

#[tokio::test]
async fn times_have_seven_digits_and_sometimes_six() {
    let company = listening(unhurried()).await;
    for _ in 0..8 {
        company.tenant("Ann", "Sample");
    }
    let mut lengths: Vec<usize> =
        events(&told(&company)).iter().map(|event| event["EventDateTime"].as_str().unwrap().len()).collect();
    lengths.sort_unstable();
    lengths.dedup();
    assert_eq!(lengths, ["2030-03-01T12:00:00.000000Z".len(), "2030-03-01T12:00:00.0000000Z".len()]);
}

#[tokio::test]
async fn each_kind_has_its_family_and_owners_have_none() {
    let company = listening(unhurried()).await;
    let home = company.home("1", 1);
    let owner = company.owner(&[home.property]);
    let association = company.vendor().add(Association::default());
    assert_eq!(
        (home.property, home.unit, home.lease, home.tenants[0], association),
        (10_001, 10_001, 10_001, 10_001, 10_001)
    );
    let families = |change: &str| {
        [
            "Association.? PropertyId",
            "Lease.? LeaseId",
            "LeaseTenant.? TenantId",
            "Rental.? PropertyId",
            "RentalUnit.? UnitId",
        ]
        .map(|line| format!("{}=10001", line.replace('?', change)))
    };
    assert_eq!(sorted(&told(&company)), families("Created"));
    let vendor = company.vendor();
    vendor.edit(association, |_: &mut Association| ()).unwrap();
    vendor.edit(home.lease, |_: &mut Lease| ()).unwrap();
    vendor.edit(home.tenants[0], |_: &mut Tenant| ()).unwrap();
    vendor.edit(home.property, |_: &mut Property| ()).unwrap();
    vendor.edit(home.unit, |_: &mut Unit| ()).unwrap();
    vendor.edit(owner, |_: &mut Owner| ()).unwrap();
    assert_eq!(sorted(&told(&company)), families("Updated"));
    vendor.delete::<Association>(association).unwrap();
    vendor.delete::<Tenant>(home.tenants[0]).unwrap();
    vendor.delete::<Property>(home.property).unwrap();
    vendor.delete::<Owner>(owner).unwrap();
    assert_eq!(sorted(&told(&company)), families("Deleted"));
}

#[tokio::test]
async fn what_an_app_does_is_told_too() {
    let company = listening(unhurried()).await;
    let home = company.home("1", 1);
    told(&company);
    let (lease, unit, tenant) = (home.lease, home.unit, home.tenants[0]);
    let listing = json!({ "Rent": 1500, "AvailableDate": "2030-04-01", "IsManagedExternally": false });
    for _ in 0..2 {
        company.call("PUT", &format!("{UNITS}/{unit}/listing"), &listing).await;
    }
    company.call("DELETE", &format!("{UNITS}/{unit}/listing"), &Value::Null).await;
    let move_out = json!({ "TenantId": tenant, "MoveOutDate": "2030-04-30" });
    company.call("POST", &format!("{LEASES}/{lease}/moveouts"), &move_out).await;
    company.call("DELETE", &format!("{LEASES}/{lease}/moveouts/{tenant}"), &Value::Null).await;
    let expected = [
        "Lease.MoveOut.Created LeaseId=10001 TenantId=10001",
        "Listing.Created UnitId=10001",
        "Listing.Deleted UnitId=10001",
        "Listing.Updated UnitId=10001",
    ];
    assert_eq!(sorted(&told(&company)), expected, "and an undone move-out is not");
    company.vendor().list_unit(unit, Listing::default()).unwrap();
    assert_eq!(sorted(&told(&company)), ["Listing.Created UnitId=10001"]);
}

#[tokio::test]
async fn tenants_events_may_be_called_as_in_the_prose() {
    let company = listening(BuildiumSettings { tenant_events: TenantEvents::AsInTheProse, ..unhurried() }).await;
    company.tenant("Ann", "Sample");
    assert_eq!(sorted(&told(&company)), ["Tenant.Created TenantId=10001"]);
}

#[tokio::test]
async fn an_event_is_told_seconds_later_and_may_be_overtaken() {
    let company = listening(unhurried()).await;
    for _ in 0..20 {
        company.home("1", 1);
    }
    company.pass(1);
    assert!(company.vendor().take_webhooks().is_empty());
    let names: Vec<String> = told(&company).into_iter().map(|one| one.event).collect();
    assert_eq!(names.len(), 80);
    let order = ["Rental.Created", "RentalUnit.Created", "LeaseTenant.Created", "Lease.Created"];
    assert!(names.chunks(4).any(|chunk| chunk != order));
}

#[tokio::test]
async fn habits_double_lose_and_shuffle() {
    let run = async |habits: Habits| {
        let company = listening(unhurried()).await;
        company.vendor().set_webhook_habits(habits);
        for _ in 0..100 {
            company.tenant("Ann", "Sample");
            company.pass(10);
        }
        let ids: Vec<u64> = events(&told(&company)).iter().map(|event| event["TenantId"].as_u64().unwrap()).collect();
        (ids, company.vendor().usage().webhooks)
    };
    let (plain, counts) = run(Habits::default()).await;
    assert!(plain.is_sorted() && plain.len() == 100 && counts.events == 100);
    let (twice, counts) = run(Habits { duplicates_percent: 100, ..Habits::default() }).await;
    assert_eq!((twice.len(), counts.duplicated), (200, 100));
    let (none, counts) = run(Habits { losses_percent: 100, ..Habits::default() }).await;
    assert_eq!((none.len(), counts.lost), (0, 100));
    let (mut shuffled, _) = run(Habits { shuffle: true, ..Habits::default() }).await;
    assert_ne!(shuffled, plain);
    shuffled.sort_unstable();
    assert_eq!(shuffled, plain);
}

#[tokio::test]
async fn a_failure_comes_again_after_one_ten_and_sixty_minutes_and_then_never() {
    let target = Target::answering(&[500]).await;
    let company = telling(&target).await;
    let client = reqwest::Client::new();
    let sent = async || company.vendor().send_webhooks(&client).await.len();
    company.tenant("Ann", "Sample");
    company.pass(4);
    assert_eq!(sent().await, 1);
    for pause in [60, 600, 3_600] {
        company.pass(pause - 1);
        assert_eq!(sent().await, 0);
        company.pass(1);
        assert_eq!(sent().await, 1);
    }
    company.pass(86_400);
    assert_eq!((sent().await, company.vendor().webhooks_waiting()), (0, 0));
    let asks = target.taken();
    assert!(asks.iter().all(|ask| ask.body == asks[0].body));
    let usage = company.vendor().usage();
    assert_eq!((asks.len(), usage.webhooks.sent, usage.webhooks.accepted, usage.webhooks_dropped), (4, 4, 0, 1));
    let signed = |at: usize| asks[at].headers["buildium-webhook-signature"].clone();
    assert_ne!(signed(0), signed(1), "signed anew for its own time");
}

#[tokio::test]
async fn what_is_taken_at_last_is_told_once() {
    let target = Target::answering(&[500, 404, 202]).await;
    let company = telling(&target).await;
    let client = reqwest::Client::new();
    company.tenant("Ann", "Sample");
    for pause in [4, 60, 600, 3_600] {
        company.pass(pause);
        company.vendor().send_webhooks(&client).await;
    }
    let usage = company.vendor().usage();
    assert_eq!((target.taken().len(), usage.webhooks.accepted, usage.webhooks_dropped), (3, 1, 0));
}

#[tokio::test]
async fn nobodys_answer_is_a_failure() {
    let company = company().await;
    let gone = Target::answering(&[200]).await.url.clone();
    company.vendor().subscribe(&gone, SECRET).unwrap();
    company.tenant("Ann", "Sample");
    company.pass(4);
    let sent = company.vendor().send_webhooks(&reqwest::Client::new()).await;
    assert_eq!((sent[0].1, sent[0].0.attempt, company.vendor().webhooks_waiting()), (None, 1, 1));
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_a_failure() {
    assert_eq!(BuildiumSettings::default().webhook_patience, Duration::from_secs(10));
    let settings = BuildiumSettings { webhook_patience: Duration::from_millis(10), ..unhurried() };
    let company = with(settings, BuildiumWorld::empty()).await;
    // Takes connections and never says a word.
    let mute = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}/in", mute.local_addr().unwrap());
    company.vendor().subscribe(&url, SECRET).unwrap();
    company.tenant("Ann", "Sample");
    company.pass(4);
    let sent = company.vendor().send_webhooks(&reqwest::Client::new()).await;
    assert_eq!((sent[0].1, company.vendor().webhooks_waiting()), (None, 1));
}

#[tokio::test]
async fn twenty_failures_in_a_row_suspend_the_subscription() {
    let company = listening(unhurried()).await;
    let fail = |status: u16| {
        company.tenant("Ann", "Sample");
        let due = told(&company);
        company.vendor().answered(&due[0], Some(status));
    };
    let all_but_one = || (0..19).for_each(|_| fail(500));
    all_but_one();
    fail(200);
    all_but_one();
    assert!(!company.vendor().subscription_is_suspended(), "a success in between starts the count anew");
    fail(500);
    assert!(company.vendor().subscription_is_suspended());
    assert_eq!(company.vendor().webhooks_waiting(), 0);
    let dropped = company.vendor().usage().webhooks_dropped;
    company.tenant("Lost", "Sample");
    assert!(told(&company).is_empty() && dropped > 0);
    company.vendor().subscribe("https://hub.example.com/webhooks/buildium", SECRET).unwrap();
    company.tenant("Ann", "Sample");
    assert_eq!(told(&company).len(), 1, "what happened meanwhile is never told");
    assert_eq!(company.page(TENANTS).await.1, 42, "and a list has it");
}

#[tokio::test]
async fn addresses_are_https_and_no_tunnels() {
    let company = company().await;
    for wrong in ["http://hub.example.com/in", "https://abc.ngrok.example.com/in", "hub"] {
        let refused = company.vendor().subscribe(wrong, SECRET);
        assert_eq!(refused, Err(PeopleError::Address(wrong.to_owned())));
    }
}
