//! A property manager's account on a port of its own, on a clock that stands still.

use bytes::Bytes;
use http::HeaderMap;
use jiff::civil::Date;
use lintel_sandbox::{
    ManualClock, RateRules, Running,
    buildium::{ApiKey, Buildium, BuildiumSettings, BuildiumWorld, Lease, LeaseTenant, Owner, Property, Tenant, Unit},
};
use serde_json::Value;
use std::{sync::Arc, time::Duration};

pub(crate) const TENANTS: &str = "/v1/leases/tenants";
pub(crate) const LEASES: &str = "/v1/leases";
pub(crate) const RENTALS: &str = "/v1/rentals";
pub(crate) const UNITS: &str = "/v1/rentals/units";
pub(crate) const OWNERS: &str = "/v1/rentals/owners";

pub(crate) struct Company {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) running: Running<Buildium>,
    client: reqwest::Client,
    key: ApiKey,
}

/// An answer over the wire.
pub(crate) type Whole = (u16, HeaderMap, Bytes);

/// One unit with people in it.
pub(crate) struct Home {
    pub(crate) property: u32,
    pub(crate) unit: u32,
    pub(crate) lease: u32,
    pub(crate) tenants: Vec<u32>,
}

/// Calls as fast as a test makes them.
pub(crate) fn unhurried() -> BuildiumSettings {
    let starts = RateRules { calls: 100_000, period: Duration::from_secs(1) };
    BuildiumSettings { starts, ..BuildiumSettings::default() }
}

/// Without a record.
pub(crate) async fn company() -> Company {
    with(unhurried(), BuildiumWorld::empty()).await
}

pub(crate) async fn with(settings: BuildiumSettings, world: BuildiumWorld) -> Company {
    let clock = Arc::new(ManualClock::new("2030-03-01T12:00:00Z".parse().unwrap()));
    let key = settings.keys[0].clone();
    let running = Running::start(Buildium::new(settings, clock.clone(), world)).await.unwrap();
    Company { clock, running, client: reqwest::Client::new(), key }
}

impl Company {
    pub(crate) fn vendor(&self) -> &Arc<Buildium> {
        &self.running.vendor
    }

    pub(crate) async fn get(&self, target: &str) -> (u16, Value) {
        self.call("GET", target, &Value::Null).await
    }

    pub(crate) async fn call(&self, method: &str, target: &str, body: &Value) -> (u16, Value) {
        let (status, _, body) = self.raw(method, target, body).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    /// A page, and how many there are in all.
    pub(crate) async fn page(&self, target: &str) -> (Vec<Value>, usize) {
        let (status, headers, body) = self.raw("GET", target, &Value::Null).await.unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(status, 200, "{target}: {body}");
        let total = headers["x-total-count"].to_str().unwrap().parse().unwrap();
        (body.as_array().unwrap().clone(), total)
    }

    /// The ids on a page, by id.
    pub(crate) async fn ids(&self, target: &str) -> Vec<u32> {
        let mut ids: Vec<u32> = self.page(target).await.0.iter().map(id).collect();
        ids.sort_unstable();
        ids
    }

    pub(crate) async fn raw(&self, method: &str, target: &str, body: &Value) -> reqwest::Result<Whole> {
        self.with_key(&self.key, method, target, body).await
    }

    pub(crate) async fn with_key(
        &self,
        key: &ApiKey,
        method: &str,
        target: &str,
        body: &Value,
    ) -> reqwest::Result<Whole> {
        let headers = [
            ("x-buildium-client-id", key.client_id.as_str()),
            ("x-buildium-client-secret", key.client_secret.as_str()),
        ];
        self.with_headers(&headers, method, target, body).await
    }

    pub(crate) async fn with_headers(
        &self,
        headers: &[(&str, &str)],
        method: &str,
        target: &str,
        body: &Value,
    ) -> reqwest::Result<Whole> {
        let url = format!("{}{target}", self.running.url);
        let request = self.client.request(method.parse().unwrap(), url);
        let mut request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        if !body.is_null() {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let response = request.send().await?;
        Ok((response.status().as_u16(), response.headers().clone(), response.bytes().await?))
    }

    pub(crate) fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    pub(crate) fn tenant(&self, first: &str, last: &str) -> u32 {
        let name = |name: &str| Some(name.to_owned().into());
        self.vendor().add(Tenant { first_name: name(first), last_name: name(last), ..Tenant::default() })
    }

    /// A property with a unit of this number, and a lease for the year with so many tenants.
    pub(crate) fn home(&self, number: &str, tenants: usize) -> Home {
        let property = self.vendor().add(Property {
            name: Some(format!("House {number}").into()),
            is_active: true,
            ..Property::default()
        });
        let unit_number = Some(number.to_owned().into());
        let unit = self.vendor().add(Unit { property_id: property, unit_number, ..Unit::default() });
        let tenants: Vec<u32> = (0..tenants).map(|index| self.tenant("Pat", &format!("Sample {index}"))).collect();
        let lease = self.lease(property, unit, ("2030-01-01", "2030-12-31"), &tenants);
        Home { property, unit, lease, tenants }
    }

    pub(crate) fn lease(&self, property: u32, unit: u32, term: (&str, &str), tenants: &[u32]) -> u32 {
        self.vendor().add(Lease {
            property_id: property,
            unit_id: unit,
            lease_from_date: Some(day(term.0)),
            lease_to_date: Some(day(term.1)),
            lease_type: "Fixed".into(),
            term_type: "Standard".into(),
            tenants: tenants.iter().map(|id| LeaseTenant { id: *id, move_in_date: None }).collect(),
            ..Lease::default()
        })
    }

    pub(crate) fn owner(&self, properties: &[u32]) -> u32 {
        self.vendor().add(Owner { is_active: true, property_ids: properties.to_vec(), ..Owner::default() })
    }
}

pub(crate) fn day(text: &str) -> Date {
    text.parse().unwrap()
}

pub(crate) fn id(record: &Value) -> u32 {
    u32::try_from(record["Id"].as_u64().unwrap()).unwrap()
}

/// The names of a record's fields, in order.
pub(crate) fn fields(record: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = record.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

/// Names as the sheet lists them, in order.
pub(crate) fn named(names: &str) -> Vec<&str> {
    let mut names: Vec<&str> = names.split_whitespace().collect();
    names.sort_unstable();
    names
}
