//! Every vendor of the sample world, started on loopback.

use crate::{
    background::Background,
    clock::RealClock,
    housecallpro::{HousecallPro, HousecallProSettings},
    office_table::{self, OfficeTable},
    running::Running,
    world::{Feeds, World},
};
use std::{sync::Arc, time::Duration};

/// How often deliveries that are due are looked for.
const BETWEEN_TELLING: Duration = Duration::from_millis(50);

/// Where each vendor answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Urls {
    pub field_service: String,
    pub office_table: String,
    pub feeds: String,
}

/// The running vendors. They stop when this is dropped.
#[derive(Debug)]
pub struct Sandbox {
    pub urls: Urls,
    pub world: Arc<World>,
    pub field_service: Arc<HousecallPro>,
    pub office_table: Arc<OfficeTable>,
    pub feeds: Arc<Feeds>,
    telling: Option<Background>,
    pinging: Option<Background>,
    _running: (Running<HousecallPro>, Running<OfficeTable>, Running<Feeds>),
}

impl Sandbox {
    pub async fn start(world: World, settings: HousecallProSettings) -> std::io::Result<Self> {
        let world = Arc::new(world);
        let field_service = HousecallPro::new(settings, Arc::new(RealClock), world.seed());
        world.furnish(&field_service);
        let field_service = Running::start(field_service).await?;
        let office_table = Running::start(OfficeTable::new(Arc::new(RealClock), world.seed())).await?;
        let feeds = Running::start(Feeds::new(Arc::clone(&world))).await?;
        let urls = Urls {
            field_service: field_service.url.clone(),
            office_table: office_table.url.clone(),
            feeds: feeds.url.clone(),
        };
        Ok(Self {
            urls,
            world,
            field_service: Arc::clone(&field_service.vendor),
            office_table: Arc::clone(&office_table.vendor),
            feeds: Arc::clone(&feeds.vendor),
            telling: None,
            pinging: None,
            _running: (field_service, office_table, feeds),
        })
    }

    /// The sample organization's configuration, pointing at these vendors.
    pub fn lintel_toml(&self) -> String {
        self.world.lintel_toml(&self.urls)
    }

    pub fn field_service_key(&self) -> &str {
        self.field_service.key()
    }

    /// The field service tells an address of every change, as soon as it is due, until this sandbox is dropped.
    pub fn tell(&mut self, address: &str) {
        self.field_service.subscribe();
        let vendor = Arc::clone(&self.field_service);
        self.telling =
            Some(vendor.send_webhooks_in_background(reqwest::Client::new(), address.to_owned(), BETWEEN_TELLING));
    }

    /// The office's table pings whoever watches it, as soon as a ping is due, until this sandbox is dropped.
    pub fn ping(&mut self) {
        let table = Arc::clone(&self.office_table);
        self.pinging = Some(table.send_pings_in_background(reqwest::Client::new(), BETWEEN_TELLING));
    }

    /// The jobs others are made from are gone: nothing can be made until they are back.
    pub fn take_templates_away(&self) {
        for job in self.field_service.jobs().into_iter().filter(|job| job.starts.is_none()) {
            // A job that is not there is gone, too.
            let _ = self.field_service.delete_job(&job.id);
        }
    }

    pub fn office_table_key(&self) -> &'static str {
        office_table::TOKEN
    }
}
