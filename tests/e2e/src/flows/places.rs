//! Where a seed takes place: two vendors, AWS, and the functions in between.

use super::{
    fuse::{Fuse, FusedAws, FusedVendors},
    shape::{Shape, Ways},
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
    faults::FaultScript,
    hubspot::{Activation, Allowance, HubSpot, PortalSettings},
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

const FUNCTIONS: [&str; 2] = ["sync-dispatcher", "sync-people"];

pub(crate) struct Places {
    pub(crate) clock: Arc<SimClock>,
    pub(crate) source: Source,
    pub(crate) target: Arc<HubSpot>,
    pub(crate) queues: Mailroom,
    aws: InProcessAws,
    pub(crate) fuse: Arc<Fuse>,
    table: Table,
    environment: Environment,
    functions: BTreeMap<&'static str, Hosted>,
}

/// Where the flow's records come from.
#[derive(Clone)]
pub(crate) enum Source {
    /// A property manager's account, which is only read.
    Account(Arc<Buildium>),
    /// A portal like the target, which is written, too.
    Portal(Arc<HubSpot>),
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
        let source = match shape.ways {
            Ways::One => {
                let account = BuildiumSettings {
                    largest_page: shape.page,
                    starts: RateRules { calls: 20, period: Duration::from_secs(1) },
                    ..BuildiumSettings::default()
                };
                let world = BuildiumWorld::sample(seed, Size::of_tenants(shape.people));
                Source::Account(Arc::new(Buildium::new(account, Arc::clone(&clock) as _, world)))
            }
            Ways::Two(_) => Source::Portal(Arc::new(HubSpot::new(portal(shape), Arc::clone(&clock) as _, !seed))),
        };
        let target = Arc::new(HubSpot::new(portal(shape), Arc::clone(&clock) as _, seed));

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
                ("source.example", source.simulator()),
                ("target.example", Arc::clone(&target) as Arc<dyn Simulator>),
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
        let token = portal(shape).private_token;
        let key = match shape.ways {
            Ways::One => "sandbox-client-id:sandbox-client-secret",
            Ways::Two(_) => token.as_str(),
        };
        for (name, value) in [("source", key), ("target", token.as_str())] {
            secrets.put(&settings.id, name, &Private::new(value)).await?;
        }
        let connections = environment.connections()?;
        let portals: &[&str] = if shape.ways == Ways::One { &["target"] } else { &["source", "target"] };
        for name in portals {
            let portal = ConnectionId::new(*name);
            let setup = connections.record_setup(&settings, &portal).await?;
            let soon = Deadline::at(Clock::now(clock.as_ref()) + SignedDuration::from_mins(5));
            let report = setup.apply(&MappedFields::new(), soon).await?;
            anyhow::ensure!(report.is_ready(), "the portal is not ready: {:?}", report.faults);
            table.org(&settings.id).save_target_ids(&portal, &report.ids).await?;
        }
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

    /// How often each vendor fails from now on.
    pub(crate) fn load_faults(&self, source: &FaultScript, target: &FaultScript) {
        match &self.source {
            Source::Account(account) => account.load_faults(source.clone()),
            Source::Portal(portal) => portal.load_faults(source.clone()),
        }
        self.target.load_faults(target.clone());
    }

    /// Records that were written so far, whether it changed them or not. What was refused is none.
    pub(crate) fn records_written(&self) -> u64 {
        let written = |portal: &HubSpot| {
            let usage = portal.usage();
            usage.records_created + usage.records_changed + usage.records_unchanged
        };
        let source = match &self.source {
            Source::Account(_) => 0,
            Source::Portal(portal) => written(portal),
        };
        source + written(&self.target)
    }

    /// Calls so far, at the source and at the target.
    pub(crate) fn asked(&self) -> (u64, u64) {
        let source = match &self.source {
            Source::Account(account) => account.usage().total(),
            Source::Portal(portal) => portal.usage().total(),
        };
        (source, self.target.usage().total())
    }

    /// Batches of links, problems aside.
    pub(crate) fn rows_written(&self) -> u64 {
        self.aws.calls().get("BatchWriteItem").copied().unwrap_or_default()
    }

    pub(crate) fn table(&self) -> OrgTable {
        self.table.org(&org())
    }
}

impl Source {
    fn simulator(&self) -> Arc<dyn Simulator> {
        match self {
            Self::Account(account) => Arc::clone(account) as _,
            Self::Portal(portal) => Arc::clone(portal) as _,
        }
    }
}

/// Contacts alone are written: the rest of a portal would only have to be set up.
fn portal(shape: &Shape) -> PortalSettings {
    PortalSettings {
        listings: Activation::Inactive,
        custom_objects: Allowance::Denied,
        labels: Allowance::Denied,
        largest_page: shape.page,
        ..PortalSettings::default()
    }
}

fn organization(shape: &Shape) -> anyhow::Result<Organization> {
    let vendor = if shape.ways == Ways::One { "buildium" } else { "hubspot" };
    Ok(serde_json::from_value(json!({
        "id": org(),
        "name": "Acme",
        "connections": {
            "source": { "vendor": vendor, "secret": "source", "base_url": "http://source.example" },
            "target": { "vendor": "hubspot", "secret": "target", "base_url": "http://target.example" },
        },
        "flows": { "tenants": shape.flow() },
    }))?)
}
