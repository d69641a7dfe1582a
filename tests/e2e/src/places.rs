//! One seed's world: vendors, AWS, functions.

use crate::{
    mailroom::Mailroom,
    surroundings::{Bodies, FeedMood, SimClock, Tallied, Vendors},
};
use anyhow::Context;
use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use lintel_cloud::{
    Environment, Function, HostParts, Invocation,
    inputs::Inputs,
    objects::Objects,
    settings::SettingsStore,
    store::{Table, WatchRow},
};
use lintel_connectors::{
    surroundings::{Clock, Generator},
    transport::{Deadline, HttpClient, NoCallLog},
};
use lintel_domain::{ids::ConnectionId, settings::Organization};
use lintel_feed_poller::FeedPoller;
use lintel_local::{
    host::provision_for_tests,
    registry::{self, Hosted},
};
use lintel_local_aws::InProcessAws;
use lintel_sandbox::{
    Simulator, Urls, World,
    housecallpro::{HousecallPro, HousecallProSettings},
    office_table::{self, OfficeTable},
};
use serde_json::Value;
use std::{collections::BTreeMap, sync::Arc, time::Duration};

pub(crate) const CREDENTIALS: &str = "reports:simulated";

/// Every function but the poller, which fetches in its own way here.
const FUNCTIONS: &[&str] = &[
    "email-ingest",
    "feed-dispatcher",
    "stay-planner",
    "job-worker",
    "airtable-mirror",
    "sweeper",
    "webhook-receiver",
    "event-router",
    "reconciler",
];

/// Which function reads which queue.
const READERS: &[(&str, &str)] = &[
    ("mail", "email-ingest"),
    ("feeds", "feed-poller"),
    ("stays", "stay-planner"),
    ("jobs", "job-worker"),
    ("mirror", "airtable-mirror"),
    ("events", "event-router"),
];

pub(crate) struct Places {
    pub(crate) clock: Arc<SimClock>,
    pub(crate) world: Arc<World>,
    pub(crate) field_service: Arc<HousecallPro>,
    pub(crate) office_table: Arc<OfficeTable>,
    pub(crate) feeds: Arc<Bodies>,
    pub(crate) settings: Organization,
    pub(crate) table: Table,
    pub(crate) inputs: Inputs,
    pub(crate) queues: Mailroom,
    functions: BTreeMap<&'static str, Hosted>,
    pub(crate) aws: InProcessAws,
    pub(crate) metrics: Arc<Tallied>,
}

impl Places {
    pub(crate) async fn open(seed: u64, properties: usize) -> anyhow::Result<Self> {
        Self::open_with(seed, properties, |_| ()).await
    }

