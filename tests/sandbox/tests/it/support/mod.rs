//! One account with a customer, two people and a template job, on a clock that stands still.

pub(crate) mod company;
pub(crate) mod office;
pub(crate) mod portal;
pub(crate) mod target;

use bytes::Bytes;
use http::HeaderMap;
use lintel_sandbox::{
    Answer, Ask, ManualClock, SimClock, Simulator,
    housecallpro::{Address, Customer, Employee, HousecallPro, HousecallProSettings, LineItem, TemplateJob},
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

pub(crate) const CUSTOMER: &str = "cus_1";
pub(crate) const ADDRESS: &str = "adr_1";
pub(crate) const TEMPLATE: &str = "job_template";

pub(crate) struct Account {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) vendor: Arc<HousecallPro>,
}

pub(crate) fn account() -> Account {
    with(HousecallProSettings::default())
}

pub(crate) fn with(settings: HousecallProSettings) -> Account {
    let clock = Arc::new(ManualClock::new("2030-03-01T12:00:00Z".parse().unwrap()));
    let vendor = Arc::new(HousecallPro::new(settings, clock.clone(), 7));
    let address = Address {
        id: ADDRESS.to_owned(),
        street: "1 Test St".to_owned(),
        city: "Sampletown".to_owned(),
        state: "ZZ".to_owned(),
        zip: "00000".to_owned(),
        ..Address::default()
    };
    vendor.put_customer(Customer {
        id: CUSTOMER.to_owned(),
        first_name: "Olive".to_owned(),
        last_name: "Owner".to_owned(),
        addresses: BTreeMap::from([(ADDRESS.to_owned(), address)]),
        ..Customer::default()
    });
    for (id, name) in [("pro_1", "Ada"), ("pro_2", "Ben")] {
        let email = format!("{id}@example.com");
        vendor.put_employee(Employee { id: id.to_owned(), first_name: name.to_owned(), email, ..Employee::default() });
    }
    let item = |id: &str, name: &str| LineItem {
        id: id.to_owned(),
        name: name.to_owned(),
        unit_price: 12_500,
        quantity: 1.0,
        kind: "labor".to_owned(),
        ..LineItem::default()
    };
    vendor.put_template(TemplateJob {
        id: TEMPLATE.to_owned(),
        customer: CUSTOMER.to_owned(),
        address: ADDRESS.to_owned(),
        line_items: vec![item("li_1", "Turnover"), item("li_2", "Linen")],
    });
    Account { clock, vendor }
}

impl Account {
    pub(crate) fn call(&self, method: &str, target: &str, body: &Value) -> (u16, Value) {
        let answer = self.raw(method, target, body);
        (answer.status.as_u16(), serde_json::from_slice(&answer.body).unwrap_or(Value::Null))
    }

    pub(crate) fn get(&self, target: &str) -> (u16, Value) {
        self.call("GET", target, &Value::Null)
    }

    pub(crate) fn raw(&self, method: &str, target: &str, body: &Value) -> Answer {
        self.asked(method, target, body, &format!("Token {}", self.vendor.key()))
    }

    pub(crate) fn asked(&self, method: &str, target: &str, body: &Value, authorization: &str) -> Answer {
        let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
        let headers = HeaderMap::from_iter([(http::header::AUTHORIZATION, authorization.parse().unwrap())]);
        self.vendor.handle(&Ask::new(method, target, headers, body, self.clock.now()).unwrap())
    }

    /// A job with a schedule and a marker.
    pub(crate) fn job(&self, marker: &str) -> String {
        let (status, job) = self.call("POST", "/jobs", &new_job(marker));
        assert_eq!(status, 200, "{job}");
        job["id"].as_str().unwrap().to_owned()
    }

    pub(crate) fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}

pub(crate) fn new_job(marker: &str) -> Value {
    json!({
        "customer_id": CUSTOMER, "address_id": ADDRESS, "notes": marker, "invoice_number": 0,
        "schedule": { "scheduled_start": "2030-03-05T17:15:00Z", "scheduled_end": "2030-03-05T18:15:00Z" },
        "assigned_employee_ids": ["pro_1"],
        "line_items": [{ "name": "Turnover STR Next Guest Unknown", "unit_price": 12_500 }],
    })
}
