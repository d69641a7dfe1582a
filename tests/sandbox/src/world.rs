//! A sample organization: properties, their stays, and what suppliers and channels say of them. Everybody is invented.

mod calendars;
mod feeds;
mod misbehaviour;
mod properties;
mod reports;

pub use calendars::calendar;
pub use feeds::{FeedUsage, Feeds};
pub use misbehaviour::{INWARDS, Misbehaviour};
pub use properties::{Channel, Home, Kind, Stay};

use crate::{
    housecallpro::{Address, Customer, Employee, HousecallPro, LineItem, TemplateJob},
    office_table,
    sandbox::Urls,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::civil::Date;
use serde_json::json;

/// Everything there is to know, from which all reports and calendars are drawn.
#[derive(Clone, Debug)]
pub struct World {
    seed: u64,
    today: Date,
    homes: Vec<Home>,
}

/// A mail as the inbound-mail vendor posts it.
#[derive(Clone, Debug)]
pub struct Mail {
    pub subject: String,
    pub json: Vec<u8>,
}

pub(crate) const TURNOVER_TEMPLATE: &str = "job_0000000000000000000000000000aaaa";
const INSPECTION_TEMPLATE: &str = "job_0000000000000000000000000000bbbb";

impl World {
    /// A world of so many properties around a day. The same seed and day make the same world.
    pub fn sample(seed: u64, today: Date, properties: usize) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed);
        let homes = (0..properties).map(|index| Home::invent(&mut rng, index, today)).collect();
        Self { seed, today, homes }
    }

    pub fn seed(&self) -> u64 {
        self.seed
    }

    pub fn today(&self) -> Date {
        self.today
    }

    pub fn homes(&self) -> &[Home] {
        &self.homes
    }

    /// Puts customers, addresses and template jobs into the field service.
    pub fn furnish(&self, service: &HousecallPro) {
        for home in &self.homes {
            let address = Address {
                id: home.address_id(),
                street: format!("{} Test St", home.index),
                city: "Sampletown".to_owned(),
                state: "ZZ".to_owned(),
                zip: "00000".to_owned(),
                ..Address::default()
            };
            service.put_customer(Customer {
                id: home.customer(),
                first_name: home.owner.to_owned(),
                addresses: [(address.id.clone(), address)].into(),
                ..Customer::default()
            });
        }
        for (id, name) in [("pro_1", "Ada"), ("pro_2", "Ben"), ("pro_3", "Cleo")] {
            let (id, first_name, email) = (id.to_owned(), name.to_owned(), format!("{id}@crews.example"));
            service.put_employee(Employee { id, first_name, last_name: "Example".to_owned(), email });
        }
        service.put_template(template(
            TURNOVER_TEMPLATE,
            &[("Turnover", 12_500), ("Linen set", 2_500), ("Supplies", 900)],
        ));
        service.put_template(template(INSPECTION_TEMPLATE, &[("Inspection", 4_500)]));
    }

    /// The mails of one morning: reports of both suppliers, one of them with a report nobody knows beside it.
    pub fn mails(&self) -> Vec<Mail> {
        let day = self.today.strftime("%F");
        vec![
            mail(
                "reports@itrip.example",
                "Checkouts Report",
                &[
                    (&format!("Checkouts-Report-{day}-4711.csv"), self.checkouts_report()),
                    ("mystery.csv", "Alpha,Beta,Gamma\n1,2,3\n".to_owned()),
                ],
            ),
            mail("exports@evolve.example", "Guest bookings", &[("export.csv", self.guest_bookings())]),
            mail("exports@evolve.example", "All reservations", &[("export_tab2.csv", self.all_reservations())]),
            mail("newsletter@evolve.example", "News of the season", &[]),
            mail("stranger@nowhere.example", "Checkouts Report", &[("report.csv", self.checkouts_report())]),
        ]
    }

    /// The organization's configuration.
    pub fn lintel_toml(&self, urls: &Urls) -> String {
        let mut text = format!(
            r#"# The sample organization. Made by the sandbox; everybody in it is invented.

[organization]
id = "sunrise"
name = "Sunrise Home Services (sample)"

[jobs]
connection = "crews"
mirror = "office"
ahead_days = 21

[jobs.templates]
Turnover = "{TURNOVER_TEMPLATE}"
Inspection = "{INSPECTION_TEMPLATE}"

[mail]
senders = ["itrip.example", "evolve.example"]
secret = "inbound-email"

[polling]
per_host = 20                    # the sandbox's feeds all live on one host

[connections.crews]
vendor = "housecallpro"
secret = "housecallpro"
base_url = "{field_service}"

[connections.office]
vendor = "airtable"
secret = "airtable"
base_url = "{office_table}"
settings = {{ base = "{base}" }}

[local]
allow_http = true
"#,
            field_service = urls.field_service,
            office_table = urls.office_table,
            base = office_table::BASE,
        );
        for home in &self.homes {
            text += &home.to_toml(&urls.feeds);
        }
        text
    }
}

fn mail(from: &str, subject: &str, files: &[(&str, String)]) -> Mail {
    let attachments: Vec<_> = files
        .iter()
        .map(|(name, content)| {
            json!({
                "file_name": name,
                "content_type": "application/octet-stream",
                "size": content.len(),
                "disposition": "attachment",
                "content": STANDARD.encode(content),
            })
        })
        .collect();
    let id = format!("<{subject}.{from}>").replace(' ', "-").to_lowercase();
    let mail = json!({
        "headers": { "from": format!("Reports <{from}>"), "to": "in@hub.example", "subject": subject, "message_id": id,
                     "received": ["by mx.hub.example", "by mail.example"] },
        "envelope": { "to": "in@hub.example", "recipients": ["in@hub.example"], "from": format!("bounce-{from}"),
                      "helo_domain": "mail.example", "remote_ip": "192.0.2.7",
                      "spf": { "result": "pass", "domain": "mail.example" }, "tls": true },
        "plain": "See attached", "html": null, "reply_plain": "", "attachments": attachments,
    });
    Mail { subject: subject.to_owned(), json: mail.to_string().into_bytes() }
}

/// A job nobody works on: others copy its line items.
fn template(id: &str, items: &[(&str, i64)]) -> TemplateJob {
    let item = |(number, (name, price)): (usize, &(&str, i64))| LineItem {
        id: format!("{id}_{number}"),
        name: (*name).to_owned(),
        unit_price: *price,
        quantity: 1.0,
        kind: "labor".to_owned(),
        ..LineItem::default()
    };
    TemplateJob {
        id: id.to_owned(),
        customer: String::new(),
        address: String::new(),
        line_items: items.iter().enumerate().map(item).collect(),
    }
}