    /// A world whose organization is configured otherwise than the sample.
    pub(crate) async fn open_with(
        seed: u64,
        properties: usize,
        configure: impl FnOnce(&mut Organization),
    ) -> anyhow::Result<Self> {
        let today = Date::constant(2026, 7, 1);
        let base: Timestamp = today.at(15, 0, 0, 0).to_zoned(TimeZone::UTC)?.timestamp();
        let clock = Arc::new(SimClock::from(base));
        let world = Arc::new(World::sample(seed, today, properties));
        let account =
            HousecallProSettings { appointment_delay: Duration::from_secs(1), ..HousecallProSettings::default() };
        let field_service = Arc::new(HousecallPro::new(account, Arc::clone(&clock) as _, seed));
        world.furnish(&field_service);
        field_service.subscribe();
        let office_table = Arc::new(OfficeTable::new(Arc::clone(&clock) as _, seed));
        let urls = Urls {
            field_service: "http://crews.example".to_owned(),
            office_table: "http://office.example".to_owned(),
            feeds: "http://feeds.example".to_owned(),
        };
        let mut settings = lintel_formats::settings::read(&world.lintel_toml(&urls))
            .map_err(|faults| anyhow::anyhow!("{faults:?}"))?
            .organization;
        configure(&mut settings);

        let aws = InProcessAws::start()?;
        let sdk = aws.sdk_config();
        let variables = provision_for_tests(&sdk).await?;
        let secrets = aws_sdk_secretsmanager::Client::new(&sdk);
        for (name, value) in [
            ("inbound-email", CREDENTIALS),
            ("housecallpro", field_service.key()),
            ("housecallpro-webhooks", field_service.webhook_secret()),
            ("airtable", office_table::TOKEN),
        ] {
            secrets
                .create_secret()
                .name(format!("lintel/dev/{}/{name}", settings.id))
                .secret_string(value)
                .send()
                .await?;
        }
        let vendors = Vendors {
            clock: Arc::clone(&clock),
            hosts: BTreeMap::from([
                ("crews.example", Arc::clone(&field_service) as Arc<dyn Simulator>),
                ("office.example", Arc::clone(&office_table) as Arc<dyn Simulator>),
            ]),
        };
        let metrics = Arc::new(Tallied::default());
        let vendors: Arc<dyn HttpClient> = Arc::new(vendors);
        let parts = HostParts {
            clock: Arc::clone(&clock) as _,
            entropy: Arc::new(Generator::seeded(seed)),
            http: Arc::clone(&vendors),
            named: Some(vendors),
            metrics: Arc::clone(&metrics) as _,
            calls: Arc::new(NoCallLog),
        };
        let objects = Objects::new(Arc::new(object_store::memory::InMemory::new()));
        let name = variables.get("LINTEL_TABLE").context("the template names no table")?.clone();
        let table = Table::new(aws_sdk_dynamodb::Client::new(&sdk), name);
        SettingsStore::new(table.clone(), objects.clone()).publish(&settings).await?;
        let queues = Mailroom::open(aws_sdk_sqs::Client::new(&sdk), &variables, READERS)?;
        let environment = Environment::for_host(variables, sdk, objects, parts);
        watch_office(&environment, &settings, &table, clock.as_ref()).await?;
        let feeds = Arc::new(Bodies { mood: FeedMood::Good.into(), calendars: BTreeMap::new().into() });
        let mut functions = BTreeMap::new();
        for name in FUNCTIONS {
            functions.insert(*name, registry::start(name, &environment).await?);
        }
        let poller = FeedPoller::with_fetch(&environment, Arc::clone(&feeds) as _)?;
        functions.insert(FeedPoller::NAME, Hosted::of(poller));
        Ok(Self {
            inputs: environment.inputs()?,
            queues,
            functions,
            clock,
            world,
            field_service,
            office_table,
            feeds,
            settings,
            table,
            aws,
            metrics,
        })
    }

    /// Invokes a function as Lambda would.
    pub(crate) async fn invoke(&self, name: &str, event: Value) -> anyhow::Result<Value> {
        let function = self.functions.get(name).with_context(|| format!("there is no function {name}"))?;
        let now = self.clock.now();
        let invocation = Invocation { request_id: now.to_string(), deadline: now + SignedDuration::from_mins(5) };
        Ok(function.invoke(event, invocation).await?)
    }
}

/// What `lintel watch` does for the office's table.
async fn watch_office(
    environment: &Environment,
    settings: &Organization,
    table: &Table,
    clock: &SimClock,
) -> anyhow::Result<()> {
    let office = ConnectionId::new("office");
    let history = environment.connections()?.history_table(settings, &office).await?;
    let deadline = Deadline::at(Clock::now(clock) + SignedDuration::from_mins(1));
    let made = history.watch("https://hub.example.com/webhooks/sunrise.office", deadline).await?;
    environment.secrets()?.put(&settings.id, "airtable-webhooks", &made.secret).await?;
    let row = WatchRow { watch: made.id, cursor: 1, expires_at: made.expires_at, read_whole_at: None };
    Ok(table.org(&settings.id).save_watch(&office, &row).await?)
}
