//! A sample organization: properties, their stays, and what suppliers and channels say of them. Everybody is invented.

mod calendars;
mod feeds;
mod mails;
mod misbehaviour;
mod properties;
mod reports;

pub use calendars::calendar;
pub use feeds::{FeedUsage, Feeds};
pub use mails::Mail;
pub use misbehaviour::{INWARDS, Misbehaviour};
pub use properties::{Channel, Home, Kind, Stay};

use crate::{
    housecallpro::{Address, Customer, Employee, HousecallPro, LineItem, TemplateJob},
    office_table,
    sandbox::Urls,
};
use jiff::civil::Date;

/// Everything there is to know, from which all reports and calendars are drawn.
#[derive(Clone, Debug)]
pub struct World {
    seed: u64,
    today: Date,
    homes: Vec<Home>,
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
webhook_secret = "housecallpro-webhooks"
base_url = "{field_service}"

[connections.office]
vendor = "airtable"
secret = "airtable"
webhook_secret = "airtable-webhooks"
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
