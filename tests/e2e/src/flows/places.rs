//! One seed's world: a property manager's account, a portal, AWS, and the functions in between.

use super::{
    fuse::{Fuse, FusedAws, FusedVendors},
    shape::Shape,
};
use crate::{
    mailroom::Mailroom,
    surroundings::{SimClock, Tallied, Vendors},
};
use anyhow::Context;
use jiff::{SignedDuration, Timestamp};
use lintel_cloud::{
    Environment, HostParts, Invocation,
    objects::Objects,
    settings::SettingsStore,
    store::{OrgTable, Table},
};
use lintel_connectors::{
    roles::MappedFields,
    surroundings::{Clock, Generator},
    transport::{Deadline, HttpClient, NoCallLog},
};
use lintel_domain::{
    ids::{ConnectionId, FlowId, OrgId},
    private::Private,
    settings::Organization,
};
use lintel_local::{
    host::provision_for_tests,
    registry::{self, Hosted},
};
use lintel_local_aws::InProcessAws;
use lintel_sandbox::{
    RateRules, Simulator,
    buildium::{Buildium, BuildiumSettings, BuildiumWorld, Size},
    hubspot::{Activation, Allowance, HubSpot, PortalSettings},
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

const FUNCTIONS: [&str; 2] = ["sync-dispatcher", "sync-people"];

pub(crate) struct Places {
    pub(crate) clock: Arc<SimClock>,
    pub(crate) source: Arc<Buildium>,
    pub(crate) target: Arc<HubSpot>,
    pub(crate) queues: Mailroom,
    pub(crate) aws: InProcessAws,
    pub(crate) fuse: Arc<Fuse>,
    table: Table,
    environment: Environment,
    functions: BTreeMap<&'static str, Hosted>,
}

pub(crate) fn org() -> OrgId {
    OrgId::new("acme")
}

pub(crate) fn flow() -> FlowId {
    FlowId::new("tenants")
}

impl Places {
    pub(crate) async fn open(seed: u64, shape: &Shape) -> anyhow::Result<Self> {
        let base: Timestamp = "2026-07-01T15:00:00Z".parse()?;
        let clock = Arc::new(SimClock::from(base));
        let account = BuildiumSettings {
            largest_page: shape.page,
            starts: RateRules { calls: 20, period: Duration::from_secs(1) },
            ..BuildiumSettings::default()
        };
        let world = BuildiumWorld::sample(seed, Size::of_tenants(shape.tenants));
        let source = Arc::new(Buildium::new(account, Arc::clone(&clock) as _, world));
        // Contacts alone are written: the rest of a portal would only have to be set up.
        let portal = PortalSettings {
            listings: Activation::Inactive,
            custom_objects: Allowance::Denied,
            labels: Allowance::Denied,
            ..PortalSettings::default()
        };
        let token = portal.private_token.clone();
        let target = Arc::new(HubSpot::new(portal, Arc::clone(&clock) as _, seed));

        let settings = organization(shape)?;
        let aws = InProcessAws::start()?;
        let sdk = aws.sdk_config();
        let variables = provision_for_tests(&sdk).await?;
        let name = variables.get("LINTEL_TABLE").context("the template names no table")?.clone();
        let table = Table::new(aws_sdk_dynamodb::Client::new(&sdk), name);
        let objects = Objects::new(Arc::new(object_store::memory::InMemory::new()));
        SettingsStore::new(table.clone(), objects.clone()).publish(&settings).await?;
        let readers = [("sync-people", "sync-people")];
        let queues = Mailroom::open(aws_sdk_sqs::Client::new(&sdk), &variables, &readers)?;

        let fuse = Arc::new(Fuse::default());
        let plain = sdk.http_client().context("the embedded AWS parts have no client")?;
        let sdk = sdk.into_builder().http_client(FusedAws::around(plain, Arc::clone(&fuse))).build();
        let vendors = Vendors {
            clock: Arc::clone(&clock),
            hosts: BTreeMap::from([
                ("rentals.example", Arc::clone(&source) as Arc<dyn Simulator>),
                ("portal.example", Arc::clone(&target) as Arc<dyn Simulator>),
            ]),
        };
        let http: Arc<dyn HttpClient> = Arc::new(FusedVendors { inner: vendors, fuse: Arc::clone(&fuse) });
        let parts = HostParts {
            clock: Arc::clone(&clock) as _,
            entropy: Arc::new(Generator::seeded(seed)),
            http: Arc::clone(&http),
            named: Some(http),
            metrics: Arc::new(Tallied::default()),
            calls: Arc::new(NoCallLog),
        };
        let environment = Environment::for_host(variables, sdk, objects, parts);
        let secrets = environment.secrets()?;
        for (name, value) in [("rentals", "sandbox-client-id:sandbox-client-secret"), ("portal", token.as_str())] {
            secrets.put(&settings.id, name, &Private::new(value)).await?;
        }
        let setup = environment.connections()?.record_setup(&settings, &ConnectionId::new("portal")).await?;
        let soon = Deadline::at(Clock::now(clock.as_ref()) + SignedDuration::from_mins(5));
        let report = setup.apply(&MappedFields::new(), soon).await?;
        anyhow::ensure!(report.is_ready(), "the portal is not ready: {:?}", report.faults);
        let mut places =
            Self { clock, source, target, queues, aws, fuse, table, environment, functions: BTreeMap::new() };
        for name in FUNCTIONS {
            places.start(name).await?;
        }
        Ok(places)
    }

    /// Starts a function anew, as after its process died.
    pub(crate) async fn start(&mut self, name: &'static str) -> anyhow::Result<()> {
        self.functions.insert(name, registry::start(name, &self.environment).await?);
        Ok(())
    }

    /// Invokes a function as Lambda would.
    pub(crate) async fn invoke(&self, name: &str, event: Value) -> anyhow::Result<Value> {
        let function = self.functions.get(name).with_context(|| format!("there is no function {name}"))?;
        let now = self.now();
        let invocation = Invocation { request_id: now.to_string(), deadline: now + SignedDuration::from_mins(5) };
        Ok(function.invoke(event, invocation).await?)
    }

    /// Time passes. The queues see no more of it than messages are delayed: what a dead worker had taken does not come back
    /// by itself, and the dispatcher has to send it again.
    pub(crate) async fn pass(&self, by: SignedDuration) {
        self.clock.jump_over(by, Duration::from_mins(2)).await;
    }

    pub(crate) fn now(&self) -> Timestamp {
        Clock::now(self.clock.as_ref())
    }

    pub(crate) fn table(&self) -> OrgTable {
        self.table.org(&org())
    }
}

fn organization(shape: &Shape) -> anyhow::Result<Organization> {
    Ok(serde_json::from_value(json!({
        "id": org(),
        "name": "Acme",
        "connections": {
            "rentals": { "vendor": "buildium", "secret": "rentals", "base_url": "http://rentals.example" },
            "portal": { "vendor": "hubspot", "secret": "portal", "base_url": "http://portal.example" },
        },
        "flows": { "tenants": shape.flow() },
    }))?)
}
