//! Buildium's lists through its manifest, against its simulator: what has no list of its own, and what is told in calls of their own.

use crate::{
    script::{Hands, Script, answer, connection, parts_with},
    time::Time,
};
use jiff::SignedDuration;
use lintel_connectors::{
    manifest,
    mapping::{Mapped, Mapping},
    records::{Page, PageAsk, PageToken, RecordClient},
    transport::{Deadline, MemoryState, ReqwestClient},
};
use lintel_domain::{private::Private, records::Currency, settings::Connection};
use lintel_sandbox::{
    ManualClock, Running, SimClock,
    buildium::{Buildium, BuildiumSettings, BuildiumWorld, Cosigner, Lease, Listing, Property, Size, Unit},
};
use serde_json::json;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

struct Account {
    running: Running<Buildium>,
    clock: Arc<ManualClock>,
    client: RecordClient,
}

impl Account {
    async fn open(world: BuildiumWorld) -> Self {
        let clock = Arc::new(ManualClock::new("2030-03-01T12:00:00Z".parse().unwrap()));
        let running =
            Running::start(Buildium::new(BuildiumSettings::default(), Arc::clone(&clock) as _, world)).await.unwrap();
        let connection = Connection { base_url: Some(running.url.clone()), ..connection("buildium", &[]) };
        let http = Arc::new(ReqwestClient::default());
        let parts = parts_with(http, Arc::new(Time(Arc::clone(&clock))), &Arc::<MemoryState>::default(), 1);
        let secret = Private::new("sandbox-client-id:sandbox-client-secret");
        let client =
            RecordClient::open(manifest::find("buildium").unwrap(), &"source".into(), &connection, &secret, parts)
                .unwrap();
        Self { running, clock, client }
    }

    fn vendor(&self) -> &Buildium {
        &self.running.vendor
    }

    fn deadline(&self) -> Deadline {
        Deadline::at(SimClock::now(self.clock.as_ref()) + SignedDuration::from_mins(5))
    }

    async fn page(&self, stream: &str, token: PageToken) -> Page {
        let ask = PageAsk { stream, token, changed_since: None, fields: &[] };
        self.client.page(&ask, self.deadline()).await.unwrap()
    }

    /// Everything of a stream, as it is mapped.
    async fn records(&self, stream: &str) -> BTreeMap<String, Mapped> {
        let mapping = mapping(stream);
        let (mut records, mut token) = (BTreeMap::new(), Some(PageToken::First));
        while let Some(from) = token {
            let page = self.page(stream, from).await;
            token = page.next;
            let mapped = page.items.iter().filter_map(|item| mapping.read(item, Currency::USD));
            records.extend(mapped.map(|mapped| (mapped.record.key.as_str().to_owned(), mapped)));
        }
        records
    }
}

fn mapping(stream: &str) -> Mapping {
    let manifest = manifest::find("buildium").unwrap();
    let mappings = manifest::mappings(&manifest).unwrap();
    Mapping::compile(&manifest, stream, &mappings, &BTreeMap::new()).unwrap()
}

#[tokio::test]
async fn everything_of_a_sample_account_reads_as_what_it_is() {
    let account = Account::open(BuildiumWorld::sample(3, Size { properties: 40, units: 60, tenants: 90 })).await;
    for stream in [
        "tenants",
        "owners",
        "rentals",
        "units",
        "leases",
        "cosigners",
        "listings",
        "rental-amenities",
        "unit-amenities",
        "associations",
        "association-units",
        "association-owners",
        "association-tenants",
    ] {
        let records = account.records(stream).await;
        assert!(!records.is_empty(), "{stream}");
        for (key, mapped) in records {
            assert!(mapped.faults.is_empty(), "{key}: {:?}", mapped.faults);
            assert!(!mapped.record.fields.is_empty(), "{key}");
        }
    }
    assert_eq!(account.vendor().usage().over_limit.total(), 0);
}

#[tokio::test]
async fn cosigners_stand_in_leases_and_one_of_two_leases_is_one_person() {
    let account = Account::open(BuildiumWorld::empty()).await;
    let cosigner = |id, name: &'static str| Cosigner { id, first_name: Some(name.into()), ..Cosigner::default() };
    let both = vec![cosigner(71, "Cora")];
    account.vendor().add(Lease { cosigners: both.clone(), ..Lease::default() });
    account.vendor().add(Lease::default());
    let lease =
        account.vendor().add(Lease { cosigners: [both, vec![cosigner(72, "Cyd")]].concat(), ..Lease::default() });
    let page = account.page("cosigners", PageToken::First).await;
    let keys: Vec<&str> = page.items.iter().map(|item| item.key.as_str()).collect();
    assert_eq!((keys, page.total, page.next), (vec!["71", "71", "72"], Some(3), None), "counted as the list counts");
    let read = |at: usize| mapping("cosigners").read(&page.items[at], Currency::USD).unwrap().record;
    assert_eq!(read(0), read(1), "whichever lease it was read from");
    let leases = account.records("leases").await;
    let said = leases[&format!("leases/{lease}")].record.fields.get("cosigners").cloned();
    assert_eq!(said, Some(json!(["cosigners/71", "cosigners/72"])));
}

/// What is told of a lease is brought, whatever else stands in it.
#[tokio::test]
async fn a_cosigner_without_an_id_keeps_no_other_of_the_lease_from_being_read() {
    let lease = json!({ "Id": 7, "Cosigners": [{ "Id": 71, "LastName": "Signer" }, { "LastName": "Signer" }] });
    let (script, hands) = (Script::of([answer(200, &lease.to_string())]), Hands::new());
    let parts = parts_with(script, Arc::clone(&hands) as _, &Arc::default(), 1);
    let (connection, secret) = (connection("buildium", &[]), Private::new("id:secret"));
    let manifest = manifest::find("buildium").unwrap();
    let client = RecordClient::open(manifest, &"source".into(), &connection, &secret, parts).unwrap();
    let items = client.about("cosigners", "7", &[], hands.in_seconds(60)).await.unwrap().unwrap();
    assert_eq!(
        items.iter().map(|item| (item.key.as_str(), item.has_id())).collect::<Vec<_>>(),
        [("71", true), ("", false)]
    );
}

#[tokio::test]
async fn amenities_cost_a_call_for_each_record_and_keep_to_the_limit() {
    let account = Account::open(BuildiumWorld::empty()).await;
    let property = account.vendor().add(Property { included_in_rent: vec!["Water".into()], ..Property::default() });
    for number in 0..120_u32 {
        let features = if number == 0 { vec!["Dishwasher".into()] } else { Vec::new() };
        account.vendor().add(Unit { property_id: property, features, ..Unit::default() });
    }
    let units = account.records("unit-amenities").await;
    let usage = account.vendor().usage();
    assert_eq!((units.len(), usage.calls_of("GET /v1/rentals/units/{id}/amenities")), (120, 120));
    assert_eq!((usage.calls_of("GET /v1/rentals/units"), usage.over_limit.total()), (2, 0));
    let first = units.values().next().unwrap().record.clone();
    assert_eq!(first.fields.text("unit"), Some(first.key.as_str().replace("unit-amenities", "units").as_str()));
    let with: Vec<_> = units.values().filter_map(|unit| unit.record.fields.get("amenities")).collect();
    assert_eq!(with, [&json!(["Dishwasher"])]);

    let one =
        account.client.one("rental-amenities", &property.to_string(), &[], account.deadline()).await.unwrap().unwrap();
    let read = mapping("rental-amenities").read(&one, Currency::USD).unwrap().record.fields;
    assert_eq!(read.get("amenities"), Some(&json!(["Water"])));
}

#[tokio::test]
async fn a_record_whose_detail_is_gone_is_read_without_it() {
    let account = Account::open(BuildiumWorld::empty()).await;
    let property = account.vendor().add(Property::default());
    let units = [(); 2].map(|()| account.vendor().add(Unit { property_id: property, ..Unit::default() }));
    // Between the list and the first of the calls.
    account.vendor().after_pages("/v1/rentals/units", 1, move |vendor| vendor.delete::<Unit>(units[0]).unwrap());
    let read = account.records("unit-amenities").await;
    let keys: BTreeSet<String> = units.iter().map(|unit| format!("unit-amenities/{unit}")).collect();
    assert_eq!(read.into_keys().collect::<BTreeSet<_>>(), keys);
}

#[tokio::test]
async fn a_listing_is_known_by_its_unit_and_gone_when_it_is_taken_down() {
    let account = Account::open(BuildiumWorld::empty()).await;
    let property = account.vendor().add(Property { features: vec!["Pool".into()], ..Property::default() });
    let unit = account.vendor().add(Unit {
        property_id: property,
        description: Some("Bright".into()),
        features: vec!["Dishwasher".into()],
        ..Unit::default()
    });
    let listing = Listing {
        listing_date: "2030-02-01".parse().unwrap(),
        available_date: "2030-04-01".parse().unwrap(),
        rent: 1250.5,
        ..Listing::default()
    };
    account.vendor().list_unit(unit, listing).unwrap();
    let read = account.records("listings").await;
    let fields = read[&format!("listings/{unit}")].record.fields.to_json();
    let wanted = json!({
        "property": format!("rentals/{property}"), "unit": format!("units/{unit}"), "active": true, "description": "Bright",
        "amenities": ["Dishwasher", "Pool"], "listed_on": "2030-02-01", "available_on": "2030-04-01",
        "rent": { "minor": 125_050, "currency": "USD" },
    });
    assert_eq!(json!(fields), wanted);
    account.vendor().delist_unit(unit).unwrap();
    assert_eq!(account.client.one("listings", &unit.to_string(), &[], account.deadline()).await.unwrap(), None);
}
